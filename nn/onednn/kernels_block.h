// The kernels of one block size. Included by kernels.c with BLK and FN(name)
// defined; see kernels.h for what each does.

typedef float FN(v) __attribute__((vector_size(BLK * 4), aligned(4), may_alias));
typedef int FN(vi) __attribute__((vector_size(BLK * 4), aligned(4), may_alias));
#define V FN(v)
#define VI FN(vi)
#define LD(p) (*(const V *)(p))
#define ST(p, x) (*(V *)(p) = (x))
// stores a gradient, or adds it where one is already
#define GRAD(p, x)             \
  do {                         \
    V g_ = (x);                \
    if (acc) g_ += LD(p);      \
    ST(p, g_);                 \
  } while (0)

static inline V FN(relu1)(V x) { return (V)((VI)x & (x > 0)); }

static void FN(affine)(const float *x, float *y, const float *scale, const float *shift, int relu,
                       int n, int cb, int hw) {
  const int chunks = CHUNKS(hw);
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++)
    for (int k = 0; k < chunks; k++) {
      const V s = LD(scale + (i % cb) * BLK), b = LD(shift + (i % cb) * BLK);
      const size_t lo = ((size_t)i * hw + (size_t)k * CHUNK) * BLK, len = (size_t)CHUNK_LEN(hw, k) * BLK;
      const float *xp = x + lo;
      float *yp = y + lo;
      if (relu)
        for (size_t p = 0; p < len; p += BLK) ST(yp + p, FN(relu1)(LD(xp + p) * s + b));
      else
        for (size_t p = 0; p < len; p += BLK) ST(yp + p, LD(xp + p) * s + b);
    }
}

static void FN(moments)(const float *x, float *mean, float *var, float *part, int n, int cb, int hw) {
  const int chunks = CHUNKS(hw);
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++)
    for (int k = 0; k < chunks; k++) {
      const float *xp = x + ((size_t)i * hw + (size_t)k * CHUNK) * BLK;
      const int len = CHUNK_LEN(hw, k);
      // The first sample of the channel shifts the sums, so that the variance
      // does not cancel when the mean is large.
      const V o = LD(x + (size_t)(i % cb) * hw * BLK);
      V s = {0}, q = {0};
      for (int p = 0; p < len; p++) {
        const V d = LD(xp + (size_t)p * BLK) - o;
        s += d;
        q += d * d;
      }
      float *out = part + ((size_t)i * chunks + k) * 2 * BLK;
      ST(out, s);
      ST(out + BLK, q);
    }
  const double m = (double)n * hw;
  for (int c = 0; c < cb; c++)
    for (int l = 0; l < BLK; l++) {
      double s = 0, q = 0;
      for (int b = 0; b < n; b++)
        for (int k = 0; k < chunks; k++) {
          const float *in = part + (((size_t)b * cb + c) * chunks + k) * 2 * BLK;
          s += in[l];
          q += in[BLK + l];
        }
      const double d = s / m, v = q / m - d * d;
      mean[c * BLK + l] = (float)(x[(size_t)c * hw * BLK + l] + d);
      var[c * BLK + l] = v > 0 ? (float)v : 0;
    }
}

static void FN(norm_backward)(const float *x, const float *dy, float *dx, const float *gamma,
                              const float *beta, const float *mean, const float *invstd,
                              float *dgamma, float *dbeta, int relu, int acc, float *part, int n,
                              int cb, int hw) {
  const int chunks = CHUNKS(hw);
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++)
    for (int k = 0; k < chunks; k++) {
      const int c = (i % cb) * BLK;
      const V m = LD(mean + c), is = LD(invstd + c), g = LD(gamma + c), b = LD(beta + c);
      const size_t lo = ((size_t)i * hw + (size_t)k * CHUNK) * BLK, len = (size_t)CHUNK_LEN(hw, k) * BLK;
      V s = {0}, q = {0};
      for (size_t p = lo; p < lo + len; p += BLK) {
        const V xh = (LD(x + p) - m) * is;
        V d = LD(dy + p);
        if (relu) d = (V)((VI)d & (xh * g + b > 0));
        s += d;
        q += d * xh;
      }
      float *out = part + ((size_t)i * chunks + k) * 2 * BLK;
      ST(out, s);
      ST(out + BLK, q);
    }
  for (int c = 0; c < cb; c++)
    for (int l = 0; l < BLK; l++) {
      double s = 0, q = 0;
      for (int b = 0; b < n; b++)
        for (int k = 0; k < chunks; k++) {
          const float *in = part + (((size_t)b * cb + c) * chunks + k) * 2 * BLK;
          s += in[l];
          q += in[BLK + l];
        }
      dbeta[c * BLK + l] = (float)s;
      dgamma[c * BLK + l] = (float)q;
    }
  const float r = 1.f / ((float)n * hw);
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++)
    for (int k = 0; k < chunks; k++) {
      const int c = (i % cb) * BLK;
      const V m = LD(mean + c), is = LD(invstd + c), g = LD(gamma + c), b = LD(beta + c);
      const V ms = LD(dbeta + c) * r, mq = LD(dgamma + c) * r, gi = g * is;
      const size_t lo = ((size_t)i * hw + (size_t)k * CHUNK) * BLK, len = (size_t)CHUNK_LEN(hw, k) * BLK;
      for (size_t p = lo; p < lo + len; p += BLK) {
        const V xh = (LD(x + p) - m) * is;
        V d = LD(dy + p);
        if (relu) d = (V)((VI)d & (xh * g + b > 0));
        d = gi * (d - ms - xh * mq);
        GRAD(dx + p, d);
      }
    }
}

