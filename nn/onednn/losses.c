//go:build onednn

// cgo does not let these through as flags. Errors of mathematical functions and
// floating-point traps are not looked at, so loops may be vectorised.
#pragma GCC optimize("no-math-errno", "no-trapping-math")

#include "exp.h"
#include "kernels.h"

#include <math.h>
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
#pragma omp parallel for schedule(static) PARALLEL((size_t)n * c * hw)
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

// log(1 + e) for e in [0,1], to 2 ulp: with s = e/(2+e), 2(s + s^3/3 + s^5/5 + …).
static inline float log1p1(float e) {
  const float s = e / (2 + e), q = s * s;
  return s * (2 + q * (2.f / 3 + q * (2.f / 5 + q * (2.f / 7 + q * (2.f / 9 + q * (2.f / 11 + q * (2.f / 13)))))));
}

double k_focal(const float *s, const float *m, float pos_weight, float weight, float *grad, size_t n) {
  enum { chunk = 4096, some = 64 };
  const size_t chunks = (n + chunk - 1) / chunk;
  double part[chunks];
  const float g = weight / (float)n;
#pragma omp parallel for schedule(static) PARALLEL(n)
  for (size_t k = 0; k < chunks; k++) {
    double sum = 0;
    const size_t end = (k + 1) * chunk < n ? (k + 1) * chunk : n;
    for (size_t at = k * chunk; at < end; at += some) {
      const int count = end - at < some ? (int)(end - at) : some;
      float loss[some], slope[some];
#pragma omp simd
      for (int i = 0; i < count; i++) {
        const float sign = m[at + i] > .5f ? 1.f : -1.f, z = sign * s[at + i];
        const float e = exp1(-fabsf(z));
        const float logp = (z < 0 ? z : 0) - log1p1(e); // log sigma(z), stable
        const float p = (z >= 0 ? 1 : e) / (1 + e), q = (z >= 0 ? e : 1) / (1 + e);
        const float w = 1 + pos_weight * m[at + i];
        loss[i] = -q * q * logp * w;
        slope[i] = g * w * sign * (2 * p * q * q * logp - q * q * q);
      }
      for (int i = 0; i < count; i++) sum += (double)loss[i];
      for (int i = 0; grad && i < count; i++) grad[at + i] += slope[i];
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
#pragma omp parallel for schedule(static) PARALLEL(n)
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
