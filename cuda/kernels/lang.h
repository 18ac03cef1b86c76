// What the kernels need of CUDA C and of OpenCL C under one name. Everything
// else in them is what C99 and C++ share: the graphics card runs the first
// reading, compiled to kernels.ptx; the tests run the second on the processor.
//
// Every kernel runs in groups of 256 threads; one of 64 registers, in four of them
// at a time on an SM. Nothing is contracted unless FMA
// says so, and reductions join in a fixed order, so that both readings round
// alike and the same numbers give the same bits.
#ifndef LANG_H
#define LANG_H
#ifdef __CUDA__

#define KERNEL extern "C" __attribute__((global)) __attribute__((launch_bounds(256))) void
#define KERNEL_OF_64 extern "C" __attribute__((global)) __attribute__((launch_bounds(256, 4))) void
#define DEVFN static inline __attribute__((device))
#define GLOBAL
#define LOCALMEM __attribute__((shared))
#define LOCALPTR
#define RESTRICT __restrict__
#define LID __nvvm_read_ptx_sreg_tid_x()
#define GROUP0 __nvvm_read_ptx_sreg_ctaid_x()
#define GROUP1 __nvvm_read_ptx_sreg_ctaid_y()
#define GROUP2 __nvvm_read_ptx_sreg_ctaid_z()
#define BARRIER() __syncthreads()
#define UNROLL _Pragma("unroll")
#define FMA __builtin_fmaf
#define EXP2 __nvvm_ex2_approx_f
#define LOG2 __nvvm_lg2_approx_f
#define SQRT __builtin_sqrtf
#define FABS __builtin_fabsf
#define BITS(x) __builtin_bit_cast(unsigned, x)
#define FROMBITS(x) __builtin_bit_cast(float, x)
typedef float float4 __attribute__((ext_vector_type(4)));
typedef int int2 __attribute__((ext_vector_type(2)));

#else

#pragma OPENCL FP_CONTRACT OFF
#define KERNEL __attribute__((reqd_work_group_size(256, 1, 1))) __kernel void
#define KERNEL_OF_64 KERNEL
#define DEVFN static inline
#define GLOBAL __global
#define LOCALMEM __local
#define LOCALPTR __local
#define RESTRICT restrict
#define LID (int)get_local_id(0)
#define GROUP0 (int)get_group_id(0)
#define GROUP1 (int)get_group_id(1)
#define GROUP2 (int)get_group_id(2)
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
#define UNROLL
#define FMA fma
#define EXP2 exp2
#define LOG2 log2
#define SQRT sqrt
#define FABS fabs
#define BITS(x) as_uint(x)
#define FROMBITS(x) as_float(x)

#endif

#define THREADS 256

// The element of this thread in a kernel of one thread per element.
#define ELEMENT (GROUP0 * THREADS + LID)

// put writes v, or adds it to what is there.
#define PUT(at, v, add) ((at) = (add) ? (at) + (v) : (v))

// e^x, clamped where float ends; what is not a number stays so.
DEVFN float expo(float x) {
  x = x < -87.f ? -87.f : x > 88.f ? 88.f : x;
  const float t = x * 1.44269502f;
  const float rest = FMA(x, 1.44269502f, -t) + x * 1.92596299e-8f;
  return EXP2(t) * FMA(rest, 0.693147181f, 1.f);
}

DEVFN float loge(float x) { return LOG2(x) * 0.693147181f; }

// log(1+x) for x in [0,1], where log's input would forget x.
DEVFN float log1(float x) {
  if (x > .125f) return loge(1.f + x);
  float s = -.125f;
  s = FMA(s, x, .142857143f);
  s = FMA(s, x, -.166666667f);
  s = FMA(s, x, .2f);
  s = FMA(s, x, -.25f);
  s = FMA(s, x, .333333333f);
  s = FMA(s, x, -.5f);
  return FMA(s * x, x, x);
}

DEVFN float logistic(float x) { return 1.f / (1.f + expo(-x)); }

// The sum of v over the group, in the same order always.
DEVFN float group_sum(LOCALPTR float *s, float v) {
  const int i = LID;
  s[i] = v;
  BARRIER();
  for (int step = THREADS / 2; step > 0; step /= 2) {
    if (i < step) s[i] += s[i + step];
    BARRIER();
  }
  v = s[0];
  BARRIER();
  return v;
}

#endif
