//go:build onednn

#include "dnn.h"
#include "winograd.h"

#include <dnnl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef AGUR_GUARD
#include <sys/mman.h>
#endif

// oneDNN 3 made memory descriptors opaque and merged operation descriptors
// into primitive descriptors. The differences end here.
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t md_ref;
#define MD(x) (x)
static dnnl_status_t md_init_as(dnnl_memory_desc_t *m, int nd, const dnnl_dims_t d, dnnl_data_type_t type,
                                dnnl_format_tag_t tag) {
  return dnnl_memory_desc_create_with_tag(m, nd, d, type, tag);
}
static void md_free(dnnl_memory_desc_t m) {
  if (m) dnnl_memory_desc_destroy(m);
}
#else
typedef const dnnl_memory_desc_t *md_ref;
#define MD(x) (&(x))
static dnnl_status_t md_init_as(dnnl_memory_desc_t *m, int nd, const dnnl_dims_t d, dnnl_data_type_t type,
                                dnnl_format_tag_t tag) {
  return dnnl_memory_desc_init_by_tag(m, nd, d, type, tag);
}
#define md_free(m) ((void)0)
#endif

static dnnl_status_t md_init(dnnl_memory_desc_t *m, int nd, const dnnl_dims_t d, dnnl_format_tag_t tag) {
  return md_init_as(m, nd, d, dnnl_f32, tag);
}

struct dnn {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
};

// A reorder between two layouts of one tensor.
typedef struct {
  dnnl_primitive_t p;
  dnnl_memory_t from, to, scratch;
} reorder;

struct conv {
  dnn *e;
  conv_spec s;
  pass_kind pass;
  algorithm alg;
  winograd own; // of ALG_WINOGRAD, which needs nothing below but the sizes
  dnnl_primitive_desc_t pd;
  dnnl_primitive_t p;
  dnnl_memory_t src, wei, bia, dst, scratch;
  size_t wei_bytes, scratch_bytes;
  const char *impl;
  reorder pack;             // plain <-> wei
  reorder src_in, dst_in;   // node layout -> the implementation's, where they differ
  reorder out;              // the implementation's -> node layout
  size_t src_bytes, dst_bytes; // of what lies in the implementation's layout, in scratch
};

// Multiply-adds that one thread has done before a team would be awake and asleep
// again.
enum { ALONE = 1 << 20 };

// gather sets how many threads work on what s describes and returns how many did so
// far: for k_set_threads, afterwards.
static int gather(const conv_spec *s) {
  const int threads = k_threads();
  if ((double)s->n * s->oc * s->oh * s->ow * s->ic * s->kernel * s->kernel < ALONE) k_set_threads(1);
  return threads;
}

static void say(char *err, size_t n, const char *fmt, ...) {
  va_list a;
  va_start(a, fmt);
  vsnprintf(err, n, fmt, a);
  va_end(a);
}

static size_t pages(size_t bytes) { return (bytes + 4095) / 4096 * 4096; }

#ifdef AGUR_GUARD // “make guard”

// What is asked for ends, up to a vector, at a page that nobody may touch. The page
// before it knows how long all of it is.
void *dnn_alloc(size_t bytes) {
  const size_t used = bytes ? (bytes + 63) / 64 * 64 : 64, all = pages(used) + 2 * 4096;
  char *m = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (m == MAP_FAILED) return NULL;
  *(size_t *)m = all;
  mprotect(m, 4096, PROT_READ), mprotect(m + all - 4096, 4096, PROT_NONE);
  return m + all - 4096 - used;
}

void dnn_release(void *p) {
  if (!p) return;
  void *m = (char *)((uintptr_t)p / 4096 * 4096) - 4096;
  munmap(m, *(size_t *)m);
}

int dnn_guarded(void) { return 1; }

#else

void *dnn_alloc(size_t bytes) {
  void *p = NULL;
  bytes = pages(bytes);
  if (posix_memalign(&p, 4096, bytes ? bytes : 4096)) return NULL;
  memset(p, 0, bytes);
  return p;
}

