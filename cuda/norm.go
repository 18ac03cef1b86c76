//go:build nvidia

package cuda

import (
	"math"

	"agurscope/cuda/kernels"
	"agurscope/nn"
)

// affine is what a normalisation by running statistics does to channel c: x times
// scale, plus shift.
func affine(op *nn.Norm, c int) (scale, shift float32) {
	scale = op.Gamma.Data()[c] / float32(math.Sqrt(float64(op.Var.Data()[c]+op.Eps)))
	return scale, op.Beta.Data()[c] - op.Mean.Data()[c]*scale
}

func (p *program) normForward(n *nn.Node, op nn.Norm) {
	x, y := p.val(n.In[0]), p.val(n)
	c := y.c()
	if p.mode == nn.Inference {
		both := p.constant(2*c, func(dst []float32) {
			for i := range c {
				dst[i], dst[c+i] = affine(&op, i)
			}
		})
		p.each(n, "norm", y.size(), x.x, both, y.x, c, y.hw(), op.ReLU)
		return
	}
	gammaBeta := p.constant(2*c, func(dst []float32) {
		copy(dst, op.Gamma.Data())
		copy(dst[c:], op.Beta.Data())
	})
	count := y.n() * y.hw()
	stat := p.result(5*c, func(src []float32) { p.running(op, src[:c], src[c:2*c], count) })
	p.saved[n] = stat
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
	x, y, stat := p.val(n.In[0]), p.val(n), p.saved[n]
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