static void FN(upsample)(const float *x, float *y, int n, int cb, int h, int w) {
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int i = 0; i < n * cb; i++)
    for (int r = 0; r < 2 * h; r++) {
      const int a = r / 2, b = r & 1 ? (a + 1 < h ? a + 1 : a) : (a > 0 ? a - 1 : a);
      const float *pa = x + ((size_t)i * h + a) * w * BLK, *pb = x + ((size_t)i * h + b) * w * BLK;
      float *py = y + ((size_t)i * 2 * h + r) * 2 * w * BLK;
      V prev = LD(pa) * .75f + LD(pb) * .25f, cur = prev;
      for (int c = 0; c < w; c++) {
        const size_t o = (size_t)(c + 1 < w ? c + 1 : c) * BLK;
        const V next = LD(pa + o) * .75f + LD(pb + o) * .25f;
        ST(py + (size_t)2 * c * BLK, cur * .75f + prev * .25f);
        ST(py + (size_t)(2 * c + 1) * BLK, cur * .75f + next * .25f);
        prev = cur;
        cur = next;
      }
    }
}

// The adjoint gathers: an input pixel has a share in at most four output rows
// and columns, with weights 1/4 3/4 3/4 1/4 and 1 where the edge was clamped.
static void FN(upsample_backward)(float *dx, const float *dy, int acc, int n, int cb, int h, int w) {
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int i = 0; i < n * cb; i++)
    for (int r = 0; r < h; r++) {
      const float wr[4] = {r > 0 ? .25f : 0, r > 0 ? .75f : 1, r < h - 1 ? .75f : 1, r < h - 1 ? .25f : 0};
      for (int c = 0; c < w; c++) {
        const float wc[4] = {c > 0 ? .25f : 0, c > 0 ? .75f : 1, c < w - 1 ? .75f : 1, c < w - 1 ? .25f : 0};
        V s = {0};
        for (int a = 0; a < 4; a++) {
          if (wr[a] == 0) continue;
          const float *p = dy + (((size_t)i * 2 * h + 2 * r - 1 + a) * 2 * w) * BLK;
          V t = {0};
          for (int b = 0; b < 4; b++)
            if (wc[b] != 0) t += LD(p + (ptrdiff_t)(2 * c - 1 + b) * BLK) * wc[b];
          s += t * wr[a];
        }
        float *o = dx + (((size_t)i * h + r) * w + c) * BLK;
        GRAD(o, s);
      }
    }
}

// sum over one plane block, four accumulators
static inline V FN(plane_sum)(const float *x, int hw) {
  V s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  int p = 0;
  for (; p + 4 <= hw; p += 4) {
    s0 += LD(x + (size_t)p * BLK);
    s1 += LD(x + (size_t)(p + 1) * BLK);
    s2 += LD(x + (size_t)(p + 2) * BLK);
    s3 += LD(x + (size_t)(p + 3) * BLK);
  }
  for (; p < hw; p++) s0 += LD(x + (size_t)p * BLK);
  return (s0 + s1) + (s2 + s3);
}

static void FN(pool)(const float *x, float *y, int n, int cb, int hw) {
#pragma omp parallel for schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++) ST(y + (size_t)i * BLK, FN(plane_sum)(x + (size_t)i * hw * BLK, hw) * (1.f / hw));
}

static void FN(pool_backward)(float *dx, const float *dy, int acc, int n, int cb, int hw) {
#pragma omp parallel for schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++) {
    const V d = LD(dy + (size_t)i * BLK) * (1.f / hw);
    float *o = dx + (size_t)i * hw * BLK;
    for (int p = 0; p < hw; p++) GRAD(o + (size_t)p * BLK, d);
  }
}