void dnn_release(void *p) { free(p); }

int dnn_guarded(void) { return 0; }

#endif

void dnn_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

void dnn_gemm(char ta, char tb, int m, int n, int k, float factor, const float *a, int lda, const float *b, int ldb,
              float *c, int ldc) {
  if (dnnl_sgemm(ta, tb, m, n, k, factor, a, lda, b, ldb, 0, c, ldc) == dnnl_success) return;
  for (int r = 0; r < m; r++)
    for (int i = 0; i < n; i++) c[(size_t)r * ldc + i] = NAN;
}

void dnn_version(int *major, int *minor, int *patch) {
  const dnnl_version_t *v = dnnl_version();
  *major = v->major, *minor = v->minor, *patch = v->patch;
}

dnn *dnn_new(char *err, size_t errlen) {
  dnn *e = calloc(1, sizeof(*e));
  if (!e) return NULL;
  dnnl_status_t s = dnnl_engine_create(&e->engine, dnnl_cpu, 0);
  if (s == dnnl_success) s = dnnl_stream_create(&e->stream, e->engine, dnnl_stream_default_flags);
  if (s == dnnl_success) return e;
  say(err, errlen, "oneDNN has no CPU engine here (status %d)", s);
  dnn_free(e);
  return NULL;
}

void dnn_free(dnn *e) {
  if (!e) return;
  if (e->stream) dnnl_stream_destroy(e->stream);
  if (e->engine) dnnl_engine_destroy(e->engine);
  free(e);
}

static void reorder_free(reorder *r) {
  if (r->p) dnnl_primitive_destroy(r->p);
  if (r->from) dnnl_memory_destroy(r->from);
  if (r->to) dnnl_memory_destroy(r->to);
  if (r->scratch) dnnl_memory_destroy(r->scratch);
}

// user_scratch makes attributes with which a primitive works in memory that it is
// given: with the library's own, calls from changing OS threads crash, and every
// reorder to Winograd's weights would keep a copy of them.
static dnnl_status_t user_scratch(dnnl_primitive_attr_t *attr) {
  dnnl_status_t st = dnnl_primitive_attr_create(attr);
  return st != dnnl_success ? st : dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
}

// new_scratch makes the memory that pd works in and notes the most that any asked
// for so far.
static dnnl_status_t new_scratch(dnnl_memory_t *m, dnn *e, const_dnnl_primitive_desc_t pd, size_t *most) {
  const md_ref md = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
  const size_t bytes = dnnl_memory_desc_get_size(md);
  if (bytes > *most) *most = bytes;
  return dnnl_memory_create(m, md, e->engine, DNNL_MEMORY_NONE);
}

static dnnl_status_t reorder_init(reorder *r, dnn *e, md_ref from, md_ref to, size_t *scratch) {
  dnnl_primitive_desc_t pd = NULL;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_status_t s = user_scratch(&attr);
  if (s == dnnl_success) s = dnnl_reorder_primitive_desc_create(&pd, from, e->engine, to, e->engine, attr);
  if (s == dnnl_success) s = dnnl_primitive_create(&r->p, pd);
  if (s == dnnl_success) s = new_scratch(&r->scratch, e, pd, scratch);
  if (pd) dnnl_primitive_desc_destroy(pd);
  if (attr) dnnl_primitive_attr_destroy(attr);
  if (s == dnnl_success) s = dnnl_memory_create(&r->from, from, e->engine, DNNL_MEMORY_NONE);
  if (s == dnnl_success) s = dnnl_memory_create(&r->to, to, e->engine, DNNL_MEMORY_NONE);
  return s;
}

static dnnl_status_t reorder_run(reorder *r, dnn *e) {
  const dnnl_exec_arg_t a[] = {{DNNL_ARG_FROM, r->from}, {DNNL_ARG_TO, r->to}, {DNNL_ARG_SCRATCHPAD, r->scratch}};
  return dnnl_primitive_execute(r->p, e->stream, 3, a);
}

