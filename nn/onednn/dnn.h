// A thin layer over oneDNN's C interface: convolutions with their two
// gradients, on memory that the caller owns. The only file, with dnn.c, that
// knows oneDNN's version. All calls must come from one OS thread.
#ifndef AGUR_DNN_H
#define AGUR_DNN_H
#include <stddef.h>

typedef struct dnn dnn;
typedef struct conv conv;

typedef enum { PASS_INFERENCE, PASS_FORWARD, PASS_DATA, PASS_WEIGHTS } pass_kind;

// ALG_WINOGRAD, F(4,3), is of our own kernels and falls back to ALG_DIRECT where
// winograd_can says no; ALG_BF16 multiplies in bfloat16 and adds up in float32.
typedef enum { ALG_DIRECT, ALG_WINOGRAD, ALG_BF16 } algorithm;

typedef struct {
  int n, ic, ih, iw, oc, oh, ow;
  int kernel, stride, dilation, pad;
  int block;      // block of the activations; see kernels.h
  int src_planar; // the source is planar (few channels)
  int bias, relu; // relu: inference only
  algorithm alg;
} conv_spec;

dnn *dnn_new(char *err, size_t errlen);
void dnn_free(dnn *e);
void dnn_version(int *major, int *minor, int *patch);

// conv_new makes one pass of a convolution. It returns NULL and a reason when
// oneDNN has no fast implementation.
conv *conv_new(dnn *e, const conv_spec *s, pass_kind pass, char *err, size_t errlen);
void conv_free(conv *c);
const char *conv_impl(const conv *c);
algorithm conv_algorithm(const conv *c); // what became of the wish
size_t conv_weight_bytes(const conv *c);  // in the implementation's own order
size_t conv_scratch_bytes(const conv *c); // needed during conv_run and conv_pack

// conv_bind sets the addresses: activations (source and destination, or their
// gradients), weights in the implementation's order, bias (or its gradient) in
// plain order, scratch. plain is the weight (or its gradient) as O,I,K,K.
int conv_bind(conv *c, float *src, float *weights, float *bias, float *dst, void *scratch, float *plain);
// conv_pack reorders plain into weights; for PASS_WEIGHTS the other way round.
int conv_pack(conv *c);
// conv_run with acc adds to the gradient of the source, where conv_adds.
int conv_run(conv *c, int acc);
int conv_adds(const conv *c);

// dnn_gemm sets c to factor * op(a) op(b), row-major, or to what is not a number
// where the library fails.
void dnn_gemm(char ta, char tb, int m, int n, int k, float factor, const float *a, int lda, const float *b, int ldb,
              float *c, int ldc);

void *dnn_alloc(size_t bytes); // zeroed, from a multiple of 64 on
void dnn_release(void *p);
int dnn_guarded(void);         // whether what lies beyond what was allocated must not be touched
void dnn_trim(void);           // gives what was freed back to the system
#endif
