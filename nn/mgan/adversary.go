package mgan

import (
	"math"
	"slices"

	"agurscope/nn"
)

// The weights of the generators' losses beside a reconstruction loss of weight 1.
const (
	realismWeight     = .02
	featureWeight     = .02
	consistencyWeight = .002
)

// The adversarial losses come in linearly between these shares of the training.
const (
	Start = .3
	Full  = .5
)

// Ramp returns the share of their weight that the adversarial losses have at a
// progress of the training, both from 0 to 1.
func Ramp(progress float64) float64 { return min(max((progress-Start)/(Full-Start), 0), 1) }

// Adversary is the critic's part in the generators' graph. Weights of losses
// are fixed when a graph is compiled, so the ramp r is an input: the targets of
// the linear losses are r, and the values compared by squares are scaled by √r.
type Adversary struct {
	ramp, root *nn.Node // N,1,1,1
}

// Adversary adds the losses that the critic has for the generators to g, by
// their names there:
//
//	realism.spatial, realism.frequency         −½·E D(Î_S), −½·E D(Î_F)
//	features                                   mean (f(Î_S) − f(I))²
//	consistency.spatial, consistency.frequency mean (D̄(Î_F) − D̄(Î_S))²
//
// with f the critic's features and D̄ its mean answer to a picture. The last is
// Eq. 14 as |E D(Î_F) − E D(Î_S)|, smooth where both agree and of every picture
// by itself; it is there twice because the gradient of a loss goes to its first
// value alone. All are (N,3,H,W). Frequency is nil where the branch does not end
// in a picture: then the spatial one is judged alone.
//
// Gradients with respect to the critic's parameters come out of g, too. The
// generators' optimiser must not use them; see [IsCritic].
func (c Config) Adversary(g *nn.Graph, real, spatial, frequency *nn.Node) *Adversary {
	n := real.Shape[0]
	a := &Adversary{
		ramp: g.Input("adversary ramp", nn.Shape{n, 1, 1, 1}),
		root: g.Input("adversary root", nn.Shape{n, 1, 1, 1}),
	}
	scaled := func(x *nn.Node) *nn.Node { return g.Gate(x, g.Broadcast(a.root, x.Shape[2], x.Shape[3])) }

	_, wanted := c.Critic(g, real)
	answers, features := c.Critic(g, spatial)
	g.Minimise("features", g.L2Loss(scaled(features), scaled(wanted)), featureWeight)
	// A linear loss is a sum over the pictures.
	each := realismWeight / float32(n)
	if frequency == nil {
		g.Minimise("realism.spatial", g.CriticLoss(answers, a.ramp, true), each)
		return a
	}
	other, _ := c.Critic(g, frequency)
	g.Minimise("realism.spatial", g.CriticLoss(answers, a.ramp, true), each/2)
	g.Minimise("realism.frequency", g.CriticLoss(other, a.ramp, true), each/2)
	s, f := scaled(g.GlobalAvgPool(answers)), scaled(g.GlobalAvgPool(other))
	g.Minimise("consistency.spatial", g.L2Loss(s, f), consistencyWeight)
	g.Minimise("consistency.frequency", g.L2Loss(f, s), consistencyWeight)
	return a
}

// Set gives the losses their ramp at a progress of the training from 0 to 1. It
// must be called before the program's first Forward.
func (a *Adversary) Set(p nn.Program, progress float64) {
	n := a.ramp.Shape[0]
	r := Ramp(progress)
	p.Set(a.ramp, slices.Repeat([]float32{float32(r)}, n))
	p.Set(a.root, slices.Repeat([]float32{float32(math.Sqrt(r))}, n))
}