void conv_free(conv *c) {
  if (!c) return;
  if (c->p) dnnl_primitive_destroy(c->p);
  if (c->pd) dnnl_primitive_desc_destroy(c->pd);
  dnnl_memory_t mem[] = {c->src, c->wei, c->bia, c->dst, c->scratch};
  for (int i = 0; i < 5; i++)
    if (mem[i]) dnnl_memory_destroy(mem[i]);
  reorder_free(&c->pack);
  reorder_free(&c->src_in);
  reorder_free(&c->dst_in);
  reorder_free(&c->out);
  free(c);
}

typedef struct {
  dnnl_memory_desc_t src, wei, bia, dst;
} shapes;

static dnnl_status_t forward_pd(dnnl_primitive_desc_t *pd, dnn *e, const conv_spec *s, const shapes *m,
                                dnnl_prop_kind_t prop, const dnnl_dims_t str,
                                const dnnl_dims_t dil, const dnnl_dims_t pad, dnnl_primitive_attr_t attr) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_convolution_forward_primitive_desc_create(pd, e->engine, prop, dnnl_convolution_direct, m->src, m->wei,
                                                        s->bias ? m->bia : NULL, m->dst, str, dil, pad, pad, attr);
#else
  dnnl_convolution_desc_t d;
  dnnl_status_t st = dnnl_dilated_convolution_forward_desc_init(
      &d, prop, dnnl_convolution_direct, &m->src, &m->wei, s->bias ? &m->bia : NULL, &m->dst, str, dil, pad, pad);
  return st != dnnl_success ? st : dnnl_primitive_desc_create(pd, &d, attr, e->engine, NULL);
#endif
}

static dnnl_status_t backward_pd(dnnl_primitive_desc_t *pd, dnn *e, const conv_spec *s, const shapes *m,
                                 pass_kind pass, const dnnl_dims_t str,
                                 const dnnl_dims_t dil, const dnnl_dims_t pad, dnnl_primitive_attr_t attr,
                                 dnnl_primitive_desc_t hint) {
#if DNNL_VERSION_MAJOR >= 3
  if (pass == PASS_DATA)
    return dnnl_convolution_backward_data_primitive_desc_create(pd, e->engine, dnnl_convolution_direct, m->src, m->wei, m->dst, str,
                                                                dil, pad, pad, hint, attr);
  return dnnl_convolution_backward_weights_primitive_desc_create(
      pd, e->engine, dnnl_convolution_direct, m->src, m->wei, s->bias ? m->bia : NULL, m->dst, str, dil, pad, pad, hint, attr);
#else
  dnnl_convolution_desc_t d;
  dnnl_status_t st =
      pass == PASS_DATA
          ? dnnl_dilated_convolution_backward_data_desc_init(&d, dnnl_convolution_direct, &m->src, &m->wei, &m->dst, str, dil, pad, pad)
          : dnnl_dilated_convolution_backward_weights_desc_init(
                &d, dnnl_convolution_direct, &m->src, &m->wei, s->bias ? &m->bia : NULL, &m->dst, str, dil, pad, pad);
  return st != dnnl_success ? st : dnnl_primitive_desc_create(pd, &d, attr, e->engine, hint);
#endif
}

static dnnl_status_t attributes(dnnl_primitive_attr_t *attr, const conv_spec *s, pass_kind pass) {
  dnnl_status_t st = user_scratch(attr);
  if (st != dnnl_success || !s->relu || pass > PASS_FORWARD) return st;
  dnnl_post_ops_t po = NULL;
  st = dnnl_post_ops_create(&po);
#if DNNL_VERSION_MAJOR >= 3
  if (st == dnnl_success) st = dnnl_post_ops_append_eltwise(po, dnnl_eltwise_relu, 0, 0);
#else
  if (st == dnnl_success) st = dnnl_post_ops_append_eltwise(po, 1, dnnl_eltwise_relu, 0, 0);
#endif
  if (st == dnnl_success) st = dnnl_primitive_attr_set_post_ops(*attr, po);
  if (po) dnnl_post_ops_destroy(po);
  return st;
}

