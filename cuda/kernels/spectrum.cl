// The transform of the spectrum loss, as products with tables of cosines and
// sines: for planes of 256 x 256 three products of 134 MFLOP each, against 2.6
// MFLOP of a fast transform, but any extent, no bit reversal, one kernel.

// c = a * b for GROUP2 batches of m by k and k by n, pitches pa, pb, pc and
// batches sa, sb, sc apart. 64 x 64 tiles, 4 x 4 a thread, 8 KiB of shared memory, 76
// registers, 3 groups per SM (24 warps); 16 FLOP per byte loaded. Expected: 50
// to 60 % of the f32 peak on an A2000, 45 to 55 % on an H100 from 24 planes on.
KERNEL product(GLOBAL float *RESTRICT c, const GLOBAL float *RESTRICT a, const GLOBAL float *RESTRICT b, int m,
               int n, int k, int pa, int pb, int pc, int sa, int sb, int sc, int add) {
  LOCALMEM float4 at4[STEP * 64 / 4];
  LOCALMEM float4 bt4[STEP * 64 / 4];
  LOCALPTR float *at = (LOCALPTR float *)at4, *bt = (LOCALPTR float *)bt4;
  const int lane = LID & 31, warp = LID >> 5;
  const int tm = warp / 2 * 4 + (lane >> 3), tn = warp % 2 * 8 + (lane & 7);
  const int m0 = GROUP1 * 64, n0 = GROUP0 * 64;
  const GLOBAL float *from = a + (long)GROUP2 * sa, *with = b + (long)GROUP2 * sb;
  float4 a0 = {0.f, 0.f, 0.f, 0.f}, a1 = a0, a2 = a0, a3 = a0;
  for (int k0 = 0; k0 < k; k0 += STEP) {
    BARRIER();
    for (int i = 0; i < 4; i++) {
      const int e = LID + i * THREADS, ak = e % STEP, am = e / STEP, bn = e % 64, bk = e / 64;
      at[ak * 64 + am] = m0 + am < m && k0 + ak < k ? from[(long)(m0 + am) * pa + k0 + ak] : 0.f;
      bt[bk * 64 + bn] = n0 + bn < n && k0 + bk < k ? with[(long)(k0 + bk) * pb + n0 + bn] : 0.f;
    }
    BARRIER();
    UNROLL
    for (int s = 0; s < STEP; s++) {
      const float4 u = at4[s * 16 + tm], v = bt4[s * 16 + tn];
      FMA4(a0, u.x, v);
      FMA4(a1, u.y, v);
      FMA4(a2, u.z, v);
      FMA4(a3, u.w, v);
    }
  }
  GLOBAL float *out = c + (long)GROUP2 * sc;
  for (int i = 0; i < 4; i++) {
    const int row = m0 + tm * 4 + i, column = n0 + tn * 4;
    if (row >= m) continue;
    const float4 v = i == 0 ? a0 : i == 1 ? a1 : i == 2 ? a2 : a3;
    GLOBAL float *p = out + (long)row * pc + column;
    if (column < n) PUT(p[0], v.x, add);
    if (column + 1 < n) PUT(p[1], v.y, add);
    if (column + 2 < n) PUT(p[2], v.z, add);
    if (column + 3 < n) PUT(p[3], v.w, add);
  }
}

// A plane's transform lies as cosines and sines of rows, 2h, by those of
// columns, 2w: the real part is cc - ss, the imaginary one -(cs + sc).
// log(1+|F|) of x against t, and the gradient in place of x's. Bound by memory:
// 48 bytes and some 30 FLOP a frequency; 29 registers, 1 KiB of shared memory, full
// occupancy, 85 % of the bandwidth expected on an A2000 and on an H100.
KERNEL spectrum(GLOBAL float *x, const GLOBAL float *t, GLOBAL float *part, int h, int w, float g, int want,
                int n) {
  LOCALMEM float s[THREADS];
  const int i = ELEMENT;
  float v = 0.f;
  if (i < n) {
    const long cc = (long)(i / (h * w)) * 4 * h * w + (long)(i / w % h) * 2 * w + i % w;
    const long cs = cc + w, sc = cc + 2L * h * w, ss = sc + w;
    const float re = x[cc] - x[ss], im = x[cs] + x[sc], size = SQRT(re * re + im * im);
    const float tr = t[cc] - t[ss], ti = t[cs] + t[sc];
    const float d = loge((1.f + size) / (1.f + SQRT(tr * tr + ti * ti)));
    v = FABS(d);
    if (want) {
      const float by = size > 0.f ? (d > 0.f ? g : d < 0.f ? -g : 0.f) / ((1.f + size) * size) : 0.f;
      x[cc] = by * re;
      x[ss] = -by * re;
      x[cs] = by * im;
      x[sc] = by * im;
    }
  }
  v = group_sum(s, v);
  if (LID == 0) part[GROUP0] = v;
}
