//go:build cgo

// cgo does not let these through as flags. Errors of mathematical functions and
// floating-point traps are not looked at, so loops may be vectorised; sums keep
// their order.
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math", "no-signed-zeros")

#include "simd.h"

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#define FN(name) narrow_##name
#include "kernels.h"
#pragma GCC pop_options

// Without fused multiply-adds, so that Go's twin computes the same bits.
#pragma GCC push_options
#pragma GCC target("avx2")
void simd_sample(const float *plane, int w, int h, float x, float y, float dx, float dy, int from, float *out, int n) {
  const int right = w > 1, below = h > 1 ? w : 0;
  const float last_x = (float)(w - 1) * (float)(1 - 1e-6), last_y = (float)(h - 1) * (float)(1 - 1e-6);
  const __m256i step = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), wide = _mm256_set1_epi32(w);
  const __m256 zero = _mm256_setzero_ps();
  for (int k = 0; k < n; k += 8) {
    const __m256 at = _mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_set1_epi32(from + k), step));
    __m256 px = _mm256_add_ps(_mm256_set1_ps(x), _mm256_mul_ps(at, _mm256_set1_ps(dx)));
    __m256 py = _mm256_add_ps(_mm256_set1_ps(y), _mm256_mul_ps(at, _mm256_set1_ps(dy)));
    // What is not a number becomes 0.
    px = _mm256_min_ps(_mm256_max_ps(px, zero), _mm256_set1_ps(last_x));
    py = _mm256_min_ps(_mm256_max_ps(py, zero), _mm256_set1_ps(last_y));
    const __m256i i = _mm256_cvttps_epi32(px), j = _mm256_cvttps_epi32(py);
    const __m256 fx = _mm256_sub_ps(px, _mm256_cvtepi32_ps(i)), fy = _mm256_sub_ps(py, _mm256_cvtepi32_ps(j));
    const __m256i p = _mm256_add_epi32(_mm256_mullo_epi32(j, wide), i);
    const __m256 a = _mm256_i32gather_ps(plane, p, 4), b = _mm256_i32gather_ps(plane + right, p, 4);
    const __m256 c = _mm256_i32gather_ps(plane + below, p, 4), d = _mm256_i32gather_ps(plane + below + right, p, 4);
    const __m256 top = _mm256_add_ps(a, _mm256_mul_ps(fx, _mm256_sub_ps(b, a)));
    const __m256 low = _mm256_add_ps(c, _mm256_mul_ps(fx, _mm256_sub_ps(d, c)));
    const __m256 v = _mm256_add_ps(top, _mm256_mul_ps(fy, _mm256_sub_ps(low, top)));
    if (n - k >= 8)
      _mm256_storeu_ps(out + k, v);
    else
      _mm256_maskstore_ps(out + k, _mm256_cmpgt_epi32(_mm256_set1_epi32(n - k), step), v);
  }
}
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,fma,prefer-vector-width=512")
#define FN(name) wide_##name
#include "kernels.h"
#pragma GCC pop_options

const simd_kernels *simd_table(int narrow) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) return NULL;
  const int wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return wide && !narrow ? &wide_table : &narrow_table;
}

#pragma GCC target("avx2,fma,f16c")

typedef struct {
  const uint16_t *half;
  const float *full;
} rows;

static inline __attribute__((always_inline)) __m256 load8(rows r, size_t at) {
  return r.half ? _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(r.half + at))) : _mm256_loadu_ps(r.full + at);
}

// square_sum returns Σ v² of the 8 numbers of n vectors.
static inline __attribute__((always_inline)) double square_sum(const __m256 *v, int n) {
  __m256d s = _mm256_setzero_pd();
  for (int k = 0; k < n; k++) {
    const __m256d lo = _mm256_cvtps_pd(_mm256_castps256_ps128(v[k])), hi = _mm256_cvtps_pd(_mm256_extractf128_ps(v[k], 1));
    s = _mm256_fmadd_pd(lo, lo, s);
    s = _mm256_fmadd_pd(hi, hi, s);
  }
  double t[4];
  _mm256_storeu_pd(t, s);
  return (t[0] + t[1]) + (t[2] + t[3]);
}

// length returns |z|².
static inline double length(const float *z, int d) {
  __m256 v[4];
  double sum = 0;
  int k = 0;
  for (; k + 32 <= d; k += 32) {
    for (int j = 0; j < 4; j++) v[j] = _mm256_loadu_ps(z + k + 8 * j);
    sum += square_sum(v, 4);
  }
  for (; k < d; k++) sum += (double)z[k] * z[k];
  return sum;
}

// known returns |Bz|² of n blocks of 8 rows that lie side by side.
static inline __attribute__((always_inline)) double known_n(rows r, size_t at, const float *z, int d, const int n) {
  __m256 s[8];
  for (int k = 0; k < n; k++) s[k] = _mm256_setzero_ps();
  for (int i = 0; i < d; i++) {
    const __m256 v = _mm256_broadcast_ss(z + i);
#pragma GCC unroll 8
    for (int k = 0; k < n; k++) s[k] = _mm256_fmadd_ps(load8(r, at + (size_t)(i * n + k) * 8), v, s[k]);
  }
  return square_sum(s, n);
}

static inline __attribute__((always_inline)) double known(rows r, size_t at, const float *z, int d, int n) {
  switch (n) {
    case 1: return known_n(r, at, z, d, 1);
    case 2: return known_n(r, at, z, d, 2);
    case 3: return known_n(r, at, z, d, 3);
    case 4: return known_n(r, at, z, d, 4);
    case 5: return known_n(r, at, z, d, 5);
    case 6: return known_n(r, at, z, d, 6);
    case 7: return known_n(r, at, z, d, 7);
    default: return known_n(r, at, z, d, 8);
  }
}

