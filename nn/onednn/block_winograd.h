// Kernels of one block size for 3x3 convolutions of stride 1 by Winograd's F(4,3)
// (Lavin and Gray 2015, https://arxiv.org/abs/1509.09308). Included by
// kernels_block.h.
//
// Four by four pixels of the result, a tile, are computed at once: six by six of
// the picture and the kernel are transformed to 36 points, at each of which the
// channels are one product of matrices: a quarter of the multiplications. Tiles go
// through in groups that the second cache holds from the picture to the result.
// The gradient of the picture is a convolution, too; that of the weights is the
// adjoint, with the tiles as what is summed over.
//
// Weights at the points lie as [36][pair of blocks of results][channel][lanes of
// the pair], the last pair being one block where their number is odd.

#define TILES (BLK == 16 ? 12 : 6)   // with two blocks, sums that fill the registers
#define CHANNELS (BLK == 16 ? 8 : 4) // likewise; divides a block
#define APART 16                     // floats between points, lest they share a set of the cache

// From six samples to six points.
static inline __attribute__((always_inline)) void FN(to_points)(const V *d, V *o, const int in, const int out) {
  const V a = d[4 * in] - d[2 * in] * 4.f, b = d[3 * in] - d[in] * 4.f;
  const V c = d[4 * in] - d[2 * in], e = (d[3 * in] - d[in]) * 2.f;
  o[0] = d[0] * 4.f - d[2 * in] * 5.f + d[4 * in];
  o[out] = a + b;
  o[2 * out] = a - b;
  o[3 * out] = c + e;
  o[4 * out] = c - e;
  o[5 * out] = d[in] * 4.f - d[3 * in] * 5.f + d[5 * in];
}

// From six points to four results.
static inline __attribute__((always_inline)) void FN(from_points)(const V *m, V *o, const int in, const int out) {
  const V a = m[in] + m[2 * in], b = m[in] - m[2 * in], c = m[3 * in] + m[4 * in], d = m[3 * in] - m[4 * in];
  o[0] = m[0] + a + c;
  o[out] = b + d * 2.f;
  o[2 * out] = a + c * 4.f;
  o[3 * out] = b + d * 8.f + m[5 * in];
}

// Its adjoint: from four slopes to six points.
static inline __attribute__((always_inline)) void FN(slopes_to_points)(const V *d, V *o, const int in, const int out) {
  const V a = d[0] + d[2 * in], b = d[in] + d[3 * in], c = d[0] + d[2 * in] * 4.f, e = d[in] * 2.f + d[3 * in] * 8.f;
  o[0] = d[0];
  o[out] = a + b;
  o[2 * out] = a - b;
  o[3 * out] = c + e;
  o[4 * out] = c - e;
  o[5 * out] = d[3 * in];
}

// From three weights to six points, and the adjoint.
static inline void FN(weights_to_points)(const V *g, V *o, const int in, const int out) {
  const V a = (g[0] + g[2 * in]) * (1 / 6.f), b = g[in] * (1 / 6.f);
  const V c = g[0] * (1 / 24.f) + g[2 * in] * (1 / 6.f), e = g[in] * (1 / 12.f);
  o[0] = g[0] * .25f;
  o[out] = -a - b;
  o[2 * out] = b - a;
  o[3 * out] = c + e;
  o[4 * out] = c - e;
  o[5 * out] = g[2 * in];
}

static inline void FN(weights_from_points)(const V *m, V *o, const int in, const int out) {
  const V a = (m[in] + m[2 * in]) * (1 / 6.f), b = (m[2 * in] - m[in]) * (1 / 6.f);
  const V c = m[3 * in] + m[4 * in], e = m[3 * in] - m[4 * in];
  o[0] = m[0] * .25f - a + c * (1 / 24.f);
  o[out] = b + e * (1 / 12.f);
  o[2 * out] = c * (1 / 6.f) - a + m[5 * in];
}

// Reads size x size pixels from row r and column c on, zeros beyond the picture.
static inline __attribute__((always_inline)) void FN(patch)(const float *plane, V *d, int r, int c, int h, int w,
                                                            const int size) {
  if (r >= 0 && c >= 0 && r + size <= h && c + size <= w) {
    const float *p = plane + ((size_t)r * w + c) * BLK;
#pragma GCC unroll 6
    for (int i = 0; i < size; i++)
#pragma GCC unroll 6
      for (int j = 0; j < size; j++) d[i * size + j] = LD(p + ((size_t)i * w + j) * BLK);
    return;
  }
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++) {
      const int u = r + i, v = c + j;
      d[i * size + j] = u < 0 || v < 0 || u >= h || v >= w ? (V){0} : LD(plane + ((size_t)u * w + v) * BLK);
    }
}

