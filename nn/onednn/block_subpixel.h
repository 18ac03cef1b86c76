// Kernels of one block size for a 3x3 convolution of an enlarged picture; see
// subpixel.go. Included by kernels_block.h.
//
// An axis of the large picture has KINDS of places: 0 and 1 at its beginning, even
// and odd ones inside, 4 and 5 at its end. Those inside come from a convolution of
// the small picture; the rim's pixels are convolved here, by weights
// [row kind][column kind][ob][cb][9][lane of x][lane of y] over the small picture.

#define RIM(kind) ((kind) < 2 || (kind) > 3)
// The column after k that lies on the rim in a row that does not.
#define NEXT(k, w) ((k) == 1 ? 2 * (w) - 2 : (k) + 1)

static inline V FN(rim_pixel)(const float *x, const float *weights, V sum, int r, int c, int cb, int h, int w) {
  V s[4] = {sum, {0}, {0}, {0}};
  for (int i = 0; i < cb; i++)
    for (int t = 0; t < 9; t++) {
      const int u = r + t / 3 - 1, v = c + t % 3 - 1;
      if (u < 0 || u >= h || v < 0 || v >= w) continue;
      const float *in = x + (((size_t)i * h + u) * w + v) * BLK, *wt = weights + ((size_t)i * 9 + t) * BLK * BLK;
#pragma GCC unroll 16
      for (int l = 0; l < BLK; l++) s[l % 4] += LD(wt + l * BLK) * in[l];
    }
  return (s[0] + s[1]) + (s[2] + s[3]);
}

static void FN(subpixel)(const float *z, const float *x, const float *rim, const float *bias, float *y, int relu,
                         int n, int cb, int ob, int h, int w) {
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * ob * h * w * 4 * BLK)
  for (int i = 0; i < n * ob; i++)
    for (int j = 0; j < 2 * h; j++) {
      const int b = i / ob, o = i % ob, kind = axis_kind(j, h), r = j / 2;
      const float *even = z + (((size_t)(b * 4 + j % 2 * 2) * ob + o) * h + r) * w * BLK;
      const float *odd = even + (size_t)ob * h * w * BLK;
      float *out = y + ((size_t)i * 2 * h + j) * 2 * w * BLK;
      if (!RIM(kind))
        for (int c = 1; c < w - 1; c++) {
          ST(out + (size_t)2 * c * BLK, LD(even + (size_t)c * BLK));
          ST(out + (size_t)(2 * c + 1) * BLK, LD(odd + (size_t)c * BLK));
        }
      for (int k = 0; k < 2 * w; k = RIM(kind) ? k + 1 : NEXT(k, w)) {
        const size_t at = ((size_t)(kind * KINDS + axis_kind(k, w)) * ob + o) * cb * 9 * BLK * BLK;
        const V s = FN(rim_pixel)(x + (size_t)b * cb * h * w * BLK, rim + at, LD(bias + (size_t)o * BLK), r, k / 2, cb, h, w);
        ST(out + (size_t)k * BLK, relu ? FN(relu1)(s) : s);
      }
    }
}

static void FN(subpixel_split)(const float *dy, float *dz, int n, int ob, int h, int w) {
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * ob * h * w * 4 * BLK)
  for (int i = 0; i < n * ob; i++)
    for (int j = 0; j < 2 * h; j++) {
      const int b = i / ob, o = i % ob, rim = RIM(axis_kind(j, h));
      float *even = dz + (((size_t)(b * 4 + j % 2 * 2) * ob + o) * h + j / 2) * w * BLK;
      float *odd = even + (size_t)ob * h * w * BLK;
      const float *in = dy + ((size_t)i * 2 * h + j) * 2 * w * BLK;
      for (int c = 0; c < w; c++) {
        const int none = rim || c == 0 || c == w - 1;
        ST(even + (size_t)c * BLK, none ? (V){0} : LD(in + (size_t)2 * c * BLK));
        ST(odd + (size_t)c * BLK, none ? (V){0} : LD(in + (size_t)(2 * c + 1) * BLK));
      }
    }
}

static void FN(rim_data)(const float *dy, const float *turned, float *dx, int n, int cb, int ob, int h, int w) {
#pragma omp parallel for schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int i = 0; i < n * cb; i++)
    for (int j = 0; j < 2 * h; j++) {
      const int kind = axis_kind(j, h);
      for (int k = 0; k < 2 * w; k = RIM(kind) ? k + 1 : NEXT(k, w)) {
        const float *weights = turned + ((size_t)(kind * KINDS + axis_kind(k, w)) * cb + i % cb) * ob * 9 * BLK * BLK;
        for (int t = 0; t < 9; t++) {
          const int u = j / 2 + t / 3 - 1, v = k / 2 + t % 3 - 1;
          if (u < 0 || u >= h || v < 0 || v >= w) continue;
          float *out = dx + (((size_t)i * h + u) * w + v) * BLK;
          V s[4] = {LD(out), {0}, {0}, {0}};
          for (int o = 0; o < ob; o++) {
            const float *in = dy + ((((size_t)(i / cb) * ob + o) * 2 * h + j) * 2 * w + k) * BLK;
            const float *wt = weights + ((size_t)o * 9 + t) * BLK * BLK;
#pragma GCC unroll 16
            for (int l = 0; l < BLK; l++) s[l % 4] += LD(wt + l * BLK) * in[l];
          }
          ST(out, (s[0] + s[1]) + (s[2] + s[3]));
        }
      }
    }
}

static void FN(rim_weights)(const float *x, const float *dy, float *dweights, float *dbias, int n, int cb, int ob,
                            int h, int w) {
  // One kind of place after the other: which thread has it does not matter.
#pragma omp parallel for schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int i = 0; i < KINDS * KINDS * ob * cb; i++) {
    const int c = i % cb, o = i / cb % ob, kind = i / cb / ob, row = kind / KINDS, column = kind % KINDS;
    V s[9 * BLK], sum = {0};
    for (int k = 0; k < 9 * BLK; k++) s[k] = (V){0};
    if (RIM(row) || RIM(column))
      for (int b = 0; b < n; b++)
        for (int j = axis_first(row, h); j < axis_end(row, h); j += 2)
          for (int k = axis_first(column, w); k < axis_end(column, w); k += 2) {
            const V d = LD(dy + ((((size_t)b * ob + o) * 2 * h + j) * 2 * w + k) * BLK);
            sum += d;
            for (int t = 0; t < 9; t++) {
              const int u = j / 2 + t / 3 - 1, v = k / 2 + t % 3 - 1;
              if (u < 0 || u >= h || v < 0 || v >= w) continue;
              const float *in = x + ((((size_t)b * cb + c) * h + u) * w + v) * BLK;
#pragma GCC unroll 16
              for (int l = 0; l < BLK; l++) s[t * BLK + l] += d * in[l];
            }
          }
    for (int k = 0; k < 9 * BLK; k++) ST(dweights + ((size_t)i * 9 * BLK + k) * BLK, s[k]);
    if (c == 0) ST(dbias + ((size_t)kind * ob + o) * BLK, sum);
  }
}

#undef RIM
#undef NEXT
