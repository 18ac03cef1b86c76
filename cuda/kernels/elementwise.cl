// Operations with little arithmetic on every element: bound by memory, 8 to 12
// bytes for 1 to 10 FLOP. 85 to 90 % of the bandwidth is expected on either
// card: 250 GB/s on an A2000, 2.9 TB/s on an H100; below about a million
// elements the launch, some microseconds, is the larger part. Full occupancy: 10
// to 32 registers, at most 1 KiB of shared memory.

KERNEL leaky(const GLOBAL float *x, GLOBAL float *y, float slope, int n) {
  const int i = ELEMENT;
  if (i < n) y[i] = x[i] > 0.f || x[i] != x[i] ? x[i] : slope * x[i];
}

KERNEL leaky_back(const GLOBAL float *y, const GLOBAL float *dy, GLOBAL float *dx, float slope, int add,
                  int n) {
  const int i = ELEMENT;
  if (i < n) PUT(dx[i], y[i] > 0.f ? dy[i] : slope * dy[i], add);
}

KERNEL sigmoid(const GLOBAL float *x, GLOBAL float *y, int n) {
  const int i = ELEMENT;
  if (i < n) y[i] = logistic(x[i]);
}

KERNEL sigmoid_back(const GLOBAL float *y, const GLOBAL float *dy, GLOBAL float *dx, int add, int n) {
  const int i = ELEMENT;
  if (i < n) PUT(dx[i], dy[i] * y[i] * (1.f - y[i]), add);
}

// tanh and e^x.
KERNEL tangent(const GLOBAL float *x, GLOBAL float *y, int n) {
  const int i = ELEMENT;
  if (i < n) y[i] = 1.f - 2.f / (1.f + expo(2.f * x[i]));
}

KERNEL tangent_back(const GLOBAL float *y, const GLOBAL float *dy, GLOBAL float *dx, int add, int n) {
  const int i = ELEMENT;
  if (i < n) PUT(dx[i], dy[i] * (1.f - y[i] * y[i]), add);
}

KERNEL power(const GLOBAL float *x, GLOBAL float *y, int n) {
  const int i = ELEMENT;
  if (i < n) y[i] = expo(x[i]);
}

KERNEL power_back(const GLOBAL float *y, const GLOBAL float *dy, GLOBAL float *dx, int add, int n) {
  const int i = ELEMENT;
  if (i < n) PUT(dx[i], dy[i] * y[i], add);
}

KERNEL sum(const GLOBAL float *a, const GLOBAL float *b, GLOBAL float *y, int n) {
  const int i = ELEMENT;
  if (i < n) y[i] = a[i] + b[i];
}

KERNEL times(const GLOBAL float *a, const GLOBAL float *b, GLOBAL float *y, int add, int n) {
  const int i = ELEMENT;
  if (i < n) PUT(y[i], a[i] * b[i], add);
}

// The adjoint of sum, and a copy.
KERNEL pass(const GLOBAL float *x, GLOBAL float *y, int add, int n) {
  const int i = ELEMENT;
  if (i < n) PUT(y[i], x[i], add);
}

// Stretches of each values, sp apart in src and dp in dst: the parts of a
// concatenation, both ways.
KERNEL stretch(const GLOBAL float *src, GLOBAL float *dst, int sp, int dp, int each, int add, int n) {
  const int i = ELEMENT;
  if (i < n) PUT(dst[(long)(i / each) * dp + i % each], src[(long)(i / each) * sp + i % each], add);
}

// One value per plane over the plane, times factor: a broadcast, and the
// adjoint of pool.
KERNEL spread(const GLOBAL float *x, GLOBAL float *y, float factor, int hw, int add, int n) {
  const int i = ELEMENT;
  if (i < n) PUT(y[i], factor * x[i / hw], add);
}

