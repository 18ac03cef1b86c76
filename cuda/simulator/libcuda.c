// A driver for tests: the calls of the CUDA driver API that this program makes,
// served by the processor. The kernels are the same text as the card's, read as
// OpenCL C and run by PoCL; what the program hands over as PTX is only asked
// for names, parameters and limits. No PTX is executed here, and nothing is as
// fast, as parallel or as approximate as on a card.
//
// It is stricter than a driver where mistakes would go unseen:
//   - work on a stream, copies from and to the host included, happens as late as
//     it may: when somebody waits for it;
//   - fresh memory is not a number, and every block lies between red zones that
//     are looked at whenever somebody waits;
//   - every thread needs a current context; what is still allocated when the
//     context goes is an error;
//   - a group has at most 1024 threads and 48 KiB of shared memory, a grid
//     65535 rows and layers.
//
// AGURSCOPE_SIMULATE holds faults, separated by commas, read at every call:
//   devices=N      cards in this machine (1)
//   init=E         cuInit answers E: 803 is a driver too old for its module
//   version=N      of the driver (12020)
//   memory=N       megabytes on the card (2048)
//   oom@N          the Nth allocation from now on fails, and all after it
//   launch@N       the Nth launch fails, and with it the context, for good
//   lost@N         the card disappears at the Nth launch
//   jit            the module does not load
//   wrong          results that are copied back are off by 2 %
//   idle           kernels on tensor cores do nothing
#define CL_TARGET_OPENCL_VERSION 200
#include <CL/cl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../shim/cuda.h"

#ifndef KERNELS
#error "KERNELS: the folder of kernels.cl"
#endif

#define RED 256        // bytes of red zone on either side
#define PAINT 0xa5     // and its colour
#define EXPORT __attribute__((visibility("default")))

typedef struct block {
  struct block *next;
  unsigned char *base; // red zone, size bytes, red zone
  size_t size;
} block;

typedef struct {
  char name[64];
  int params;
  struct {
    int bytes, pointer;
  } param[32];
  size_t shared;
  cl_kernel kernel;
} function;

typedef struct CUmod_st {
  int functions;
  function function[128];
} module;

typedef struct work {
  struct work *next;
  function *f; // NULL for a copy
  size_t grid[3], threads[3];
  void *arg[32];
  void *dst;
  const void *src;
  size_t bytes;
  int value, fill, from_device;
} work;

typedef struct CUgraph_st {
  work *first, **last;
} list;

typedef struct CUctx_st {
  block *blocks;
  int pinned;
  CUresult broken; // every later call answers this
} context;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; // one call at a time
static __thread context *current;
static cl_context cl;
static cl_command_queue queue;
static cl_program program;
static list pending = {NULL, &pending.first}, *capture;
static CUresult lost;
static char faults[256];
static int allocations, launches;

#define LOCKED(...)                 \
  pthread_mutex_lock(&mutex);       \
  CUresult result = (__VA_ARGS__);  \
  pthread_mutex_unlock(&mutex);     \
  return result;

// fault finds name in AGURSCOPE_SIMULATE and returns the number after it. A
// change of the variable mends what was broken and starts counting anew.
static int fault(const char *name, int otherwise) {
  const char *now = getenv("AGURSCOPE_SIMULATE");
  if (!now) now = "";
  if (strncmp(faults, now, sizeof faults - 1)) {
    snprintf(faults, sizeof faults, "%s", now);
    allocations = launches = 0;
    lost = CUDA_SUCCESS;
  }
  const size_t n = strlen(name);
  for (const char *p = faults; *p;) {
    if (!strncmp(p, name, n) && (!p[n] || strchr("=@,", p[n]))) return p[n] && p[n] != ',' ? atoi(p + n + 1) : 1;
    p += strcspn(p, ",");
    p += *p == ',';
  }
  return otherwise;
}