static void FN(scale)(const float *x, const float *w, float *y, int n, int cb, int hw) {
#pragma omp parallel for schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++) {
    const V s = LD(w + (size_t)i * BLK);
    const size_t lo = (size_t)i * hw * BLK, hi = lo + (size_t)hw * BLK;
    for (size_t p = lo; p < hi; p += BLK) ST(y + p, LD(x + p) * s);
  }
}

static void FN(scale_backward)(const float *x, const float *w, const float *dy, float *dx, int accx,
                               float *dw, int accw, int n, int cb, int hw) {
#pragma omp parallel for schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++) {
    const V s = LD(w + (size_t)i * BLK);
    V t = {0};
    const size_t lo = (size_t)i * hw * BLK, hi = lo + (size_t)hw * BLK;
    for (size_t p = lo; p < hi; p += BLK) {
      const V d = LD(dy + p);
      t += d * LD(x + p);
      ST(dx + p, accx ? (V)(LD(dx + p) + d * s) : (V)(d * s));
    }
    float *o = dw + (size_t)i * BLK;
    ST(o, accw ? (V)(LD(o) + t) : (V)t);
  }
}

static void FN(broadcast)(const float *x, float *y, int n, int cb, int hw) {
#pragma omp parallel for schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++) {
    const V s = LD(x + (size_t)i * BLK);
    for (int p = 0; p < hw; p++) ST(y + ((size_t)i * hw + p) * BLK, s);
  }
}

static void FN(broadcast_backward)(float *dx, const float *dy, int acc, int n, int cb, int hw) {
#pragma omp parallel for schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++) {
    const V s = FN(plane_sum)(dy + (size_t)i * hw * BLK, hw);
    float *o = dx + (size_t)i * BLK;
    GRAD(o, s);
  }
}

static void FN(gate)(const float *x, const float *a, float *y, int n, int cb, int hw) {
#pragma omp parallel for schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++) {
    const float *al = a + (size_t)(i / cb) * hw;
    const size_t lo = (size_t)i * hw * BLK;
    for (int p = 0; p < hw; p++) ST(y + lo + (size_t)p * BLK, LD(x + lo + (size_t)p * BLK) * al[p]);
  }
}

static void FN(gate_backward)(const float *x, const float *a, const float *dy, float *dx, int accx,
                              float *da, int acca, int n, int cb, int hw) {
  const int chunks = CHUNKS(hw);
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int b = 0; b < n; b++)
    for (int k = 0; k < chunks; k++)
      for (int p = k * CHUNK, end = p + CHUNK_LEN(hw, k); p < end; p++) {
        const float al = a[(size_t)b * hw + p];
        V t = {0};
        for (int c = 0; c < cb; c++) {
          const size_t o = (((size_t)b * cb + c) * hw + p) * BLK;
          const V d = LD(dy + o);
          t += d * LD(x + o);
          ST(dx + o, accx ? (V)(LD(dx + o) + d * al) : (V)(d * al));
        }
        float s = 0;
        for (int l = 0; l < BLK; l++) s += t[l];
        float *o = da + (size_t)b * hw + p;
        *o = acca ? *o + s : s;
      }
}

static void FN(pack)(const float *x, float *y, int acc, int n, int c, int hw) {
  const int cb = (c + BLK - 1) / BLK;
#pragma omp parallel for schedule(static) PARALLEL(n * c * hw)
  for (int i = 0; i < n * cb; i++) {
    const int lanes = c - (i % cb) * BLK < BLK ? c - (i % cb) * BLK : BLK;
    const float *in = x + ((size_t)(i / cb) * c + (size_t)(i % cb) * BLK) * hw;
    float *out = y + (size_t)i * hw * BLK;
    for (int p = 0; p < hw; p++)
      for (int l = 0; l < BLK; l++) {
        const float v = l < lanes ? in[(size_t)l * hw + p] : 0;
        out[(size_t)p * BLK + l] = acc ? out[(size_t)p * BLK + l] + v : v;
      }
  }
}

static void FN(unpack)(const float *x, float *y, int acc, int n, int c, int hw) {
  const int cb = (c + BLK - 1) / BLK;
#pragma omp parallel for schedule(static) PARALLEL(n * c * hw)
  for (int i = 0; i < n * c; i++) {
    const int ch = i % c;
    const float *in = x + ((size_t)(i / c) * cb + ch / BLK) * hw * BLK + ch % BLK;
    float *out = y + (size_t)i * hw;
    for (int p = 0; p < hw; p++) out[p] = acc ? out[p] + in[(size_t)p * BLK] : in[(size_t)p * BLK];
  }
}

