package mgan

import (
	"strings"

	"agurscope/nn"
)

// criticPrefix begins the names of the critic's parameters.
const criticPrefix = "critic."

// IsCritic reports whether p belongs to the critic. A [Game] moves those
// parameters alone; nobody needs them after training.
func IsCritic(p *nn.Param) bool { return strings.HasPrefix(p.Name, criticPrefix) }

// Critic adds the critic to g: pictures x (N,3,H,W) to one answer per patch
// (N,1,H/8,W/8), high for what looks like a good part, and the features
// (N,c,H/8,W/8) before it. H and W are multiples of 8. It is a PatchGAN
// (https://arxiv.org/abs/1611.07004) without normalisation layers: its weights
// are normalised instead, see [Spectral]. Parameters are critic.*.
func (c Config) Critic(g *nn.Graph, x *nn.Node) (answers, features *nn.Node) {
	if s := x.Shape; s[1] != 3 || s[2]%8 != 0 || s[3]%8 != 0 {
		panic(&nn.ShapeError{Op: "critic", Want: "pictures with sides in multiples of 8", Got: []nn.Shape{s}})
	}
	h := x
	for i, name := range []string{"a", "b", "c"} {
		h = g.Conv(criticPrefix+name, h, c.widths().critic[i], 4, nn.ConvOptions{Stride: 2, Bias: true})
		h = g.LeakyReLU(h, .2)
	}
	return g.Conv(criticPrefix+"answer", h, 1, 3, nn.ConvOptions{Bias: true}), h
}