// usable answers why nothing can be done on this thread, if so.
static CUresult usable(void) {
  fault("", 0);
  if (lost) return lost;
  if (!current) return CUDA_ERROR_INVALID_CONTEXT;
  return current->broken;
}

// Memory.

static int intact(const block *b) {
  for (int i = 0; i < RED; i++)
    if (b->base[i] != PAINT || b->base[RED + b->size + i] != PAINT) return 0;
  return 1;
}

static block **owner(CUdeviceptr p, size_t bytes) {
  for (block **at = &current->blocks; *at; at = &(*at)->next) {
    const CUdeviceptr first = (CUdeviceptr)((*at)->base + RED);
    if (p >= first && p + bytes <= first + (*at)->size) return at;
  }
  return NULL;
}

static size_t used(void) {
  size_t n = 0;
  for (block *b = current->blocks; b; b = b->next) n += b->size;
  return n;
}

static size_t total(void) { return (size_t)fault("memory", 2048) << 20; }

EXPORT CUresult cuMemAlloc(CUdeviceptr *p, size_t bytes) {
  pthread_mutex_lock(&mutex);
  CUresult r = usable();
  const int limit = fault("oom", 0);
  if (!r && !bytes) r = CUDA_ERROR_INVALID_VALUE;
  if (!r && ((limit && ++allocations >= limit) || used() + bytes > total())) r = CUDA_ERROR_OUT_OF_MEMORY;
  block *b = r ? NULL : malloc(sizeof *b);
  if (b) {
    b->size = bytes;
    b->base = clSVMAlloc(cl, CL_MEM_READ_WRITE, bytes + 2 * RED, 128);
    if (!b->base) {
      free(b);
      r = CUDA_ERROR_OUT_OF_MEMORY;
    } else {
      memset(b->base, PAINT, bytes + 2 * RED);
      memset(b->base + RED, 0xff, bytes);
      b->next = current->blocks;
      current->blocks = b;
      *p = (CUdeviceptr)(b->base + RED);
    }
  }
  pthread_mutex_unlock(&mutex);
  return r;
}

static CUresult release(CUdeviceptr p) {
  block **at = owner(p, 0), *b = at ? *at : NULL;
  if (!b || p != (CUdeviceptr)(b->base + RED)) return CUDA_ERROR_INVALID_VALUE;
  const CUresult r = intact(b) ? CUDA_SUCCESS : CUDA_ERROR_ILLEGAL_ADDRESS;
  *at = b->next;
  clSVMFree(cl, b->base);
  free(b);
  return r;
}

EXPORT CUresult cuMemGetInfo(size_t *left, size_t *all) {
  LOCKED(usable() ? usable() : (*all = total(), *left = *all - used(), CUDA_SUCCESS))
}

EXPORT CUresult cuMemHostAlloc(void **p, size_t bytes, unsigned flags) {
  (void)flags;
  LOCKED(usable() ? usable() : !(*p = malloc(bytes)) ? CUDA_ERROR_OUT_OF_MEMORY : (current->pinned++, CUDA_SUCCESS))
}

EXPORT CUresult cuMemFreeHost(void *p) {
  LOCKED(!current ? CUDA_ERROR_INVALID_CONTEXT : (free(p), current->pinned--, CUDA_SUCCESS))
}

// The stream.

static void append(list *l, work *w) {
  w->next = NULL;
  *l->last = w;
  l->last = &w->next;
}

static CUresult later(const work *w) {
  work *copy = malloc(sizeof *copy);
  *copy = *w;
  append(capture ? capture : &pending, copy);
  return CUDA_SUCCESS;
}

static void forget(list *l) {
  for (work *w = l->first, *next; w; w = next) next = w->next, free(w);
  l->first = NULL;
  l->last = &l->first;
}