static void FN(score_input)(const float *x, const float *y, float *z, int n, int c, int hw) {
  const int cb = (3 * c + BLK - 1) / BLK;
#pragma omp parallel for schedule(static) PARALLEL(n * 3 * c * hw)
  for (int i = 0; i < n * cb; i++) {
    const float *px = x + (size_t)(i / cb) * c * hw, *py = y + (size_t)(i / cb) * c * hw;
    float *out = z + (size_t)i * hw * BLK;
    for (int l = 0; l < BLK; l++) {
      const int ch = (i % cb) * BLK + l;
      const float *a = px + (size_t)(ch % c) * hw, *b = py + (size_t)(ch % c) * hw;
      for (int p = 0; p < hw; p++) {
        float v = 0;
        if (ch < c)
          v = a[p];
        else if (ch < 2 * c)
          v = b[p];
        else if (ch < 3 * c)
          v = 4 * fabsf(a[p] - b[p]);
        out[(size_t)p * BLK + l] = v;
      }
    }
  }
}

// reduce sets o to the sums over the lanes of BLK vectors.
static inline V FN(reduce)(V *v) {
#if BLK == 16
  const VI even = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
  const VI odd = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31};
#elif BLK == 8
  const VI even = {0, 2, 4, 6, 8, 10, 12, 14}, odd = {1, 3, 5, 7, 9, 11, 13, 15};
#endif
#if BLK > 1
#pragma GCC unroll 4
  for (int n = BLK / 2; n > 0; n /= 2)
#pragma GCC unroll 8
    for (int i = 0; i < n; i++)
      v[i] = __builtin_shuffle(v[2 * i], v[2 * i + 1], even) + __builtin_shuffle(v[2 * i], v[2 * i + 1], odd);
#endif
  return v[0];
}

#define NEAR 4 // pixels at a time

// Sums over lanes of one to four outputs at NEAR pixels from p on, all of whose
// taps lie in the row.
static inline __attribute__((always_inline)) void FN(few_sums)(const float *x, const float *weights, V *sums, int p,
                                                               int row, int cb, int h, int w, int k, int first,
                                                               int oc, const int outs) {
  V s[4][NEAR];
  for (int o = 0; o < outs; o++)
    for (int i = 0; i < NEAR; i++) s[o][i] = (V){0};
  const int r = k / 2;
  for (int c = 0; c < cb; c++)
    for (int dy = row < r ? r - row : 0; dy < k && row + dy - r < h; dy++) {
      const float *in = x + (((size_t)c * h + row + dy - r) * w + p - r) * BLK;
      for (int dx = 0; dx < k; dx++) {
        const float *wt = weights + (((size_t)first * k * k + dy * k + dx) * cb + c) * BLK;
        V t[4];
        for (int o = 0; o < outs; o++) t[o] = LD(wt + (size_t)o * k * k * cb * BLK);
        for (int i = 0; i < NEAR; i++) {
          const V v = LD(in + (size_t)(dx + i) * BLK);
          for (int o = 0; o < outs; o++) s[o][i] += v * t[o];
        }
      }
    }
  for (int o = 0; o < outs; o++)
    for (int i = 0; i < NEAR; i++) sums[o * BLK + i] = s[o][i];
}

// The same for one output at one pixel whose taps may lie outside.
static inline V FN(few_edge)(const float *x, const float *weights, int p, int row, int cb, int h, int w, int k, int o) {
  const int r = k / 2;
  V s = {0};
  for (int c = 0; c < cb; c++)
    for (int dy = 0; dy < k; dy++)
      for (int dx = 0; dx < k; dx++) {
        const int u = row + dy - r, v = p + dx - r;
        if (u < 0 || u >= h || v < 0 || v >= w) continue;
        s += LD(x + (((size_t)c * h + u) * w + v) * BLK) * LD(weights + (((size_t)o * k * k + dy * k + dx) * cb + c) * BLK);
      }
  return s;
}

