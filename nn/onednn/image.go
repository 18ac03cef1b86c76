//go:build onednn

package onednn

/*
#include "call.h"
*/
import "C"

import (
	"fmt"
	"math"

	"agurscope/nn"
)

// emitImage emits the operations on planar images that are not losses.
func (p *program) emitImage(n *nn.Node) error {
	if err := p.planar(n); err != nil {
		return err
	}
	switch op := n.Op.(type) {
	case nn.Residual:
		p.residual(n, op)
	case nn.Blur:
		return p.blur(n, op)
	default:
		return fmt.Errorf("operation unknown to this engine")
	}
	return nil
}

// planar checks that an operation on images reads images.
func (p *program) planar(n *nn.Node) error {
	for _, in := range n.In {
		if p.val(in).block != 1 {
			return fmt.Errorf("needs images of fewer than %d planes", planarBelow)
		}
	}
	return nil
}

func (p *program) residual(n *nn.Node, op nn.Residual) {
	x, y, out := p.val(n.In[0]), p.val(n.In[1]), p.val(n)
	g, c := x.geometry(), C.int(n.In[0].Shape[1])
	p.need.scratch = max(p.need.scratch, 6*x.hw())
	p.emit(n, do(func() {
		C.k_residual(x.x, y.x, flag(op.Plain), out.x, p.scratch, g.n, c, g.h, g.w)
	}))
}

// blur emits a separable Gaussian, cut at three sigma.
func (p *program) blur(n *nn.Node, op nn.Blur) error {
	x, y := p.val(n.In[0]), p.val(n)
	g := x.geometry()
	radius := int(3*op.Sigma + 0.5)
	taps, err := p.vector(2*radius + 1)
	if err != nil {
		return err
	}
	k, sum := floats(taps, 2*radius+1), 0.0
	for i := range k {
		d := float64(i - radius)
		v := 1.0
		if op.Sigma > 0 {
			v = math.Exp(-d * d / (2 * op.Sigma * op.Sigma))
		}
		k[i] = float32(v)
		sum += v
	}
	for i := range k {
		k[i] = float32(float64(k[i]) / sum)
	}
	p.need.scratch = max(p.need.scratch, x.hw())
	p.emit(n, do(func() {
		C.k_blur(x.x, y.x, taps, C.int(radius), p.scratch, g.n*C.int(n.Shape[1]), g.h, g.w)
	}))
	return nil
}