static CUresult run(const work *w) {
  if (w->fill) {
    for (size_t i = 0; i < w->bytes / 4; i++) ((int *)w->dst)[i] = w->value;
    return CUDA_SUCCESS;
  }
  if (!w->f) {
    memcpy(w->dst, w->src, w->bytes);
    if (w->from_device && fault("wrong", 0))
      for (size_t i = 0; i < w->bytes / 4; i++) ((float *)w->dst)[i] *= 1.02f;
    return CUDA_SUCCESS;
  }
  if (fault("idle", 0) && (strstr(w->f->name, "_tf32") || strstr(w->f->name, "_bf16"))) return CUDA_SUCCESS;
  size_t global[3];
  for (int i = 0; i < 3; i++) global[i] = w->grid[i] * w->threads[i];
  for (int i = 0; i < w->f->params; i++) {
    const cl_int e = w->f->param[i].pointer ? clSetKernelArgSVMPointer(w->f->kernel, i, w->arg[i])
                                            : clSetKernelArg(w->f->kernel, i, w->f->param[i].bytes, &w->arg[i]);
    if (e) return fprintf(stderr, "simulator: %s: argument %d: %d\n", w->f->name, i, e), CUDA_ERROR_INVALID_VALUE;
  }
  const cl_int e = clEnqueueNDRangeKernel(queue, w->f->kernel, 3, NULL, global, w->threads, 0, NULL, NULL);
  if (e) return fprintf(stderr, "simulator: %s: launch: %d\n", w->f->name, e), CUDA_ERROR_LAUNCH_FAILED;
  clFinish(queue);
  return CUDA_SUCCESS;
}

static CUresult wait(void) {
  CUresult r = usable();
  for (work *w = pending.first; w && !r; w = w->next) {
    const int fails = fault("launch", 0), goes = fault("lost", 0);
    if (w->f) launches++;
    if (w->f && fails && launches == fails) r = current->broken = CUDA_ERROR_LAUNCH_FAILED;
    else if (w->f && goes && launches == goes) r = lost = CUDA_ERROR_UNKNOWN;
    else r = run(w);
  }
  forget(&pending);
  for (block *b = current ? current->blocks : NULL; b && !r; b = b->next)
    if (!intact(b)) {
      fprintf(stderr, "simulator: the red zone of a block of %zu bytes was written to\n", b->size);
      r = current->broken = CUDA_ERROR_ILLEGAL_ADDRESS;
    }
  return r;
}

EXPORT CUresult cuMemFree(CUdeviceptr p) {
  pthread_mutex_lock(&mutex);
  CUresult r = current ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
  if (current && !usable()) r = wait(); // as a driver does
  const CUresult freed = current ? release(p) : CUDA_SUCCESS;
  r = r ? r : freed ? freed : usable();
  pthread_mutex_unlock(&mutex);
  return r;
}

EXPORT CUresult cuStreamCreate(CUstream *s, unsigned flags) {
  (void)flags;
  LOCKED(usable() ? usable() : (*s = malloc(1), CUDA_SUCCESS))
}
EXPORT CUresult cuStreamDestroy(CUstream s) { LOCKED(usable() ? (free(s), usable()) : (free(s), wait())) }
EXPORT CUresult cuStreamSynchronize(CUstream s) { LOCKED((void)s, capture ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : wait()) }
EXPORT CUresult cuCtxSynchronize(void) { LOCKED(wait()) }

