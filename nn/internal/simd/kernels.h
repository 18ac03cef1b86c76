// The kernels of one instruction set. Included by simd_amd64.c with FN(name)
// defined; see simd.go for what each does. Plain loops: the compiler makes
// vectors of them.

static void FN(log_grey)(const float *r, const float *g, const float *b, float *out, int n) {
  for (int i = 0; i < n; i++) {
    float v = (r[i] + g[i] + b[i]) * (1.f / 3) + .05f;
    v = v > 0x1p-20f ? v : 0x1p-20f;
    union {
      float f;
      int32_t i;
    } u = {v};
    const int32_t root = 0x3f3504f3, bits = u.i - root;
    u.i = (bits & 0x7fffff) + root;
    const float s = (u.f - 1) / (u.f + 1), q = s * s;
    out[i] = (float)(bits >> 23) * 0.693147180559945f + s * (2 + q * (2.f / 3 + q * (2.f / 5 + q * (2.f / 7))));
  }
}

#define STRIP 256

static void FN(count_strip)(const float *above, int stride, const float *r, const float *g, const float *b, int w,
                            int wide, int high, int size, cell_count *out) {
  float gradient[8][STRIP], root[3][STRIP];
  double sum[3][STRIP], square[3][STRIP];
  for (int o = 0; o < 8; o++) memset(gradient[o], 0, wide * sizeof(float));
  for (int c = 0; c < 3; c++) {
    memset(root[c], 0, wide * sizeof(float));
    memset(sum[c], 0, wide * sizeof(double));
    memset(square[c], 0, wide * sizeof(double));
  }
  for (int y = 0; y < high; y++, above += stride) {
    const float *here = above + stride - 1, *below = above + 2 * stride;
    for (int i = 0; i < wide; i++) {
      const float gx = here[i] - here[i + 2], gy = above[i] - below[i], m = sqrtf(gx * gx + gy * gy);
      union {
        float f;
        uint32_t i;
      } p = {gx - 0x1p-20f * gy}, q = {gy + 0x1p-20f * gx};
      const uint32_t size31 = 0x7fffffff;
      const uint32_t octant = p.i >> 31 | q.i >> 31 << 1 | ((p.i & size31) - (q.i & size31)) >> 31 << 2;
      for (uint32_t o = 0; o < 8; o++) gradient[o][i] += octant == o ? m : 0;
    }
    const float *rgb[3] = {r + (size_t)y * w, g + (size_t)y * w, b + (size_t)y * w};
    for (int c = 0; c < 3; c++)
      for (int i = 0; i < wide; i++) {
        const float v = rgb[c][i];
        root[c][i] += sqrtf(v > 0 ? v : 0);
        sum[c][i] += v;
        square[c][i] += (double)v * v;
      }
  }
  for (int i = 0; i < wide; i += size, out++) {
    const int end = i + size < wide ? i + size : wide;
    memset(out, 0, sizeof(*out));
    out->pixels = (int64_t)(end - i) * high;
    for (int o = 0; o < 8; o++)
      for (int k = i; k < end; k++) out->gradient[o] += gradient[o][k];
    for (int c = 0; c < 3; c++)
      for (int k = i; k < end; k++) {
        out->root[c] += root[c][k];
        out->sum[c] += sum[c][k];
        out->square[c] += square[c][k];
      }
  }
}

static void FN(count)(const float *grey, const float *r, const float *g, const float *b, int w, int high, int size,
                      cell_count *out) {
  const int strip = STRIP / size * size;
  for (int x = 0; x < w; x += strip, out += strip / size)
    FN(count_strip)(grey + x + 1, w + 2, r + x, g + x, b + x, w, w - x < strip ? w - x : strip, high, size, out);
}

