//go:build nvidia

package cuda

import (
	"fmt"
	"math"

	"agurscope/cuda/kernels"
	"agurscope/nn"
)

// loss emits a loss. It computes its value and, in training, its weighted
// gradient at once.
func (p *program) loss(n *nn.Node) error {
	x := p.val(n.In[0])
	size := x.size()
	groups := ceil(size, kernels.Threads)
	weight, want := p.lossWeight(n, x)
	add := want && x.sink()
	g := weight / float32(size)
	var t *value
	if len(n.In) > 1 {
		t = p.val(n.In[1])
	}
	part := p.temporary(0, max(groups, x.c(), x.n()))
	finish := func(parts int, factor, offset float64) {
		at := p.result(1, func([]float32) {})
		p.losses[n] = at.offset / 4
		p.emit(n, "finish", 1, 1, 1, part, at, float32(factor), float32(offset), parts)
	}
	switch op := n.Op.(type) {
	case nn.L1Loss:
		p.each(n, "l1", size, x.x, t.x, p.val(n.In[2]).x, part, x.dx, op.MaskWeight, g, x.c(), x.hw(), want, add)
		finish(groups, 1/float64(size), 0)
	case nn.L2Loss:
		p.each(n, "l2", size, x.x, t.x, part, x.dx, g, want, add)
		finish(groups, 1/float64(size), 0)
	case nn.FocalLoss:
		p.each(n, "focal", size, x.x, t.x, part, x.dx, op.PosWeight, g, want, add)
		finish(groups, 1/float64(size), 0)
	case nn.CriticLoss:
		p.each(n, "critic", size, x.x, t.x, part, x.dx, weight/float32(x.hw()), op.Linear, x.hw(), want, add)
		finish(groups, 1/float64(x.hw()), 0)
	case nn.DeviationLoss:
		p.emit(n, "deviation", x.n(), 1, 1, x.x, t.x, part, x.dx, op.TopK(x.hw()), op.Mu, op.Margin, op.MinPixels,
			weight/float32(x.n()), x.hw(), want, add)
		finish(x.n(), 1/float64(x.n()), 0)
	case nn.SparsityLoss:
		slope := p.temporary(x.c(), x.c())
		p.emit(n, "sparsity", x.c(), 1, 1, x.x, part, slope, x.n(), x.c(), x.hw(), op.Rho, weight)
		if want {
			p.each(n, "channel_spread", size, slope, x.dx, x.c(), x.hw(), add)
		}
		finish(x.c(), 1, 0)
	case nn.SSIMLoss:
		moments, slopes := p.temporary(groups, 5*size), p.temporary(groups+5*size, 3*size)
		p.each(n, "ssim_rows", size, x.x, t.x, moments, x.w())
		p.each(n, "ssim", size, moments, part, slopes, x.h(), x.w(), want)
		finish(groups, -1/float64(size), 1)
		if want {
			p.each(n, "ssim_back_rows", 3*size, slopes, moments, x.w())
			p.each(n, "ssim_back", size, moments, x.x, t.x, x.dx, -g, x.h(), x.w(), add)
		}
	case nn.SpectrumLoss:
		p.spectrum(n, x, t, part, groups, g, want, add)
		finish(groups, 1/float64(size), 0)
	default:
		return fmt.Errorf("the card has no kernel for this loss; another engine has")
	}
	return nil
}

// lossWeight is the weight with which a loss is minimised, and whether
// anybody wants its gradient.
func (p *program) lossWeight(n *nn.Node, x *value) (weight float32, want bool) {
	for _, l := range p.g.Losses {
		if l.Node == n {
			weight += l.Weight
		}
	}
	return weight, p.mode == nn.Training && weight != 0 && x.needGrad
}

// spectrum emits the transforms of x and t, rows first, the loss of their
// amplitudes, and the way back.
func (p *program) spectrum(n *nn.Node, x, t *value, part place, groups int, g float32, want, add bool) {
	h, w, planes := x.h(), x.w(), x.n()*x.c()
	size := x.size()
	columns, rows := p.turns(h, false), p.turns(w, true) // 2h x h, w x 2w
	work := p.temporary(groups, 2*size)
	fx, ft := p.temporary(groups+2*size, 4*size), p.temporary(groups+6*size, 4*size)
	for _, v := range []struct{ from, to place }{{x.x, fx}, {t.x, ft}} {
		p.product(n, work, v.from, rows, planes*h, 2*w, w, 1, 0, 0, 0, false)
		p.product(n, v.to, columns, work, 2*h, 2*w, h, planes, 0, 2*h*w, 4*h*w, false)
	}
	p.each(n, "spectrum", size, fx, ft, part, h, w, g, want)
	if want {
		p.product(n, work, p.turns(h, true), fx, h, 2*w, 2*h, planes, 0, 4*h*w, 2*h*w, false)
		p.product(n, x.dx, work, p.turns(w, false), planes*h, w, 2*w, 1, 0, 0, 0, add)
	}
}

// turns is the orthonormal table of n cosines and n sines by n places, or with
// wide set the other way round.
func (p *program) turns(n int, wide bool) place {
	dst := make([]int32, 2*n*n)
	for f := range n {
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(f*i%n) / float64(n))
			c, s := bits(cos/math.Sqrt(float64(n))), bits(sin/math.Sqrt(float64(n)))
			if wide {
				dst[i*2*n+f], dst[i*2*n+n+f] = c, s
			} else {
				dst[f*n+i], dst[(n+f)*n+i] = c, s
			}
		}
	}
	return p.table(dst)
}

// bits is a float32 among integers.
func bits(v float64) int32 { return int32(math.Float32bits(float32(v))) }

// product emits c = a·b for dense a (m x k) and b (k x n), batch times.
func (p *program) product(at *nn.Node, c, a, b place, m, n, k, batch, sa, sb, sc int, add bool) {
	p.emit(at, "product", ceil(n, 64), ceil(m, 64), batch, c, a, b, m, n, k, k, n, n, sa, sb, sc, add)
}