EXPORT CUresult cuStreamBeginCapture(CUstream s, CUstreamCaptureMode m) {
  (void)s, (void)m;
  pthread_mutex_lock(&mutex);
  CUresult r = usable();
  if (!r && capture) r = CUDA_ERROR_ILLEGAL_STATE;
  if (!r) {
    capture = malloc(sizeof *capture);
    *capture = (list){NULL, NULL};
    capture->last = &capture->first;
  }
  pthread_mutex_unlock(&mutex);
  return r;
}
EXPORT CUresult cuStreamEndCapture(CUstream s, CUgraph *g) {
  (void)s;
  LOCKED(!capture ? CUDA_ERROR_ILLEGAL_STATE : (*g = capture, capture = NULL, usable()))
}
static list *copied(const list *from) {
  list *to = malloc(sizeof *to);
  *to = (list){NULL, NULL};
  to->last = &to->first;
  for (work *w = from->first; w; w = w->next) {
    work *c = malloc(sizeof *c);
    *c = *w;
    append(to, c);
  }
  return to;
}
EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec *x, CUgraph g, unsigned long long flags) {
  (void)flags;
  LOCKED(usable() ? usable() : (*x = (CUgraphExec)copied(g), CUDA_SUCCESS))
}
EXPORT CUresult cuGraphLaunch(CUgraphExec x, CUstream s) {
  (void)s;
  pthread_mutex_lock(&mutex);
  CUresult r = usable();
  for (work *w = ((list *)x)->first; w && !r; w = w->next) r = later(w);
  pthread_mutex_unlock(&mutex);
  return r;
}
EXPORT CUresult cuGraphDestroy(CUgraph g) { LOCKED((forget(g), free(g), CUDA_SUCCESS)) }
EXPORT CUresult cuGraphExecDestroy(CUgraphExec x) { LOCKED((forget((list *)x), free(x), CUDA_SUCCESS)) }

// Copies.

static CUresult copy(void *dst, const void *src, size_t bytes, int from_device, int blocking) {
  CUresult r = usable();
  if (!r && blocking && capture) r = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (!r && !owner((CUdeviceptr)(from_device ? src : dst), bytes)) r = CUDA_ERROR_INVALID_VALUE;
  if (!r) r = later(&(work){.dst = dst, .src = src, .bytes = bytes, .from_device = from_device});
  return r ? r : blocking ? wait() : CUDA_SUCCESS;
}
EXPORT CUresult cuMemcpyHtoD(CUdeviceptr d, const void *s, size_t n) { LOCKED(copy((void *)d, s, n, 0, 1)) }
EXPORT CUresult cuMemcpyDtoH(void *d, CUdeviceptr s, size_t n) { LOCKED(copy(d, (void *)s, n, 1, 1)) }
EXPORT CUresult cuMemcpyHtoDAsync(CUdeviceptr d, const void *s, size_t n, CUstream q) { LOCKED(((void)q, copy((void *)d, s, n, 0, 0))) }
EXPORT CUresult cuMemcpyDtoHAsync(void *d, CUdeviceptr s, size_t n, CUstream q) { LOCKED(((void)q, copy(d, (void *)s, n, 1, 0))) }
EXPORT CUresult cuMemcpyDtoDAsync(CUdeviceptr d, CUdeviceptr s, size_t n, CUstream q) { LOCKED(((void)q, copy((void *)d, (void *)s, n, 0, 0))) }
EXPORT CUresult cuMemsetD32Async(CUdeviceptr d, unsigned v, size_t n, CUstream q) {
  (void)q;
  LOCKED(usable() ? usable() : !owner(d, 4 * n) ? CUDA_ERROR_INVALID_VALUE : later(&(work){.dst = (void *)d, .bytes = 4 * n, .value = (int)v, .fill = 1}))
}

// Devices and contexts.

static CUresult start(void) {
  if (queue) return CUDA_SUCCESS;
  cl_platform_id platform;
  cl_device_id device;
  cl_int e = clGetPlatformIDs(1, &platform, NULL);
  if (!e) e = clGetDeviceIDs(platform, CL_DEVICE_TYPE_CPU, 1, &device, NULL);
  if (e) return fprintf(stderr, "simulator: no OpenCL on the processor (%d); install pocl-opencl-icd\n", e), CUDA_ERROR_NO_DEVICE;
  cl = clCreateContext(NULL, 1, &device, NULL, NULL, &e);
  if (!e) queue = clCreateCommandQueueWithProperties(cl, device, NULL, &e);
  return e ? CUDA_ERROR_NO_DEVICE : CUDA_SUCCESS;
}

