//go:build onednn

// cgo does not let these through as flags. Errors of mathematical functions and
// floating-point traps are not looked at, so loops may be vectorised.
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

double k_l1(const float *x, const float *t, const float *m, float mask_weight, float weight,
            float *grad, int n, int c, int hw) {
  const float g = weight / ((float)n * c * hw);
  double part[n * c];
#pragma omp parallel for schedule(static)
  for (int i = 0; i < n * c; i++) {
    const float *a = x + (size_t)i * hw, *b = t + (size_t)i * hw, *mk = m + (size_t)(i / c) * hw;
    float s = 0;
#pragma omp simd reduction(+ : s)
    for (int p = 0; p < hw; p++) s += fabsf(a[p] - b[p]) * (1 + mask_weight * mk[p]);
    part[i] = s;
    if (!grad) continue;
    float *d = grad + (size_t)i * hw;
    for (int p = 0; p < hw; p++) {
      const float e = a[p] - b[p];
      d[p] += (e > 0 ? g : e < 0 ? -g : 0) * (1 + mask_weight * mk[p]);
    }
  }
  double s = 0;
  for (int i = 0; i < n * c; i++) s += part[i];
  return s / ((double)n * c * hw);
}

double k_focal(const float *s, const float *m, float pos_weight, float weight, float *grad, size_t n) {
  enum { chunk = 4096 };
  const size_t chunks = (n + chunk - 1) / chunk;
  double part[chunks];
  const float g = weight / (float)n;
#pragma omp parallel for schedule(static)
  for (size_t k = 0; k < chunks; k++) {
    double sum = 0;
    const size_t end = (k + 1) * chunk < n ? (k + 1) * chunk : n;
    for (size_t i = k * chunk; i < end; i++) {
      const float sign = m[i] > .5f ? 1.f : -1.f, z = sign * s[i];
      const float e = expf(-fabsf(z));
      const float logp = (z < 0 ? z : 0) - log1pf(e); // log sigma(z), stable
      const float p = z >= 0 ? 1 / (1 + e) : e / (1 + e), q = 1 - p;
      const float w = 1 + pos_weight * m[i];
      sum += -(double)(q * q * logp * w);
      if (grad) grad[i] += g * w * sign * (2 * p * q * q * logp - q * q * q);
    }
    part[k] = sum;
  }
  double sum = 0;
  for (size_t k = 0; k < chunks; k++) sum += part[k];
  return sum / (double)n;
}

double k_l2(const float *x, const float *t, float weight, float *grad, size_t n, size_t count) {
  enum { chunk = 4096 };
  const size_t chunks = (n + chunk - 1) / chunk;
  double part[chunks];
  const float g = 2 * weight / (float)count;
#pragma omp parallel for schedule(static)
  for (size_t k = 0; k < chunks; k++) {
    float s = 0;
    const size_t end = (k + 1) * chunk < n ? (k + 1) * chunk : n;
#pragma omp simd reduction(+ : s)
    for (size_t i = k * chunk; i < end; i++) s += (x[i] - t[i]) * (x[i] - t[i]);
    part[k] = s;
    if (grad)
      for (size_t i = k * chunk; i < end; i++) grad[i] += g * (x[i] - t[i]);
  }
  double sum = 0;
  for (size_t k = 0; k < chunks; k++) sum += part[k];
  return sum / (double)count;
}

// A critic answers few pixels: one thread does. The hinge is max(0, |t| - t*s).
double k_critic(const float *s, const float *t, int linear, float weight, float *grad, int n, int hw) {
  double sum = 0;
  for (int b = 0; b < n; b++) {
    const float g = -weight * t[b] / (float)hw;
    for (size_t i = (size_t)b * hw; i < (size_t)(b + 1) * hw; i++) {
      const float loss = (linear ? 0 : fabsf(t[b])) - t[b] * s[i];
      if (!linear && loss <= 0) continue;
      sum += loss;
      if (grad) grad[i] += g;
    }
  }
  return sum / hw;
}

