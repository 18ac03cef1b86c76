// The driver is looked for when a program asks for a card, not when it starts:
// one binary serves machines with and without, and starting costs nothing.
#include "shim.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "cuda.h"

static const char *const names[] = {
#define CALL(name) #name,
#include "calls.h"
#undef CALL
};
enum { calls = sizeof names / sizeof *names };

extern void *shim_slots[calls];

static CUresult no_device(void) { return CUDA_ERROR_NO_DEVICE; }
static CUresult init(unsigned flags) { return (void)flags, CUDA_SUCCESS; }
static CUresult count(int *n) { return *n = 0, CUDA_SUCCESS; }

// Runs before the program: shim.S enters it in .init_array, which also keeps the
// linker from leaving this file of the archive out.
void shim_unloaded(void) {
  for (int i = 0; i < calls; i++)
    shim_slots[i] = !strcmp(names[i], "cuInit")             ? (void *)init
                    : !strcmp(names[i], "cuDeviceGetCount") ? (void *)count
                                                            : (void *)no_device;
}

int shim_load(const char *library, char *why, size_t size) {
  static int loaded;
  if (loaded) return 0;
  void *driver = dlopen(library, RTLD_NOW);
  if (!driver) {
    snprintf(why, size, "%s", dlerror());
    return -1;
  }
  CUresult (*start)(unsigned) = (CUresult(*)(unsigned))dlsym(driver, "cuInit");
  const CUresult r = start ? start(0) : CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND;
  if (r) {
    dlclose(driver);
    return (int)r;
  }
  for (int i = 0; i < calls; i++) {
    void *f = dlsym(driver, names[i]);
    shim_slots[i] = f ? f : (void *)no_device; // older than the call
  }
  return loaded = 1, 0;
}
