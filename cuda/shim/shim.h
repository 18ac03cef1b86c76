// How a program linked with libcuda.a gets at the driver.
#ifndef AGURSCOPE_SHIM_H
#define AGURSCOPE_SHIM_H

#include <stddef.h>

// shim_load opens the driver's library and initialises it, once. It returns 0,
// or the driver's error code, or -1 where there is no library; why then holds
// the loader's words. Until it has succeeded no call reaches a driver: cuInit
// answers success, so that gorgonia.org/cu lets the program start, there are no
// devices, and every other call answers CUDA_ERROR_NO_DEVICE.
int shim_load(const char *library, char *why, size_t size);

#endif