static void FN(conv_few)(const float *x, const float *weights, const float *bias, float *y, int act, int n, int cb,
                         int h, int w, int oc, int k) {
  const int r = k / 2;
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int b = 0; b < n; b++)
    for (int row = 0; row < h; row++) {
      const float *in = x + (size_t)b * cb * h * w * BLK;
      for (int first = 0; first < oc; first += 4) {
        const int outs = oc - first < 4 ? oc - first : 4;
        for (int p0 = 0; p0 < w; p0 += BLK) {
          V sums[4 * BLK];
          const int wide = w - p0 < BLK ? w - p0 : BLK;
          for (int i = 0; i < wide;) {
            const int p = p0 + i;
            if (BLK > NEAR && i + NEAR <= wide && p >= r && p + NEAR + r <= w) {
              switch (outs) {
                case 1: FN(few_sums)(in, weights, sums + i, p, row, cb, h, w, k, first, oc, 1); break;
                case 2: FN(few_sums)(in, weights, sums + i, p, row, cb, h, w, k, first, oc, 2); break;
                case 3: FN(few_sums)(in, weights, sums + i, p, row, cb, h, w, k, first, oc, 3); break;
                default: FN(few_sums)(in, weights, sums + i, p, row, cb, h, w, k, first, oc, 4);
              }
              i += NEAR;
            } else {
              for (int o = 0; o < outs; o++) sums[o * BLK + i] = FN(few_edge)(in, weights, p, row, cb, h, w, k, first + o);
              i++;
            }
          }
          for (int o = 0; o < outs; o++) {
            for (int i = wide; i < BLK; i++) sums[o * BLK + i] = (V){0};
            const V s = FN(reduce)(sums + o * BLK);
            float *out = y + (((size_t)b * oc + first + o) * h + row) * w + p0;
            for (int i = 0; i < wide; i++) out[i] = s[i];
          }
        }
      }
      for (int o = 0; o < oc; o++) {
        float *out = y + (((size_t)b * oc + o) * h + row) * w;
        const float add = bias[o];
        if (act == 2)
          for (int i = 0; i < w; i++) out[i] = 1.f / (1.f + exp1(-(out[i] + add)));
        else if (act == 1)
          for (int i = 0; i < w; i++) out[i] = out[i] + add > 0 ? out[i] + add : 0;
        else
          for (int i = 0; i < w; i++) out[i] += add;
      }
    }
}

#undef NEAR
#define NEAR 8

// pad_rows copies rows row-r … row+r of a plane to lines with a margin of r
// zeros before and r+NEAR after.
static inline void FN(pad_rows)(const float *plane, float *line, int row, int h, int w, int r) {
  const int pitch = w + 2 * r + NEAR;
  memset(line, 0, (size_t)(2 * r + 1) * pitch * sizeof(float));
  for (int d = -r; d <= r; d++)
    if (row + d >= 0 && row + d < h) memcpy(line + (d + r) * pitch + r, plane + (size_t)(row + d) * w, w * sizeof(float));
}

static void FN(few_data)(const float *dy, const float *weights, float *dx, int acc, int n, int cb, int h, int w,
                         int oc, int k) {
  const int r = k / 2, pitch = w + 2 * r + NEAR;
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int b = 0; b < n; b++)
    for (int row = 0; row < h; row++) {
      float line[oc * k * pitch];
      for (int o = 0; o < oc; o++)
        FN(pad_rows)(dy + ((size_t)b * oc + o) * h * w, line + o * k * pitch, row, h, w, r);
      for (int c = 0; c < cb; c++) {
        float *out = dx + (((size_t)b * cb + c) * h + row) * w * BLK;
        for (int p = 0; p < w; p += NEAR) {
          V s[NEAR];
          for (int i = 0; i < NEAR; i++) s[i] = (V){0};
          for (int t = 0; t < oc * k * k; t++) { // the pixel that tap t brings here lies on the other side
            const V v = LD(weights + ((size_t)t * cb + c) * BLK);
            const int o = t / (k * k), ty = t / k % k, tx = t % k;
            const float *in = line + (o * k + 2 * r - ty) * pitch + p + 2 * r - tx;
#pragma GCC unroll 8
            for (int i = 0; i < NEAR; i++) s[i] += v * in[i];
          }
          for (int i = 0; i < NEAR && p + i < w; i++) GRAD(out + (size_t)(p + i) * BLK, s[i]);
        }
      }
    }
}

static inline __attribute__((always_inline)) void FN(few_taps)(const float *x, const float *line, V *s, int w, const int k) {
  const int r = k / 2, pitch = w + 2 * r + NEAR;
  V t[9];
  for (int i = 0; i < k * k; i++) t[i] = s[i];
  for (int p = 0; p < w; p++) {
    const V v = LD(x + (size_t)p * BLK);
#pragma GCC unroll 9
    for (int i = 0; i < k * k; i++) t[i] += v * line[(2 * r - i / k) * pitch + p + 2 * r - i % k];
  }
  for (int i = 0; i < k * k; i++) s[i] = t[i];
}

