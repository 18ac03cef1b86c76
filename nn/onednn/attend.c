//go:build onednn

#pragma GCC optimize("no-math-errno", "no-trapping-math")

#include "kernels.h"

#include <dnnl.h>
#include <math.h>

// Matrices of one image, planar: q, k [inner][l] and v, y [each][l], or with channels
// [l][inner] and [l][each], which is the transpose. w is [l][l].

// c = factor * op(a) op(b), row-major
static void gemm(char ta, char tb, int m, int n, int k, float factor, const float *a, int lda, const float *b,
                 int ldb, float *c, int ldc) {
  dnnl_sgemm(ta, tb, m, n, k, factor, a, lda, b, ldb, 0, c, ldc);
}

static void weights(const float *q, const float *k, float *w, int l, int inner, int channels, float factor) {
  if (channels)
    gemm('N', 'T', l, l, inner, factor, q, inner, k, inner, w, l);
  else
    gemm('T', 'N', l, l, inner, factor, q, l, k, l, w, l);
  for (int i = 0; i < l; i++) {
    float *row = w + (size_t)i * l, top = row[0];
    for (int j = 1; j < l; j++) top = row[j] > top ? row[j] : top;
    float sum = 0;
    for (int j = 0; j < l; j++) {
      row[j] = expf(row[j] - top);
      sum += row[j];
    }
    for (int j = 0; j < l; j++) row[j] /= sum;
  }
}

void k_attend(const float *q, const float *k, const float *v, float *w, float *y, int l, int inner, int each,
              int channels, float factor) {
  weights(q, k, w, l, inner, channels, factor);
  if (channels)
    gemm('N', 'N', l, each, l, 1, w, l, v, each, y, each);
  else
    gemm('N', 'T', each, l, l, 1, v, l, w, l, y, l);
}

void k_attend_backward(const float *q, const float *k, const float *v, const float *dy, float *w, float *dw,
                       float *dq, float *dk, float *dv, int l, int inner, int each, int channels, float factor) {
  weights(q, k, w, l, inner, channels, factor);
  if (channels) {
    gemm('T', 'N', l, each, l, 1, w, l, dy, each, dv, each);
    gemm('N', 'T', l, l, each, 1, dy, each, v, each, dw, l);
  } else {
    gemm('N', 'N', each, l, l, 1, dy, l, w, l, dv, l);
    gemm('T', 'N', l, l, each, 1, dy, l, v, l, dw, l);
  }
  for (int i = 0; i < l; i++) { // through the softmax
    const float *row = w + (size_t)i * l;
    float *d = dw + (size_t)i * l, sum = 0;
    for (int j = 0; j < l; j++) sum += row[j] * d[j];
    for (int j = 0; j < l; j++) d[j] = row[j] * (d[j] - sum);
  }
  if (channels) {
    gemm('N', 'N', l, inner, l, factor, dw, l, k, inner, dq, inner);
    gemm('T', 'N', l, inner, l, factor, dw, l, q, inner, dk, inner);
  } else {
    gemm('N', 'T', inner, l, l, factor, k, l, dw, l, dq, l);
    gemm('N', 'N', inner, l, l, factor, q, l, dw, l, dk, l);
  }
}
