// Operations that look at neighbouring pixels. Bound by memory: neighbours come
// from the caches, so the traffic is one read and one write of each element, 8
// to 28 bytes for 6 to 130 FLOP; the windows of SSIM, 55 FMA a pixel and pass,
// reach half of the balance of an A2000. 70 to 85 % of the bandwidth expected, 230
// GB/s on an A2000 and 2.6 TB/s on an H100; 16 to 40 registers, at most 1 KiB of
// shared memory, full occupancy but for fold, whose 40 let 6 of 8 groups onto an SM of
// an H100.

// Bilinear, twice the size, half-pixel centres, clamped edges: an even row
// takes 3/4 of its own and 1/4 of the row before, an odd one of the row after.
KERNEL bilinear(const GLOBAL float *x, GLOBAL float *y, int h, int w, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int ox = i % (2 * w), oy = i / (2 * w) % (2 * h);
  const int y0 = oy / 2, x0 = ox / 2;
  int y1 = oy & 1 ? y0 + 1 : y0 - 1, x1 = ox & 1 ? x0 + 1 : x0 - 1;
  y1 = y1 < 0 ? 0 : y1 >= h ? h - 1 : y1;
  x1 = x1 < 0 ? 0 : x1 >= w ? w - 1 : x1;
  const GLOBAL float *p = x + (long)(i / (4 * h * w)) * h * w;
  const float near = .75f * p[y0 * w + x0] + .25f * p[y0 * w + x1];
  const float far = .75f * p[y1 * w + x0] + .25f * p[y1 * w + x1];
  y[i] = .75f * near + .25f * far;
}

// What pixel i of m gives to row or column 2i-1+t of 2m, for t of 0 to 3.
DEVFN float bilinear_share(int i, int t, int m) {
  if (t == 0) return i > 0 ? .25f : 0.f;
  if (t == 3) return i < m - 1 ? .25f : 0.f;
  return (t == 1 && i == 0) || (t == 2 && i == m - 1) ? 1.f : .75f;
}

KERNEL bilinear_back(const GLOBAL float *dy, GLOBAL float *dx, int h, int w, int add, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int ix = i % w, iy = i / w % h;
  const GLOBAL float *p = dy + (long)(i / (h * w)) * 4 * h * w;
  float v = 0.f;
  for (int t = 0; t < 4; t++) {
    const float a = bilinear_share(iy, t, h);
    if (a == 0.f) continue;
    for (int u = 0; u < 4; u++) {
      const float b = bilinear_share(ix, u, w);
      if (b != 0.f) v = FMA(a * b, p[(2 * iy - 1 + t) * 2 * w + 2 * ix - 1 + u], v);
    }
  }
  PUT(dx[i], v, add);
}

// The first and the last of the n patches along an axis that cover pixel i.
DEVFN int cover_first(int i, int kernel_, int stride) {
  const int p = i + (kernel_ - stride) / 2;
  return p < kernel_ ? 0 : (p - kernel_) / stride + 1;
}
DEVFN int cover_last(int i, int m, int kernel_, int stride) {
  const int k = (i + (kernel_ - stride) / 2) / stride;
  return k < m ? k : m - 1;
}

// x: c*k*k channels of h by w patches.
KERNEL fold(const GLOBAL float *x, GLOBAL float *y, int c, int h, int w, int k, int stride, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int yw = w * stride, yh = h * stride, pad = (k - stride) / 2;
  const int ox = i % yw, oy = i / yw % yh, plane = i / (yw * yh);
  const int v0 = cover_first(oy, k, stride), v1 = cover_last(oy, h, k, stride);
  const int u0 = cover_first(ox, k, stride), u1 = cover_last(ox, w, k, stride);
  float s = 0.f;
  for (int v = v0; v <= v1; v++)
    for (int u = u0; u <= u1; u++) {
      const int row = oy + pad - v * stride, column = ox + pad - u * stride;
      s += x[(((long)plane * k + row) * k + column) * h * w + v * w + u];
    }
  y[i] = s / (float)((v1 - v0 + 1) * (u1 - u0 + 1));
}

KERNEL fold_back(const GLOBAL float *dy, GLOBAL float *dx, int c, int h, int w, int k, int stride, int add,
                 int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int yw = w * stride, yh = h * stride, pad = (k - stride) / 2;
  const int u = i % w, v = i / w % h, channel = i / (h * w), plane = channel / (k * k);
  const int ox = u * stride - pad + channel % k, oy = v * stride - pad + channel / k % k;
  float d = 0.f;
  if (ox >= 0 && oy >= 0 && ox < yw && oy < yh) {
    const int rows = cover_last(oy, h, k, stride) - cover_first(oy, k, stride) + 1;
    const int columns = cover_last(ox, w, k, stride) - cover_first(ox, k, stride) + 1;
    d = dy[(long)plane * yh * yw + oy * yw + ox] / (float)(rows * columns);
  }
  PUT(dx[i], d, add);
}

// concat(x, y, 4|x-y|) over the channels.
KERNEL score_input(const GLOBAL float *x, const GLOBAL float *y, GLOBAL float *z, int each, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int third = i / each % 3;
  const long e = (long)(i / (3 * each)) * each + i % each;
  z[i] = third == 0 ? x[e] : third == 1 ? y[e] : 4.f * FABS(x[e] - y[e]);
}

// SSIM's window: 11 taps, sigma 1.5, normalised; zeros outside.
DEVFN float window(int k) {
  const int d = k > 5 ? k - 5 : 5 - k;
  return d == 0   ? 0.26601172f
         : d == 1 ? 0.21300554f
         : d == 2 ? 0.10936069f
         : d == 3 ? 0.03600077f
         : d == 4 ? 0.00759876f
                  : 0.00102838f;
}