// The points of a group of tiles, from the first one on: of 6x6 pixels about each,
// or of its own 4x4 as slopes. They lie as [36][tile][channel], pitch floats from
// point to point.
static inline __attribute__((always_inline)) void FN(group_points)(const float *x, float *points, size_t pitch, int first,
                                                                   int count, int cb, int h, int w, const int slopes) {
  const int th = (h + 3) / 4, tw = (w + 3) / 4;
  for (int c = 0; c < cb; c++)
    for (int t = 0; t < count; t++) {
      const int i = first + t, b = i / (th * tw), r = i / tw % th * 4, k = i % tw * 4;
      const float *plane = x + ((size_t)b * cb + c) * h * w * BLK;
      float *out = points + ((size_t)t * cb + c) * BLK;
      V d[36], half[36], o[6];
      if (slopes) {
        FN(patch)(plane, d, r, k, h, w, 4);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) FN(slopes_to_points)(d + 4 * j, half + j, 1, 4);
      } else {
        FN(patch)(plane, d, r - 1, k - 1, h, w, 6);
#pragma GCC unroll 6
        for (int j = 0; j < 6; j++) FN(to_points)(d + 6 * j, half + j, 1, 6);
      }
#pragma GCC unroll 6
      for (int j = 0; j < 6; j++) {
        if (slopes)
          FN(slopes_to_points)(half + 4 * j, o, 1, 1);
        else
          FN(to_points)(half + 6 * j, o, 1, 1);
#pragma GCC unroll 6
        for (int k = 0; k < 6; k++) ST(out + (k * 6 + j) * pitch, o[k]);
      }
    }
}

// Products of some tiles with one or two blocks of results: m = v u.
static inline __attribute__((always_inline)) void FN(tiles_times)(const float *v, const float *u, float *m, int ic,
                                                                  int oc, const int tiles, const int blocks) {
  V s[TILES][2];
#pragma GCC unroll 12
  for (int i = 0; i < tiles; i++)
#pragma GCC unroll 2
    for (int k = 0; k < blocks; k++) s[i][k] = (V){0};
  for (int c = 0; c < ic; c++) {
    V a[2];
#pragma GCC unroll 2
    for (int k = 0; k < blocks; k++) a[k] = LD(u + (c * blocks + k) * BLK);
#pragma GCC unroll 12
    for (int i = 0; i < tiles; i++)
#pragma GCC unroll 2
      for (int k = 0; k < blocks; k++) s[i][k] += a[k] * v[(size_t)i * ic + c];
  }
#pragma GCC unroll 12
  for (int i = 0; i < tiles; i++)
#pragma GCC unroll 2
    for (int k = 0; k < blocks; k++) ST(m + (size_t)i * oc + k * BLK, s[i][k]);
}

static inline __attribute__((always_inline)) void FN(group_times)(const float *v, const float *u, float *m, int count,
                                                                  int ic, int oc, const int blocks) {
  int t = 0;
  for (; t + TILES <= count; t += TILES)
    FN(tiles_times)(v + (size_t)t * ic, u, m + (size_t)t * oc, ic, oc, TILES, blocks);
  for (; t + TILES / 3 <= count; t += TILES / 3)
    FN(tiles_times)(v + (size_t)t * ic, u, m + (size_t)t * oc, ic, oc, TILES / 3, blocks);
  for (; t < count; t++) FN(tiles_times)(v + (size_t)t * ic, u, m + (size_t)t * oc, ic, oc, 1, blocks);
}

// The tiles of a group: as many as leave room for weights in the second cache.
static inline int FN(group)(int ic, int oc, int tiles, int threads) {
  int g = WINOGRAD_FLOATS / (36 * (ic + oc));
  const int fair = (tiles + threads - 1) / threads;
  if (g > fair) g = fair;
  return g > TILES ? g / TILES * TILES : TILES;
}

static size_t FN(winograd_scratch)(int gradient, int n, int cb, int ob, int h, int w) {
  const int tiles = n * ((h + 3) / 4) * ((w + 3) / 4), ic = cb * BLK, oc = ob * BLK, threads = omp_get_max_threads();
  const int group = FN(group)(ic, oc, tiles, gradient ? 1 : threads);
  const size_t each = (size_t)36 * (group * (ic + oc) + 2 * APART) * threads;
  return each + (gradient ? winograd_chunks(tiles, ic, oc) * ((size_t)36 * ic * oc + oc) : 0);
}

