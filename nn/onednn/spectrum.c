//go:build onednn

#pragma GCC optimize("no-math-errno", "no-trapping-math")

#include "dnn.h"
#include "kernels.h"

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
// odd, so rows and columns are split before they are multiplied: half the work for
// rows, a quarter for columns, whose frequencies u and h-u are the sum and the
// difference of the same two products.
//
// tables: of an axis of n samples, e = n/2+1: [e][e] cos(2 pi u r / n), then sin(...)
void k_spectrum_tables(float *tables, int n) {
  const int e = n / 2 + 1;
  for (int u = 0; u < e; u++)
    for (int r = 0; r < e; r++) {
      const double a = 2 * M_PI * (double)(((long)u * r) % n) / n;
      tables[(size_t)u * e + r] = (float)cos(a);
      tables[(size_t)(e + u) * e + r] = (float)sin(a);
    }
}

// c = factor * a * b, rows of a and c being pitch apart.
static void gemm(int rows, int cols, int inner, float factor, const float *a, int pitch, const float *b, float *c,
                 int out) {
  dnn_gemm('N', 'N', rows, cols, inner, factor, a, pitch, b, cols, c, out);
}

// rows_forward multiplies the even and the odd part of rows of w, side by side in
// folded, with cosines and minus sines.
static void rows_forward(const float *x, const float *tables, float *folded, float *out, int rows, int w) {
  const int m = w / 2 + 1;
#pragma omp parallel for schedule(static)
  for (int r = 0; r < rows; r++) {
    const float *a = x + (size_t)r * w;
    float *p = folded + (size_t)r * 2 * m, *q = p + m;
    for (int c = 1; c < m; c++) p[c] = a[c] + a[w - c], q[c] = a[c] - a[w - c];
    p[0] = a[0], q[0] = 0;
    if (w % 2 == 0) p[m - 1] = a[m - 1]; // its own mirror image
  }
  gemm(rows, m, m, 1, folded, 2 * m, tables, out, 2 * m);
  gemm(rows, m, m, -1, folded + m, 2 * m, tables + (size_t)m * m, out + m, 2 * m);
}

// rows_back adds factor times the adjoint to grad.
static void rows_back(const float *g, const float *tables, float *folded, float *grad, float factor, int rows, int w) {
  const int m = w / 2 + 1;
  gemm(rows, m, m, factor, g, 2 * m, tables, folded, 2 * m);
  gemm(rows, m, m, -factor, g + m, 2 * m, tables + (size_t)m * m, folded + m, 2 * m);
#pragma omp parallel for schedule(static)
  for (int r = 0; r < rows; r++) {
    const float *p = folded + (size_t)r * 2 * m, *q = p + m;
    float *d = grad + (size_t)r * w;
    for (int c = 0; c < m; c++) d[c] += p[c] + q[c]; // q is 0 where a sample is its own mirror image
    for (int c = m; c < w; c++) d[c] += p[w - c] - q[w - c];
  }
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
  gemm(e, n, e, 1, cols, e, folded, c, n);
  gemm(e, n, e, 1, cols + (size_t)e * e, e, odd, s, n);
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
    const float times = v == 0 || 2 * v == w ? 1 : 2; // its mirror image counts, too
    out[v] = times * g * re, out[m + v] = times * g * im;
    loss[v] = times * fabsf(d);
  }
  double sum = 0;
  for (int v = 0; v < m; v++) sum += loss[v];
  return sum;
}

// A thread's memory: the halves of one plane and four products of them.
static size_t plane_work(int h, int w) { return (size_t)(h / 2 + 1) * 2 * (w / 2 + 1) * 6; }

size_t k_spectrum_work(int planes, int h, int w) {
  const size_t m = w / 2 + 1;
  return (size_t)planes * h * 2 * m * 3 + plane_work(h, w);
}

// Value of mean|log(1+|F(x)|) - log(1+|F(t)|)| with the orthonormal DFT of
// every plane; weight times its gradient is added to grad if that is not NULL.
// work holds k_spectrum_work floats.
double k_spectrum(const float *x, const float *t, const float *rows, const float *cols, float weight,
                  float *grad, float *work, int planes, int h, int w) {
  const int m = w / 2 + 1, e = h / 2 + 1;
  const size_t half = (size_t)h * 2 * m, n = (size_t)h * w, part = (size_t)e * 2 * m;
  float *rx = work, *rt = rx + planes * half, *sides = rt + planes * half, *folded = sides + planes * half;
  float *pc = folded + 2 * part, *ps = pc + part, *qc = ps + part, *qs = qc + part;
  const float scale = 1 / sqrtf((float)n);
  rows_forward(x, rows, sides, rx, planes * h, w);
  rows_forward(t, rows, sides, rt, planes * h, w);
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
  if (grad) rows_back(rx, rows, sides, grad, weight * scale / ((float)planes * n), planes * h, w);
  return sum / ((double)planes * n);
}
