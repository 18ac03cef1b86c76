// Losses: each computes its value, by group, and at once the gradient, already
// weighted. Bound by memory: 12 to 16 bytes an element for 5 to 40 FLOP; 85 % of
// the bandwidth expected on an A2000 and on an H100, which is a small part of a step. 12 to
// 32 registers, 1 or 2 KiB of shared memory, full occupancy. deviation is the
// exception: one group an image, some 35 passes over a map that the caches hold.

// dst = offset + factor * the sum of part.
KERNEL finish(const GLOBAL float *part, GLOBAL float *dst, float factor, float offset, int n) {
  LOCALMEM float s[THREADS];
  float v = 0.f;
  for (int i = LID; i < n; i += THREADS) v += part[i];
  v = group_sum(s, v);
  if (LID == 0) dst[0] = FMA(factor, v, offset);
}

#define VALUE(v)                         \
  do {                                   \
    const float all = group_sum(s, v);   \
    if (LID == 0) part[GROUP0] = all;    \
  } while (0)

KERNEL l1(const GLOBAL float *x, const GLOBAL float *t, const GLOBAL float *mask, GLOBAL float *part,
          GLOBAL float *dx, float mask_weight, float g, int c, int hw, int want, int add, int n) {
  LOCALMEM float s[THREADS];
  const int i = ELEMENT;
  float v = 0.f;
  if (i < n) {
    const float e = x[i] - t[i], by = 1.f + mask_weight * mask[i / (c * hw) * hw + i % hw];
    v = FABS(e) * by;
    if (want) PUT(dx[i], (e > 0.f ? g : e < 0.f ? -g : 0.f) * by, add);
  }
  VALUE(v);
}

KERNEL l2(const GLOBAL float *x, const GLOBAL float *t, GLOBAL float *part, GLOBAL float *dx, float g, int want,
          int add, int n) {
  LOCALMEM float s[THREADS];
  const int i = ELEMENT;
  float v = 0.f;
  if (i < n) {
    const float e = x[i] - t[i];
    v = e * e;
    if (want) PUT(dx[i], 2.f * g * e, add);
  }
  VALUE(v);
}

KERNEL focal(const GLOBAL float *x, const GLOBAL float *mask, GLOBAL float *part, GLOBAL float *dx,
             float positive, float g, int want, int add, int n) {
  LOCALMEM float s[THREADS];
  const int i = ELEMENT;
  float v = 0.f;
  if (i < n) {
    const float sign = mask[i] > .5f ? 1.f : -1.f, z = sign * x[i];
    const float e = expo(-FABS(z));
    const float logp = (z < 0.f ? z : 0.f) - log1(e); // log sigma(z), stable
    const float far = e / (1.f + e), near = 1.f / (1.f + e);
    const float p = z >= 0.f ? near : far, q = z >= 0.f ? far : near;
    const float by = 1.f + positive * mask[i];
    v = -(q * q * logp * by);
    if (want) PUT(dx[i], g * by * sign * (2.f * p * q * q * logp - q * q * q), add);
  }
  VALUE(v);
}

// The hinge max(0, |t| - t*x), or -t*x.
KERNEL critic(const GLOBAL float *x, const GLOBAL float *targets, GLOBAL float *part, GLOBAL float *dx, float g,
              int linear, int hw, int want, int add, int n) {
  LOCALMEM float s[THREADS];
  const int i = ELEMENT;
  float v = 0.f;
  if (i < n) {
    const float t = targets[i / hw], loss = (linear ? 0.f : FABS(t)) - t * x[i];
    const int counts = linear || loss > 0.f;
    v = counts ? loss : 0.f;
    if (want) PUT(dx[i], counts ? -g * t : 0.f, add);
  }
  VALUE(v);
}