EXPORT CUresult cuInit(unsigned flags) {
  (void)flags;
  LOCKED(fault("init", 0) ? (CUresult)fault("init", 0) : fault("devices", 1) == 0 ? CUDA_ERROR_NO_DEVICE : start())
}
EXPORT CUresult cuDriverGetVersion(int *v) { LOCKED((*v = fault("version", 12020), CUDA_SUCCESS)) }
EXPORT CUresult cuDeviceGetCount(int *n) { LOCKED((*n = fault("devices", 1), CUDA_SUCCESS)) }
EXPORT CUresult cuDeviceGet(CUdevice *d, int i) { LOCKED(i < 0 || i >= fault("devices", 1) ? CUDA_ERROR_INVALID_DEVICE : (*d = i, CUDA_SUCCESS)) }
EXPORT CUresult cuDeviceGetName(char *s, int n, CUdevice d) { return snprintf(s, n, "Simulated %d", d), CUDA_SUCCESS; }
EXPORT CUresult cuDeviceTotalMem(size_t *n, CUdevice d) { LOCKED(((void)d, *n = total(), CUDA_SUCCESS)) }
EXPORT CUresult cuDeviceGetAttribute(int *v, CUdevice_attribute a, CUdevice d) {
  (void)d;
  switch (a) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *v = fault("capability", 86) / 10; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *v = fault("capability", 86) % 10; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *v = 26; break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxCreate(CUcontext *c, unsigned flags, CUdevice d) {
  (void)flags, (void)d;
  fault("", 0);
  LOCKED(lost ? lost : (*c = current = calloc(1, sizeof **c), CUDA_SUCCESS))
}
EXPORT CUresult cuCtxSetCurrent(CUcontext c) { LOCKED((current = c, CUDA_SUCCESS)) }
EXPORT CUresult cuCtxGetCurrent(CUcontext *c) { LOCKED((*c = current, CUDA_SUCCESS)) }
EXPORT CUresult cuCtxDestroy(CUcontext c) {
  pthread_mutex_lock(&mutex);
  CUresult r = c->broken;
  current = c;
  forget(&pending);
  if (c->blocks || c->pinned) {
    fprintf(stderr, "simulator: the context goes with %zu bytes and %d host buffers still allocated\n", used(), c->pinned);
    r = CUDA_ERROR_ILLEGAL_STATE;
  }
  while (c->blocks) release((CUdeviceptr)(c->blocks->base + RED));
  current = NULL;
  free(c);
  pthread_mutex_unlock(&mutex);
  return r;
}

// Modules.

static CUresult build(void) {
  if (program) return CUDA_SUCCESS;
  const char *source = "#include \"kernels.cl\"\n#include \"tensor.cl\"\n";
  cl_int e;
  program = clCreateProgramWithSource(cl, 1, &source, NULL, &e);
  if (!e) e = clBuildProgram(program, 0, NULL, "-cl-std=CL1.2 -cl-kernel-arg-info -I" KERNELS, NULL, NULL);
  if (!e) return CUDA_SUCCESS;
  cl_device_id device;
  char log[8192] = "";
  clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
  clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof log, log, NULL);
  fprintf(stderr, "simulator: the kernels do not compile as OpenCL C (%d):\n%s\n", e, log);
  clReleaseProgram(program);
  program = NULL;
  return CUDA_ERROR_INVALID_SOURCE;
}

// bind finds a function's kernel and compares the two readings' parameters.
static CUresult bind(function *f) {
  cl_int e;
  cl_uint n = 0;
  f->kernel = clCreateKernel(program, f->name, &e);
  if (e) return fprintf(stderr, "simulator: %s is in the PTX and not in the OpenCL source\n", f->name), CUDA_ERROR_NOT_FOUND;
  clGetKernelInfo(f->kernel, CL_KERNEL_NUM_ARGS, sizeof n, &n, NULL);
  int same = (int)n == f->params;
  for (int i = 0; i < f->params && same; i++) {
    cl_kernel_arg_address_qualifier q;
    clGetKernelArgInfo(f->kernel, i, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof q, &q, NULL);
    f->param[i].pointer = q == CL_KERNEL_ARG_ADDRESS_GLOBAL;
    same = f->param[i].bytes == (f->param[i].pointer ? 8 : 4);
  }
  if (same) return CUDA_SUCCESS;
  fprintf(stderr, "simulator: %s has other parameters in the PTX than in the OpenCL source\n", f->name);
  return CUDA_ERROR_INVALID_IMAGE;
}

