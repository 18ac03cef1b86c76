//go:build onednn

package onednn

/*
#include "call.h"
*/
import "C"

import "agurscope/nn"

// fold writes a planar result; one with many channels goes through tempA.
func (p *program) fold(n *nn.Node, op nn.Fold) {
	x, y := p.val(n.In[0]), p.val(n)
	xg, yg, c := x.geometry(), y.geometry(), C.int(n.Shape[1])
	if y.block != 1 {
		p.need.tempA = max(p.need.tempA, n.Shape.Size())
	}
	p.emit(n, do(func() {
		planar := y.x
		if y.block != 1 {
			planar = p.tempA
		}
		C.call_fold(xg.k, x.x, planar, xg.n, c, xg.h, xg.w, C.int(op.Kernel), C.int(op.Stride))
		if y.block != 1 {
			C.call_pack(yg.k, planar, y.x, 0, yg.n, c, yg.hw)
		}
	}))
}

func (p *program) foldBackward(n *nn.Node, op nn.Fold) {
	x, y := p.val(n.In[0]), p.val(n)
	xg, yg, c, acc := x.geometry(), y.geometry(), C.int(n.Shape[1]), flag(x.sink())
	if y.block != 1 {
		p.need.tempA = max(p.need.tempA, n.Shape.Size())
	}
	p.emitBack(n, do(func() {
		planar := y.dx
		if y.block != 1 {
			planar = p.tempA
			C.call_unpack(yg.k, y.dx, planar, 0, yg.n, c, yg.hw)
		}
		C.call_fold_backward(xg.k, x.dx, planar, acc, xg.n, c, xg.h, xg.w, C.int(op.Kernel), C.int(op.Stride))
	}))
}
