//go:build cgo && amd64

package simd

/*
#cgo CFLAGS: -Wno-psabi
#cgo LDFLAGS: -lm
#include "simd.h"

static void v_log_grey(const simd_kernels *k, const float *r, const float *g, const float *b, float *out, int n) {
  k->log_grey(r, g, b, out, n);
}
static void v_count(const simd_kernels *k, const float *grey, const float *r, const float *g, const float *b, int w,
                    int high, int size, void *out) {
  k->count(grey, r, g, b, w, high, size, (cell_count *)out);
}
static void v_pool(const simd_kernels *k, const float *x, int planes, int h, int w, int size, float *out, int pitch,
                   int from, int to) {
  k->pool(x, planes, h, w, size, out, pitch, from, to);
}
static void v_combine(const simd_kernels *k, const float *x, int w, const float *weights, int taps, float *out) {
  k->combine(x, w, weights, taps, out);
}
static void v_unit(const simd_kernels *k, const float *x, const float *mean, const float *dev, float *out, int n) {
  k->unit(x, mean, dev, out, n);
}
static void v_accumulate(const simd_kernels *k, const float *x, float shift, float scale, int positive, float *out,
                         int n) {
  k->accumulate(x, shift, scale, positive, out, n);
}
static void v_outline(const simd_kernels *k, float *x, const float *fine, const float *highest, float doubt, int n) {
  k->outline(x, fine, highest, doubt, n);
}
static void v_spread(const simd_kernels *k, float *x, int step, int n) { k->spread(x, step, n); }
static int v_finite(const simd_kernels *k, const float *x, int n) { return k->finite(x, n); }

static void v_unpack(const simd_kernels *k, const uint8_t *rgba, float *r, float *g, float *b, int n) {
  k->unpack(rgba, r, g, b, n);
}
static void v_expose(const simd_kernels *k, float *x, float gain, int root, int n) { k->expose(x, gain, root, n); }
static void v_gather(const simd_kernels *k, const float *x, const int32_t *from, const float *weights, int taps,
                     float *out, int n) {
  k->gather(x, from, weights, taps, out, n);
}

static void v_gaussian(const float *mean, const float *inverse, const float *floor, const int32_t *start,
                       const uint16_t *half, const float *full, int d, int global, const float *x, int pitch, float *z,
                       float *out, int from, int to) {
  const gaussian g = {mean, inverse, floor, start, half, full, d, global};
  simd_gaussian(&g, x, pitch, z, out, from, to);
}
static void v_memory(const float *centre, const float *unit, const float *norms, const int32_t *start,
                     const uint16_t *half, const float *full, int d, int global, int w, int h, int radius,
                     int neighbours, const float *x, int pitch, float *z, float *keys, int32_t *rows, float *out,
                     int from, int to) {
  const memory m = {centre, unit, norms, start, half, full, d, global, w, h, radius, neighbours};
  simd_memory(&m, x, pitch, z, keys, rows, out, from, to);
}

#cgo noescape v_log_grey
#cgo nocallback v_log_grey
#cgo noescape v_count
#cgo nocallback v_count
#cgo noescape v_pool
#cgo nocallback v_pool
#cgo noescape v_combine
#cgo nocallback v_combine
#cgo noescape v_unit
#cgo nocallback v_unit
#cgo noescape v_accumulate
#cgo nocallback v_accumulate
#cgo noescape v_outline
#cgo nocallback v_outline
#cgo noescape v_spread
#cgo nocallback v_spread
#cgo noescape v_finite
#cgo nocallback v_finite
#cgo noescape v_unpack
#cgo nocallback v_unpack
#cgo noescape v_expose
#cgo nocallback v_expose
#cgo noescape v_gather
#cgo nocallback v_gather
#cgo noescape simd_sample
#cgo nocallback simd_sample
#cgo noescape v_gaussian
#cgo nocallback v_gaussian
#cgo noescape v_memory
#cgo nocallback v_memory
*/
import "C"

import "unsafe"

// The kernels of this processor; nil where it has no AVX2. A test sets others.
var kernels = C.simd_table(0)

func narrow() { kernels = C.simd_table(1) }
func plain()  { kernels = nil }
func widest() { kernels = C.simd_table(0) }

func p(s []float32) *C.float { return (*C.float)(unsafe.SliceData(s)) }

func logGreyC(out, r, g, b []float32) bool {
	if kernels == nil {
		return false
	}
	C.v_log_grey(kernels, p(r), p(g), p(b), p(out), C.int(len(out)))
	return true
}