static CUresult parse(module *m, const char *ptx) {
  CUresult r = CUDA_SUCCESS;
  for (const char *p = ptx; !r && (p = strstr(p, ".visible .entry ")); p++) {
    function *f = &m->function[m->functions++];
    sscanf(p, ".visible .entry %63[A-Za-z0-9_]", f->name);
    const char *end = strstr(p, "\n}");
    for (const char *q = p; (q = strstr(q, ".param .")) && q < strchr(p, '{'); q++)
      f->param[f->params++].bytes = atoi(q + strlen(".param .") + 1) / 8;
    for (const char *q = p; (q = strstr(q, ".shared .align")) && q < end; q++) f->shared += atol(strchr(q, '[') + 1);
    r = bind(f);
  }
  return r ? r : m->functions ? CUDA_SUCCESS : CUDA_ERROR_INVALID_PTX;
}

static void unload(module *m) {
  for (int i = 0; i < m->functions; i++)
    if (m->function[i].kernel) clReleaseKernel(m->function[i].kernel);
  free(m);
}

EXPORT CUresult cuModuleLoadData(CUmodule *out, const void *image) {
  pthread_mutex_lock(&mutex);
  CUresult r = usable();
  if (!r && fault("jit", 0)) r = CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
  if (!r) r = build();
  if (!r) {
    module *m = calloc(1, sizeof *m);
    if ((r = parse(m, image))) unload(m);
    else *out = m;
  }
  pthread_mutex_unlock(&mutex);
  return r;
}
EXPORT CUresult cuModuleUnload(CUmodule m) { LOCKED((unload(m), CUDA_SUCCESS)) }
EXPORT CUresult cuModuleGetFunction(CUfunction *f, CUmodule m, const char *name) {
  for (int i = 0; i < m->functions; i++)
    if (!strcmp(m->function[i].name, name)) return *f = (CUfunction)&m->function[i], CUDA_SUCCESS;
  return CUDA_ERROR_NOT_FOUND;
}

EXPORT CUresult cuLaunchKernel(CUfunction fn, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                               unsigned bz, unsigned dynamic, CUstream s, void **args, void **extra) {
  (void)s, (void)extra;
  function *f = (function *)fn;
  pthread_mutex_lock(&mutex);
  CUresult r = usable();
  if (!r && (!gx || !gy || !gz || gx > 0x7fffffff || gy > 65535 || gz > 65535 || !bx || !by || !bz ||
             bx * by * bz > 1024 || f->shared + dynamic > 48 << 10)) {
    fprintf(stderr, "simulator: %s: grid %u %u %u, group %u %u %u, %zu bytes shared\n", f->name, gx, gy, gz, bx, by, bz, f->shared + dynamic);
    r = CUDA_ERROR_INVALID_VALUE;
  }
  if (!r) {
    work w = {.f = f, .grid = {gx, gy, gz}, .threads = {bx, by, bz}};
    for (int i = 0; i < f->params && !r; i++) {
      memcpy(&w.arg[i], args[i], f->param[i].bytes);
      if (f->param[i].pointer && w.arg[i] && !owner((CUdeviceptr)w.arg[i], 4)) {
        fprintf(stderr, "simulator: %s: argument %d points to no memory of the card\n", f->name, i);
        r = CUDA_ERROR_ILLEGAL_ADDRESS;
      }
    }
    if (!r) r = later(&w);
  }
  pthread_mutex_unlock(&mutex);
  return r;
}
