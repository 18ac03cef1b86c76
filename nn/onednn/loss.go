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

// emitLoss emits a loss. It computes its value and, in training, adds its
// weighted gradient at once. Most are of planar images.
func (p *program) emitLoss(n *nn.Node) error {
	x := p.val(n.In[0])
	total := n.In[0].Shape.Size()
	switch op := n.Op.(type) {
	case nn.SparsityLoss:
		return p.sparsity(n, op)
	case nn.L2Loss:
		t, count := p.val(n.In[1]), C.size_t(total)
		weight, grad := p.lossGradient(n, x)
		p.emitValue(n, func() float64 {
			return float64(C.k_l2(x.x, t.x, weight, grad, C.size_t(x.floats()), count))
		})
		return nil
	}
	if err := p.planar(n); err != nil {
		return err
	}
	t := p.val(n.In[1])
	g, c := x.geometry(), C.int(n.In[0].Shape[1])
	weight, grad := p.lossGradient(n, x)
	switch op := n.Op.(type) {
	case nn.L1Loss:
		m := p.val(n.In[2])
		p.emitValue(n, func() float64 {
			return float64(C.k_l1(x.x, t.x, m.x, C.float(op.MaskWeight), weight, grad, g.n, c, g.hw))
		})
	case nn.SSIMLoss:
		p.need.scratch = max(p.need.scratch, p.e.threads*8*C.SSIM_ROWS*int(g.w))
		p.emitValue(n, func() float64 {
			return float64(C.k_ssim(x.x, t.x, weight, grad, p.scratch, g.n*c, g.h, g.w))
		})
	case nn.SpectrumLoss:
		return p.spectrum(n, x, t, weight, grad)
	case nn.FocalLoss:
		p.emitValue(n, func() float64 {
			return float64(C.k_focal(x.x, t.x, C.float(op.PosWeight), weight, grad, C.size_t(total)))
		})
	case nn.DeviationLoss:
		p.emitValue(n, func() float64 {
			return op.Value(floats(x.x, total), floats(t.x, total), x.hw(), float32(weight), optional(grad, total))
		})
	case nn.CriticLoss:
		p.emitValue(n, func() float64 {
			return float64(C.k_critic(x.x, t.x, flag(op.Linear), weight, grad, g.n, g.hw))
		})
	default:
		return fmt.Errorf("loss unknown to this engine")
	}
	return nil
}

// sparsity emits the divergence of the mean activations. Its gradient is the
// same for all elements of a channel: that of an average pool, whose kernels
// take the means per image and spread the slopes.
func (p *program) sparsity(n *nn.Node, op nn.SparsityLoss) error {
	x := p.val(n.In[0])
	g, lanes, rho := x.geometry(), x.cb*x.block, float64(op.Rho)
	pooled, err := p.vector(x.n() * lanes)
	if err != nil {
		return err
	}
	weight, grad := p.lossGradient(n, x)
	p.emitValue(n, func() float64 {
		C.call_pool(g.k, x.x, pooled, g.n, g.cb, g.hw)
		means, images := floats(pooled, x.n()*lanes), float64(x.n())
		sum := 0.0
		for c := range n.In[0].Shape[1] {
			active := 0.0
			for i := c; i < len(means); i += lanes {
				active += float64(means[i]) / images
			}
			const low, high = 1e-4, 1 - 1e-4
			slope := 0.0 // beyond the clamps
			if active > low && active < high {
				slope = -rho/active + (1-rho)/(1-active)
			}
			active = min(max(active, low), high)
			sum += rho*math.Log(rho/active) + (1-rho)*math.Log((1-rho)/(1-active))
			for i := c; i < len(means); i += lanes {
				means[i] = float32(float64(weight) * slope / images)
			}
		}
		if grad != nil {
			C.call_pool_backward(g.k, grad, pooled, 1, g.n, g.cb, g.hw)
		}
		return sum
	})
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
	var tables [2]*C.float
	for i, extent := range []int{w, h} {
		var err error
		if tables[i], err = p.vector(2 * (extent/2 + 1) * (extent/2 + 1)); err != nil {
			return err
		}
		C.k_spectrum_tables(tables[i], C.int(extent))
	}
	p.need.scratch = max(p.need.scratch, int(C.k_spectrum_work(C.int(planes), C.int(h), C.int(w))))
	p.emitValue(n, func() float64 {
		return float64(C.k_spectrum(x.x, t.x, tables[0], tables[1], weight, grad, p.scratch, C.int(planes), C.int(h), C.int(w)))
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

// emitValue emits the step that computes a loss's value and gradient.
func (p *program) emitValue(n *nn.Node, f func() float64) {
	p.emit(n, do(func() { p.loss[n] = f() }))
}
