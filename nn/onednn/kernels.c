//go:build onednn

// cgo does not let these through as flags. Errors of mathematical functions and
// floating-point traps are not looked at, so loops may be vectorised.
#pragma GCC optimize("no-math-errno", "no-trapping-math")

#include "exp.h"
#include "kernels.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include <time.h>

// A team of threads costs some microseconds to wake, and far more on a machine
// with other work: small tensors are not worth it.
#define PARALLEL(elements) if ((size_t)(elements) >= 32768)

#define CHUNK 1024
#define CHUNKS(hw) (((hw) + CHUNK - 1) / CHUNK)
#define CHUNK_LEN(hw, k) ((hw) - (k) * CHUNK < CHUNK ? (hw) - (k) * CHUNK : CHUNK)

// The first and the last of the n patches along an axis that cover pixel i.
typedef struct {
  int first, last;
} cover;

static inline cover covering(int i, int n, int kernel, int stride) {
  const int p = i + (kernel - stride) / 2; // patch k covers k*stride <= p < k*stride+kernel
  cover c = {p < kernel ? 0 : (p - kernel) / stride + 1, p / stride};
  if (c.last > n - 1) c.last = n - 1;
  return c;
}

// share[i] = 1 / the number of n patches that cover pixel i
static inline void shares(float *share, int n, int kernel, int stride) {
  for (int i = 0; i < n * stride; i++) {
    const cover c = covering(i, n, kernel, stride);
    share[i] = 1.f / (float)(c.last - c.first + 1);
  }
}

// Floats of a group of Winograd's tiles at their points: half of the second cache.
#define WINOGRAD_FLOATS 131072

// Parts in which the gradient of Winograd's weights is summed: by extents alone.
static inline int winograd_chunks(int tiles, int ic, int oc) {
  const size_t most = ((size_t)1 << 24) / ((size_t)36 * ic * oc); // 64 MB
  int chunks = tiles / 128;
  if (chunks > 16) chunks = 16;
  if ((size_t)chunks > most) chunks = (int)most;
  return chunks > 2 ? chunks : 2;
}

// The kind of place that pixel j has along an axis of n samples enlarged twice, and
// the pixels of a kind: every other one from the first on.
static inline int axis_kind(int j, int n) { return j < 2 ? j : j >= 2 * n - 2 ? j - 2 * n + KINDS : 2 + j % 2; }
static inline int axis_first(int kind, int n) { return kind < 4 ? kind : 2 * n - KINDS + kind; }
static inline int axis_end(int kind, int n) { return kind < 2 ? 2 : kind < 4 ? 2 * n - 2 : 2 * n; }

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define BLK 1
#define FN(name) b1_##name
#include "kernels_block.h"

#define BLK 8
#define FN(name) b8_##name
#include "kernels_block.h"
#if defined(__x86_64__)
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,fma,prefer-vector-width=512")
#endif
#define BLK 16
#define FN(name) b16_##name
#include "kernels_block.h"
#if defined(__x86_64__)
#pragma GCC pop_options
#endif

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

const kernels *kernel_table(int block) {
  return block == 16 ? &b16_table : block == 8 ? &b8_table : &b1_table;
}

int k_threads(void) { return omp_get_max_threads(); }
void k_set_threads(int n) { omp_set_num_threads(n); }

static double thread_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double k_peak(int block) {
  const kernels *k = kernel_table(block);
  const long times = 400000;
  const int live = block == 16 ? 24 : 12;
  double best = 0;
  volatile float sink = 0;
  for (int round = 0; round < 8; round++) {
    double rate = 0;
#pragma omp parallel reduction(+ : rate)
    {
      // a thread's own time: what else the machine does is not counted
      const double start = thread_seconds();
      const float v = k->burn(times);
      rate = 2. * live * block * times / (thread_seconds() - start) / 1e9;
#pragma omp atomic write
      sink = v;
    }
    if (rate > best) best = rate;
  }
  (void)sink;
  return best;
}

