//go:build onednn

#pragma GCC optimize("no-math-errno", "no-trapping-math")

#include "kernels.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#if defined(__x86_64__)
#pragma GCC target("avx2,fma")
#endif

// as in kernels.c
#define PARALLEL(elements) if ((size_t)(elements) >= 32768)

// Structural similarity of planes of h x w: a loss, and a map. Means are taken
// under a window, row by row: along the row, and then down the last eleven rows,
// which the cache still has.

// Gaussian window: 11 taps, sigma 1.5, normalised.
static const float window[11] = {0.00102838f, 0.00759876f, 0.03600077f, 0.10936069f, 0.21300554f, 0.26601172f,
                                 0.21300554f, 0.10936069f, 0.03600077f, 0.00759876f, 0.00102838f};

static const float c1 = 1e-4f, c2 = 9e-4f;

// MOMENTS are the means of x, t, x^2, t^2 and x t.
enum { MOMENTS = 5, SLOPES = 3 };

// o = the window over w + 10 numbers, of which the outermost five on each side lie
// beyond the picture.
static void along(const float *a, float *o, int w) {
#pragma omp simd
  for (int c = 0; c < w; c++) {
    float s = 0;
    for (int i = 0; i < 11; i++) s += window[i] * a[c + i];
    o[c] = s;
  }
}

static void pad(float *line, int w) {
  memset(line, 0, 5 * sizeof(float)), memset(line + w + 5, 0, 5 * sizeof(float));
}

// The moments of one row pair, smoothed along the row: out[0..4] are n apart.
static void moments_along(const float *x, const float *t, float *out, size_t n, int w) {
  float v[MOMENTS][w + 10];
  for (int k = 0; k < MOMENTS; k++) pad(v[k], w);
#pragma omp simd
  for (int c = 0; c < w; c++) {
    v[0][c + 5] = x[c];
    v[1][c + 5] = t[c];
    v[2][c + 5] = x[c] * x[c];
    v[3][c + 5] = t[c] * t[c];
    v[4][c + 5] = x[c] * t[c];
  }
  for (int k = 0; k < MOMENTS; k++) along(v[k], out + k * n, w);
}

// o = the window down the rows about row r of h; row i lies at in + i%ring*w, and
// beyond the picture are zeros.
static void down(const float *in, int ring, float *o, int r, int h, int w, const float *zeros) {
  const float *a[11];
  for (int i = 0; i < 11; i++) {
    const int at = r + i - 5;
    a[i] = at < 0 || at >= h ? zeros : in + (size_t)(at % ring) * w;
  }
#pragma omp simd
  for (int c = 0; c < w; c++) {
    float s = 0;
    for (int i = 0; i < 11; i++) s += window[i] * a[i][c];
    o[c] = s;
  }
}

