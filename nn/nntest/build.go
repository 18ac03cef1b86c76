package nntest

import (
	"math/rand/v2"

	"agurscope/nn"
)

// net builds the graph of a case together with the values of its inputs.
type net struct {
	g    *nn.Graph
	rng  *rand.Rand
	data map[*nn.Node][]float32
}

// newNet builds c; the same case always gets the same numbers.
func newNet(c testCase) *net {
	rng := rand.New(rand.NewPCG(7, uint64(len(c.name))))
	b := &net{g: nn.NewGraph(nn.NewParams(rng)), rng: rng, data: map[*nn.Node][]float32{}}
	c.build(b)
	b.scatter()
	return b
}

func (b *net) feed(n *nn.Node, f func() float64) *nn.Node {
	x := make([]float32, n.Shape.Size())
	for i := range x {
		x[i] = float32(f())
	}
	b.data[n] = x
	return n
}

// input is a normal random value whose gradient is wanted.
func (b *net) input(n, c, h, w int) *nn.Node {
	x := b.fixed(n, c, h, w)
	x.WantGradient = true
	return x
}

// fixed is a normal random value without gradient.
func (b *net) fixed(n, c, h, w int) *nn.Node {
	return b.feed(b.g.Input("x", nn.Shape{n, c, h, w}), b.rng.NormFloat64)
}

// image is uniform in [0,1), with gradient.
func (b *net) image(n, c, h, w int) *nn.Node {
	x := b.feed(b.g.Input("image", nn.Shape{n, c, h, w}), b.rng.Float64)
	x.WantGradient = true
	return x
}

// target is an image without gradient.
func (b *net) target(n, c, h, w int) *nn.Node {
	x := b.image(n, c, h, w)
	x.WantGradient = false
	return x
}

// mask is 0 or 1, one in three.
func (b *net) mask(n, h, w int) *nn.Node {
	return b.feed(b.g.Input("mask", nn.Shape{n, 1, h, w}), func() float64 {
		return float64(1 - min(b.rng.IntN(3), 1))
	})
}

// probe keeps y and, for training, makes its gradient a random pattern: the
// absolute error against a target far away on a random side has the gradient
// ±1/N. Wide values are first mixed down to an image.
func (b *net) probe(y *nn.Node) {
	b.g.Keep(y)
	if y.Shape[1] >= 8 {
		y = b.g.Conv("probe", y, 3, 1, nn.ConvOptions{})
	}
	s := y.Shape
	target := b.feed(b.g.Input("target", s), func() float64 {
		return float64(2*b.rng.IntN(2)-1) * (40 + 10*b.rng.Float64())
	})
	none := b.feed(b.g.Input("no mask", nn.Shape{s[0], 1, s[2], s[3]}), func() float64 { return 0 })
	b.g.Minimise("probe", b.g.L1Loss(y, target, none, 0), 1)
}

// scatter moves biases and statistics off their initial 0 and 1, behind which
// mistakes hide.
func (b *net) scatter() {
	for _, p := range b.g.Params.All {
		if p.Role == nn.Weight {
			continue
		}
		for i := range p.Data() {
			switch {
			case p.Role == nn.Statistic && p.Data()[i] == 1: // a variance
				p.Data()[i] = 0.5 + 1.5*b.rng.Float32()
			default:
				p.Data()[i] += float32(0.3 * b.rng.NormFloat64())
			}
		}
	}
}