static dnnl_format_tag_t blocked_tag(int block) {
  return block == 16 ? dnnl_aBcd16b : block == 8 ? dnnl_aBcd8b : dnnl_abcd;
}

// try_pd asks for one algorithm in one pair of layouts and refuses reference
// implementations, which are orders of magnitude slower.
static dnnl_primitive_desc_t try_pd(dnn *e, const conv_spec *s, pass_kind pass, algorithm a, int planar,
                                    const char **impl) {
  const dnnl_data_type_t in = a == ALG_BF16 ? dnnl_bf16 : dnnl_f32;
  const dnnl_dims_t sd = {s->n, s->ic, s->ih, s->iw}, wd = {s->oc, s->ic, s->kernel, s->kernel}, bd = {s->oc},
                    dd = {s->n, s->oc, s->oh, s->ow};
  const dnnl_dims_t str = {s->stride, s->stride}, dil = {s->dilation - 1, s->dilation - 1},
                    pad = {s->pad, s->pad};
  const dnnl_format_tag_t tag = planar ? dnnl_abcd : blocked_tag(s->block);
  shapes m;
  memset(&m, 0, sizeof(m));
  dnnl_primitive_desc_t pd = NULL, hint = NULL;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_status_t st = md_init_as(&m.src, 4, sd, in, s->src_planar ? dnnl_abcd : tag);
  if (st == dnnl_success) st = md_init_as(&m.wei, 4, wd, in, dnnl_format_tag_any);
  if (st == dnnl_success) st = md_init(&m.bia, 1, bd, dnnl_a);
  if (st == dnnl_success) st = md_init(&m.dst, 4, dd, tag);
  if (st == dnnl_success) st = attributes(&attr, s, pass);
  if (st == dnnl_success && pass <= PASS_FORWARD)
    st = forward_pd(&pd, e, s, &m, pass == PASS_FORWARD ? dnnl_forward_training : dnnl_forward_inference, str,
                    dil, pad, attr);
  if (st == dnnl_success && pass > PASS_FORWARD) {
    st = forward_pd(&hint, e, s, &m, dnnl_forward_training, str, dil, pad, NULL);
    if (st == dnnl_success) st = backward_pd(&pd, e, s, &m, pass, str, dil, pad, attr, hint);
  }
  if (hint) dnnl_primitive_desc_destroy(hint);
  if (attr) dnnl_primitive_attr_destroy(attr);
  md_free(m.src), md_free(m.wei), md_free(m.bia), md_free(m.dst);
  if (st != dnnl_success) return NULL;
  *impl = "";
  dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, impl);
  if (strncmp(*impl, "ref", 3) != 0) return pd;
  dnnl_primitive_desc_destroy(pd);
  return NULL;
}

static md_ref query(const conv *c, dnnl_query_t q) { return dnnl_primitive_desc_query_md(c->pd, q, 0); }

