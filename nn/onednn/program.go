//go:build onednn

package onednn

/*
#include "dnn.h"
#include "call.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"time"

	"agurscope/nn"
)

var errClosed = errors.New("the program is closed")

// Set implements nn.Program. Inputs are planar: the copy is the whole work.
func (p *program) Set(n *nn.Node, data []float32) {
	v := p.val(n)
	if p.closed {
		return // its memory is gone; Forward says so
	}
	if len(data) != n.Shape.Size() {
		panic(&nn.ShapeError{Op: "set " + n.Op.String(), Want: n.Shape.String(), Got: []nn.Shape{{1, 1, 1, len(data)}}})
	}
	if v.block == 1 {
		copy(floats(v.x, v.floats()), data)
		return
	}
	p.moved.v, p.moved.from, p.moved.to = v, goPtr(data), v.x
	p.onWorker(p.pack)
}

// moved is what pack and unpack move; made once, they cost no allocation.
type moved struct {
	v        *value
	from, to *C.float
}

func (p *program) makeMoves() {
	p.pack = do(func() {
		m, g := &p.moved, p.moved.v.geometry()
		C.call_pack(g.k, m.from, m.to, 0, g.n, C.int(m.v.node.Shape[1]), g.hw)
	})
	p.unpack = do(func() {
		m, g := &p.moved, p.moved.v.geometry()
		C.call_unpack(g.k, m.from, m.to, 0, g.n, C.int(m.v.node.Shape[1]), g.hw)
	})
	p.forward = func() error {
		if p.mode == nn.Training {
			if err := p.load(); err != nil {
				return err
			}
		}
		return p.run(p.steps)
	}
}

// Forward implements nn.Program.
func (p *program) Forward() error { return p.e.worker.Do(p.forward) }

// Backward implements nn.Program.
func (p *program) Backward() error {
	if p.mode != nn.Training {
		return errors.New("backward of a program compiled for inference")
	}
	return p.e.worker.Do(func() error {
		if err := p.run(p.back); err != nil {
			return err
		}
		for _, w := range p.trained {
			clear(w.GradData())
		}
		for _, f := range p.collect {
			if err := f(); err != nil {
				return fmt.Errorf("read gradients: %w", err)
			}
		}
		return nil
	})
}

// trains notes a parameter whose gradient the collecting functions add to:
// several nodes may share it.
func (p *program) trains(w *nn.Param) { p.trained = append(p.trained, w) }

func add(dst, src []float32) {
	for i, v := range src {
		dst[i] += v
	}
}

func (p *program) run(steps []step) error {
	if p.closed {
		return errClosed
	}
	for i := range steps {
		start := time.Time{}
		if p.profile != nil {
			start = time.Now()
		}
		if err := steps[i].run(); err != nil {
			return fmt.Errorf("run %s: %w", steps[i].name, err)
		}
		if p.profile != nil {
			p.profile(steps[i].name, time.Since(start))
		}
	}
	return nil
}

// Profile implements nn.Profiler.
func (p *program) Profile(on func(op string, d time.Duration)) { p.profile = on }

func (p *program) load() error {
	if p.closed {
		return errClosed
	}
	for _, f := range p.prepare {
		if err := f(); err != nil {
			return fmt.Errorf("load parameters: %w", err)
		}
	}
	return nil
}

// Reload implements nn.Program.
func (p *program) Reload() error { return p.e.worker.Do(p.load) }

// Get implements nn.Program.
func (p *program) Get(n *nn.Node, dst []float32) []float32 {
	if nn.IsLoss(n.Op) {
		return append(dst[:0], float32(p.loss[n]))
	}
	_, input := n.Op.(nn.Input)
	if !n.Keep && !input {
		panic(&nn.ShapeError{Op: "get " + n.Op.String(), Want: "a node marked Keep", Got: []nn.Shape{n.Shape}})
	}
	v := p.val(n)
	return p.read(v, v.x, dst)
}

// Gradient implements nn.Program.
func (p *program) Gradient(n *nn.Node, dst []float32) []float32 {
	v := p.val(n)
	if !n.WantGradient || v.dx == nil {
		panic(&nn.ShapeError{Op: "gradient of " + n.Op.String(), Want: "a node marked WantGradient", Got: []nn.Shape{n.Shape}})
	}
	return p.read(v, v.dx, dst)
}

func (p *program) read(v *value, from *C.float, dst []float32) []float32 {
	if p.closed {
		panic(errClosed)
	}
	size := v.node.Shape.Size()
	if cap(dst) < size {
		dst = make([]float32, size)
	}
	dst = dst[:size]
	if v.block == 1 {
		copy(dst, floats(from, size))
		return dst
	}
	p.moved.v, p.moved.from, p.moved.to = v, from, goPtr(dst)
	p.onWorker(p.unpack)
	return dst
}

// onWorker runs f, which does not fail, where OpenMP's threads are; a closed
// engine is a bug in the caller.
func (p *program) onWorker(f func() error) {
	if err := p.e.worker.Do(f); err != nil {
		panic(err)
	}
}

// SetMomentum implements nn.Program.
func (p *program) SetMomentum(m float32) { p.momentum = m }

// Bytes implements nn.Program.
func (p *program) Bytes() int64 { return p.bytes }

// Close implements nn.Program.
func (p *program) Close() error {
	return p.e.worker.Do(func() error {
		for _, c := range p.convs {
			C.conv_free(c)
		}
		for _, m := range p.owned {
			C.dnn_release(m)
		}
		C.dnn_trim()
		p.convs, p.owned, p.steps, p.back = nil, nil, nil, nil
		p.closed = true
		return nil
	})
}
