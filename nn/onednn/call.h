// Go cannot call a function pointer: one wrapper per kernel of the table.
#include "kernels.h"

static inline void call_affine(const kernels *k, const float *x, float *y, const float *s, const float *b, int relu,
                               int n, int cb, int hw) {
  k->affine(x, y, s, b, relu, n, cb, hw);
}
static inline void call_moments(const kernels *k, const float *x, float *m, float *v, float *part, int n, int cb, int hw) {
  k->moments(x, m, v, part, n, cb, hw);
}
static inline void call_norm_backward(const kernels *k, const float *x, const float *dy, float *dx, const float *g,
                                      const float *b, const float *m, const float *is, float *dg, float *db, int relu,
                                      int acc, float *part, int n, int cb, int hw) {
  k->norm_backward(x, dy, dx, g, b, m, is, dg, db, relu, acc, part, n, cb, hw);
}
static inline void call_upsample(const kernels *k, const float *x, float *y, int n, int cb, int h, int w) {
  k->upsample(x, y, n, cb, h, w);
}
static inline void call_upsample_backward(const kernels *k, float *dx, const float *dy, int acc, int n, int cb, int h, int w) {
  k->upsample_backward(dx, dy, acc, n, cb, h, w);
}
static inline void call_pool(const kernels *k, const float *x, float *y, int n, int cb, int hw) { k->pool(x, y, n, cb, hw); }
static inline void call_pool_backward(const kernels *k, float *dx, const float *dy, int acc, int n, int cb, int hw) {
  k->pool_backward(dx, dy, acc, n, cb, hw);
}
static inline void call_scale(const kernels *k, const float *x, const float *w, float *y, int n, int cb, int hw) {
  k->scale(x, w, y, n, cb, hw);
}
static inline void call_scale_backward(const kernels *k, const float *x, const float *w, const float *dy, float *dx,
                                       int accx, float *dw, int accw, int n, int cb, int hw) {
  k->scale_backward(x, w, dy, dx, accx, dw, accw, n, cb, hw);
}
static inline void call_broadcast(const kernels *k, const float *x, float *y, int n, int cb, int hw) {
  k->broadcast(x, y, n, cb, hw);
}
static inline void call_broadcast_backward(const kernels *k, float *dx, const float *dy, int acc, int n, int cb, int hw) {
  k->broadcast_backward(dx, dy, acc, n, cb, hw);
}
static inline void call_gate(const kernels *k, const float *x, const float *a, float *y, int n, int cb, int hw) {
  k->gate(x, a, y, n, cb, hw);
}
static inline void call_gate_backward(const kernels *k, const float *x, const float *a, const float *dy, float *dx,
                                      int accx, float *da, int acca, int n, int cb, int hw) {
  k->gate_backward(x, a, dy, dx, accx, da, acca, n, cb, hw);
}
static inline void call_pack(const kernels *k, const float *x, float *y, int acc, int n, int c, int hw) {
  k->pack(x, y, acc, n, c, hw);
}
static inline void call_unpack(const kernels *k, const float *x, float *y, int acc, int n, int c, int hw) {
  k->unpack(x, y, acc, n, c, hw);
}
static inline void call_score_input(const kernels *k, const float *x, const float *y, float *z, int n, int c, int hw) {
  k->score_input(x, y, z, n, c, hw);
}
static inline void call_conv_few(const kernels *k, const float *x, const float *weights, const float *bias, float *y,
                                 int act, int n, int cb, int h, int w, int oc, int size) {
  k->conv_few(x, weights, bias, y, act, n, cb, h, w, oc, size);
}
static inline void call_few_data(const kernels *k, const float *dy, const float *weights, float *dx, int acc, int n,
                                 int cb, int h, int w, int oc, int size) {
  k->few_data(dy, weights, dx, acc, n, cb, h, w, oc, size);
}
static inline void call_few_weights(const kernels *k, const float *x, const float *dy, float *dweights, float *dbias,
                                    float *part, int n, int cb, int h, int w, int oc, int size) {
  k->few_weights(x, dy, dweights, dbias, part, n, cb, h, w, oc, size);
}
static inline void call_score_stem(const kernels *k, const float *x, const float *y, const float *weights,
                                   const float *bias, float *z, int relu, int n, int c, int h, int w, int ob) {
  k->score_stem(x, y, weights, bias, z, relu, n, c, h, w, ob);
}
static inline void call_stem_weights(const kernels *k, const float *x, const float *y, const float *dz, float *dweights,
                                     float *dbias, float *part, int n, int c, int h, int w, int ob) {
  k->stem_weights(x, y, dz, dweights, dbias, part, n, c, h, w, ob);
}
static inline void call_subpixel(const kernels *k, const float *z, const float *x, const float *rim, const float *bias,
                                 float *y, int relu, int n, int cb, int ob, int h, int w) {
  k->subpixel(z, x, rim, bias, y, relu, n, cb, ob, h, w);
}
static inline void call_subpixel_split(const kernels *k, const float *dy, float *dz, int n, int ob, int h, int w) {
  k->subpixel_split(dy, dz, n, ob, h, w);
}
static inline void call_rim_data(const kernels *k, const float *dy, const float *turned, float *dx, int n, int cb, int ob,
                                 int h, int w) {
  k->rim_data(dy, turned, dx, n, cb, ob, h, w);
}
static inline void call_rim_weights(const kernels *k, const float *x, const float *dy, float *dweights, float *dbias,
                                    int n, int cb, int ob, int h, int w) {
  k->rim_weights(x, dy, dweights, dbias, n, cb, ob, h, w);
}
static inline void call_add_affine(const kernels *k, const float *x, const float *weights, const float *r, float *y,
                                   const float *scale, const float *shift, int relu, float *z, int n, int cb, int hw) {
  k->add_affine(x, weights, r, y, scale, shift, relu, z, n, cb, hw);
}
static inline void call_trim(const kernels *k, float *x, int n, int c, int hw) { k->trim(x, n, c, hw); }
static inline void call_fold(const kernels *k, const float *x, float *y, int n, int c, int h, int w, int kernel,
                             int stride) {
  k->fold(x, y, n, c, h, w, kernel, stride);
}
static inline void call_fold_backward(const kernels *k, float *dx, const float *dy, int acc, int n, int c, int h, int w,
                                      int kernel, int stride) {
  k->fold_backward(dx, dy, acc, n, c, h, w, kernel, stride);
}