void k_relu(const float *x, float *y, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : 0;
}

void k_relu_backward(const float *y, const float *dy, float *dx, int acc, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) {
    const float d = y[i] > 0 ? dy[i] : 0;
    dx[i] = acc ? dx[i] + d : d;
  }
}

void k_leaky_relu(const float *x, float *y, float slope, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

void k_leaky_relu_backward(const float *y, const float *dy, float *dx, float slope, int acc, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) {
    const float d = y[i] > 0 ? dy[i] : slope * dy[i];
    dx[i] = acc ? dx[i] + d : d;
  }
}

void k_sigmoid(const float *x, float *y, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) y[i] = 1.f / (1.f + exp1(-x[i]));
}

void k_sigmoid_backward(const float *y, const float *dy, float *dx, int acc, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) {
    const float d = dy[i] * y[i] * (1 - y[i]);
    dx[i] = acc ? dx[i] + d : d;
  }
}

void k_tanh(const float *x, float *y, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) y[i] = 1.f - 2.f / (1.f + exp1(2 * x[i]));
}

void k_tanh_backward(const float *y, const float *dy, float *dx, int acc, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) {
    const float d = dy[i] * (1 - y[i] * y[i]);
    dx[i] = acc ? dx[i] + d : d;
  }
}

void k_exp(const float *x, float *y, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) y[i] = exp1(x[i]);
}

void k_exp_backward(const float *y, const float *dy, float *dx, int acc, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) {
    const float d = dy[i] * y[i];
    dx[i] = acc ? dx[i] + d : d;
  }
}

void k_mul(const float *a, const float *b, float *y, int acc, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) y[i] = acc ? y[i] + a[i] * b[i] : a[i] * b[i];
}

void k_add(const float *a, const float *b, float *y, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

void k_accumulate(const float *x, float *y, int acc, size_t n) {
  if (!acc) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
    for (size_t i = 0; i < n; i++) y[i] = x[i];
    return;
  }
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

void k_axpy(float a, const float *x, float *y, size_t n) {
#pragma omp parallel for simd schedule(static) PARALLEL(n)
  for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

void k_attention(const float *y, const float *k, float *w, int n, int c, int pitch, int taps) {
  const int r = taps / 2;
  for (int b = 0; b < n; b++)
    for (int i = 0; i < pitch; i++) {
      float s = 0;
      for (int t = 0; t < taps; t++)
        if (i + t - r >= 0 && i + t - r < c) s += k[t] * y[(size_t)b * pitch + i + t - r];
      w[(size_t)b * pitch + i] = i < c ? 1.f / (1.f + expf(-s)) : 0;
    }
}

void k_attention_backward(const float *y, const float *k, const float *w, const float *dw, float *dy,
                          int acc, float *dk, int n, int c, int pitch, int taps) {
  const int r = taps / 2;
  double sum[taps];
  memset(sum, 0, sizeof(sum));
  for (int b = 0; b < n; b++) {
    const size_t o = (size_t)b * pitch;
    float dz[pitch];
    for (int i = 0; i < pitch; i++) dz[i] = i < c ? dw[o + i] * w[o + i] * (1 - w[o + i]) : 0;
    for (int i = 0; i < c; i++)
      for (int t = 0; t < taps; t++)
        if (i + t - r >= 0 && i + t - r < c) sum[t] += (double)dz[i] * y[o + i + t - r];
    for (int i = 0; i < pitch; i++) {
      float s = 0;
      for (int t = 0; t < taps; t++) {
        const int j = i - t + r;
        if (i < c && j >= 0 && j < c) s += dz[j] * k[t];
      }
      dy[o + i] = acc ? dy[o + i] + s : s;
    }
  }
  for (int t = 0; t < taps; t++) dk[t] = (float)sum[t];
}

#if defined(__x86_64__)
#pragma GCC pop_options
#endif

// The block that suits this processor: one vector of its widest registers.
int k_best_block(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return 16;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 8;
  return 0;
#else
  return 8;
#endif
}