static void FN(winograd)(const float *x, const float *u, const float *bias, float *y, int relu, int acc,
                         float *scratch, int n, int cb, int ob, int h, int w) {
  const int th = (h + 3) / 4, tw = (w + 3) / 4, tiles = n * th * tw, ic = cb * BLK, oc = ob * BLK;
  const int group = FN(group)(ic, oc, tiles, omp_get_max_threads()), groups = (tiles + group - 1) / group;
  const size_t vp = (size_t)group * ic + APART, mp = (size_t)group * oc + APART;
#pragma omp parallel for schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int g = 0; g < groups; g++) {
    float *v = scratch + omp_get_thread_num() * 36 * (vp + mp), *m = v + 36 * vp;
    const int first = g * group, count = tiles - first < group ? tiles - first : group;
    FN(group_points)(x, v, vp, first, count, cb, h, w, 0);
    for (int p = 0; p < 36; p++)
      for (int o = 0; o < ob; o += 2) {
        const float *up = u + ((size_t)p * oc + o * BLK) * ic, *vv = v + p * vp;
        float *mm = m + p * mp + o * BLK;
        if (o + 2 <= ob)
          FN(group_times)(vv, up, mm, count, ic, oc, 2);
        else
          FN(group_times)(vv, up, mm, count, ic, oc, 1);
      }
    for (int o = 0; o < ob; o++) {
      const V add = bias ? LD(bias + o * BLK) : (V){0};
      for (int t = 0; t < count; t++) {
        const int i = first + t, b = i / (th * tw), r = i / tw % th * 4, k = i % tw * 4;
        const float *in = m + (size_t)t * oc + o * BLK;
        float *out = y + ((((size_t)b * ob + o) * h + r) * w + k) * BLK;
        V half[24], d[6], q[16];
#pragma GCC unroll 6
        for (int j = 0; j < 6; j++) {
#pragma GCC unroll 6
          for (int l = 0; l < 6; l++) d[l] = LD(in + (j * 6 + l) * mp);
          FN(from_points)(d, half + j, 1, 6);
        }
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) FN(from_points)(half + 6 * j, q + j, 1, 4);
        const int rows = h - r < 4 ? h - r : 4, columns = w - k < 4 ? w - k : 4;
        for (int j = 0; j < rows; j++)
          for (int l = 0; l < columns; l++) {
            V s = q[j * 4 + l] + add;
            if (relu) s = FN(relu1)(s);
            GRAD(out + ((size_t)j * w + l) * BLK, s);
          }
      }
    }
  }
}

