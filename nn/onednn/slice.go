//go:build onednn

package onednn

/*
#include "call.h"
*/
import "C"

import "agurscope/nn"

// whole reports whether a slice is whole blocks of its value.
func (p *program) whole(n *nn.Node, op nn.Slice) bool {
	x, y := p.val(n.In[0]), p.val(n)
	return x.block == y.block && op.From%x.block == 0 &&
		(n.Shape[1]%x.block == 0 || op.From+n.Shape[1] == n.In[0].Shape[1])
}

// slice copies whole blocks where it can, and otherwise goes through a planar
// copy.
func (p *program) slice(n *nn.Node, op nn.Slice) {
	x, y := p.val(n.In[0]), p.val(n)
	plane := x.hw()
	if p.whole(n, op) {
		per, size, at := x.cb*x.block*plane, y.cb*y.block*plane, op.From*plane
		p.emit(n, do(func() {
			for b := range y.n() {
				copy(floats(y.x, y.floats())[b*size:(b+1)*size], floats(x.x, x.floats())[b*per+at:])
			}
		}))
		return
	}
	p.need.tempA = max(p.need.tempA, n.In[0].Shape.Size())
	xg, yg := x.geometry(), y.geometry()
	all, part := n.In[0].Shape[1], n.Shape[1]
	p.emit(n, do(func() {
		C.call_unpack(xg.k, x.x, p.tempA, 0, xg.n, C.int(all), xg.hw)
		for b := range y.n() {
			src := floats(p.tempA, n.In[0].Shape.Size())[(b*all+op.From)*plane:]
			dst := floats(y.x, y.floats())[b*y.cb*y.block*plane:]
			C.call_pack(yg.k, goPtr(src), goPtr(dst), 0, 1, C.int(part), yg.hw)
		}
	}))
}

func (p *program) sliceBackward(n *nn.Node, op nn.Slice) {
	x, y := p.val(n.In[0]), p.val(n)
	plane, fresh := x.hw(), !x.sink()
	if fresh { // others may add to it
		p.emitBack(n, do(func() { clear(floats(x.dx, x.floats())) }))
	}
	if p.whole(n, op) {
		per, size, at := x.cb*x.block*plane, y.cb*y.block*plane, op.From*plane
		p.emitBack(n, do(func() {
			for b := range y.n() {
				C.k_accumulate(goPtr(floats(y.dx, y.floats())[b*size:]), goPtr(floats(x.dx, x.floats())[b*per+at:]), 1, C.size_t(size))
			}
		}))
		return
	}
	p.need.tempA = max(p.need.tempA, n.In[0].Shape.Size())
	xg, yg := x.geometry(), y.geometry()
	all, part := n.In[0].Shape[1], n.Shape[1]
	p.emitBack(n, do(func() {
		whole := floats(p.tempA, n.In[0].Shape.Size())
		clear(whole)
		for b := range y.n() {
			src := floats(y.dx, y.floats())[b*y.cb*y.block*plane:]
			C.call_unpack(yg.k, goPtr(src), goPtr(whole[(b*all+op.From)*plane:]), 0, 1, C.int(part), yg.hw)
		}
		C.call_pack(xg.k, p.tempA, x.dx, 1, xg.n, C.int(all), xg.hw)
	}))
}
