// The convolutions of conv.cl on tensor cores, for inference: the products of
// float32 rounded to TF32 (11 significant bits) or bf16 (8), sums in float32.
// They take the same arguments and tables. This file is a module of its own
// (tensor.ptx), because it needs compute capability 8.0; after a change run
// “make kernels”.
//
// A warp computes 16 channels by 32 pixels, as in conv.cl, as four products of 16
// by 8: mma.sync of PTX, m16n8k8 in TF32 and m16n8k16 in bf16, where a word holds
// two neighbouring taps. Numbers are rounded once, on their way into shared memory,
// whose rows are 8 words longer than the tile: the 32 words that a fragment takes
// then lie in 32 banks.
//
//             TF32                                bf16
//   tile      shared    registers  instructions   shared   registers  instructions
//   16 x 256  18.0 KiB  80         375            9.0 KiB  80         410
//   32 x 128  11.0 KiB  64         220            5.5 KiB  64         233
//   64 x  64   9.0 KiB  64         157            4.5 KiB  64         164
//
// 64 registers let 4 groups of 8 warps onto an SM, 80 let 3. FLOP per byte loaded are
// those of conv.cl, 7.5 to 16. Instructions are those that a warp issues for a step of
// 16 taps, 8,192 multiply-adds, counted in what ptxas makes for sm_80; f32 takes 541, 427
// and 374. Most find and load the taps, and they are the bound: the tensor core is busy
// for 128 cycles of a step on an A2000 (TF32 16 TFLOP/s) and 64 in bf16 (32), for 32 and
// 16 on an H100 (495 and 989). Expected, by tile, of these peaks: 27, 42 and 55 % in TF32
// and 12, 22 and 30 % in bf16 on an A2000, 1.3 to 2 times the speed of f32; 6, 11 and
// 15 %, 3, 5 and 8 % on an H100, 1.3 to 2.5 times. None of it has been measured.
#include "lang.h"

#include "conv.h"

// To the nearest, half away from zero, as cvt.rna.tf32.f32 rounds.
DEVFN unsigned to_tf32(float x) {
  const unsigned b = BITS(x);
  return (b & 0x7fffffffu) > 0x7f800000u ? b | 0x400000u : (b + 0x1000u) & 0xffffe000u;
}

// To the nearest, half to even, as cvt.rn.bf16.f32 rounds.
DEVFN unsigned short to_bf16(float x) {
  const unsigned b = BITS(x);
  return (b & 0x7fffffffu) > 0x7f800000u ? b >> 16 | 0x40u : (b + 0x7fffu + (b >> 16 & 1u)) >> 16;
}

// Element (row, column) of a tile, as its rows of words hold it.
#define PUT_TF32(tile, pitch, row, column, v) ((tile)[(row) * (pitch) + (column)] = to_tf32(v))
#define PUT_BF16(tile, pitch, row, column, v) \
  (((LOCALPTR unsigned short *)(tile))[2 * ((row) / 2 * (pitch) + (column)) + (row) % 2] = to_bf16(v))

#ifdef __CUDA__

#define MMA_ROOM
#define MMA(NAME, SHAPE)                                                                                   \
  DEVFN float4 NAME(float4 c, unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) { \
    float x = c.x, y = c.y, z = c.z, w = c.w;                                                               \
    asm volatile("mma.sync.aligned." SHAPE " {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"         \
                 : "+f"(x), "+f"(y), "+f"(z), "+f"(w)                                                       \
                 : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));                                   \
    return (float4){x, y, z, w};                                                                            \
  }
MMA(mma_tf32, "m16n8k8.row.col.f32.tf32.tf32.f32")
MMA(mma_bf16, "m16n8k16.row.col.f32.bf16.bf16.f32")

#else

// mma.sync played by the group: each lane shows its fragments, and computes its
// four sums from those of its warp, found where the PTX manual says that they
// are. What of a word the tensor core does not see is not read here.
#define MMA_ROOM LOCALMEM unsigned shown[6 * THREADS];
#define MMA(NAME, DEPTH, LANE, REGISTER, VALUE)                                                             \
  DEVFN float4 NAME##_shown(LOCALPTR unsigned *shown, float4 c, unsigned a0, unsigned a1, unsigned a2,      \
                            unsigned a3, unsigned b0, unsigned b1) {                                        \
    LOCALPTR unsigned *warp = shown + 6 * (LID & ~31), *mine = shown + 6 * LID;                             \
    mine[0] = a0, mine[1] = a1, mine[2] = a2, mine[3] = a3, mine[4] = b0, mine[5] = b1;                     \
    BARRIER();                                                                                              \
    const int row = (LID & 31) / 4, column = (LID & 3) * 2;                                                 \
    for (int k = 0; k < DEPTH; k++) {                                                                       \
      const float low = VALUE(warp[6 * (row * 4 + LANE(k)) + 2 * REGISTER(k)], k);                          \
      const float high = VALUE(warp[6 * (row * 4 + LANE(k)) + 2 * REGISTER(k) + 1], k);                     \
      const float left = VALUE(warp[6 * (column * 4 + LANE(k)) + 4 + REGISTER(k)], k);                      \
      const float right = VALUE(warp[6 * ((column + 1) * 4 + LANE(k)) + 4 + REGISTER(k)], k);               \
      c.x = FMA(low, left, c.x), c.y = FMA(low, right, c.y);                                                \
      c.z = FMA(high, left, c.z), c.w = FMA(high, right, c.w);                                              \
    }                                                                                                       \
    BARRIER();                                                                                              \
    return c;                                                                                               \
  }