// The sum of a plane times factor, a group for each: an average pool, and the
// adjoint of a broadcast.
KERNEL pool(const GLOBAL float *x, GLOBAL float *y, float factor, int hw, int add) {
  LOCALMEM float s[THREADS];
  const GLOBAL float *plane = x + (long)GROUP0 * hw;
  float v = 0.f;
  for (int i = LID; i < hw; i += THREADS) v += plane[i];
  v = group_sum(s, v) * factor;
  if (LID == 0) PUT(y[GROUP0], v, add);
}

KERNEL scale(const GLOBAL float *x, const GLOBAL float *w, GLOBAL float *y, int hw, int n) {
  const int i = ELEMENT;
  if (i < n) y[i] = x[i] * w[i / hw];
}

// wants: 1 dx, 2 dw. A group for each plane reads x and dy once for both.
KERNEL scale_back(const GLOBAL float *x, const GLOBAL float *w, const GLOBAL float *dy, GLOBAL float *dx,
                  GLOBAL float *dw, int hw, int wants, int addx, int addw) {
  LOCALMEM float s[THREADS];
  const long at = (long)GROUP0 * hw;
  const float by = w[GROUP0];
  float v = 0.f;
  for (int i = LID; i < hw; i += THREADS) {
    v = FMA(dy[at + i], x[at + i], v);
    if (wants & 1) PUT(dx[at + i], dy[at + i] * by, addx);
  }
  v = group_sum(s, v);
  if (LID == 0 && (wants & 2)) PUT(dw[GROUP0], v, addw);
}

KERNEL gate(const GLOBAL float *x, const GLOBAL float *a, GLOBAL float *y, int c, int hw, int n) {
  const int i = ELEMENT;
  if (i < n) y[i] = x[i] * a[i / (c * hw) * hw + i % hw];
}

// A thread for each pixel goes through its channels; neighbours read
// neighbouring addresses.
KERNEL gate_back(const GLOBAL float *x, const GLOBAL float *a, const GLOBAL float *dy, GLOBAL float *dx,
                 GLOBAL float *da, int c, int hw, int wants, int addx, int adda, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const long at = (long)(i / hw) * c * hw + i % hw;
  float v = 0.f;
  for (int k = 0; k < c; k++) {
    const long e = at + (long)k * hw;
    v = FMA(dy[e], x[e], v);
    if (wants & 1) PUT(dx[e], dy[e] * a[i], addx);
  }
  if (wants & 2) PUT(da[i], v, adda);
}

// ECA: a convolution over the channels' means y, and a sigmoid.
KERNEL attention(const GLOBAL float *y, const GLOBAL float *k, GLOBAL float *w, int c, int taps, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  float v = 0.f;
  for (int t = 0; t < taps; t++) {
    const int j = i % c + t - taps / 2;
    if (j >= 0 && j < c) v = FMA(k[t], y[i - i % c + j], v);
  }
  w[i] = logistic(v);
}

KERNEL attention_back(const GLOBAL float *k, const GLOBAL float *w, const GLOBAL float *dw, GLOBAL float *dy,
                      int c, int taps, int add, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  float v = 0.f;
  for (int t = 0; t < taps; t++) {
    const int j = i % c - t + taps / 2, e = i - i % c + j;
    if (j >= 0 && j < c) v = FMA(k[t], dw[e] * w[e] * (1.f - w[e]), v);
  }
  PUT(dy[i], v, add);
}

// A group for each tap.
KERNEL attention_weights(const GLOBAL float *y, const GLOBAL float *w, const GLOBAL float *dw,
                         GLOBAL float *dk, int c, int taps, int n) {
  LOCALMEM float s[THREADS];
  float v = 0.f;
  for (int i = LID; i < n; i += THREADS) {
    const int j = i % c + GROUP0 - taps / 2;
    if (j >= 0 && j < c) v = FMA(dw[i] * w[i] * (1.f - w[i]), y[i - i % c + j], v);
  }
  v = group_sum(s, v);
  if (LID == 0) dk[GROUP0] = v;
}