static void FN(pool)(const float *x, int planes, int h, int w, int k, float *out, int pitch, int from, int to) {
  const int gw = (w + k - 1) / k;
  for (int gy = from; gy < to; gy++)
    for (int p = 0; p < planes; p++) {
      float *o = out + (size_t)gy * gw * pitch + p;
      const float *in = x + ((size_t)p * h + (size_t)gy * k) * w;
      const int high = h - gy * k < k ? h - gy * k : k;
      for (int gx = 0; gx < gw; gx++, o += pitch) {
        const int wide = w - gx * k < k ? w - gx * k : k;
        float s = 0;
        for (int b = 0; b < high; b++)
          for (int a = 0; a < wide; a++) s += in[(size_t)b * w + gx * k + a];
        *o = s / (float)(wide * high);
      }
    }
}

static void FN(combine)(const float *x, int w, const float *weights, int taps, float *out) {
  for (int i = 0; i < w; i++) out[i] = weights[0] * x[i];
  for (int k = 1; k < taps; k++) {
    const float *in = x + (size_t)k * w;
    for (int i = 0; i < w; i++) out[i] += weights[k] * in[i];
  }
}

static void FN(unit)(const float *x, const float *mean, const float *deviation, float *out, int n) {
  for (int i = 0; i < n; i++) out[i] = (x[i] - mean[i]) / deviation[i];
}

static void FN(accumulate)(const float *x, float shift, float scale, int positive, float *out, int n) {
  if (positive)
    for (int i = 0; i < n; i++) {
      const float v = (x[i] - shift) * scale;
      out[i] += v > 0 ? v : 0;
    }
  else
    for (int i = 0; i < n; i++) out[i] += (x[i] - shift) * scale;
}

static void FN(outline)(float *x, const float *fine, const float *highest, float doubt, int n) {
  for (int i = 0; i < n; i++) {
    const float v = x[i], t = v * (fine[i] + doubt) / (highest[i] + doubt);
    x[i] = v > 0 ? t : v;
  }
}

static void FN(spread)(float *x, int step, int n) {
#pragma GCC ivdep
  for (int i = 0; i < n; i++) x[i] = x[i + step] > x[i] ? x[i + step] : x[i];
}

static int FN(finite)(const float *x, int n) {
  uint32_t bad = 0;
  for (int i = 0; i < n; i++) {
    union {
      float f;
      uint32_t i;
    } u = {x[i]};
    bad |= (u.i & 0x7f800000) == 0x7f800000;
  }
  return !bad;
}

static void FN(unpack)(const uint8_t *rgba, float *r, float *g, float *b, int n) {
  for (int i = 0; i < n; i++) {
    r[i] = (float)rgba[4 * i] / 255;
    g[i] = (float)rgba[4 * i + 1] / 255;
    b[i] = (float)rgba[4 * i + 2] / 255;
  }
}

static void FN(expose)(float *x, float gain, int root, int n) {
  for (int i = 0; i < n; i++) {
    float v = x[i] * gain;
    v = v > 0 ? v : 0; // and a number
    x[i] = v < 1 ? v : 1;
  }
  if (root)
    for (int i = 0; i < n; i++) x[i] = sqrtf(x[i]);
}

static void FN(gather)(const float *x, const int32_t *from, const float *weights, int taps, float *out, int n) {
  for (int i = 0; i < n; i++) out[i] = weights[i] * x[from[i]];
  for (int k = 1; k < taps; k++) {
    weights += n;
    x++;
    for (int i = 0; i < n; i++) out[i] += weights[i] * x[from[i]];
  }
}

static const simd_kernels FN(table) = {
    .log_grey = FN(log_grey),
    .count = FN(count),
    .pool = FN(pool),
    .combine = FN(combine),
    .unit = FN(unit),
    .accumulate = FN(accumulate),
    .outline = FN(outline),
    .spread = FN(spread),
    .finite = FN(finite),
    .unpack = FN(unpack),
    .expose = FN(expose),
    .gather = FN(gather),
};

#undef FN
#undef STRIP
