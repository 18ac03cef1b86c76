// Convolution as a matrix product that gathers its second factor on the way
// (implicit GEMM), without a copy of the image:
//
//   y[m][p] (+)= bias[m] + sum_k w[k][m] * x[p + tap k]
//
// m is an output channel, p a pixel of the batch, k an input channel and a place
// in the kernel. The taps say, for each k, how far to go in memory, in rows and
// in columns, so stride, dilation, even kernels and padding are all one kernel.
// The gradient of the image is the same product with the weights the other way
// round; where the stride is s it falls into s*s products, one for each place a
// pixel can have between the steps, none of which multiplies by zero.
//
// A group computes a tile of BM channels by BN pixels, 4x4 of it in the
// registers of each thread, in steps of 16 taps through shared memory; the next
// step's loads are under way while this one is multiplied. A warp is laid out 4
// by 8, so each of its reads of shared memory is one wavefront.
//
//   tile      shared    groups per SM   instructions   FLOP per byte loaded
//   16 x 256  17.0 KiB  4 (of 8 warps)  541            7.5, from L1 and L2 (a 3x3
//   32 x 128  10.0 KiB  4               427            12.8  kernel finds 8 of 9
//   64 x  64   8.0 KiB  4               374            16    values there again)
//
// 64 registers bound occupancy: 32 of 48 warps (sm_86) or of 64 (sm_80, sm_90).
// Instructions are those that a warp issues for a step, counted in what ptxas makes
// for sm_80; 256 of them multiply and add. Against the card's memory a 64 to 64 3x3
// layer does 144 FLOP per byte: bound by arithmetic on an A2000 (8 TFLOP/s, 288 GB/s:
// balance at 28) and on an H100 (60 TFLOP/s, 3.3 TB/s: 18). So issue is the bound, at
// 47, 60 and 68 % of the f32 peak, and shared memory is read at half of what an SM can
// deliver. Expected: 40, 50 and 58 % on an A2000, 35, 45 and 50 % on an H100, whose 132
// SMs want more tiles than a picture of 128 x 128 has. None of it has been measured.
#include "conv.h"

// 16 products of this thread.
#define FMA4(acc, s, v)         \
  do {                          \
    acc.x = FMA(s, v.x, acc.x); \
    acc.y = FMA(s, v.y, acc.y); \
    acc.z = FMA(s, v.z, acc.z); \
    acc.w = FMA(s, v.w, acc.w); \
  } while (0)

// One row of a thread's results.
#define CONV_STORE(i, acc)                                       \
  if (m + i < rows) {                                            \
    const float b = CONV_BIAS(m + i);                            \
    GLOBAL float *row = y + (m + i) * yplane;                    \
    if (at[0] >= 0) CONV_PUT(row[at[0]], acc.x + b);             \
    if (at[1] >= 0) CONV_PUT(row[at[1]], acc.y + b);             \
    if (at[2] >= 0) CONV_PUT(row[at[2]], acc.z + b);             \
    if (at[3] >= 0) CONV_PUT(row[at[3]], acc.w + b);             \
  }

#define CONV(NAME, BM, BN)                                                                           \
  KERNEL_OF_64 NAME(CONV_ARGUMENTS) {                                                                \
    LOCALMEM float4 wt4[STEP * BM / 4];                                                              \
    LOCALMEM float4 xt4[STEP * BN / 4];                                                              \
    LOCALPTR float *wt = (LOCALPTR float *)wt4, *xt = (LOCALPTR float *)xt4;                         \
    CONV_PLACE(BM, BN)                                                                               \
    const int tm = warp / (BN / 32) * 4 + (lane >> 3), tn = warp % (BN / 32) * 8 + (lane & 7);       \
    float4 a0 = {0.f, 0.f, 0.f, 0.f}, a1 = a0, a2 = a0, a3 = a0;                                     \
    CONV_LOAD(0, BM, BN)                                                                             \
    for (int k = 0; k < depth; k += STEP) {                                                          \
      BARRIER();                                                                                     \
      UNROLL for (int i = 0; i < BM * STEP / THREADS; i++) wt[LID + i * THREADS] = wr[i];            \
      UNROLL for (int i = 0; i < BN * STEP / THREADS; i++) xt[LID + i * THREADS] = xr[i];            \
      BARRIER();                                                                                     \
      if (k + STEP < depth) {                                                                        \
        CONV_LOAD(k + STEP, BM, BN)                                                                  \
      }                                                                                              \
      UNROLL                                                                                         \
      for (int s = 0; s < STEP; s++) {                                                               \
        const float4 a = wt4[s * BM / 4 + tm], b = xt4[s * BN / 4 + tn];                             \
        FMA4(a0, a.x, b);                                                                            \
        FMA4(a1, a.y, b);                                                                            \
        FMA4(a2, a.z, b);                                                                            \
        FMA4(a3, a.w, b);                                                                            \
      }                                                                                              \
    }                                                                                                \
    int at[4];                                                                                       \
    for (int j = 0; j < 4; j++) {                                                                    \
      const int p = GROUP0 * BN + tn * 4 + j;                                                        \
      at[j] = p < pixels ? CONV_AT(p) : -1;                                                          \
    }                                                                                                \
    const int m = m0 + tm * 4;                                                                       \
    CONV_STORE(0, a0)                                                                                \
    CONV_STORE(1, a1)                                                                                \
    CONV_STORE(2, a2)                                                                                \
    CONV_STORE(3, a3)                                                                                \
  }

