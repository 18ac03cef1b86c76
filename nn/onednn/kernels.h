// Element-wise and reduction kernels on channel-blocked activations.
//
// A blocked tensor of block b is stored [n][ceil(C/b)][h][w][b]; the lanes
// beyond C hold zeros and every kernel keeps them zero. A planar tensor is the
// same with b = 1. Each kernel exists once per block size (1, 8, 16), compiled
// for the instruction set that has vectors of that width; kernel_table picks
// the set for a block.
//
// "acc" says whether a gradient is added to its destination or replaces it.
// All reductions are split into fixed chunks and joined in a fixed order, so
// that results do not depend on the number of threads.
#ifndef AGUR_KERNELS_H
#define AGUR_KERNELS_H
#include <stddef.h>

typedef struct {
  int block;
  // y = max(0, x*scale+shift), or without the maximum; scale, shift per lane
  void (*affine)(const float *x, float *y, const float *scale, const float *shift,
                 int relu, int n, int cb, int hw);
  // mean and biased variance per channel; part: 2*n*cb*chunks(hw)*block floats
  void (*moments)(const float *x, float *mean, float *var, float *part, int n, int cb, int hw);
  // gradients of affine(normalise(x)): dgamma, dbeta and dx
  void (*norm_backward)(const float *x, const float *dy, float *dx, const float *gamma,
                        const float *beta, const float *mean, const float *invstd,
                        float *dgamma, float *dbeta, int relu, int acc, float *part,
                        int n, int cb, int hw);
  void (*upsample)(const float *x, float *y, int n, int cb, int h, int w);
  void (*upsample_backward)(float *dx, const float *dy, int acc, int n, int cb, int h, int w);
  void (*pool)(const float *x, float *y, int n, int cb, int hw);
  void (*pool_backward)(float *dx, const float *dy, int acc, int n, int cb, int hw);
  void (*scale)(const float *x, const float *w, float *y, int n, int cb, int hw);
  void (*scale_backward)(const float *x, const float *w, const float *dy, float *dx, int accx,
                         float *dw, int accw, int n, int cb, int hw);
  void (*broadcast)(const float *x, float *y, int n, int cb, int hw);
  void (*broadcast_backward)(float *dx, const float *dy, int acc, int n, int cb, int hw);
  void (*gate)(const float *x, const float *a, float *y, int n, int cb, int hw);
  void (*gate_backward)(const float *x, const float *a, const float *dy, float *dx, int accx,
                        float *da, int acca, int n, int cb, int hw);
  // planar to blocked and back; with acc the destination is added to
  void (*pack)(const float *x, float *y, int acc, int n, int c, int hw);
  void (*unpack)(const float *x, float *y, int acc, int n, int c, int hw);
  // planar x, y to blocked concat(x, y, 4|x-y|)
  void (*score_input)(const float *x, const float *y, float *z, int n, int c, int hw);
  // k x k convolution (k odd, same padding, stride 1) of blocked x to the oc
  // planes of a planar y; weights [oc][k*k][cb][block]. act: 0 none, 1 ReLU,
  // 2 sigmoid.
  void (*conv_few)(const float *x, const float *weights, const float *bias, float *y, int act, int n, int cb,
                   int h, int w, int oc, int k);
  // its gradients, for k 1 or 3; part: oc*k*k*cb*block floats per few_chunks
  void (*few_data)(const float *dy, const float *weights, float *dx, int acc, int n, int cb, int h, int w, int oc,
                   int k);
  void (*few_weights)(const float *x, const float *dy, float *dweights, float *dbias, float *part, int n, int cb,
                      int h, int w, int oc, int k);
  // score_input and the 3x3 convolution of stride 2 after it, to ob blocks;
  // weights [ob][3c][9][block]
  void (*score_stem)(const float *x, const float *y, const float *weights, const float *bias, float *z, int relu,
                     int n, int c, int h, int w, int ob);
  // its gradients, laid out like the weights and [ob][block]; part:
  // ob*(27c+1)*block floats per FEW_ROWS rows of z
  void (*stem_weights)(const float *x, const float *y, const float *dz, float *dweights, float *dbias, float *part,
                       int n, int c, int h, int w, int ob);
  // 3x3 convolution of x enlarged twice, to ob blocks, without the rim, z, as four
  // sets of planes: y puts them in their places and computes the rim; dz is their
  // gradient, zero on the rim, rim_data adds the rim's to dx
  void (*subpixel)(const float *z, const float *x, const float *rim, const float *bias, float *y, int relu, int n,
                   int cb, int ob, int h, int w);
  void (*subpixel_split)(const float *dy, float *dz, int n, int ob, int h, int w);
  void (*rim_data)(const float *dy, const float *turned, float *dx, int n, int cb, int ob, int h, int w);
  void (*rim_weights)(const float *x, const float *dy, float *dweights, float *dbias, int n, int cb, int ob, int h,
                      int w);
  // y = x*w + r, w per channel or NULL, and z = affine(y); y or z may be NULL
  void (*add_affine)(const float *x, const float *weights, const float *r, float *y, const float *scale,
                     const float *shift, int relu, float *z, int n, int cb, int hw);
  // 3x3 convolution of stride 1 with weights at Winograd's points, and the gradient
  // of these; bias may be NULL. scratch: as many floats as winograd_scratch says
  size_t (*winograd_scratch)(int gradient, int n, int cb, int ob, int h, int w);
  void (*winograd)(const float *x, const float *u, const float *bias, float *y, int relu, int acc, float *scratch,
                   int n, int cb, int ob, int h, int w);
  void (*winograd_gradient)(const float *x, const float *dy, float *du, float *dbias, float *scratch, int n, int cb,
                            int ob, int h, int w);
  // weights as O,I,K,K to the points, 36 for each nine, and the adjoint; turned: for
  // the gradient of the picture
  void (*winograd_weights)(const float *w, float *u, int turned, int ic, int oc);
  void (*winograd_plain)(const float *du, float *dw, int ic, int oc);
  // multiplies and adds 24 vectors so many times
  float (*burn)(long times);
  // zeroes the lanes beyond c
  void (*trim)(float *x, int n, int c, int hw);
  // patches to the planar mean of those that cover a pixel, and its adjoint;
  // c planes of h x w patches with kernel^2 channels each
  void (*fold)(const float *x, float *y, int n, int c, int h, int w, int kernel, int stride);
  void (*fold_backward)(float *dx, const float *dy, int acc, int n, int c, int h, int w, int kernel, int stride);
} kernels;

