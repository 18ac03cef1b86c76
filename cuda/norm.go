//go:build nvidia

package cuda

import (
	"math"

	"agurscope/cuda/kernels"
	"agurscope/nn"
)

// norm is where a normalisation has its statistics, for the gradient.
type norm struct{ stat place }

func (p *program) normForward(n *nn.Node, op nn.Norm) {
	x, y := p.val(n.In[0]), p.val(n)
	c := y.c()
	if p.mode == nn.Inference {
		affine := p.constant(2*c, func(dst []float32) {
			for i := range c {
				by := op.Gamma.Data()[i] / float32(math.Sqrt(float64(op.Var.Data()[i]+op.Eps)))
				dst[i], dst[c+i] = by, op.Beta.Data()[i]-op.Mean.Data()[i]*by
			}
		})
		p.each(n, "norm", y.size(), x.x, affine, y.x, c, y.hw(), op.ReLU)
		return
	}
	gammaBeta := p.constant(2*c, func(dst []float32) {
		copy(dst, op.Gamma.Data())
		copy(dst[c:], op.Beta.Data())
	})
	count := y.n() * y.hw()
	stat := p.result(5*c, func(src []float32) { p.running(op, src[:c], src[c:2*c], count) })
	p.norms[n] = &norm{stat}
	chunks, each := cut(count, 2048, c)
	part := p.temporary(0, 2*c*chunks)
	p.emit(n, "moments", chunks, c, 1, x.x, part, y.n(), c, y.hw(), each)
	p.emit(n, "norm_stat", ceil(c, kernels.Threads), 1, 1, part, gammaBeta, stat, count, each, chunks, op.Eps, c)
	p.each(n, "norm", y.size(), x.x, stat.at(3*c), y.x, c, y.hw(), op.ReLU)
}

// running moves the running statistics towards the batch's; the variance is
// the unbiased one.
func (p *program) running(op nn.Norm, mean, vari []float32, count int) {
	m, unbias := p.momentum, float32(count)/float32(max(count-1, 1))
	rm, rv := op.Mean.Data(), op.Var.Data()
	for c := range rm {
		rm[c] += m * (mean[c] - rm[c])
		rv[c] += m * (vari[c]*unbias - rv[c])
	}
}

func (p *program) normBackward(n *nn.Node, op nn.Norm) {
	x, y, stat := p.val(n.In[0]), p.val(n), p.norms[n].stat
	c, count := y.c(), y.n()*y.hw()
	p.trains(op.Gamma)
	p.trains(op.Beta)
	grads := p.result(2*c, func(src []float32) {
		add(op.Gamma.GradData(), src[:c])
		add(op.Beta.GradData(), src[c:])
	})
	chunks, each := cut(count, 2048, c)
	part := p.temporary(0, 2*c*chunks)
	p.emit(n, "norm_back_part", chunks, c, 1, x.x, y.dx, stat, part, y.n(), c, y.hw(), each, op.ReLU)
	p.emit(n, "norm_back_stat", ceil(c, kernels.Threads), 1, 1, part, grads, chunks, c)
	if x.needGrad {
		p.each(n, "norm_back", y.size(), x.x, y.dx, stat, grads, x.dx, c, y.hw(), 1/float32(count), op.ReLU, x.sink())
	}
}
