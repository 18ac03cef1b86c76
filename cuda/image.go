//go:build nvidia

package cuda

import (
	"math"

	"agurscope/nn"
)

func (p *program) residual(n *nn.Node, op nn.Residual) {
	x, y, z := p.val(n.In[0]), p.val(n.In[1]), p.val(n)
	moments := place{}
	if !op.Plain {
		moments = p.temporary(0, 5*x.size())
		p.each(n, "ssim_rows", x.size(), x.x, y.x, moments, x.w())
	}
	p.each(n, "residual", z.size(), x.x, y.x, moments, z.x, x.size(), x.c(), x.h(), x.w(), op.Plain)
}

// blur emits a separable Gaussian, cut at three sigma.
func (p *program) blur(n *nn.Node, op nn.Blur) {
	x, y := p.val(n.In[0]), p.val(n)
	radius := int(3*op.Sigma + 0.5)
	taps := p.table(gaussian(op.Sigma, radius))
	rows := p.temporary(0, x.size())
	p.each(n, "blur", x.size(), x.x, taps, rows, radius, x.h(), x.w(), false)
	p.each(n, "blur", x.size(), rows, taps, y.x, radius, x.h(), x.w(), true)
}

// gaussian is the normalised kernel, as a table holds it; sigma 0 has one tap.
func gaussian(sigma float64, radius int) []int32 {
	sum, taps := 0.0, make([]float64, 2*radius+1)
	for i := range taps {
		d := float64(i - radius)
		taps[i] = 1
		if sigma > 0 {
			taps[i] = math.Exp(-d * d / (2 * sigma * sigma))
		}
		sum += taps[i]
	}
	out := make([]int32, len(taps))
	for i, v := range taps {
		out[i] = bits(v / sum)
	}
	return out
}
