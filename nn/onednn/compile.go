//go:build onednn

package onednn

/*
#include "dnn.h"
#include "kernels.h"
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"agurscope/nn"
	"agurscope/nn/plan"
)

// planarBelow is the number of channels under which a value stays planar:
// images, maps and gates, of which a block would be mostly padding.
const planarBelow = 8

// alignment of what the arena holds: a line of the cache, a vector of AVX-512.
const alignment = 64

// value is a node with its place in memory.
type value struct {
	node      *nn.Node
	block, cb int
	x, dx     *C.float

	life, gradLife *plan.Interval
	alias          *value // shares the memory of this one
	gradAlias      *value // its gradient is this one's, a sum's
	needGrad       bool   // a gradient reaches it and someone wants it
	gradWritten    bool   // during emission: a later writer must add
}

func (v *value) n() int  { return v.node.Shape[0] }
func (v *value) hw() int { return v.node.Shape[2] * v.node.Shape[3] }

// floats is the storage in elements, padding included.
func (v *value) floats() int { return v.n() * v.cb * v.block * v.hw() }

// step is one operation, ready to run.
type step struct {
	name string
	run  func() error
}

// program implements nn.Program.
type program struct {
	e          *engine
	g          *nn.Graph
	mode       nn.Mode
	values     []*value
	fused      map[*nn.Node]*nn.Node  // a convolution to the Norm, ReLU or Sigmoid that it computes, too
	within     map[*nn.Node]*nn.Node  // a value that is never stored to the operation that computes it for itself
	fewWeights map[*nn.Node]*C.float  // of the convolutions with kernels of our own
	subpixels  map[*nn.Node]*subpixel // convolutions that enlarge what they read
	ahead      map[*nn.Node]*nn.Node  // a sum to the Norm of it that is computed with it
	steps      []step                 // forward
	back       []step
	prepare    []func() error // parameters in
	collect    []func() error // gradients out
	trained    []*nn.Param    // that receive them
	convs      []*C.conv
	passes     []*pass
	owned      []unsafe.Pointer
	bytes      int64
	closed     bool
	momentum   float32
	loss       map[*nn.Node]float64
	norms      map[*nn.Node]*normState
	profile    func(op string, d time.Duration)

	moved                 moved
	forward, pack, unpack func() error // made once

	tempA, tempB, scratch *C.float // shared by all steps
	plain                 *C.float // weights on their way to a convolution
	convScratch           unsafe.Pointer
	need                  struct{ tempA, tempB, scratch, plain, conv int } // floats; bytes for conv
}

// Compile implements nn.Engine.
func (e *engine) Compile(g *nn.Graph, m nn.Mode) (nn.Program, error) {
	p := &program{e: e, g: g, mode: m, momentum: 0.1, fused: map[*nn.Node]*nn.Node{}, within: map[*nn.Node]*nn.Node{}, ahead: map[*nn.Node]*nn.Node{}, fewWeights: map[*nn.Node]*C.float{}, subpixels: map[*nn.Node]*subpixel{}, loss: map[*nn.Node]float64{}}
	p.makeMoves()
	err := e.worker.Do(p.compile)
	if e.timings != nil {
		e.timings.save()
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("compile for oneDNN: %w", err)
	}
	return p, nil
}

func (p *program) compile() error {
	if err := p.layout(); err != nil {
		return err
	}
	if p.mode == nn.Inference {
		p.fuse()
	} else {
		for i, needed := range plan.Gradients(p.g) {
			p.values[i].needGrad = needed
		}
		p.fuseTraining()
	}
	p.liveness()
	if err := p.arena(); err != nil {
		return err
	}
	for i := len(p.values) - 1; i >= 0; i-- {
		v := p.values[i]
		if v.alias != nil {
			v.x = v.alias.x
		}
		if v.gradAlias != nil {
			v.dx = v.gradAlias.dx
		}
	}
	// Steps read the shared buffers' addresses when they run: their sizes are
	// known only after all have been emitted.
	for _, n := range p.g.Nodes {
		if err := p.emitForward(n); err != nil {
			return fmt.Errorf("%v %v: %w", n.Op, n.Shape, err)
		}
	}
	if p.mode == nn.Training {
		for i := len(p.g.Nodes) - 1; i >= 0; i-- {
			if err := p.emitBackward(p.g.Nodes[i]); err != nil {
				return fmt.Errorf("gradient of %v %v: %w", p.g.Nodes[i].Op, p.g.Nodes[i].Shape, err)
			}
		}
	}
	if err := p.shared(); err != nil {
		return err
	}
	if err := p.bindConvs(); err != nil || p.mode == nn.Training {
		return err
	}
	return p.load()
}

// layout decides how every value is stored.
func (p *program) layout() error {
	for _, n := range p.g.Nodes {
		v := &value{node: n, block: p.e.block}
		if n.Shape[1] < planarBelow {
			v.block = 1
		}
		v.cb = (n.Shape[1] + v.block - 1) / v.block
		if err := plan.Countable(n, v.floats()); err != nil {
			return err
		}
		p.values = append(p.values, v)
	}
	return nil
}

func (p *program) val(n *nn.Node) *value { return p.values[n.ID] }

// liveness finds from when to when each value and gradient must exist. Node i
// runs forward at time i and backward at time 2n−i.
func (p *program) liveness() {
	n := len(p.g.Nodes)
	end := 3 * n
	readers := plan.Readers(p.g)
	for i, v := range p.values {
		if v.alias != nil || nn.IsLoss(v.node.Op) || p.unstored(v.node, readers[i]) {
			continue
		}
		v.life = &plan.Interval{Bytes: 4 * v.floats(), First: i, Last: i}
		for _, r := range readers[i] {
			v.life.Last = max(v.life.Last, p.when(r))
			if in, _ := plan.Rereads(r.Op); in && p.val(r).needGrad {
				v.life.Last = max(v.life.Last, 2*n-r.ID)
			}
			if stem := p.within[r]; stem != nil && p.val(stem).needGrad {
				v.life.Last = max(v.life.Last, 2*n-stem.ID)
			}
		}
		if _, out := plan.Rereads(v.node.Op); out && v.needGrad {
			v.life.Last = max(v.life.Last, 2*n-i)
		}
		if _, ok := v.node.Op.(nn.Input); ok {
			v.life.First, v.life.Last = 0, end
		}
		if v.node.Keep {
			v.life.Last = end
		}
	}
	for conv, r := range p.fused {
		p.val(r).life.First = conv.ID
	}
	for sum, norm := range p.ahead {
		p.val(norm).life.First = sum.ID
	}
	for i, v := range p.values {
		if !v.needGrad {
			continue
		}
		v.gradLife = &plan.Interval{Bytes: 4 * v.floats(), First: 2*n - i, Last: 2*n - i}
		for _, r := range readers[i] {
			if nn.IsLoss(r.Op) {
				v.gradLife.First = min(v.gradLife.First, r.ID)
			} else if at := p.turn(r); p.values[at].needGrad {
				v.gradLife.First = min(v.gradLife.First, 2*n-at)
			}
		}
		if v.node.WantGradient {
			v.gradLife.Last = end
		}
	}
	for _, v := range p.values { // a sum comes after what it adds, and may itself be added
		if v.gradAlias != nil {
			v.gradAlias.gradLife.Last = max(v.gradAlias.gradLife.Last, v.gradLife.Last)
			v.gradLife = nil
		}
	}
}

// arena allocates the memory of all values and gradients.
func (p *program) arena() error {
	var ivs []*plan.Interval
	var at []**C.float
	for _, v := range p.values {
		if v.life != nil {
			ivs, at = append(ivs, v.life), append(at, &v.x)
		}
		if v.gradLife != nil {
			ivs, at = append(ivs, v.gradLife), append(at, &v.dx)
		}
	}
	if C.dnn_guarded() != 0 { // each by itself
		for i, iv := range ivs {
			m, err := p.alloc(iv.Bytes)
			if err != nil {
				return err
			}
			*at[i] = (*C.float)(m)
		}
		return nil
	}
	m, err := p.alloc(plan.Place(ivs, alignment))
	if err != nil {
		return err
	}
	for i, iv := range ivs {
		*at[i] = (*C.float)(unsafe.Add(m, iv.Offset))
	}
	return nil
}

// allocate returns zeroed C memory.
func allocate(bytes int) (unsafe.Pointer, error) {
	// Memory that is only promised would end the program when it is written to.
	if free := freeMemory(); bytes > manyBytes && int64(bytes) > free {
		return nil, fmt.Errorf("%w: it needs %d MB, %d MB are free; choose a smaller input, batch or size, or close other programs", nn.ErrMemory, bytes>>20, free>>20)
	}
	m := C.dnn_alloc(C.size_t(bytes))
	if m == nil {
		return nil, fmt.Errorf("%w for %d MB; choose a smaller input, batch or size", nn.ErrMemory, bytes>>20)
	}
	return m, nil
}

// alloc is allocate of memory that lives as long as the program.
func (p *program) alloc(bytes int) (unsafe.Pointer, error) {
	m, err := allocate(bytes)
	if err != nil {
		return nil, err
	}
	p.owned = append(p.owned, m)
	p.bytes += int64(bytes)
	return m, nil
}

// vector returns n zeroed floats, and more to the end of the widest block.
func (p *program) vector(n int) (*C.float, error) {
	m, err := p.alloc(4 * max((n+15)/16*16, 16))
	return (*C.float)(m), err
}

func (p *program) shared() (err error) {
	if p.tempA, err = p.vector(p.need.tempA); err != nil {
		return err
	}
	if p.tempB, err = p.vector(p.need.tempB); err != nil {
		return err
	}
	if p.scratch, err = p.vector(p.need.scratch); err != nil {
		return err
	}
	if p.plain, err = p.vector(p.need.plain); err != nil {
		return err
	}
	p.convScratch, err = p.alloc(p.need.conv)
	return err
}

// floats views n floats of C memory.
func floats(p *C.float, n int) []float32 { return unsafe.Slice((*float32)(unsafe.Pointer(p)), n) }

func goPtr(s []float32) *C.float { return (*C.float)(unsafe.Pointer(unsafe.SliceData(s))) }
