package mgan

import (
	"agurscope/nn"
	"agurscope/nn/block"
)

// Frequency adds the frequency generator to g: with [ByBand] the high band
// (N,3,H,W) to its reconstruction Î_H of the same shape, with [BySpectrum]
// log-amplitude and phase (N,2,H,W) to the log-amplitude (N,1,H,W). H and W are
// multiples of 8. The answer is linear and may leave [−1,1]. There are no skips:
// the bottleneck of H/8 x W/8 is what turns away what good parts do not have.
// Parameters are freq.*.
func (c Config) Frequency(g *nn.Graph, high *nn.Node) *nn.Node {
	in, out := c.channels()
	s := high.Shape
	if s[1] != in || s[2]%8 != 0 || s[3]%8 != 0 {
		panic(&nn.ShapeError{Op: "frequency generator by " + c.Form.String(), Want: "its channels and sides in multiples of 8", Got: []nn.Shape{s}})
	}
	w := c.widths().generator
	b := block.Builder{Graph: g}
	h := g.Conv("freq.stem", high, w[0], 4, nn.ConvOptions{Stride: 2})
	h = b.PreRes("freq.enc1", h, w[1], 2)
	h = b.PreRes("freq.enc2", h, w[2], 2)
	h = b.PreRes("freq.mid", h, w[2], 1)
	h = g.Upsample(g.Conv("freq.up1", h, w[1], 1, nn.ConvOptions{}))
	h = b.PreRes("freq.dec1", h, w[1], 1)
	h = g.Upsample(g.Conv("freq.up0", h, w[0], 1, nn.ConvOptions{}))
	h = b.PreRes("freq.dec0", h, w[0], 1)
	// Before the up-sampling, normalisation and ReLU cost a quarter.
	h = g.Upsample(g.Norm("freq.norm", h, true))
	return g.Conv("freq.out", h, out, 3, nn.ConvOptions{Bias: true})
}

// channels returns the frequency generator's; see [View].
func (c Config) channels() (in, out int) {
	if c.Form == BySpectrum {
		return (*spectrum)(nil).Channels()
	}
	return (*Band)(nil).Channels()
}
