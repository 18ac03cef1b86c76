//go:build onednn

#pragma GCC optimize("no-math-errno", "no-trapping-math")

#include "kernels.h"

#include <dnnl.h>
#include <math.h>
#include <omp.h>

#if defined(__x86_64__)
#pragma GCC target("avx2,fma")
#endif

// The two-dimensional DFT as matrix products: on pictures of this size oneDNN's
// matrix product beats a fast transform of scalar code several times over, for
// any extent. A real row has w/2+1 = m frequencies; spectra are stored as
// [h][2m]: real parts, then imaginary ones.
//
// tables: rows   [w][2m]  cos(2 pi v c / w) | -sin(...)
//         cols   [2h][h]  cos(2 pi u r / h), then sin(...)
//         back   [2m][w]  rows transposed, times the weight of each frequency
void k_spectrum_tables(float *rows, float *cols, float *back, int h, int w) {
  const int m = w / 2 + 1;
  for (int c = 0; c < w; c++)
    for (int v = 0; v < m; v++) {
      const double a = 2 * M_PI * (double)(((long)v * c) % w) / w;
      const double weight = v == 0 || 2 * v == w ? 1 : 2;
      rows[(size_t)c * 2 * m + v] = (float)cos(a);
      rows[(size_t)c * 2 * m + m + v] = (float)-sin(a);
      back[(size_t)v * w + c] = (float)(weight * cos(a));
      back[(size_t)(m + v) * w + c] = (float)(-weight * sin(a));
    }
  for (int u = 0; u < h; u++)
    for (int r = 0; r < h; r++) {
      const double a = 2 * M_PI * (double)(((long)u * r) % h) / h;
      cols[(size_t)u * h + r] = (float)cos(a);
      cols[(size_t)(h + u) * h + r] = (float)sin(a);
    }
}

static void gemm(int rows, int cols, int inner, const float *a, const float *b, float *c) {
  dnnl_sgemm('N', 'N', rows, cols, inner, 1, a, inner, b, cols, 0, c, cols);
}

// One plane's loss: its two half-transforms p = cols * R, [2h][2m], of the
// picture and of the target. The gradient's half-spectrum replaces the first
// h rows of p.
static double compare(float *p, const float *q, float scale, int h, int w) {
  const int m = w / 2 + 1;
  double sum = 0;
  for (int u = 0; u < h; u++) {
    float *pc = p + (size_t)u * 2 * m, *ps = p + (size_t)(h + u) * 2 * m;
    const float *qc = q + (size_t)u * 2 * m, *qs = q + (size_t)(h + u) * 2 * m;
    for (int v = 0; v < m; v++) {
      const float re = scale * (pc[v] + ps[m + v]), im = scale * (pc[m + v] - ps[v]);
      const float tr = scale * (qc[v] + qs[m + v]), ti = scale * (qc[m + v] - qs[v]);
      const float ax = sqrtf(re * re + im * im), at = sqrtf(tr * tr + ti * ti);
      const float d = logf((1 + ax) / (1 + at));
      // A gradient through 0/0 or |0| is taken as 0.
      const float g = d == 0 || ax < 1e-8f ? 0 : copysignf(1 / ((1 + ax) * ax), d);
      pc[v] = g * re, pc[m + v] = g * im;
      ps[v] = fabsf(d);
    }
    for (int v = 0; v < m; v++) sum += (double)ps[v] * (v == 0 || 2 * v == w ? 1 : 2);
  }
  return sum;
}

size_t k_spectrum_work(int planes, int h, int w) {
  const size_t m = w / 2 + 1;
  return (size_t)planes * h * 2 * m * 2 + (size_t)planes * 2 * h * 2 * m * 2;
}

// Value of mean|log(1+|F(x)|) - log(1+|F(t)|)| with the orthonormal DFT of
// every plane; weight times its gradient is added to grad if that is not NULL.
// work holds k_spectrum_work floats.
double k_spectrum(const float *x, const float *t, const float *rows, const float *cols, const float *back,
                  float weight, float *grad, float *work, int planes, int h, int w) {
  const int m = w / 2 + 1;
  const size_t half = (size_t)h * 2 * m, n = (size_t)h * w;
  float *rx = work, *rt = rx + planes * half, *px = rt + planes * half, *pt = px + planes * 2 * half;
  const float scale = 1 / sqrtf((float)n);
  gemm(planes * h, 2 * m, w, x, rows, rx);
  gemm(planes * h, 2 * m, w, t, rows, rt);
  for (int k = 0; k < planes; k++) {
    gemm(2 * h, 2 * m, h, cols, rx + k * half, px + 2 * k * half);
    gemm(2 * h, 2 * m, h, cols, rt + k * half, pt + 2 * k * half);
  }
  double part[planes];
#pragma omp parallel for schedule(static)
  for (int k = 0; k < planes; k++) part[k] = compare(px + 2 * k * half, pt + 2 * k * half, scale, h, w);
  double sum = 0;
  for (int k = 0; k < planes; k++) sum += part[k];
  if (grad) {
    // The adjoint: columns, then rows, of the conjugate transform.
    for (int k = 0; k < planes; k++) gemm(2 * h, 2 * m, h, cols, px + 2 * k * half, pt + 2 * k * half);
#pragma omp parallel for schedule(static)
    for (int k = 0; k < planes; k++)
      for (int r = 0; r < h; r++) {
        const float *c = pt + 2 * k * half + (size_t)r * 2 * m, *s = c + half;
        float *o = rx + k * half + (size_t)r * 2 * m;
        for (int v = 0; v < m; v++) o[v] = c[v] - s[m + v], o[m + v] = c[m + v] + s[v];
      }
    gemm(planes * h, w, 2 * m, rx, back, px);
    const float f = weight * scale / ((float)planes * n);
    k_axpy(f, px, grad, (size_t)planes * n);
  }
  return sum / ((double)planes * n);
}