// adapt makes the reorders needed where the implementation works on planar
// memory while the nodes are blocked.
static dnnl_status_t adapt(conv *c, const conv_spec *s, md_ref src, md_ref dst) {
  size_t *most = &c->scratch_bytes;
  const dnnl_dims_t sd = {s->n, s->ic, s->ih, s->iw}, dd = {s->n, s->oc, s->oh, s->ow};
  dnnl_memory_desc_t ns, nd;
  memset(&ns, 0, sizeof(ns)), memset(&nd, 0, sizeof(nd));
  dnnl_status_t st = md_init(&ns, 4, sd, s->src_planar ? dnnl_abcd : blocked_tag(s->block));
  if (st == dnnl_success) st = md_init(&nd, 4, dd, blocked_tag(s->block));
  if (st == dnnl_success && !dnnl_memory_desc_equal(MD(ns), src)) {
    c->src_bytes = pages(dnnl_memory_desc_get_size(src));
    st = c->pass == PASS_DATA ? reorder_init(&c->out, c->e, src, MD(ns), most) : reorder_init(&c->src_in, c->e, MD(ns), src, most);
  }
  if (st == dnnl_success && !dnnl_memory_desc_equal(MD(nd), dst)) {
    c->dst_bytes = pages(dnnl_memory_desc_get_size(dst));
    st = c->pass <= PASS_FORWARD ? reorder_init(&c->out, c->e, dst, MD(nd), most) : reorder_init(&c->dst_in, c->e, MD(nd), dst, most);
  }
  md_free(ns), md_free(nd);
  return st;
}

static conv *new(dnn *e, const conv_spec *s, pass_kind pass, char *err, size_t errlen) {
  conv *c = calloc(1, sizeof(*c));
  if (!c) return NULL;
  c->e = e, c->s = *s, c->pass = pass;
  c->alg = s->alg;
  if (c->alg == ALG_WINOGRAD && winograd_can(s)) {
    c->own = winograd_new(s, pass), c->impl = "winograd";
    c->wei_bytes = winograd_weight_bytes(&c->own), c->scratch_bytes = winograd_scratch_bytes(&c->own);
    return c;
  }
  if (c->alg == ALG_BF16) c->pd = try_pd(e, s, pass, c->alg, 0, &c->impl);
  if (!c->pd) c->alg = ALG_DIRECT, c->pd = try_pd(e, s, pass, c->alg, 0, &c->impl);
  if (!c->pd) c->pd = try_pd(e, s, pass, c->alg, 1, &c->impl);
  if (!c->pd) {
    say(err, errlen, "no fast implementation for %dx%dx%dx%d to %d channels, kernel %d stride %d dilation %d", s->n,
        s->ic, s->ih, s->iw, s->oc, s->kernel, s->stride, s->dilation);
    conv_free(c);
    return NULL;
  }
  const md_ref src = query(c, pass == PASS_DATA ? dnnl_query_diff_src_md : dnnl_query_src_md);
  const md_ref wei = query(c, pass == PASS_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md);
  const md_ref dst = query(c, pass > PASS_FORWARD ? dnnl_query_diff_dst_md : dnnl_query_dst_md);
  size_t *most = &c->scratch_bytes;
  const dnnl_dims_t wd = {s->oc, s->ic, s->kernel, s->kernel}, bd = {s->oc};
  dnnl_memory_desc_t plain, bias;
  memset(&plain, 0, sizeof(plain)), memset(&bias, 0, sizeof(bias));
  c->wei_bytes = dnnl_memory_desc_get_size(wei);
  dnnl_status_t st = md_init(&plain, 4, wd, dnnl_abcd);
  if (st == dnnl_success) st = md_init(&bias, 1, bd, dnnl_a);
  if (st == dnnl_success) st = dnnl_primitive_create(&c->p, c->pd);
  if (st == dnnl_success) st = dnnl_memory_create(&c->src, src, e->engine, DNNL_MEMORY_NONE);
  if (st == dnnl_success) st = dnnl_memory_create(&c->wei, wei, e->engine, DNNL_MEMORY_NONE);
  if (st == dnnl_success) st = dnnl_memory_create(&c->dst, dst, e->engine, DNNL_MEMORY_NONE);
  if (st == dnnl_success) st = new_scratch(&c->scratch, e, c->pd, most);
  if (st == dnnl_success && s->bias && pass != PASS_DATA)
    st = dnnl_memory_create(&c->bia, MD(bias), e->engine, DNNL_MEMORY_NONE);
  if (st == dnnl_success)
    st = pass == PASS_WEIGHTS ? reorder_init(&c->pack, e, wei, MD(plain), most)
                              : reorder_init(&c->pack, e, MD(plain), wei, most);
  if (st == dnnl_success) st = adapt(c, s, src, dst);
  md_free(plain), md_free(bias);
  if (st == dnnl_success) return c;
  say(err, errlen, "oneDNN refused %s (status %d)", c->impl, st);
  conv_free(c);
  return NULL;
}