// Gaussian window of SSIM: 11 taps, sigma 1.5, normalised.
static const float window[11] = {0.00102838f, 0.00759876f, 0.03600077f, 0.10936069f, 0.21300554f, 0.26601172f,
                                 0.21300554f, 0.10936069f, 0.03600077f, 0.00759876f, 0.00102838f};

// out = window * in, separable, zero padding; tmp holds one plane.
static void smooth(const float *in, float *out, float *tmp, int h, int w) {
  for (int y = 0; y < h; y++) {
    const float *a = in + (size_t)y * w;
    float *o = tmp + (size_t)y * w;
    for (int x = 0; x < w; x++) {
      if (x >= 5 && x < w - 5) continue;
      float s = 0;
      for (int k = 0; k < 11; k++)
        if (x + k - 5 >= 0 && x + k - 5 < w) s += window[k] * a[x + k - 5];
      o[x] = s;
    }
#pragma omp simd
    for (int x = 5; x < w - 5; x++) {
      float s = 0;
      for (int k = 0; k < 11; k++) s += window[k] * a[x + k - 5];
      o[x] = s;
    }
  }
  for (int y = 0; y < h; y++) {
    float *o = out + (size_t)y * w;
    memset(o, 0, (size_t)w * sizeof(float));
    for (int k = 0; k < 11; k++) {
      if (y + k - 5 < 0 || y + k - 5 >= h) continue;
      const float *a = tmp + (size_t)(y + k - 5) * w;
      const float c = window[k];
#pragma omp simd
      for (int x = 0; x < w; x++) o[x] += c * a[x];
    }
  }
}

static const float c1 = 1e-4f, c2 = 9e-4f;

// Local moments of one plane pair: s[0..4] = mean x, mean t, and the means of
// x^2, t^2, x t; s[5], s[6] are scratch.
static void ssim_moments(const float *x, const float *t, float *s, int h, int w) {
  const size_t n = (size_t)h * w;
  float *p = s + 5 * n, *tmp = s + 6 * n;
  smooth(x, s, tmp, h, w);
  smooth(t, s + n, tmp, h, w);
  for (size_t i = 0; i < n; i++) p[i] = x[i] * x[i];
  smooth(p, s + 2 * n, tmp, h, w);
  for (size_t i = 0; i < n; i++) p[i] = t[i] * t[i];
  smooth(p, s + 3 * n, tmp, h, w);
  for (size_t i = 0; i < n; i++) p[i] = x[i] * t[i];
  smooth(p, s + 4 * n, tmp, h, w);
}

// Value: 1 - mean SSIM. Gradient with respect to x, by the adjoint of smooth
// (itself: the window is symmetric and the padding zero).
double k_ssim(const float *x, const float *t, float weight, float *grad, float *scratch, int planes,
              int h, int w) {
  const size_t n = (size_t)h * w;
  const float g = -weight / ((float)planes * n);
  double part[planes];
#pragma omp parallel for schedule(static)
  for (int k = 0; k < planes; k++) {
    float *s = scratch + (size_t)omp_get_thread_num() * 8 * n;
    const float *a = x + (size_t)k * n, *b = t + (size_t)k * n;
    ssim_moments(a, b, s, h, w);
    float *mx = s, *mt = s + n, *xx = s + 2 * n, *tt = s + 3 * n, *xt = s + 4 * n;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
      const float m = mx[i], u = mt[i];
      const float a1 = 2 * m * u + c1, a2 = 2 * (xt[i] - m * u) + c2;
      const float b1 = m * m + u * u + c1, b2 = xx[i] - m * m + tt[i] - u * u + c2;
      const float inv = 1 / (b1 * b2), q = a1 * a2 * inv;
      sum += q;
      mx[i] = 2 * u * (a2 - a1) * inv + 2 * m * q * (1 / b2 - 1 / b1);
      xx[i] = -q / b2;
      xt[i] = 2 * a1 * inv;
    }
    part[k] = sum;
    if (!grad) continue;
    float *tmp = s + 5 * n, *o = s + 6 * n, *d = grad + (size_t)k * n;
    smooth(mx, o, tmp, h, w);
    for (size_t i = 0; i < n; i++) d[i] += g * o[i];
    smooth(xx, o, tmp, h, w);
    for (size_t i = 0; i < n; i++) d[i] += g * 2 * a[i] * o[i];
    smooth(xt, o, tmp, h, w);
    for (size_t i = 0; i < n; i++) d[i] += g * b[i] * o[i];
  }
  double sum = 0;
  for (int k = 0; k < planes; k++) sum += part[k];
  return 1 - sum / ((double)planes * n);
}

