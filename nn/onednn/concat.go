//go:build onednn

package onednn

/*
#include "call.h"
*/
import "C"

import "agurscope/nn"

// concat copies whole blocks where the channels allow, and otherwise goes
// through a planar copy.
func (p *program) concat(n *nn.Node) {
	y := p.val(n)
	if !p.aligned(n) {
		p.need.tempA = max(p.need.tempA, n.Shape.Size())
	}
	per, off := y.cb*y.block*y.hw(), 0
	for _, in := range n.In {
		x := p.val(in)
		if p.aligned(n) {
			size, at := x.cb*x.block*x.hw(), off
			p.emit(n, do(func() {
				for b := range y.n() {
					C.k_accumulate(goPtr(floats(x.x, x.floats())[b*size:]), goPtr(floats(y.x, y.floats())[b*per+at:]), 0, C.size_t(size))
				}
			}))
			off += size
			continue
		}
		k, plane, at := x.geometry().k, x.hw(), off
		p.emit(n, do(func() {
			all := floats(p.tempA, n.Shape.Size())
			for b := range y.n() {
				src := floats(x.x, x.floats())[b*x.cb*x.block*plane:]
				dst := all[(b*n.Shape[1]+at)*plane:]
				C.call_unpack(k, goPtr(src), goPtr(dst), 0, 1, C.int(in.Shape[1]), C.int(plane))
			}
		}))
		off += in.Shape[1]
	}
	if !p.aligned(n) {
		g := y.geometry()
		p.emit(n, do(func() { C.call_pack(g.k, p.tempA, y.x, 0, g.n, C.int(n.Shape[1]), g.hw) }))
	}
}

func (p *program) concatBackward(n *nn.Node) {
	y := p.val(n)
	if !p.aligned(n) {
		p.need.tempA = max(p.need.tempA, n.Shape.Size())
		g := y.geometry()
		p.emitBack(n, do(func() { C.call_unpack(g.k, y.dx, p.tempA, 0, g.n, C.int(n.Shape[1]), g.hw) }))
	}
	per, off := y.cb*y.block*y.hw(), 0
	for _, in := range n.In {
		x, at := p.val(in), off
		size := x.cb * x.block * x.hw()
		if p.aligned(n) {
			off += size
		} else {
			off += in.Shape[1]
		}
		if !x.needGrad {
			continue
		}
		acc, k, plane := flag(x.sink()), x.geometry().k, x.hw()
		p.emitBack(n, do(func() {
			for b := range y.n() {
				dst := floats(x.dx, x.floats())[b*size:]
				if p.aligned(n) {
					C.k_accumulate(goPtr(floats(y.dx, y.floats())[b*per+at:]), goPtr(dst), acc, C.size_t(size))
					continue
				}
				src := floats(p.tempA, n.Shape.Size())[(b*n.Shape[1]+at)*plane:]
				C.call_pack(k, goPtr(src), goPtr(dst), acc, 1, C.int(in.Shape[1]), C.int(plane))
			}
		}))
	}
}

// aligned reports whether every part of a concatenation fills whole blocks of
// the result's layout.
func (p *program) aligned(n *nn.Node) bool {
	y := p.val(n)
	for _, in := range n.In {
		if x := p.val(in); x.block != y.block || in.Shape[1]%y.block != 0 {
			return false
		}
	}
	return true
}