// A group for each channel: the divergence of its mean, and the slope of that.
KERNEL sparsity(const GLOBAL float *x, GLOBAL float *part, GLOBAL float *slope, int batch, int c, int hw,
                float rho, float g) {
  LOCALMEM float s[THREADS];
  const int channel = GROUP0, total = batch * hw;
  float v = 0.f;
  for (int i = LID; i < total; i += THREADS) v += x[((long)(i / hw) * c + channel) * hw + i % hw];
  v = group_sum(s, v) / (float)total;
  if (LID != 0) return;
  const float low = 1e-4f, high = 1.f - 1e-4f;
  slope[channel] = v > low && v < high ? g * (-rho / v + (1.f - rho) / (1.f - v)) / (float)total : 0.f;
  v = v < low ? low : v > high ? high : v;
  part[channel] = rho * loge(rho / v) + (1.f - rho) * loge((1.f - rho) / (1.f - v));
}

// One value per channel over all its pixels.
KERNEL channel_spread(const GLOBAL float *x, GLOBAL float *y, int c, int hw, int add, int n) {
  const int i = ELEMENT;
  if (i < n) PUT(y[i], x[i / hw % c], add);
}

// A float's bits in the order of its value.
DEVFN unsigned ordered(float x) {
  const unsigned b = BITS(x);
  return b & 0x80000000u ? ~b : b | 0x80000000u;
}

// A group for each image: finds the k-th highest logit bit by bit, then the
// mean of the k highest, and gives them the gradient; of those equal to the
// k-th the first ones count, as many as are needed.
KERNEL deviation(const GLOBAL float *x, const GLOBAL float *mask, GLOBAL float *part, GLOBAL float *dx, int k,
                 float mu, float margin, int pixels, float g, int hw, int want, int add) {
  LOCALMEM float s[THREADS];
  LOCALMEM float equals[THREADS];
  const GLOBAL float *z = x + (long)GROUP0 * hw, *m = mask + (long)GROUP0 * hw;
  GLOBAL float *d = dx + (long)GROUP0 * hw;
  unsigned kth = 0;
  for (int bit = 31; bit >= 0; bit--) {
    const unsigned candidate = kth | 1u << bit;
    float n = 0.f;
    for (int i = LID; i < hw; i += THREADS) n += ordered(z[i]) >= candidate ? 1.f : 0.f;
    if (group_sum(s, n) >= (float)k) kth = candidate;
  }
  // Each thread has a stretch of the map, so that what is equal has an order.
  const int each = (hw + THREADS - 1) / THREADS, begin = LID * each;
  const int end = begin + each < hw ? begin + each : hw;
  float top = 0.f, above = 0.f, equal = 0.f, damaged = 0.f;
  for (int i = begin; i < end; i++) {
    const unsigned b = ordered(z[i]);
    top += b > kth ? z[i] : 0.f;
    above += b > kth ? 1.f : 0.f;
    equal += b == kth ? 1.f : 0.f;
    damaged += m[i] > .5f ? 1.f : 0.f;
  }
  equals[LID] = equal;
  top = group_sum(s, top);
  above = group_sum(s, above);
  damaged = group_sum(s, damaged);
  float rank = above;
  for (int t = 0; t < LID; t++) rank += equals[t];
  const float last = FROMBITS(kth & 0x80000000u ? kth & 0x7fffffffu : ~kth);
  const float mean = (top + ((float)k - above) * last) / (float)k;
  const float sign = damaged > (float)pixels ? -1.f : 1.f;
  const float loss = damaged > (float)pixels ? mu + margin - mean : mean - mu;
  if (LID == 0) part[GROUP0] = loss > 0.f || loss != loss ? loss : 0.f;
  if (!want) return;
  const float slope = loss > 0.f ? sign * g / (float)k : 0.f;
  for (int i = begin; i < end; i++) {
    const unsigned b = ordered(z[i]);
    const int counts = b > kth || (b == kth && rank < (float)k);
    rank += b == kth ? 1.f : 0.f;
    PUT(d[i], counts ? slope : 0.f, add);
  }
}