const kernels *kernel_table(int block);

// Kernels for which the layout does not matter.
void k_relu(const float *x, float *y, size_t n);
void k_relu_backward(const float *y, const float *dy, float *dx, int acc, size_t n);
void k_leaky_relu(const float *x, float *y, float slope, size_t n); // slope in [0,1]
void k_leaky_relu_backward(const float *y, const float *dy, float *dx, float slope, int acc, size_t n);
void k_sigmoid(const float *x, float *y, size_t n);
void k_sigmoid_backward(const float *y, const float *dy, float *dx, int acc, size_t n);
void k_tanh(const float *x, float *y, size_t n);
void k_tanh_backward(const float *y, const float *dy, float *dx, int acc, size_t n);
void k_exp(const float *x, float *y, size_t n);
void k_exp_backward(const float *y, const float *dy, float *dx, int acc, size_t n);
void k_mul(const float *a, const float *b, float *y, int acc, size_t n);
void k_add(const float *a, const float *b, float *y, size_t n);
void k_accumulate(const float *x, float *y, int acc, size_t n);
// mean (x-t)^2 of count elements stored in n floats, the rest of them zeros in
// both; grad as for the losses below
double k_l2(const float *x, const float *t, float weight, float *grad, size_t n, size_t count);
// channel attention on [n][pitch] rows with c used lanes
void k_attention(const float *y, const float *k, float *w, int n, int c, int pitch, int taps);
void k_attention_backward(const float *y, const float *k, const float *w, const float *dw, float *dy,
                          int acc, float *dk, int n, int c, int pitch, int taps);

// Losses and maps on planar tensors. grad receives d(loss)/dx times weight,
// added to what it holds; it may be NULL.
double k_l1(const float *x, const float *t, const float *m, float mask_weight, float weight,
            float *grad, int n, int c, int hw);
double k_focal(const float *s, const float *m, float pos_weight, float weight, float *grad, size_t n);
double k_critic(const float *s, const float *t, int linear, float weight, float *grad, int n, int hw);
// scratch: 8*SSIM_ROWS*w floats per thread
double k_ssim(const float *x, const float *t, float weight, float *grad, float *scratch, int planes,
              int h, int w);
void k_residual(const float *x, const float *y, int plain, float *out, float *scratch, int n, int c,
                int h, int w);
void k_blur(const float *x, float *y, const float *taps, int radius, float *scratch, int planes, int h,
            int w);
void k_spectrum_tables(float *tables, int n); // 2*(n/2+1)^2 floats
size_t k_spectrum_work(int planes, int h, int w);
double k_spectrum(const float *x, const float *t, const float *rows, const float *cols, float weight, float *grad,
                  float *work, int planes, int h, int w);
// attention over planar matrices of one image; see attend.c
void k_attend(const float *q, const float *k, const float *v, float *w, float *y, int l, int inner, int each,
              int channels, float factor);
void k_attend_backward(const float *q, const float *k, const float *v, const float *dy, float *w, float *dw,
                       float *dq, float *dk, float *dv, int l, int inner, int each, int channels, float factor);
void k_axpy(float a, const float *x, float *y, size_t n); // y += a*x
// multiply-adds per second of all threads together, in GFLOP
double k_peak(int block);
#define SSIM_ROWS 16 // of a plane that are in use at a time
#define KINDS 6    // of places along an axis that is enlarged
#define FEW_ROWS 8 // of a chunk of few_weights and stem_weights
int k_threads(void);
void k_set_threads(int n);
int k_best_block(void);
#endif