// The moments of one row pair, smoothed along the row: out[0..4] are n apart.
static void smooth_row(const float *x, const float *t, float *out, size_t n, int w) {
  float v[5][w + 10];
  for (int k = 0; k < 5; k++) memset(v[k], 0, 5 * sizeof(float)), memset(v[k] + w + 5, 0, 5 * sizeof(float));
#pragma omp simd
  for (int c = 0; c < w; c++) {
    v[0][c + 5] = x[c];
    v[1][c + 5] = t[c];
    v[2][c + 5] = x[c] * x[c];
    v[3][c + 5] = t[c] * t[c];
    v[4][c + 5] = x[c] * t[c];
  }
  for (int k = 0; k < 5; k++) {
    const float *a = v[k];
    float *o = out + k * n;
#pragma omp simd
    for (int c = 0; c < w; c++) {
      float s = 0;
      for (int i = 0; i < 11; i++) s += window[i] * a[c + i];
      o[c] = s;
    }
  }
}

// Adds share * (1 - SSIM) of row r to d, from moments smoothed along the rows.
static void dssim_row(const float *s, size_t n, float *d, float share, int r, int h, int w) {
  const int first = r < 5 ? 5 - r : 0, last = h - r < 6 ? h - r + 4 : 10;
  float v[5][w];
  for (int k = 0; k < 5; k++) {
    const float *in = s + k * n + (ptrdiff_t)(r - 5) * w;
    float *o = v[k];
    memset(o, 0, w * sizeof(float));
    for (int i = first; i <= last; i++) {
      const float f = window[i], *a = in + (size_t)i * w;
#pragma omp simd
      for (int c = 0; c < w; c++) o[c] += f * a[c];
    }
  }
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
          smooth_row(px + k * hw + (size_t)r * w, py + k * hw + (size_t)r * w, scratch + (size_t)r * w, hw, w);
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

static inline int mirror(int i, int n) {
  while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
  return i;
}

// scratch: one plane
void k_blur(const float *x, float *y, const float *taps, int radius, float *scratch, int planes, int h,
            int w) {
  const size_t n = (size_t)h * w;
  for (int k = 0; k < planes; k++) {
    const float *in = x + (size_t)k * n;
    float *o = y + (size_t)k * n;
#pragma omp parallel PARALLEL(n)
    {
#pragma omp for schedule(static)
      for (int r = 0; r < h; r++) {
        const float *a = in + (size_t)r * w;
        float line[w + 2 * radius], *s = scratch + (size_t)r * w;
        memcpy(line + radius, a, w * sizeof(float));
        for (int t = 1; t <= radius; t++) {
          line[radius - t] = a[w > 1 ? mirror(-t, w) : 0];
          line[radius + w - 1 + t] = a[w > 1 ? mirror(w - 1 + t, w) : 0];
        }
        memset(s, 0, w * sizeof(float));
        for (int t = 0; t <= 2 * radius; t++) {
          const float f = taps[t];
#pragma omp simd
          for (int c = 0; c < w; c++) s[c] += f * line[c + t];
        }
      }
#pragma omp for schedule(static)
      for (int r = 0; r < h; r++) {
        float *s = o + (size_t)r * w;
        memset(s, 0, w * sizeof(float));
        for (int t = -radius; t <= radius; t++) {
          const float *a = scratch + (size_t)(h > 1 ? mirror(r + t, h) : 0) * w, f = taps[t + radius];
#pragma omp simd
          for (int c = 0; c < w; c++) s[c] += f * a[c];
        }
      }
    }
  }
}
