//go:build onednn

package onednn

/*
#cgo CFLAGS: -O3 -fopenmp -Wno-psabi
#cgo LDFLAGS: -ldnnl -lgomp -lm
#include <stdlib.h>
#include "dnn.h"
#include "kernels.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"

	"agurscope/nn"
	"agurscope/nn/thread"
)

var errStopped = errors.New("the oneDNN engine is closed")

// engine implements nn.Engine.
type engine struct {
	worker  *thread.Worker
	dnn     *C.dnn
	block   int
	threads int
	direct  bool
	bf16    bool
	timings *timings // nil: a fixed rule
	version string
}

// Open starts the engine. Its error wraps nn.ErrUnavailable when the processor
// lacks AVX2.
func Open(o Options) (nn.Engine, error) {
	block := int(C.k_best_block())
	if block == 0 {
		return nil, fmt.Errorf("%w: the oneDNN engine needs a processor with AVX2 and FMA", nn.ErrUnavailable)
	}
	return open(o, block)
}

// open starts the engine with a block that the processor can do.
func open(o Options, block int) (nn.Engine, error) {
	e := &engine{block: block, threads: threads(o.Threads), direct: o.Direct, bf16: o.BF16, worker: thread.Start(errStopped)}
	err := e.worker.Do(func() error {
		C.k_set_threads(C.int(e.threads))
		msg := make([]C.char, 256)
		e.dnn = C.dnn_new(&msg[0], 256)
		if e.dnn == nil {
			return fmt.Errorf("%w: %s", nn.ErrUnavailable, C.GoString(&msg[0]))
		}
		var major, minor, patch C.int
		C.dnn_version(&major, &minor, &patch)
		e.version = fmt.Sprintf("%d.%d.%d", major, minor, patch)
		if o.Plan != "" {
			e.timings = openTimings(o.Plan, fmt.Sprintf("oneDNN %s, own Winograd, block %d, %d threads, %s", e.version, e.block, e.threads, processor()))
		}
		return nil
	})
	if err != nil {
		e.worker.Stop()
		return nil, fmt.Errorf("open oneDNN: %w", err)
	}
	return e, nil
}

// threads is how many work where so many are wished for. A share of the machine's
// processors, as a container has, counts as the machine: threads beyond it would be
// waited for. OpenMP ends the program where it cannot start as many as it is told.
func threads(wish int) int {
	if wish <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return min(wish, 4*runtime.NumCPU())
}

// Name implements nn.Engine.
func (e *engine) Name() string { return "onednn" }

// Describe implements nn.Engine.
func (e *engine) Describe() string {
	isa := "AVX2"
	if e.block == 16 {
		isa = "AVX-512"
	}
	s := fmt.Sprintf("oneDNN %s, %s, %d threads", e.version, isa, e.threads)
	if e.bf16 {
		s = fmt.Sprintf("%v, bf16 where that is faster", s)
	}
	return s
}

// Peak measures how many GFLOP/s the threads reach with nothing to do but
// multiply and add: the bound of direct convolution in float32.
func (e *engine) Peak() float64 {
	peak := 0.0
	_ = e.worker.Do(func() error { // 0 of an engine that is closed
		peak = float64(C.k_peak(C.int(e.block)))
		return nil
	})
	return peak
}

// Divide implements nn.Divisible. The parts have no plan: which algorithm was faster
// is each engine's own finding, and with it the last bits.
func (e *engine) Divide(each int64) (parts []nn.Engine, err error) {
	n := min(int64(e.threads), freeMemory()/max(each, 1))
	for range max(n, 1) {
		p, err := open(Options{Threads: 1, Direct: e.direct}, e.block)
		if err != nil {
			for _, p := range parts {
				err = errors.Join(err, p.Close())
			}
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// Close implements nn.Engine.
func (e *engine) Close() error {
	err := e.worker.Do(func() error {
		C.dnn_free(e.dnn)
		e.dnn = nil
		return nil
	})
	e.worker.Stop()
	return err
}