static void FN(few_weights)(const float *x, const float *dy, float *dweights, float *dbias, float *part, int n, int cb,
                            int h, int w, int oc, int k) {
  const int r = k / 2, pitch = w + 2 * r + NEAR, taps = k * k;
  const int chunks = (h + FEW_ROWS - 1) / FEW_ROWS;
  const size_t size = (size_t)oc * taps * cb * BLK;
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int b = 0; b < n; b++)
    for (int m = 0; m < chunks; m++) {
      float *out = part + ((size_t)b * chunks + m) * size, line[k * pitch];
      for (int o = 0; o < oc; o++)
        for (int c = 0; c < cb; c++) {
          V s[9];
          for (int i = 0; i < taps; i++) s[i] = (V){0};
          for (int row = m * FEW_ROWS; row < h && row < (m + 1) * FEW_ROWS; row++) {
            const float *in = x + (((size_t)b * cb + c) * h + row) * w * BLK;
            FN(pad_rows)(dy + ((size_t)b * oc + o) * h * w, line, row, h, w, r);
            if (k == 3)
              FN(few_taps)(in, line, s, w, 3);
            else
              FN(few_taps)(in, line, s, w, 1);
          }
          for (int i = 0; i < taps; i++) ST(out + (((size_t)o * taps + i) * cb + c) * BLK, s[i]);
        }
    }
  memset(dweights, 0, size * sizeof(float));
  for (int m = 0; m < n * chunks; m++)
    for (size_t i = 0; i < size; i++) dweights[i] += part[m * size + i];
  for (int o = 0; o < oc; o++) {
    double s = 0;
    for (int b = 0; b < n; b++) {
      const float *d = dy + ((size_t)b * oc + o) * h * w;
      for (int i = 0; i < h * w; i++) s += d[i];
    }
    dbias[o] = (float)s;
  }
}

// stem_rows copies what row row of the stem's result depends on: three rows of x,
// y and 4|x-y|, by plane and row, each with a zero before it and some after.
static inline void FN(stem_rows)(const float *x, const float *y, float *line, int row, int c, int h, int w, int pitch) {
  memset(line, 0, (size_t)9 * c * pitch * sizeof(float));
  for (int dy = 0; dy < 3; dy++) {
    const int r = 2 * row + dy - 1;
    if (r < 0 || r >= h) continue;
    for (int p = 0; p < c; p++) {
      const size_t at = ((size_t)p * h + r) * w;
      float *a = line + (p * 3 + dy) * pitch + 1, *e = a + c * 3 * pitch, *d = e + c * 3 * pitch;
      for (int i = 0; i < w; i++) {
        const float u = x[at + i], v = y[at + i];
        a[i] = u;
        e[i] = v;
        d[i] = 4 * fabsf(u - v);
      }
    }
  }
}

static void FN(score_stem)(const float *x, const float *y, const float *weights, const float *bias, float *z, int relu,
                           int n, int c, int h, int w, int ob) {
  const int oh = (h + 1) / 2, ow = (w + 1) / 2, planes = 3 * c, pitch = w + 2 * NEAR + 3;
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * ob * oh * ow * BLK)
  for (int b = 0; b < n; b++)
    for (int row = 0; row < oh; row++) {
      float line[planes * 3 * pitch];
      FN(stem_rows)(x + (size_t)b * c * h * w, y + (size_t)b * c * h * w, line, row, c, h, w, pitch);
      for (int o = 0; o < ob; o++) {
        const float *wt = weights + (size_t)o * planes * 9 * BLK;
        float *out = z + (((size_t)b * ob + o) * oh + row) * ow * BLK;
        for (int p = 0; p < ow; p += NEAR) {
          V s[NEAR];
          for (int i = 0; i < NEAR; i++) s[i] = LD(bias + o * BLK);
          for (int t = 0; t < planes * 3; t++) {
            const float *in = line + t * pitch + 2 * p;
            for (int dx = 0; dx < 3; dx++) {
              const V v = LD(wt + (t * 3 + dx) * BLK);
#pragma GCC unroll 8
              for (int i = 0; i < NEAR; i++) s[i] += v * in[2 * i + dx];
            }
          }
          for (int i = 0; i < NEAR && p + i < ow; i++) ST(out + (size_t)(p + i) * BLK, relu ? FN(relu1)(s[i]) : s[i]);
        }
      }
    }
}

