//go:build onednn

package onednn

/*
#include "call.h"
*/
import "C"

import "agurscope/nn"

// attention products go image by image over planar copies in scratch.
func (p *program) attend(n *nn.Node, op nn.Attend) {
	many, inner, each := op.Extents(n.In[0].Shape, n.Shape)
	l, i, e := C.int(many), C.int(inner), C.int(each)
	sizes := []int{many * inner, many * inner, many * each, many * many, many * each}
	at := p.rooms(sizes)
	y := p.val(n)
	p.emit(n, do(func() {
		q, k, v, w, out := at(0), at(1), at(2), at(3), at(4)
		for b := range y.n() {
			for j, dst := range []*C.float{q, k, v} {
				p.val(n.In[j]).planes(b, false, dst, false)
			}
			C.k_attend(q, k, v, w, out, l, i, e, flag(op.Channels), C.float(op.Factor))
			y.planes(b, true, out, false)
		}
	}))
}

func (p *program) attendBackward(n *nn.Node, op nn.Attend) {
	many, inner, each := op.Extents(n.In[0].Shape, n.Shape)
	l, i, e := C.int(many), C.int(inner), C.int(each)
	qk, ve, ww := many*inner, many*each, many*many
	at := p.rooms([]int{qk, qk, ve, ve, ww, ww, qk, qk, ve})
	y := p.val(n)
	var acc [3]bool
	for j, in := range n.In {
		if v := p.val(in); v.needGrad {
			acc[j] = v.sink()
		}
	}
	p.emitBack(n, do(func() {
		q, k, v, dy := at(0), at(1), at(2), at(3)
		for b := range y.n() {
			for j, dst := range []*C.float{q, k, v} {
				p.val(n.In[j]).planes(b, false, dst, false)
			}
			y.slopes(b, false, dy, false)
			C.k_attend_backward(q, k, v, dy, at(4), at(5), at(6), at(7), at(8), l, i, e, flag(op.Channels), C.float(op.Factor))
			for j, src := range []*C.float{at(6), at(7), at(8)} {
				if in := p.val(n.In[j]); in.needGrad {
					in.slopes(b, true, src, acc[j])
				}
			}
		}
	}))
}

// rooms reserves places in the scratch memory and returns where each is.
func (p *program) rooms(sizes []int) func(k int) *C.float {
	from := make([]int, len(sizes))
	total := 0
	for i, s := range sizes {
		from[i] = total
		total += (s + 15) &^ 15
	}
	p.need.scratch = max(p.need.scratch, total)
	return func(k int) *C.float { return goPtr(floats(p.scratch, total)[from[k]:]) }
}

// planes copies the value of one image to planar memory, or back.
func (v *value) planes(image int, back bool, planar *C.float, acc bool) {
	v.transfer(v.x, image, back, planar, acc)
}

// slopes does so with the gradient.
func (v *value) slopes(image int, back bool, planar *C.float, acc bool) {
	v.transfer(v.dx, image, back, planar, acc)
}

func (v *value) transfer(x *C.float, image int, back bool, planar *C.float, acc bool) {
	g := v.geometry()
	c := v.node.Shape[1]
	own := goPtr(floats(x, v.floats())[image*v.cb*v.block*v.hw():])
	if back {
		C.call_pack(g.k, planar, own, flag(acc), 1, C.int(c), g.hw)
	} else {
		C.call_unpack(g.k, own, planar, 0, 1, C.int(c), g.hw)
	}
}
