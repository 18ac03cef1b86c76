// Attention. A value's matrix of one image has e numbers for each of the l rows that
// are mixed: positions, whose numbers lie l apart, or with channels the channels,
// whose numbers lie together. Weights are l x l. Plain loops: in a bottleneck l is
// some hundreds, and all of it stays in the caches; 40 to 48 registers, 5 groups per
// SM, 1 KiB of shared memory, 2 FLOP per 8 bytes. Expected: a tenth of the f32 peak on an A2000 and
// less on an H100, which such sizes do not fill; 8 MFLOP for 256 positions of 96
// channels either way.

// w[a,b] = softmax_b(factor * q_a . k_b), a group for each row a of each image.
KERNEL attend(const GLOBAL float *q, const GLOBAL float *k, GLOBAL float *w, float factor, int l, int e,
              int channels) {
  LOCALMEM float s[THREADS];
  const int image = GROUP0 / l, a = GROUP0 % l;
  const int row = channels ? e : 1, step = channels ? 1 : l;
  const GLOBAL float *qa = q + (long)image * l * e + (long)a * row, *ks = k + (long)image * l * e;
  GLOBAL float *out = w + (long)GROUP0 * l;
  float top = -3.402823466e38f;
  for (int b = LID; b < l; b += THREADS) {
    float v = 0.f;
    const GLOBAL float *kb = ks + (long)b * row;
    for (int i = 0; i < e; i++) v = FMA(qa[i * step], kb[i * step], v);
    v *= factor;
    out[b] = v;
    top = v > top ? v : top;
  }
  s[LID] = top;
  BARRIER();
  for (int gap = THREADS / 2; gap > 0; gap /= 2) {
    if (LID < gap) s[LID] = s[LID] > s[LID + gap] ? s[LID] : s[LID + gap];
    BARRIER();
  }
  top = s[0];
  BARRIER();
  float sum = 0.f;
  for (int b = LID; b < l; b += THREADS) {
    out[b] = expo(out[b] - top);
    sum += out[b];
  }
  sum = group_sum(s, sum);
  for (int b = LID; b < l; b += THREADS) out[b] /= sum;
}

// Through the softmax: dw[a,b] = w[a,b] (dy_a . v_b - sum_c w[a,c] dy_a . v_c).
KERNEL attend_back(const GLOBAL float *dy, const GLOBAL float *v, const GLOBAL float *w, GLOBAL float *dw, int l,
                   int e, int channels) {
  LOCALMEM float s[THREADS];
  const int image = GROUP0 / l, a = GROUP0 % l;
  const int row = channels ? e : 1, step = channels ? 1 : l;
  const GLOBAL float *da = dy + (long)image * l * e + (long)a * row, *vs = v + (long)image * l * e;
  const GLOBAL float *wa = w + (long)GROUP0 * l;
  GLOBAL float *out = dw + (long)GROUP0 * l;
  float sum = 0.f;
  for (int b = LID; b < l; b += THREADS) {
    float d = 0.f;
    const GLOBAL float *vb = vs + (long)b * row;
    for (int i = 0; i < e; i++) d = FMA(da[i * step], vb[i * step], d);
    out[b] = d;
    sum += wa[b] * d;
  }
  sum = group_sum(s, sum);
  for (int b = LID; b < l; b += THREADS) out[b] = wa[b] * (out[b] - sum);
}

// y_a = factor * sum_b w[a,b] x_b, or w[b,a] when turned: the mixture, and the
// gradients of all that went into it.
KERNEL attend_mix(const GLOBAL float *w, const GLOBAL float *x, GLOBAL float *y, float factor, int l, int e,
                  int turned, int channels, int add, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int image = i / (l * e), rest = i % (l * e);
  const int a = channels ? rest / e : rest % l, r = channels ? rest % e : rest / l;
  const int row = channels ? e : 1, step = channels ? 1 : l;
  const GLOBAL float *xs = x + (long)image * l * e + (long)r * step, *ws = w + (long)image * l * l;
  float v = 0.f;
  const GLOBAL float *wa = ws + (turned ? a : (long)a * l);
  const int next = turned ? l : 1;
  for (int b = 0; b < l; b++) v = FMA(wa[b * next], xs[b * row], v);
  PUT(y[i], factor * v, add);
}