#define LANE_TF32(k) ((k) % 4)
#define REGISTER_TF32(k) ((k) / 4)
#define VALUE_TF32(word, k) FROMBITS((word) & 0xffffe000u)
#define LANE_BF16(k) ((k) % 8 / 2)
#define REGISTER_BF16(k) ((k) / 8)
#define VALUE_BF16(word, k) FROMBITS((k) % 2 ? (word) & 0xffff0000u : (word) << 16)
MMA(mma_tf32, 8, LANE_TF32, REGISTER_TF32, VALUE_TF32)
MMA(mma_bf16, 16, LANE_BF16, REGISTER_BF16, VALUE_BF16)
#define mma_tf32(...) mma_tf32_shown(shown, __VA_ARGS__)
#define mma_bf16(...) mma_bf16_shown(shown, __VA_ARGS__)

#endif

// Two neighbouring pixels of two channels, eight apart: a thread's share of a
// product of 16 by 8.
#define TENSOR_STORE(BN, j, acc)                                              \
  for (int h = 0; h < 2; h++) {                                           \
    const int p = GROUP0 * BN + pixel + 8 * j + h;                       \
    if (p >= pixels) continue;                                            \
    GLOBAL float *to = y + CONV_AT(p);                                    \
    const float low = h ? acc.y : acc.x, high = h ? acc.w : acc.z;        \
    if (m < rows) CONV_PUT(to[m * yplane], low + CONV_BIAS(m));           \
    if (m + 8 < rows) CONV_PUT(to[(m + 8) * yplane], high + CONV_BIAS(m + 8)); \
  }

// WORDS: how many rows of words hold a step's 16 taps.
#define TENSOR(NAME, BM, BN, WORDS, STORE, MMA)                                                          \
  KERNEL NAME(CONV_ARGUMENTS) {                                                                          \
    LOCALMEM unsigned wt[WORDS * (BM + 8)];                                                              \
    LOCALMEM unsigned xt[WORDS * (BN + 8)];                                                              \
    MMA_ROOM                                                                                             \
    CONV_PLACE(BM, BN)                                                                                   \
    const int channel = warp / (BN / 32) * 16 + (lane >> 2), place = warp % (BN / 32) * 32 + (lane >> 2); \
    float4 c0 = {0.f, 0.f, 0.f, 0.f}, c1 = c0, c2 = c0, c3 = c0;                                         \
    CONV_LOAD(0, BM, BN)                                                                                 \
    for (int k = 0; k < depth; k += STEP) {                                                              \
      BARRIER();                                                                                         \
      UNROLL for (int i = 0; i < BM * STEP / THREADS; i++)                                                  \
        STORE(wt, BM + 8, LID / BM + i * (THREADS / BM), LID % BM, wr[i]);                               \
      UNROLL for (int i = 0; i < BN * STEP / THREADS; i++)                                                  \
        STORE(xt, BN + 8, LID / BN + i * (THREADS / BN), LID % BN, xr[i]);                               \
      BARRIER();                                                                                         \
      if (k + STEP < depth) {                                                                            \
        CONV_LOAD(k + STEP, BM, BN)                                                                      \
      }                                                                                                  \
      UNROLL                                                                                             \
      for (int s = 0; s < WORDS; s += 8) {                                                               \
        const LOCALPTR unsigned *a = wt + (s + (lane & 3)) * (BM + 8) + channel, *a4 = a + 4 * (BM + 8); \
        const LOCALPTR unsigned *b = xt + (s + (lane & 3)) * (BN + 8) + place, *b4 = b + 4 * (BN + 8);   \
        const unsigned a0 = a[0], a1 = a[8], a2 = a4[0], a3 = a4[8];                                     \
        c0 = MMA(c0, a0, a1, a2, a3, b[0], b4[0]);                                                       \
        c1 = MMA(c1, a0, a1, a2, a3, b[8], b4[8]);                                                       \
        c2 = MMA(c2, a0, a1, a2, a3, b[16], b4[16]);                                                     \
        c3 = MMA(c3, a0, a1, a2, a3, b[24], b4[24]);                                                     \
      }                                                                                                  \
    }                                                                                                    \
    const int m = m0 + channel, pixel = warp % (BN / 32) * 32 + (lane & 3) * 2;                          \
    TENSOR_STORE(BN, 0, c0)                                                                              \
    TENSOR_STORE(BN, 1, c1)                                                                              \
    TENSOR_STORE(BN, 2, c2)                                                                              \
    TENSOR_STORE(BN, 3, c3)                                                                              \
  }

TENSOR(conv16_tf32, 16, 256, 16, PUT_TF32, mma_tf32)
TENSOR(conv32_tf32, 32, 128, 16, PUT_TF32, mma_tf32)
TENSOR(conv64_tf32, 64, 64, 16, PUT_TF32, mma_tf32)
TENSOR(conv16_bf16, 16, 256, 8, PUT_BF16, mma_bf16)
TENSOR(conv32_bf16, 32, 128, 8, PUT_BF16, mma_bf16)
TENSOR(conv64_bf16, 64, 64, 8, PUT_BF16, mma_bf16)
