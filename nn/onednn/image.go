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

// emitImage emits the operations on planar images: maps and losses. A loss
// computes its value and, in training, adds its weighted gradient at once.
func (p *program) emitImage(n *nn.Node) error {
	for _, in := range n.In {
		if p.val(in).block != 1 {
			return fmt.Errorf("needs images of fewer than %d planes", planarBelow)
		}
	}
	x := p.val(n.In[0])
	g := x.geometry()
	c := C.int(n.In[0].Shape[1])
	needPlanes := func() { p.need.scratch = max(p.need.scratch, p.e.threads*8*x.hw()) }
	switch op := n.Op.(type) {
	case nn.Residual:
		y, out := p.val(n.In[1]), p.val(n)
		needPlanes()
		p.emit(n, do(func() {
			C.k_residual(x.x, y.x, flag(op.Plain), out.x, p.scratch, g.n, c, g.h, g.w)
		}))
		return nil
	case nn.Blur:
		return p.blur(n, op)
	}
	t := p.val(n.In[1])
	weight, grad := p.lossGradient(n, x)
	total := x.n() * n.In[0].Shape[1] * x.hw()
	switch op := n.Op.(type) {
	case nn.L1Loss:
		m := p.val(n.In[2])
		p.emitLoss(n, func() float64 {
			return float64(C.k_l1(x.x, t.x, m.x, C.float(op.MaskWeight), weight, grad, g.n, c, g.hw))
		})
	case nn.SSIMLoss:
		needPlanes()
		p.emitLoss(n, func() float64 {
			return float64(C.k_ssim(x.x, t.x, weight, grad, p.scratch, g.n*c, g.h, g.w))
		})
	case nn.SpectrumLoss:
		return p.spectrum(n, x, t, weight, grad)
	case nn.FocalLoss:
		p.emitLoss(n, func() float64 {
			return float64(C.k_focal(x.x, t.x, C.float(op.PosWeight), weight, grad, C.size_t(total)))
		})
	case nn.DeviationLoss:
		p.emitLoss(n, func() float64 {
			return op.Value(floats(x.x, total), floats(t.x, total), x.hw(), float32(weight), optional(grad, total))
		})
	default:
		return fmt.Errorf("operation unknown to this engine")
	}
	return nil
}

func optional(p *C.float, n int) []float32 {
	if p == nil {
		return nil
	}
	return floats(p, n)
}

// spectrum emits the log-amplitude loss, a DFT by matrix products.
func (p *program) spectrum(n *nn.Node, x, t *value, weight C.float, grad *C.float) error {
	s := n.In[0].Shape
	h, w, planes := s[2], s[3], s[0]*s[1]
	freq := 2 * (w/2 + 1)
	rows, err := p.vector(w * freq)
	if err != nil {
		return err
	}
	cols, err := p.vector(2 * h * h)
	if err != nil {
		return err
	}
	back, err := p.vector(freq * w)
	if err != nil {
		return err
	}
	C.k_spectrum_tables(rows, cols, back, C.int(h), C.int(w))
	p.need.scratch = max(p.need.scratch, int(C.k_spectrum_work(C.int(planes), C.int(h), C.int(w))))
	p.emitLoss(n, func() float64 {
		return float64(C.k_spectrum(x.x, t.x, rows, cols, back, weight, grad, p.scratch, C.int(planes), C.int(h), C.int(w)))
	})
	return nil
}

// lossGradient finds the weight with which a loss is minimised and where its
// gradient goes; the first loss of a value clears it.
func (p *program) lossGradient(n *nn.Node, x *value) (weight C.float, grad *C.float) {
	for _, l := range p.g.Losses {
		if l.Node == n {
			weight += C.float(l.Weight)
		}
	}
	if p.mode != nn.Training || weight == 0 || !x.needGrad {
		return weight, nil
	}
	if !x.sink() {
		p.emit(n, do(func() { clear(floats(x.dx, x.floats())) }))
	}
	return weight, x.dx
}

func (p *program) emitLoss(n *nn.Node, f func() float64) {
	p.emit(n, do(func() { p.loss[n] = f() }))
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
	p.need.scratch = max(p.need.scratch, p.e.threads*8*x.hw())
	p.emit(n, do(func() {
		C.k_blur(x.x, y.x, taps, C.int(radius), p.scratch, g.n*C.int(n.Shape[1]), g.h, g.w)
	}))
	return nil
}