static inline __attribute__((always_inline)) void gaussian_range(const gaussian *g, rows r, const float *x, int pitch,
                                                                 float *z, float *out, int from, int to) {
  const int d = g->d;
  for (int i = from; i < to; i++) {
    const int p = g->global ? 0 : i;
    const float *in = x + (size_t)i * pitch, *mean = g->mean + (size_t)p * d;
    for (int k = 0; k < d; k++) z[k] = (in[k] - mean[k]) * g->inverse[k];
    double d2 = length(z, d) / (double)g->floor[p];
    double sum = 0;
    for (int b = g->start[p]; b < g->start[p + 1]; b += 8) {
      const int n = g->start[p + 1] - b < 8 ? g->start[p + 1] - b : 8;
      sum += known(r, (size_t)b * 8 * d, z, d, n);
    }
    d2 = sum > 1e300 ? sum : d2 - sum; // overflown: far, not near
    out[i] = (float)sqrt(d2 < 0 ? 0 : d2); // what is not a number stays none
  }
}

void simd_gaussian(const gaussian *g, const float *x, int pitch, float *z, float *out, int from, int to) {
  if (g->half)
    gaussian_range(g, (rows){g->half, NULL}, x, pitch, z, out, from, to);
  else
    gaussian_range(g, (rows){NULL, g->full}, x, pitch, z, out, from, to);
}

// products_n sets keys to |v|² − 2vz of n blocks of 8 vectors, each by itself.
static inline __attribute__((always_inline)) void products_n(rows r, size_t block, const float *norms, const float *z,
                                                             int d, float *keys, const int n) {
  __m256 s[8];
  for (int k = 0; k < n; k++) s[k] = _mm256_setzero_ps();
  for (int i = 0; i < d; i++) {
    const __m256 v = _mm256_broadcast_ss(z + i);
#pragma GCC unroll 8
    for (int k = 0; k < n; k++) s[k] = _mm256_fmadd_ps(load8(r, ((block + k) * d + i) * 8), v, s[k]);
  }
  for (int k = 0; k < n; k++)
    _mm256_storeu_ps(keys + k * 8, _mm256_fmadd_ps(_mm256_set1_ps(-2), s[k], _mm256_loadu_ps(norms + (block + k) * 8)));
}

typedef struct {
  int most, n;
  float *key;
  int32_t *row;
} nearest;

static inline void offer(nearest *b, float key, int32_t row) {
  if (b->n == b->most) {
    if (!(key < b->key[b->n - 1])) return;
    b->n--;
  }
  int i = b->n++;
  for (; i > 0 && key < b->key[i - 1]; i--) b->key[i] = b->key[i - 1], b->row[i] = b->row[i - 1];
  b->key[i] = key, b->row[i] = row;
}

static inline __attribute__((always_inline)) float one(rows r, size_t at) {
  return r.half ? _cvtsh_ss(r.half[at]) : r.full[at];
}

static inline __attribute__((always_inline)) void memory_range(const memory *m, rows r, const float *x, int pitch,
                                                               float *z, float *keys, int32_t *row, float *out, int from,
                                                               int to) {
  const int d = m->d;
  for (int i = from; i < to; i++) {
    for (int k = 0; k < d; k++) z[k] = (x[(size_t)i * pitch + k] - m->centre[k]) / m->unit[k];
    nearest best = {m->neighbours, 0, keys, row};
    const int cx = i % m->w, cy = i / m->w, rad = m->radius;
    const int left = cx - rad > 0 ? cx - rad : 0, right = cx + rad < m->w - 1 ? cx + rad : m->w - 1;
    const int top = cy - rad > 0 ? cy - rad : 0, bottom = cy + rad < m->h - 1 ? cy + rad : m->h - 1;
    for (int y = m->global ? 0 : top; y <= (m->global ? 0 : bottom); y++) {
      int b = m->global ? 0 : m->start[y * m->w + left];
      const int end = m->global ? m->start[1] : m->start[y * m->w + right + 1];
      while (b < end) {
        float key[64];
        const int n = end - b >= 8 ? 8 : end - b >= 4 ? 4 : end - b >= 2 ? 2 : 1;
        switch (n) {
          case 8: products_n(r, b, m->norms, z, d, key, 8); break;
          case 4: products_n(r, b, m->norms, z, d, key, 4); break;
          case 2: products_n(r, b, m->norms, z, d, key, 2); break;
          default: products_n(r, b, m->norms, z, d, key, 1);
        }
        for (int k = 0; k < 8 * n; k++)
          if (m->norms[b * 8 + k] < INFINITY) offer(&best, key[k], b * 8 + k);
        b += n;
      }
    }
    // The products find the neighbours; their distances are computed anew, for
    // a difference of large numbers cannot tell small ones.
    double sum = 0;
    for (int k = 0; k < best.n; k++) {
      const size_t at = (size_t)(best.row[k] / 8) * 8 * d + best.row[k] % 8;
      float s = 0;
      for (int j = 0; j < d; j++) {
        const float e = z[j] - one(r, at + (size_t)j * 8);
        s += e * e;
      }
      sum += sqrt((double)s);
    }
    out[i] = (float)(sum / best.n);
  }
}

void simd_memory(const memory *m, const float *x, int pitch, float *z, float *keys, int32_t *rows_, float *out, int from,
                   int to) {
  if (m->half)
    memory_range(m, (rows){m->half, NULL}, x, pitch, z, keys, rows_, out, from, to);
  else
    memory_range(m, (rows){NULL, m->full}, x, pitch, z, keys, rows_, out, from, to);
}
