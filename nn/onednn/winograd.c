//go:build onednn

#include "winograd.h"

static int blocks(int channels, int block) { return (channels + block - 1) / block; }

int winograd_can(const conv_spec *s) {
  return s->kernel == 3 && s->stride == 1 && s->dilation == 1 && s->pad == 1 && !s->src_planar && s->block > 1;
}

winograd winograd_new(const conv_spec *s, pass_kind pass) {
  return (winograd){.k = kernel_table(s->block), .s = *s, .pass = pass};
}

size_t winograd_weight_bytes(const winograd *c) {
  const int b = c->s.block;
  return (size_t)36 * blocks(c->s.ic, b) * blocks(c->s.oc, b) * b * b * sizeof(float);
}

size_t winograd_scratch_bytes(const winograd *c) {
  const conv_spec *s = &c->s;
  return c->k->winograd_scratch(c->pass == PASS_WEIGHTS, s->n, blocks(s->ic, s->block), blocks(s->oc, s->block), s->ih,
                                s->iw) *
         sizeof(float);
}

void winograd_pack(const winograd *c) {
  const conv_spec *s = &c->s;
  if (c->pass == PASS_WEIGHTS)
    c->k->winograd_plain(c->weights, c->plain, s->ic, s->oc);
  else
    c->k->winograd_weights(c->plain, c->weights, c->pass == PASS_DATA, s->ic, s->oc);
}

void winograd_run(const winograd *c, int acc) {
  const conv_spec *s = &c->s;
  const int ib = blocks(s->ic, s->block), ob = blocks(s->oc, s->block);
  float *bias = s->bias ? c->bias : NULL;
  switch (c->pass) {
  case PASS_WEIGHTS:
    c->k->winograd_gradient(c->src, c->dst, c->weights, bias, c->scratch, s->n, ib, ob, s->ih, s->iw);
    break;
  case PASS_DATA:
    c->k->winograd(c->dst, c->weights, NULL, c->src, 0, acc, c->scratch, s->n, ob, ib, s->ih, s->iw);
    break;
  default:
    c->k->winograd(c->src, c->weights, bias, c->dst, s->relu, 0, c->scratch, s->n, ib, ob, s->ih, s->iw);
  }
}
