// Passes of a 3x3 convolution by our own kernels, in Winograd's way: what dnn.c
// gives for ALG_WINOGRAD. oneDNN has that in version 2 and for AVX-512 alone, and
// slower.
#ifndef AGUR_WINOGRAD_H
#define AGUR_WINOGRAD_H
#include "dnn.h"
#include "kernels.h"

typedef struct {
  const kernels *k;
  conv_spec s;
  pass_kind pass;
  float *src, *weights, *bias, *dst, *plain, *scratch; // as of conv_bind
} winograd;

int winograd_can(const conv_spec *s);
winograd winograd_new(const conv_spec *s, pass_kind pass);
size_t winograd_weight_bytes(const winograd *c);
size_t winograd_scratch_bytes(const winograd *c);
void winograd_pack(const winograd *c);
void winograd_run(const winograd *c, int acc); // acc: adds to the gradient of the source
#endif
