// What convolutions in f32 (conv.cl) and on tensor cores (tensor.cl) share: how
// a group finds its tile of the product, loads it and stores it. The product is
// described in conv.cl.

// Taps a step.
#define STEP 16

// x: images of ximage elements, xh rows of xw. y: images of yimage elements,
// planes of yplane, rows of yw; the pixels computed are ph rows of pw an image,
// ystep apart from yfirst on. w: taps rounded up to 16 by rows rounded up to BM.
// flags: 1 ReLU, 2 add to y, 4 bias.
#define CONV_ARGUMENTS                                                                                           \
  GLOBAL float *RESTRICT y, const GLOBAL float *RESTRICT x, const GLOBAL float *RESTRICT w,                      \
      const GLOBAL int2 *RESTRICT taps, const GLOBAL float *RESTRICT bias, int rows, int depth, int pixels, int ph, \
      int pw, int ximage, int xh, int xw, int xstep, int yimage, int yplane, int yw, int ystep, int yfirst,      \
      int flags

// Where the group's tile lies, and of which pixel this thread loads taps. A warp
// computes 16 channels by 32 pixels of it.
#define CONV_PLACE(BM, BN)                                                                               \
  const int lane = LID & 31, warp = LID >> 5;                                                            \
  const int pitch = (rows + BM - 1) / BM * BM, m0 = GROUP1 * BM;                                         \
  const int mine = GROUP0 * BN + LID % BN;                                                               \
  const int image = mine / (ph * pw), r = mine % (ph * pw);                                              \
  const int sy = mine < pixels ? r / pw * xstep : -0x100000, sx = r % pw * xstep;                        \
  const GLOBAL float *from = x + (long)image * ximage + (mine < pixels ? sy * xw + sx : 0);              \
  float wr[BM * STEP / THREADS], xr[BN * STEP / THREADS];

// The thread's share of the next step, from memory into registers.
#define CONV_LOAD(k0, BM, BN)                                                                \
  UNROLL for (int i = 0; i < BM * STEP / THREADS; i++) {                                     \
    const int e = LID + i * THREADS;                                                         \
    wr[i] = w[((k0) + e / BM) * pitch + m0 + e % BM];                                        \
  }                                                                                          \
  UNROLL for (int i = 0; i < BN * STEP / THREADS; i++) {                                     \
    const int2 tap = taps[(k0) + LID / BN + i * (THREADS / BN)];                             \
    const int yy = sy + (tap.y >> 16), xx = sx + (short)tap.y;                               \
    xr[i] = (unsigned)yy < (unsigned)xh && (unsigned)xx < (unsigned)xw ? from[tap.x] : 0.f;  \
  }

// Where pixel p of the product lies in a plane of y.
#define CONV_AT(p) ((p) / (ph * pw) * yimage + ((p) % (ph * pw) / pw * yw + (p) % (ph * pw) % pw) * ystep + yfirst)

#define CONV_BIAS(m) (flags & 4 ? bias[m] : 0.f)

#define CONV_PUT(at, value)                                      \
  do {                                                           \
    float v = value;                                             \
    if (flags & 2) v += (at);                                    \
    (at) = (flags & 1) && !(v > 0.f) && v == v ? 0.f : v;        \
  } while (0)
