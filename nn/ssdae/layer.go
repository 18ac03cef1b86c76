package ssdae

import (
	"math"

	"agurscope/nn"
)

// rho is the wished mean activation ρ of every unit.
const rho = .05

// layer is one layer of the stack: a convolution with sigmoid codes and the
// decoder that mirrors it.
type layer struct {
	name          string
	outer         bool // reads the picture; its decoder makes the residual
	in, out       int  // units
	kernel        int  // of the encoder
	stride, patch int  // with stride > 1, patches of patch x patch pixels overlap in the decoder
}

// encode adds h_l = σ(W·h_{l−1} + b): Eq. 9. The bias begins where a unit's
// mean activation is ρ.
func (l layer) encode(g *nn.Graph, h *nn.Node) *nn.Node {
	return g.Sigmoid(l.weighted(g, h))
}

// weighted adds z_l = W·h_{l−1} + b.
func (l layer) weighted(g *nn.Graph, h *nn.Node) *nn.Node {
	return g.Conv("ssdae.enc"+l.name, h, l.out, l.kernel, nn.ConvOptions{Stride: l.stride, Bias: true, BiasInit: float32(logit(rho))})
}

// decode adds the mirror of encode: codes (N,out,H,W) to the layer's input
// (N,in,H·stride,W·stride). Codes are sigmoids again, the picture's residual is
// linear.
func (l layer) decode(g *nn.Graph, h *nn.Node) *nn.Node {
	o := nn.ConvOptions{Bias: true}
	if !l.outer {
		o.BiasInit = float32(logit(rho))
	}
	name := "ssdae.dec" + l.name
	if l.stride > 1 {
		h = g.Fold(g.Conv(name, h, l.in*l.patch*l.patch, 1, o), l.patch, l.stride)
	} else {
		h = g.Conv(name, h, l.in, l.kernel, o)
	}
	if l.outer {
		return h
	}
	return g.Sigmoid(h)
}

// encode adds the encoders of ls, one after the other.
func encode(g *nn.Graph, ls []layer, h *nn.Node) *nn.Node {
	for _, l := range ls {
		h = l.encode(g, h)
	}
	return h
}

// params returns the layer's trained parameters, which encode and decode made.
func (l layer) params(ps *nn.Params) []*nn.Param {
	var out []*nn.Param
	for _, part := range []string{"enc", "dec"} {
		for _, kind := range []string{".weight", ".bias"} {
			out = append(out, ps.Get("ssdae."+part+l.name+kind))
		}
	}
	return out
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