static void FN(stem_weights)(const float *x, const float *y, const float *dz, float *dweights, float *dbias, float *part,
                             int n, int c, int h, int w, int ob) {
  const int oh = (h + 1) / 2, ow = (w + 1) / 2, planes = 3 * c, pitch = w + 2 * NEAR + 3;
  const int chunks = (oh + FEW_ROWS - 1) / FEW_ROWS;
  const size_t taps = (size_t)planes * 9, size = ob * (taps + 1) * BLK; // the last is the bias's
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * ob * oh * ow * BLK)
  for (int b = 0; b < n; b++)
    for (int m = 0; m < chunks; m++) {
      float *out = part + ((size_t)b * chunks + m) * size, line[planes * 3 * pitch];
      memset(out, 0, size * sizeof(float));
      for (int row = m * FEW_ROWS; row < oh && row < (m + 1) * FEW_ROWS; row++) {
        FN(stem_rows)(x + (size_t)b * c * h * w, y + (size_t)b * c * h * w, line, row, c, h, w, pitch);
        for (int o = 0; o < ob; o++) {
          const float *d = dz + (((size_t)b * ob + o) * oh + row) * ow * BLK;
          float *sums = out + o * (taps + 1) * BLK;
          V bias = LD(sums + taps * BLK);
          for (int p = 0; p < ow; p++) bias += LD(d + (size_t)p * BLK);
          ST(sums + taps * BLK, bias);
          for (int t = 0; t < planes; t++, sums += 9 * BLK) {
            const float *in = line + t * 3 * pitch;
            V s[9];
#pragma GCC unroll 9
            for (int i = 0; i < 9; i++) s[i] = LD(sums + i * BLK);
            for (int p = 0; p < ow; p++) {
              const V v = LD(d + (size_t)p * BLK);
#pragma GCC unroll 9
              for (int i = 0; i < 9; i++) s[i] += v * in[i / 3 * pitch + 2 * p + i % 3];
            }
#pragma GCC unroll 9
            for (int i = 0; i < 9; i++) ST(sums + i * BLK, s[i]);
          }
        }
      }
    }
  memset(dweights, 0, ob * taps * BLK * sizeof(float));
  memset(dbias, 0, (size_t)ob * BLK * sizeof(float));
  for (int m = 0; m < n * chunks; m++)
    for (int o = 0; o < ob; o++) {
      const float *in = part + m * size + o * (taps + 1) * BLK;
      for (size_t i = 0; i < taps * BLK; i++) dweights[o * taps * BLK + i] += in[i];
      for (int l = 0; l < BLK; l++) dbias[o * BLK + l] += in[taps * BLK + l];
    }
}

#undef NEAR

static void FN(add_affine)(const float *x, const float *weights, const float *r, float *y, const float *scale,
                           const float *shift, int relu, float *z, int n, int cb, int hw) {
  const int chunks = CHUNKS(hw);
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * hw * BLK)
  for (int i = 0; i < n * cb; i++)
    for (int k = 0; k < chunks; k++) {
      const size_t lo = ((size_t)i * hw + (size_t)k * CHUNK) * BLK, hi = lo + (size_t)CHUNK_LEN(hw, k) * BLK;
      V f, s = {0}, b = {0};
      for (int l = 0; l < BLK; l++) f[l] = 1;
      if (weights) f = LD(weights + (size_t)i * BLK);
      if (z) s = LD(scale + (i % cb) * BLK), b = LD(shift + (i % cb) * BLK);
      for (size_t p = lo; p < hi; p += BLK) {
        const V v = LD(x + p) * f + LD(r + p);
        if (y) ST(y + p, v);
        if (z) {
          const V a = v * s + b;
          ST(z + p, relu ? FN(relu1)(a) : a);
        }
      }
    }
}

#define LIVE (BLK == 16 ? 24 : 12) // vectors that hide the latency and fit the registers

static float FN(burn)(long times) {
  V s[LIVE], a, b;
  for (int l = 0; l < BLK; l++) a[l] = .999f, b[l] = .001f;
#pragma GCC unroll 24
  for (int i = 0; i < LIVE; i++) s[i] = b * (float)i;
  for (long t = 0; t < times; t++) {
#pragma GCC unroll 24
    for (int i = 0; i < LIVE; i++) s[i] = s[i] * a + b;
  }
#pragma GCC unroll 24
  for (int i = 1; i < LIVE; i++) s[0] += s[i];
  return s[0][0];
}

static void FN(trim)(float *x, int n, int c, int hw) {
  const int cb = (c + BLK - 1) / BLK;
  V keep;
  for (int l = 0; l < BLK; l++) keep[l] = (cb - 1) * BLK + l < c;
  for (int b = 0; b < n; b++) {
    float *p = x + ((size_t)b * cb + cb - 1) * hw * BLK;
    for (int i = 0; i < hw; i++, p += BLK) ST(p, LD(p) * keep);
  }
}