CONV(conv16, 16, 256)
CONV(conv32, 32, 128)
CONV(conv64, 64, 64)

// The gradient of the weights: dw[m][k] = sum_p dy[m][p] * x[p + tap k], a
// product whose depth is all pixels of the batch. It is cut into GROUP2 parts to
// fill the card; each writes its own, and sum_parts joins them in order.
//
// 64 x 64 tiles, 32 pixels a step: 17 KiB of shared memory, 80 registers, 3 groups
// per SM. 16 FLOP per byte loaded; a warp issues 793 instructions for 512
// multiply-adds; the stores into shared memory, turned round, meet four-fold bank
// conflicts once per 16 FMA of a thread. Expected: 45 to 55 % of the f32 peak on an
// A2000, 40 to 50 % on an H100; layers of 16 channels fill a quarter of the tile and
// reach a quarter of that.
#define DEEP 32
#define WPITCH 68

KERNEL conv_weights(GLOBAL float *RESTRICT part, const GLOBAL float *RESTRICT x,
                    const GLOBAL float *RESTRICT dy, const GLOBAL int2 *RESTRICT taps, int rows,
                    int depth, int pixels, int each, int ph, int pw, int ximage, int xh, int xw,
                    int xstep, int yimage) {
  LOCALMEM float4 dt4[DEEP * WPITCH / 4];
  LOCALMEM float4 xt4[DEEP * WPITCH / 4];
  LOCALPTR float *dt = (LOCALPTR float *)dt4, *xt = (LOCALPTR float *)xt4;
  const int lane = LID & 31, warp = LID >> 5;
  const int tm = warp / 2 * 4 + (lane >> 3), tn = warp % 2 * 8 + (lane & 7);
  const int k0 = GROUP0 * 64, m0 = GROUP1 * 64, plane = ph * pw;
  const int begin = GROUP2 * each, end = begin + each < pixels ? begin + each : pixels;
  float4 a0 = {0.f, 0.f, 0.f, 0.f}, a1 = a0, a2 = a0, a3 = a0;
  for (int p0 = begin; p0 < end; p0 += DEEP) {
    const int p = p0 + lane, image = p / plane, r = p % plane;
    const int sy = p < end ? r / pw * xstep : -0x100000, sx = r % pw * xstep;
    const GLOBAL float *from = x + (long)image * ximage + (p < end ? sy * xw + sx : 0);
    const GLOBAL float *grad = dy + (long)image * yimage + r;
    BARRIER();
    for (int i = 0; i < 8; i++) {
      const int row = warp + 8 * i;
      const int2 tap = taps[k0 + row];
      const int yy = sy + (tap.y >> 16), xx = sx + (short)tap.y;
      dt[lane * WPITCH + row] = p < end && m0 + row < rows ? grad[(m0 + row) * plane] : 0.f;
      xt[lane * WPITCH + row] =
          (unsigned)yy < (unsigned)xh && (unsigned)xx < (unsigned)xw ? from[tap.x] : 0.f;
    }
    BARRIER();
    UNROLL
    for (int s = 0; s < DEEP; s++) {
      const float4 a = dt4[s * WPITCH / 4 + tm], b = xt4[s * WPITCH / 4 + tn];
      FMA4(a0, a.x, b);
      FMA4(a1, a.y, b);
      FMA4(a2, a.z, b);
      FMA4(a3, a.w, b);
    }
  }
  GLOBAL float *out = part + (long)GROUP2 * rows * depth;
  const int m = m0 + tm * 4, k = k0 + tn * 4;
  for (int i = 0; i < 4; i++) {
    if (m + i >= rows) continue;
    const float4 a = i == 0 ? a0 : i == 1 ? a1 : i == 2 ? a2 : a3;
    GLOBAL float *row = out + (m + i) * depth;
    if (k < depth) row[k] = a.x;
    if (k + 1 < depth) row[k + 1] = a.y;
    if (k + 2 < depth) row[k + 2] = a.z;
    if (k + 3 < depth) row[k + 3] = a.w;
  }
}

// dst[i] = sum over parts of part[k][i], in order. Bound by memory, like all
// below that have one thread per element and a few operations on it: 4 bytes a
// FLOP, 32 registers, full occupancy, 85 to 90 % of the bandwidth expected on either
// card.
KERNEL sum_parts(GLOBAL float *RESTRICT dst, const GLOBAL float *RESTRICT part, int n, int parts) {
  const int i = ELEMENT;
  if (i >= n) return;
  float s = 0.f;
  for (int k = 0; k < parts; k++) s += part[(long)k * n + i];
  dst[i] = s;
}

// Weights laid out as a product wants them: dst[i] = src[at[i]], or 0.
KERNEL gather(GLOBAL float *RESTRICT dst, const GLOBAL float *RESTRICT src, const GLOBAL int *RESTRICT at,
              int n) {
  const int i = ELEMENT;
  if (i < n) dst[i] = at[i] < 0 ? 0.f : src[at[i]];
}
