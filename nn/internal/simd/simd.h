// What the kernels compute is said in simd.go, beside their twins in Go.
#ifndef AGUR_SIMD_H
#define AGUR_SIMD_H
#include <stdint.h>

// as Count in count.go
typedef struct {
  float gradient[8], root[3];
  double sum[3], square[3];
  int64_t pixels;
} cell_count;

typedef struct {
  void (*log_grey)(const float *r, const float *g, const float *b, float *out, int n);
  void (*count)(const float *grey, const float *r, const float *g, const float *b, int w, int high, int size,
                cell_count *out);
  void (*pool)(const float *x, int planes, int h, int w, int k, float *out, int pitch, int from, int to);
  void (*combine)(const float *x, int w, const float *weights, int taps, float *out);
  void (*unit)(const float *x, const float *mean, const float *deviation, float *out, int n);
  void (*accumulate)(const float *x, float shift, float scale, int positive, float *out, int n);
  void (*outline)(float *x, const float *fine, const float *highest, float doubt, int n);
  void (*spread)(float *x, int step, int n);
  int (*finite)(const float *x, int n);
  void (*unpack)(const uint8_t *rgba, float *r, float *g, float *b, int n);
  void (*expose)(float *x, float gain, int root, int n);
  void (*gather)(const float *x, const int32_t *from, const float *weights, int taps, float *out, int n);
} simd_kernels;

// simd_table returns the widest set that this processor can do, the one for
// AVX2 if narrow is set, or NULL.
const simd_kernels *simd_table(int narrow);

// Both need AVX2, FMA and F16C alone: they wait for memory. rows is in half
// precision where half is not NULL, and full otherwise.
typedef struct {
  const float *mean, *inverse, *floor;
  const int32_t *start;
  const uint16_t *half;
  const float *full;
  int d, global;
} gaussian;

void simd_gaussian(const gaussian *g, const float *x, int pitch, float *z, float *out, int from, int to);

typedef struct {
  const float *centre, *unit, *norms;
  const int32_t *start;
  const uint16_t *half;
  const float *full;
  int d, global, w, h, radius, neighbours;
} memory;

// simd_sample needs AVX2 and computes what its twin does to the bit.
void simd_sample(const float *plane, int w, int h, float x, float y, float dx, float dy, int from, float *out, int n);

void simd_memory(const memory *m, const float *x, int pitch, float *z, float *keys, int32_t *rows, float *out,
                   int from, int to);
#endif