// A row of a patch lies in channels that follow each other: from lane to lane,
// and from the end of a block to the start of the next.
static void FN(fold)(const float *x, float *y, int n, int c, int h, int w, int kernel, int stride) {
  const int pad = (kernel - stride) / 2, oh = h * stride, ow = w * stride;
  const int cb = (c * kernel * kernel + BLK - 1) / BLK;
  const size_t hw = (size_t)h * w;
  float share_r[oh], share_c[ow];
  shares(share_r, h, kernel, stride);
  shares(share_c, w, kernel, stride);
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * c * hw * kernel * kernel)
  for (int i = 0; i < n * c; i++)
    for (int r = 0; r < oh; r++) {
      float *out = y + ((size_t)i * oh + r) * ow;
      memset(out, 0, (size_t)ow * sizeof(float));
      const cover rows = covering(r, h, kernel, stride);
      for (int k = rows.first; k <= rows.last; k++) {
        const int first = ((i % c) * kernel + r + pad - k * stride) * kernel;
        const float *in = x + ((size_t)(i / c) * cb * hw + (size_t)k * w) * BLK;
        for (int p = 0; p < w; p++) {
          const int left = p * stride - pad, end = left + kernel < ow ? kernel : ow - left;
          for (int t = left < 0 ? -left : 0, run; t < end; t += run) {
            const int lane = (first + t) % BLK;
            const float *a = in + ((first + t) / BLK * hw + p) * BLK + lane;
            run = end - t < BLK - lane ? end - t : BLK - lane;
            for (int l = 0; l < run; l++) out[left + t + l] += a[l];
          }
        }
      }
      for (int o = 0; o < ow; o++) out[o] *= share_r[r] * share_c[o];
    }
}

static void FN(fold_backward)(float *dx, const float *dy, int acc, int n, int c, int h, int w, int kernel,
                              int stride) {
  const int pad = (kernel - stride) / 2, oh = h * stride, ow = w * stride;
  const int patch = kernel * kernel, cb = (c * patch + BLK - 1) / BLK;
  float share_r[oh], share_c[ow];
  shares(share_r, h, kernel, stride);
  shares(share_c, w, kernel, stride);
#pragma omp parallel for collapse(2) schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int i = 0; i < n * cb; i++)
    for (int k = 0; k < h; k++)
      for (int l = 0; l < BLK; l++) {
        const int ch = (i % cb) * BLK + l, r = k * stride - pad + ch / kernel % kernel, left = ch % kernel - pad;
        const int inside = ch < c * patch && r >= 0 && r < oh;
        const float *in = inside ? dy + (((size_t)(i / cb) * c + ch / patch) * oh + r) * ow : NULL;
        float *out = dx + ((size_t)i * h + k) * w * BLK + l;
        for (int p = 0; p < w; p++, out += BLK) {
          const int o = p * stride + left;
          const float d = inside && o >= 0 && o < ow ? in[o] * share_r[r] * share_c[o] : 0;
          *out = acc ? *out + d : d;
        }
      }
}

#include "block_subpixel.h"
#if BLK > 1
#include "block_winograd.h"
#endif

static const kernels FN(table) = {
    .block = BLK,
    .affine = FN(affine),
    .moments = FN(moments),
    .norm_backward = FN(norm_backward),
    .upsample = FN(upsample),
    .upsample_backward = FN(upsample_backward),
    .pool = FN(pool),
    .pool_backward = FN(pool_backward),
    .scale = FN(scale),
    .scale_backward = FN(scale_backward),
    .broadcast = FN(broadcast),
    .broadcast_backward = FN(broadcast_backward),
    .gate = FN(gate),
    .gate_backward = FN(gate_backward),
    .pack = FN(pack),
    .unpack = FN(unpack),
    .score_input = FN(score_input),
    .conv_few = FN(conv_few),
    .few_data = FN(few_data),
    .few_weights = FN(few_weights),
    .score_stem = FN(score_stem),
    .stem_weights = FN(stem_weights),
    .subpixel = FN(subpixel),
    .subpixel_split = FN(subpixel_split),
    .rim_data = FN(rim_data),
    .rim_weights = FN(rim_weights),
    .add_affine = FN(add_affine),
    .burn = FN(burn),
#if BLK > 1
    .winograd_scratch = FN(winograd_scratch),
    .winograd = FN(winograd),
    .winograd_gradient = FN(winograd_gradient),
    .winograd_weights = FN(winograd_weights),
    .winograd_plain = FN(winograd_plain),
#endif
    .trim = FN(trim),
    .fold = FN(fold),
    .fold_backward = FN(fold_backward),
};

#undef V
#undef VI
#undef LD
#undef ST
#undef GRAD
#undef BLK
#undef FN