// oneDNN shares out the work when it makes a primitive.
conv *conv_new(dnn *e, const conv_spec *s, pass_kind pass, char *err, size_t errlen) {
  const int threads = gather(s);
  conv *c = new(e, s, pass, err, errlen);
  k_set_threads(threads);
  return c;
}

const char *conv_impl(const conv *c) { return c->impl; }
algorithm conv_algorithm(const conv *c) { return c->alg; }
size_t conv_weight_bytes(const conv *c) { return c->wei_bytes; }
size_t conv_scratch_bytes(const conv *c) { return c->src_bytes + c->dst_bytes + c->scratch_bytes; }

static void set(dnnl_memory_t m, void *p) {
  if (m) dnnl_memory_set_data_handle(m, p);
}

int conv_bind(conv *c, float *src, float *weights, float *bias, float *dst, void *scratch, float *plain) {
  winograd *o = &c->own;
  o->src = src, o->weights = weights, o->bias = bias, o->dst = dst, o->scratch = scratch, o->plain = plain;
  void *src_tmp = scratch, *dst_tmp = (char *)scratch + c->src_bytes;
  scratch = (char *)dst_tmp + c->dst_bytes;
  set(c->src, c->src_bytes ? src_tmp : src);
  set(c->dst, c->dst_bytes ? dst_tmp : dst);
  set(c->wei, weights);
  set(c->bia, bias);
  set(c->scratch, scratch), set(c->pack.scratch, scratch);
  set(c->src_in.scratch, scratch), set(c->dst_in.scratch, scratch), set(c->out.scratch, scratch);
  set(c->pack.from, c->pass == PASS_WEIGHTS ? weights : plain);
  set(c->pack.to, c->pass == PASS_WEIGHTS ? plain : weights);
  set(c->src_in.from, src), set(c->src_in.to, src_tmp);
  set(c->dst_in.from, dst), set(c->dst_in.to, dst_tmp);
  set(c->out.from, c->pass == PASS_DATA ? src_tmp : dst_tmp);
  set(c->out.to, c->pass == PASS_DATA ? src : dst);
  return 0;
}

int conv_adds(const conv *c) { return c->own.k != NULL; }

static int pack(conv *c) {
  if (c->own.k) return winograd_pack(&c->own), 0;
  return reorder_run(&c->pack, c->e) || dnnl_stream_wait(c->e->stream);
}

int conv_pack(conv *c) {
  const int threads = gather(&c->s), st = pack(c);
  k_set_threads(threads);
  return st;
}

static int run(conv *c, int acc) {
  if (c->own.k) return winograd_run(&c->own, acc), 0;
  static const int arg[4][4] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS},
                                {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS},
                                {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, 0},
                                {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_BIAS}};
  const int *a = arg[c->pass];
  const dnnl_exec_arg_t args[] = {
      {a[0], c->src}, {a[1], c->wei}, {a[2], c->dst}, {DNNL_ARG_SCRATCHPAD, c->scratch}, {a[3], c->bia}};
  int st = 0;
  if (c->src_in.p) st = reorder_run(&c->src_in, c->e);
  if (!st && c->dst_in.p) st = reorder_run(&c->dst_in, c->e);
  if (!st) st = dnnl_primitive_execute(c->p, c->e->stream, c->bia ? 5 : 4, args);
  if (!st && c->out.p) st = reorder_run(&c->out, c->e);
  return st || dnnl_stream_wait(c->e->stream);
}

int conv_run(conv *c, int acc) {
  const int threads = gather(&c->s), st = run(c, acc);
  k_set_threads(threads);
  return st;
}