// The window along rows over x, t, x^2, t^2 and x*t: five layers of n.
KERNEL ssim_rows(const GLOBAL float *x, const GLOBAL float *t, GLOBAL float *m, int w, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  float a = 0.f, b = 0.f, aa = 0.f, bb = 0.f, ab = 0.f;
  UNROLL
  for (int k = 0; k < 11; k++) {
    const int column = i % w + k - 5;
    if (column < 0 || column >= w) continue;
    const float f = window(k), p = x[i + k - 5], q = t[i + k - 5];
    a = FMA(f, p, a);
    b = FMA(f, q, b);
    aa = FMA(f, p * p, aa);
    bb = FMA(f, q * q, bb);
    ab = FMA(f, p * q, ab);
  }
  m[i] = a;
  m[(long)n + i] = b;
  m[2L * n + i] = aa;
  m[3L * n + i] = bb;
  m[4L * n + i] = ab;
}

// The window along columns at element i of a layer.
DEVFN float ssim_column(const GLOBAL float *m, int i, int h, int w) {
  const int row = i / w % h;
  float s = 0.f;
  UNROLL
  for (int k = 0; k < 11; k++)
    if (row + k - 5 >= 0 && row + k - 5 < h) s = FMA(window(k), m[i + (k - 5) * w], s);
  return s;
}

#define SSIM_C1 1e-4f
#define SSIM_C2 9e-4f

// The similarity of every pixel, summed by group into part, and what its
// gradient is made of: three layers of n in slopes.
KERNEL ssim(const GLOBAL float *m, GLOBAL float *part, GLOBAL float *slopes, int h, int w, int want, int n) {
  LOCALMEM float s[THREADS];
  const int i = ELEMENT;
  float q = 0.f;
  if (i < n) {
    const float a = ssim_column(m, i, h, w), b = ssim_column(m + n, i, h, w);
    const float aa = ssim_column(m + 2L * n, i, h, w), bb = ssim_column(m + 3L * n, i, h, w);
    const float ab = ssim_column(m + 4L * n, i, h, w);
    const float a1 = 2.f * a * b + SSIM_C1, a2 = 2.f * (ab - a * b) + SSIM_C2;
    const float b1 = a * a + b * b + SSIM_C1, b2 = aa - a * a + bb - b * b + SSIM_C2;
    const float inverse = 1.f / (b1 * b2);
    q = a1 * a2 * inverse;
    if (want) {
      slopes[i] = 2.f * b * (a2 - a1) * inverse + 2.f * a * q * (1.f / b2 - 1.f / b1);
      slopes[(long)n + i] = -q / b2;
      slopes[2L * n + i] = 2.f * a1 * inverse;
    }
  }
  q = group_sum(s, q);
  if (LID == 0) part[GROUP0] = q;
}

// The window is its own adjoint: rows of the three layers, then columns.
KERNEL ssim_back_rows(const GLOBAL float *slopes, GLOBAL float *m, int w, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  float s = 0.f;
  UNROLL
  for (int k = 0; k < 11; k++) {
    const int column = i % w + k - 5;
    if (column >= 0 && column < w) s = FMA(window(k), slopes[i + k - 5], s);
  }
  m[i] = s;
}

KERNEL ssim_back(const GLOBAL float *m, const GLOBAL float *x, const GLOBAL float *t, GLOBAL float *dx,
                 float factor, int h, int w, int add, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const float a = ssim_column(m, i, h, w), b = ssim_column(m + n, i, h, w), c = ssim_column(m + 2L * n, i, h, w);
  PUT(dx[i], factor * (a + 2.f * x[i] * b + t[i] * c), add);
}

// mean|x-y| over the channels, times the mean of 1-SSIM unless plain; m from
// ssim_rows, layer apart.
KERNEL residual(const GLOBAL float *x, const GLOBAL float *y, const GLOBAL float *m, GLOBAL float *z, int layer,
                int c, int h, int w, int plain, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int hw = h * w;
  float difference = 0.f, structure = 0.f;
  for (int k = 0; k < c; k++) {
    const int e = (i / hw * c + k) * hw + i % hw;
    difference += FABS(x[e] - y[e]) / (float)c;
    if (plain) continue;
    const float a = ssim_column(m, e, h, w), b = ssim_column(m + layer, e, h, w);
    const float aa = ssim_column(m + 2L * layer, e, h, w), bb = ssim_column(m + 3L * layer, e, h, w);
    const float ab = ssim_column(m + 4L * layer, e, h, w);
    const float above = (2.f * a * b + SSIM_C1) * (2.f * (ab - a * b) + SSIM_C2);
    const float below = (a * a + b * b + SSIM_C1) * (aa - a * a + bb - b * b + SSIM_C2);
    structure += (1.f - above / below) / (float)c;
  }
  z[i] = plain ? difference : difference * structure;
}

// 2 1 0 1 2: the edge is not repeated.
DEVFN int mirror(int i, int m) {
  if (m == 1) return 0;
  while (i < 0 || i >= m) i = i < 0 ? -i : 2 * (m - 1) - i;
  return i;
}

// A blur along rows, or along columns. A thread reads 2*radius+1 neighbours.
KERNEL blur(const GLOBAL float *x, const GLOBAL float *taps, GLOBAL float *y, int radius, int h, int w,
            int columns, int n) {
  const int i = ELEMENT;
  if (i >= n) return;
  const int row = i / w % h, column = i % w;
  float s = 0.f;
  for (int t = -radius; t <= radius; t++) {
    const int e = columns ? i + (mirror(row + t, h) - row) * w : i + mirror(column + t, w) - column;
    s = FMA(taps[t + radius], x[e], s);
  }
  y[i] = s;
}
