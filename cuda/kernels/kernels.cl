// All kernels of the engine, for CUDA C and for OpenCL C; see lang.h. After a
// change run “make kernels”, which writes kernels.ptx anew.
#include "lang.h"

#include "attend.cl"
#include "conv.cl"
#include "elementwise.cl"
#include "image.cl"
#include "loss.cl"
#include "norm.cl"
#include "spectrum.cl"