// Adds to du the products of some channels of v with one or two blocks of slopes,
// summed over the tiles.
static inline __attribute__((always_inline)) void FN(channels_times)(const float *v, const float *s, float *du, int count,
                                                                     int ic, int oc, const int blocks) {
  V sum[CHANNELS][2];
#pragma GCC unroll 8
  for (int i = 0; i < CHANNELS; i++)
#pragma GCC unroll 2
    for (int k = 0; k < blocks; k++) sum[i][k] = LD(du + (i * blocks + k) * BLK);
  for (int t = 0; t < count; t++) {
    V a[2];
#pragma GCC unroll 2
    for (int k = 0; k < blocks; k++) a[k] = LD(s + (size_t)t * oc + k * BLK);
#pragma GCC unroll 8
    for (int i = 0; i < CHANNELS; i++)
#pragma GCC unroll 2
      for (int k = 0; k < blocks; k++) sum[i][k] += a[k] * v[(size_t)t * ic + i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < CHANNELS; i++)
#pragma GCC unroll 2
    for (int k = 0; k < blocks; k++) ST(du + (i * blocks + k) * BLK, sum[i][k]);
}

// The tiles are summed in fixed chunks, joined in order in the first of them.
static void FN(winograd_gradient)(const float *x, const float *dy, float *du, float *dbias, float *scratch, int n,
                                  int cb, int ob, int h, int w) {
  const int th = (h + 3) / 4, tw = (w + 3) / 4, tiles = n * th * tw, ic = cb * BLK, oc = ob * BLK;
  const int group = FN(group)(ic, oc, tiles, 1), groups = (tiles + group - 1) / group;
  const int chunks = winograd_chunks(tiles, ic, oc);
  const size_t vp = (size_t)group * ic + APART, sp = (size_t)group * oc + APART, size = (size_t)36 * ic * oc;
  float *sums = scratch + (size_t)omp_get_max_threads() * 36 * (vp + sp);
#pragma omp parallel for schedule(static) PARALLEL(n * cb * h * w * BLK)
  for (int k = 0; k < chunks; k++) {
    float *v = scratch + omp_get_thread_num() * 36 * (vp + sp), *s = v + 36 * vp;
    float *to = sums + (size_t)k * (size + oc), *bias = to + size;
    memset(to, 0, (size + oc) * sizeof(float));
    for (int g = (int)((long)groups * k / chunks); g < (int)((long)groups * (k + 1) / chunks); g++) {
      const int first = g * group, count = tiles - first < group ? tiles - first : group;
      FN(group_points)(x, v, vp, first, count, cb, h, w, 0);
      FN(group_points)(dy, s, sp, first, count, ob, h, w, 1);
      for (int p = 0; p < 36; p++)
        for (int o = 0; o < ob; o += 2)
          for (int c = 0; c < ic; c += CHANNELS) {
            const int blocks = ob - o < 2 ? 1 : 2;
            float *out = to + ((size_t)p * oc + o * BLK) * ic + (size_t)c * blocks * BLK;
            if (blocks == 2)
              FN(channels_times)(v + p * vp + c, s + p * sp + o * BLK, out, count, ic, oc, 2);
            else
              FN(channels_times)(v + p * vp + c, s + p * sp + o * BLK, out, count, ic, oc, 1);
          }
      for (int t = 0; t < count; t++) // at this point all of a tile's slopes are added
        for (int o = 0; o < oc; o++) bias[o] += s[7 * sp + (size_t)t * oc + o];
    }
  }
#pragma omp parallel for schedule(static) PARALLEL(chunks * size)
  for (int p = 0; p < 37; p++) { // the last is the bias
    const size_t lo = p < 36 ? (size_t)p * ic * oc : size, len = p < 36 ? (size_t)ic * oc : (size_t)oc;
    float *to = p < 36 ? du + lo : dbias;
    if (!to) continue;
    memcpy(to, sums + lo, len * sizeof(float));
    for (int k = 1; k < chunks; k++)
      for (size_t i = 0; i < len; i++) to[i] += sums[(size_t)k * (size + oc) + lo + i];
  }
}

// Where the weights of result o, block by block, and channel c are at point 0.
static inline size_t FN(at_points)(int o, int c, int ob, int ic) {
  const int blocks = o / 2 * 2 + 2 <= ob ? 2 : 1;
  return ((size_t)(o / 2 * 2) * ic + (size_t)c * blocks + o % 2) * BLK;
}

// Weights, O,I,K,K, to the points; turned for the gradient of the picture, whose
// channels are the results.
static void FN(winograd_weights)(const float *w, float *u, int turned, int ic, int oc) {
  const int in = turned ? oc : ic, out = turned ? ic : oc;
  const int ob = (out + BLK - 1) / BLK, ip = (in + BLK - 1) / BLK * BLK;
#pragma omp parallel for schedule(static) PARALLEL(36 * ic * oc)
  for (int o = 0; o < ob; o++)
    for (int c = 0; c < ip; c++) {
      float lanes[9][BLK];
      V g[9], half[18], p[6];
      memset(lanes, 0, sizeof(lanes));
      for (int l = 0; c < in && l < BLK && o * BLK + l < out; l++) {
        const int a = o * BLK + l;
        const float *from = w + ((size_t)(turned ? c : a) * ic + (turned ? a : c)) * 9;
        for (int t = 0; t < 9; t++) lanes[t][l] = from[turned ? 8 - t : t];
      }
      for (int t = 0; t < 9; t++) g[t] = LD(lanes[t]);
      for (int j = 0; j < 3; j++) FN(weights_to_points)(g + 3 * j, half + j, 1, 3);
      float *to = u + FN(at_points)(o, c, ob, ip);
      for (int j = 0; j < 6; j++) {
        FN(weights_to_points)(half + 3 * j, p, 1, 1);
        for (int k = 0; k < 6; k++) ST(to + (size_t)(k * 6 + j) * ob * BLK * ip, p[k]);
      }
    }
}

static void FN(winograd_plain)(const float *du, float *dw, int ic, int oc) {
  const int ob = (oc + BLK - 1) / BLK, ip = (ic + BLK - 1) / BLK * BLK;
#pragma omp parallel for schedule(static) PARALLEL(36 * ic * oc)
  for (int o = 0; o < ob; o++)
    for (int c = 0; c < ic; c++) {
      const float *from = du + FN(at_points)(o, c, ob, ip);
      V p[6], half[18], g[9];
      for (int j = 0; j < 6; j++) {
        for (int k = 0; k < 6; k++) p[k] = LD(from + (size_t)(k * 6 + j) * ob * BLK * ip);
        FN(weights_from_points)(p, half + j, 1, 6);
      }
      for (int j = 0; j < 3; j++) FN(weights_from_points)(half + 6 * j, g + 3 * j, 1, 1);
      for (int l = 0; l < BLK && o * BLK + l < oc; l++)
        for (int t = 0; t < 9; t++) dw[((size_t)(o * BLK + l) * ic + c) * 9 + t] = g[t][l];
    }
}

#undef TILES
#undef CHANNELS
#undef APART