// Value: 1 - mean SSIM. Gradient with respect to x, by the adjoint of smoothing
// (itself: the window is symmetric and the padding zero).
double k_ssim(const float *x, const float *t, float weight, float *grad, float *scratch, int planes,
              int h, int w) {
  const size_t n = (size_t)h * w, ring = (size_t)SSIM_ROWS * w;
  const float g = -weight / ((float)planes * n);
  double part[planes];
#pragma omp parallel for schedule(static)
  for (int k = 0; k < planes; k++) {
    float *moments = scratch + (size_t)omp_get_thread_num() * (MOMENTS + SLOPES) * ring, *slopes = moments + MOMENTS * ring;
    const float *a = x + (size_t)k * n, *b = t + (size_t)k * n;
    float zeros[w], v[MOMENTS][w], lines[SLOPES][w + 10], q[w];
    memset(zeros, 0, w * sizeof(float));
    for (int i = 0; i < SLOPES; i++) pad(lines[i], w);
    part[k] = 0;
    // Three rows at a time: one is read, one five rows above has its moments, and
    // one ten rows above its gradient.
    for (int r = 0; r < h + 10; r++) {
      if (r < h) moments_along(a + (size_t)r * w, b + (size_t)r * w, moments + (size_t)(r % SSIM_ROWS) * w, ring, w);
      const int middle = r - 5, last = r - 10;
      if (middle >= 0 && middle < h) {
        for (int i = 0; i < MOMENTS; i++) down(moments + i * ring, SSIM_ROWS, v[i], middle, h, w, zeros);
#pragma omp simd
        for (int i = 0; i < w; i++) {
          const float m = v[0][i], u = v[1][i];
          const float a1 = 2 * m * u + c1, a2 = 2 * (v[4][i] - m * u) + c2;
          const float b1 = m * m + u * u + c1, b2 = v[2][i] - m * m + v[3][i] - u * u + c2;
          const float inv = 1 / (b1 * b2);
          q[i] = a1 * a2 * inv;
          lines[0][i + 5] = 2 * u * (a2 - a1) * inv + 2 * m * q[i] * (b1 - b2) * inv;
          lines[1][i + 5] = -q[i] * b1 * inv;
          lines[2][i + 5] = 2 * a1 * inv;
        }
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < w; i++) sum += q[i];
        part[k] += sum;
        for (int i = 0; grad && i < SLOPES; i++)
          along(lines[i], slopes + i * ring + (size_t)(middle % SSIM_ROWS) * w, w);
      }
      if (!grad || last < 0) continue;
      for (int i = 0; i < SLOPES; i++) down(slopes + i * ring, SSIM_ROWS, v[i], last, h, w, zeros);
      const size_t at = (size_t)last * w;
      float *d = grad + (size_t)k * n + at;
#pragma omp simd
      for (int i = 0; i < w; i++) d[i] += g * (v[0][i] + 2 * a[at + i] * v[1][i] + b[at + i] * v[2][i]);
    }
  }
  double sum = 0;
  for (int k = 0; k < planes; k++) sum += part[k];
  return 1 - sum / ((double)planes * n);
}

// Adds share * (1 - SSIM) of row r to d, from moments smoothed along the rows.
static void dssim_row(const float *s, size_t n, float *d, float share, int r, int h, int w) {
  float v[MOMENTS][w], zeros[w];
  memset(zeros, 0, w * sizeof(float));
  for (int k = 0; k < MOMENTS; k++) down(s + k * n, h, v[k], r, h, w, zeros);
#pragma omp simd
  for (int c = 0; c < w; c++) {
    const float m = v[0][c], u = v[1][c];
    const float a = (2 * m * u + c1) * (2 * (v[4][c] - m * u) + c2);
    const float b = (m * m + u * u + c1) * (v[2][c] - m * m + v[3][c] - u * u + c2);
    d[c] += (1 - a / b) * share;
  }
}

// Rows are shared out, not images: a camera's picture comes alone. scratch: six
// planes.
void k_residual(const float *x, const float *y, int plain, float *out, float *scratch, int n, int c,
                int h, int w) {
  const size_t hw = (size_t)h * w;
  float *d = scratch + 5 * hw;
  const float share = 1.f / c;
  for (int b = 0; b < n; b++) {
    const float *px = x + (size_t)b * c * hw, *py = y + (size_t)b * c * hw;
    float *o = out + (size_t)b * hw;
#pragma omp parallel PARALLEL(hw)
    {
#pragma omp for schedule(static)
      for (int r = 0; r < h; r++) {
        const size_t at = (size_t)r * w;
        memset(o + at, 0, w * sizeof(float)), memset(d + at, 0, w * sizeof(float));
        for (int k = 0; k < c; k++) {
          const float *p = px + k * hw + at, *q = py + k * hw + at;
#pragma omp simd
          for (int i = 0; i < w; i++) o[at + i] += fabsf(p[i] - q[i]) * share;
        }
      }
      for (int k = 0; k < c && !plain; k++) {
#pragma omp for schedule(static)
        for (int r = 0; r < h; r++)
          moments_along(px + k * hw + (size_t)r * w, py + k * hw + (size_t)r * w, scratch + (size_t)r * w, hw, w);
#pragma omp for schedule(static)
        for (int r = 0; r < h; r++) dssim_row(scratch, hw, d + (size_t)r * w, share, r, h, w);
      }
      if (!plain) {
#pragma omp for schedule(static)
        for (int r = 0; r < h; r++)
          for (int i = 0; i < w; i++) o[(size_t)r * w + i] *= d[(size_t)r * w + i];
      }
    }
  }
}