// strip is how many columns the kernel counts at once, at most.
const strip = 256

func countC(out []Count, grey []float32, rgb [3][]float32, w, high, size int) bool {
	if kernels == nil || size > strip {
		return false
	}
	C.v_count(kernels, p(grey), p(rgb[0]), p(rgb[1]), p(rgb[2]), C.int(w), C.int(high), C.int(size),
		unsafe.Pointer(unsafe.SliceData(out)))
	return true
}

func poolC(out []float32, pitch int, x []float32, planes, h, w, k, from, to int) bool {
	if kernels == nil {
		return false
	}
	C.v_pool(kernels, p(x), C.int(planes), C.int(h), C.int(w), C.int(k), p(out), C.int(pitch), C.int(from), C.int(to))
	return true
}

func combineC(out, x, weights []float32) bool {
	if kernels == nil {
		return false
	}
	C.v_combine(kernels, p(x), C.int(len(out)), p(weights), C.int(len(weights)), p(out))
	return true
}

func unitC(out, x, mean, deviation []float32) bool {
	if kernels == nil {
		return false
	}
	C.v_unit(kernels, p(x), p(mean), p(deviation), p(out), C.int(len(out)))
	return true
}

func accumulateC(out, x []float32, shift, scale float32, positive bool) bool {
	if kernels == nil {
		return false
	}
	only := C.int(0)
	if positive {
		only = 1
	}
	C.v_accumulate(kernels, p(x), C.float(shift), C.float(scale), only, p(out), C.int(len(out)))
	return true
}

func outlineC(x, fine, highest []float32, doubt float32) bool {
	if kernels == nil {
		return false
	}
	C.v_outline(kernels, p(x), p(fine), p(highest), C.float(doubt), C.int(len(x)))
	return true
}

func spreadC(x []float32, step, n int) bool {
	if kernels == nil {
		return false
	}
	C.v_spread(kernels, p(x), C.int(step), C.int(n))
	return true
}

func finiteC(x []float32) (all, ok bool) {
	if kernels == nil {
		return false, false
	}
	return C.v_finite(kernels, p(x), C.int(len(x))) != 0, true
}

func unpackC(r, g, b []float32, rgba []uint8) bool {
	if kernels == nil {
		return false
	}
	C.v_unpack(kernels, (*C.uint8_t)(unsafe.SliceData(rgba)), p(r), p(g), p(b), C.int(len(r)))
	return true
}

func exposeC(x []float32, gain float32, root bool) bool {
	if kernels == nil {
		return false
	}
	C.v_expose(kernels, p(x), C.float(gain), yes(root), C.int(len(x)))
	return true
}

func gatherC(out, x []float32, from []int32, weights []float32) bool {
	if kernels == nil {
		return false
	}
	C.v_gather(kernels, p(x), ints(from), p(weights), C.int(len(weights)/len(out)), p(out), C.int(len(out)))
	return true
}

func sampleC(out, plane []float32, w, h int, x, y, dx, dy float32, from int) bool {
	if kernels == nil {
		return false
	}
	C.simd_sample(p(plane), C.int(w), C.int(h), C.float(x), C.float(y), C.float(dx), C.float(dy), C.int(from), p(out),
		C.int(len(out)))
	return true
}

func ints(s []int32) *C.int32_t { return (*C.int32_t)(unsafe.SliceData(s)) }

func (r *Rows) halves() *C.uint16_t { return (*C.uint16_t)(unsafe.SliceData(r.half)) }

func yes(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func (g *Gaussian) distancesC(out, x []float32, pitch int, z []float32, from, to int) bool {
	if kernels == nil {
		return false
	}
	C.v_gaussian(p(g.Mean), p(g.Inverse), p(g.Floor), ints(g.start), g.halves(), p(g.full), C.int(g.D), yes(g.Global),
		p(x), C.int(pitch), p(z), p(out), C.int(from), C.int(to))
	return true
}

func (m *Memory) distancesC(out, x []float32, pitch int, s *Scratch, from, to int) bool {
	if kernels == nil {
		return false
	}
	C.v_memory(p(m.Centre), p(m.Unit), p(m.norms), ints(m.start), m.halves(), p(m.full), C.int(m.D), yes(m.Global),
		C.int(m.W), C.int(m.H), C.int(m.Radius), C.int(m.Neighbours), p(x), C.int(pitch), p(s.z), p(s.keys),
		ints(s.rows), p(out), C.int(from), C.int(to))
	return true
}
