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
// Cosines see only what is even about the first sample and sines only what is
// odd, so columns are split before they are multiplied: a quarter of the work.
// Frequencies u and h-u are then the sum and the difference of the same two
// products.
//
// tables: rows   [w][2m]  cos(2 pi v c / w) | -sin(...)
//         cols   [2e][e]  cos(2 pi u r / h), then sin(...), for e = h/2+1 u and r
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
  const int e = h / 2 + 1;
  for (int u = 0; u < e; u++)
    for (int r = 0; r < e; r++) {
      const double a = 2 * M_PI * (double)(((long)u * r) % h) / h;
      cols[(size_t)u * e + r] = (float)cos(a);
      cols[(size_t)(e + u) * e + r] = (float)sin(a);
    }
}

static void gemm(int rows, int cols, int inner, const float *a, const float *b, float *c) {
  dnnl_sgemm('N', 'N', rows, cols, inner, 1, a, inner, b, cols, 0, c, cols);
}

// split writes the even and the odd part of h rows about the first, e each.
static void split(const float *in, float *even, float *odd, int h, int e, int n) {
  for (int r = 0; r < e; r++) {
    const float *a = in + (size_t)r * n, *b = in + (size_t)(h - r) * n;
    float *p = even + (size_t)r * n, *q = odd + (size_t)r * n;
    if (r == 0 || 2 * r == h) // its own mirror image
      for (int i = 0; i < n; i++) p[i] = a[i], q[i] = 0;
    else
      for (int i = 0; i < n; i++) p[i] = a[i] + b[i], q[i] = a[i] - b[i];
  }
}

// columns sets c to the cosines' and s to the sines' products with in, for the
// first e frequencies; folded holds e rows twice.
static void columns(const float *in, const float *cols, float *folded, float *c, float *s, int h, int n) {
  const int e = h / 2 + 1;
  float *odd = folded + (size_t)e * n;
  split(in, folded, odd, h, e, n);
  gemm(e, n, e, cols, folded, c);
  gemm(e, n, e, cols + (size_t)e * e, odd, s);
}

// One frequency row's loss, from the products of cosines and sines with picture
// and target; sign -1 is the row of the opposite frequency. out receives the
// gradient.
static double compare(const float *pc, const float *ps, const float *qc, const float *qs, float sign, float *out,
                      float scale, int w) {
  const int m = w / 2 + 1;
  float loss[m];
  for (int v = 0; v < m; v++) {
    const float re = scale * (pc[v] + sign * ps[m + v]), im = scale * (pc[m + v] - sign * ps[v]);
    const float tr = scale * (qc[v] + sign * qs[m + v]), ti = scale * (qc[m + v] - sign * qs[v]);
    const float ax = sqrtf(re * re + im * im), at = sqrtf(tr * tr + ti * ti);
    const float d = logf((1 + ax) / (1 + at));
    // A gradient through 0/0 or |0| is taken as 0.
    const float g = d == 0 || ax < 1e-8f ? 0 : copysignf(1 / ((1 + ax) * ax), d);
    out[v] = g * re, out[m + v] = g * im;
    loss[v] = fabsf(d);
  }
  double sum = 0;
  for (int v = 0; v < m; v++) sum += (double)loss[v] * (v == 0 || 2 * v == w ? 1 : 2);
  return sum;
}

// A thread's memory: the halves of one plane and four products of them.
static size_t plane_work(int h, int w) { return (size_t)(h / 2 + 1) * 2 * (w / 2 + 1) * 6; }

size_t k_spectrum_work(int planes, int h, int w) {
  const size_t m = w / 2 + 1;
  return (size_t)planes * h * 2 * m * 2 + (size_t)planes * h * w + plane_work(h, w);
}

// Value of mean|log(1+|F(x)|) - log(1+|F(t)|)| with the orthonormal DFT of
// every plane; weight times its gradient is added to grad if that is not NULL.
// work holds k_spectrum_work floats.
double k_spectrum(const float *x, const float *t, const float *rows, const float *cols, const float *back,
                  float weight, float *grad, float *work, int planes, int h, int w) {
  const int m = w / 2 + 1, e = h / 2 + 1;
  const size_t half = (size_t)h * 2 * m, n = (size_t)h * w, part = (size_t)e * 2 * m;
  float *rx = work, *rt = rx + planes * half, *dx = rt + planes * half, *folded = dx + planes * n;
  float *pc = folded + 2 * part, *ps = pc + part, *qc = ps + part, *qs = qc + part;
  const float scale = 1 / sqrtf((float)n);
  gemm(planes * h, 2 * m, w, x, rows, rx);
  gemm(planes * h, 2 * m, w, t, rows, rt);
  double sum = 0;
  for (int k = 0; k < planes; k++) {
    float *spectrum = rx + k * half;
    columns(spectrum, cols, folded, pc, ps, h, 2 * m);
    columns(rt + k * half, cols, folded, qc, qs, h, 2 * m);
    double of[h];
#pragma omp parallel for schedule(static)
    for (int u = 0; u < h; u++) {
      const size_t at = (size_t)(u < e ? u : h - u) * 2 * m;
      of[u] = compare(pc + at, ps + at, qc + at, qs + at, u < e ? 1 : -1, spectrum + (size_t)u * 2 * m, scale, w);
    }
    for (int u = 0; u < h; u++) sum += of[u];
    if (!grad) continue;
    // The adjoint: columns, then rows, of the conjugate transform.
    columns(spectrum, cols, folded, pc, ps, h, 2 * m);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < h; r++) {
      const size_t at = (size_t)(r < e ? r : h - r) * 2 * m;
      const float *c = pc + at, *s = ps + at, sign = r < e ? 1 : -1;
      float *o = spectrum + (size_t)r * 2 * m;
      for (int v = 0; v < m; v++) o[v] = c[v] - sign * s[m + v], o[m + v] = c[m + v] + sign * s[v];
    }
  }
  if (grad) {
    gemm(planes * h, w, 2 * m, rx, back, dx);
    k_axpy(weight * scale / ((float)planes * n), dx, grad, (size_t)planes * n);
  }
  return sum / ((double)planes * n);
}
