// Batch normalisation. A channel is cut into chunks of its pixels over the
// batch, a group for each, and the chunks are joined in order: the same numbers
// give the same bits. Bound by memory: forward reads x twice and writes y,
// backward reads x and dy twice and writes dx; 12 and 20 bytes an element for
// some 10 FLOP. 80 to 85 % of the bandwidth expected on an A2000 and on an H100; 14 to 34
// registers, 1 KiB of shared memory, full occupancy but for moments, whose 34 let 6 of 8
// groups onto an SM of an H100.

// part[(channel * chunks + chunk) * 2] = the chunk's sum, and the sum of squared
// distances to its mean: the second look finds the chunk in the cache, and no
// digits are lost to a far mean.
KERNEL moments(const GLOBAL float *x, GLOBAL float *part, int batch, int c, int hw, int each) {
  LOCALMEM float s[THREADS];
  const int channel = GROUP1, total = batch * hw, begin = GROUP0 * each;
  const int end = begin + each < total ? begin + each : total;
  float a = 0.f, b = 0.f;
  for (int i = begin + LID; i < end; i += THREADS) a += x[((long)(i / hw) * c + channel) * hw + i % hw];
  a = group_sum(s, a);
  const float mean = a / (float)(end - begin);
  for (int i = begin + LID; i < end; i += THREADS) {
    const float d = x[((long)(i / hw) * c + channel) * hw + i % hw] - mean;
    b = FMA(d, d, b);
  }
  b = group_sum(s, b);
  GLOBAL float *out = part + ((long)channel * ((total + each - 1) / each) + GROUP0) * 2;
  if (LID == 0) out[0] = a, out[1] = b;
}

// stat holds, per channel: mean, variance, 1/deviation, and the scale and the
// shift that they make of gamma and beta. The chunks are joined as Chan, Golub
// and LeVeque do.
KERNEL norm_stat(const GLOBAL float *part, const GLOBAL float *affine, GLOBAL float *stat, int total, int each,
                 int chunks, float eps, int c) {
  const int i = ELEMENT;
  if (i >= c) return;
  const GLOBAL float *p = part + (long)i * chunks * 2;
  float mean = 0.f, var = 0.f;
  for (int k = 0; k < chunks; k++) mean += p[2 * k];
  mean /= (float)total;
  for (int k = 0; k < chunks; k++) {
    const float n = (float)(k < chunks - 1 ? each : total - k * each), d = p[2 * k] / n - mean;
    var += FMA(n * d, d, p[2 * k + 1]);
  }
  var /= (float)total;
  const float inverse = 1.f / SQRT(var + eps), by = affine[i] * inverse;
  stat[i] = mean;
  stat[c + i] = var;
  stat[2 * c + i] = inverse;
  stat[3 * c + i] = by;
  stat[4 * c + i] = affine[c + i] - mean * by;
}

// y = x * scale + shift, with map holding c of each.
KERNEL norm(const GLOBAL float *x, const GLOBAL float *map, GLOBAL float *y, int c, int hw, int relu, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int k = i / hw % c;
  const float v = FMA(x[i], map[k], map[c + k]);
  y[i] = relu && v <= 0.f ? 0.f : v;
}

// dy behind the ReLU.
DEVFN float norm_slope(float x, float dy, float by, float shift, int relu) {
  return relu && FMA(x, by, shift) <= 0.f ? 0.f : dy;
}

// part as in moments: the sums of dy and of dy times the normalised x.
KERNEL norm_back_part(const GLOBAL float *x, const GLOBAL float *dy, const GLOBAL float *stat,
                      GLOBAL float *part, int batch, int c, int hw, int each, int relu) {
  LOCALMEM float s[THREADS];
  const int channel = GROUP1, total = batch * hw, begin = GROUP0 * each;
  const int end = begin + each < total ? begin + each : total;
  const float mean = stat[channel], inverse = stat[2 * c + channel];
  const float by = stat[3 * c + channel], shift = stat[4 * c + channel];
  float a = 0.f, b = 0.f;
  for (int i = begin + LID; i < end; i += THREADS) {
    const long e = ((long)(i / hw) * c + channel) * hw + i % hw;
    const float d = norm_slope(x[e], dy[e], by, shift, relu);
    a += d;
    b = FMA(d, (x[e] - mean) * inverse, b);
  }
  a = group_sum(s, a);
  b = group_sum(s, b);
  GLOBAL float *out = part + ((long)channel * ((total + each - 1) / each) + GROUP0) * 2;
  if (LID == 0) out[0] = a, out[1] = b;
}

// grads: c of dgamma, c of dbeta.
KERNEL norm_back_stat(const GLOBAL float *part, GLOBAL float *grads, int chunks, int c) {
  const int i = ELEMENT;
  if (i >= c) return;
  float a = 0.f, b = 0.f;
  for (int k = 0; k < chunks; k++) {
    a += part[((long)i * chunks + k) * 2];
    b += part[((long)i * chunks + k) * 2 + 1];
  }
  grads[i] = b;
  grads[c + i] = a;
}

KERNEL norm_back(const GLOBAL float *x, const GLOBAL float *dy, const GLOBAL float *stat,
                 const GLOBAL float *grads, GLOBAL float *dx, int c, int hw, float share, int relu, int add,
                 int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int k = i / hw % c;
  const float by = stat[3 * c + k], d = norm_slope(x[i], dy[i], by, stat[4 * c + k], relu);
  const float unit = (x[i] - stat[k]) * stat[2 * c + k];
  PUT(dx[i], by * (d - (grads[c + k] + unit * grads[k]) * share), add);
}

// The gradient of a bias: part[chunk * c + channel], for sum_parts.
KERNEL channel_sum(const GLOBAL float *x, GLOBAL float *part, int batch, int c, int hw, int each) {
  LOCALMEM float s[THREADS];
  const int channel = GROUP1, total = batch * hw, begin = GROUP0 * each;
  const int end = begin + each < total ? begin + each : total;
  float a = 0.f;
  for (int i = begin + LID; i < end; i += THREADS) a += x[((long)(i / hw) * c + channel) * hw + i % hw];
  a = group_sum(s, a);
  if (LID == 0) part[GROUP0 * c + channel] = a;
}
