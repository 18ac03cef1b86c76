//go:build onednn

#pragma GCC optimize("no-math-errno", "no-trapping-math")

#include "dnn.h"
#include "kernels.h"

#include <math.h>

// Matrices of one image, planar: q, k [inner][l] and v, y [each][l], or with channels
// [l][inner] and [l][each], which is the transpose. w is [l][l].

static void weights(const float *q, const float *k, float *w, int l, int inner, int channels, float factor) {
  if (channels)
    dnn_gemm('N', 'T', l, l, inner, factor, q, inner, k, inner, w, l);
  else
    dnn_gemm('T', 'N', l, l, inner, factor, q, l, k, l, w, l);
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
    dnn_gemm('N', 'N', l, each, l, 1, w, l, v, each, y, each);
  else
    dnn_gemm('N', 'T', each, l, l, 1, v, l, w, l, y, l);
}

void k_attend_backward(const float *q, const float *k, const float *v, const float *dy, float *w, float *dw,
                       float *dq, float *dk, float *dv, int l, int inner, int each, int channels, float factor) {
  weights(q, k, w, l, inner, channels, factor);
  if (channels) {
    dnn_gemm('T', 'N', l, each, l, 1, w, l, dy, each, dv, each);
    dnn_gemm('N', 'T', l, l, each, 1, dy, each, v, each, dw, l);
  } else {
    dnn_gemm('N', 'N', each, l, l, 1, dy, l, w, l, dv, l);
    dnn_gemm('T', 'N', l, l, each, 1, dy, l, v, l, dw, l);
  }
  for (int i = 0; i < l; i++) { // through the softmax
    const float *row = w + (size_t)i * l;
    float *d = dw + (size_t)i * l, sum = 0;
    for (int j = 0; j < l; j++) sum += row[j] * d[j];
    for (int j = 0; j < l; j++) d[j] = row[j] * (d[j] - sum);
  }
  if (channels) {
    dnn_gemm('N', 'N', l, inner, l, factor, dw, l, k, inner, dq, inner);
    dnn_gemm('T', 'N', l, inner, l, factor, dw, l, q, inner, dk, inner);
  } else {
    dnn_gemm('N', 'T', inner, l, l, factor, k, l, dw, l, dq, l);
    dnn_gemm('N', 'N', inner, l, l, factor, q, l, dw, l, dk, l);
  }
}
