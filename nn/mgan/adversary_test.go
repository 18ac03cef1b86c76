package mgan

import (
	"math"
	"testing"

	"agurscope/nn"
	"agurscope/nn/optim"
)

// court is a graph with nothing but the adversary.
type court struct {
	g                        *nn.Graph
	a                        *Adversary
	p                        nn.Program
	real, spatial, frequency *nn.Node
}

func newCourt(t *testing.T, e nn.Engine, ps *nn.Params) *court {
	t.Helper()
	c := &court{g: nn.NewGraph(ps)}
	c.real, c.spatial, c.frequency = c.g.Input("real", small), c.g.Input("spatial", small), c.g.Input("frequency", small)
	c.real.WantGradient, c.spatial.WantGradient, c.frequency.WantGradient = false, true, true
	c.a = Config{}.Adversary(c.g, c.real, c.spatial, c.frequency)
	c.p = compile(t, e, c.g, nn.Training)
	c.p.Set(c.real, noise(11, small.Size()))
	c.p.Set(c.spatial, noise(12, small.Size()))
	c.p.Set(c.frequency, noise(13, small.Size()))
	return c
}

// losses returns the losses by name and their weighted sum.
func (c *court) losses(t *testing.T, progress float64) (map[string]float64, float64) {
	t.Helper()
	c.a.Set(c.p, progress)
	forward(t, c.p)
	terms, sum := map[string]float64{}, 0.0
	for _, l := range c.g.Losses {
		v := float64(c.p.Get(l.Node, nil)[0])
		terms[l.Name] = v * float64(l.Weight)
		sum += terms[l.Name]
	}
	return terms, sum
}

func TestAdversaryLossesAreTheirFormulas(t *testing.T) {
	onEngines(t, func(t *testing.T, e nn.Engine) {
		ps := newParams(1)
		c := newCourt(t, e, ps)
		got, _ := c.losses(t, .4)
		const ramp = .5

		_, real := judge(t, e, ps, small, noise(11, small.Size()))
		spatial, features := judge(t, e, ps, small, noise(12, small.Size()))
		frequency, _ := judge(t, e, ps, small, noise(13, small.Size()))
		for i := range features {
			features[i] -= real[i]
		}
		apart, n := 0.0, len(spatial)/small[0]
		for i := 0; i < len(spatial); i += n {
			apart += math.Pow(average(spatial[i:i+n], same)-average(frequency[i:i+n], same), 2) / float64(small[0])
		}
		for name, want := range map[string]float64{
			"realism.spatial":       -.02 / 2 * average(spatial, same),
			"realism.frequency":     -.02 / 2 * average(frequency, same),
			"features":              .02 * average(features, func(v float64) float64 { return v * v }),
			"consistency.spatial":   .002 * apart,
			"consistency.frequency": .002 * apart,
		} {
			if want *= ramp; math.Abs(got[name]-want) > 1e-4*math.Abs(want)+1e-8 {
				t.Errorf("%s is %g, want %g", name, got[name], want)
			}
		}
		if len(got) != 5 {
			t.Errorf("%d losses, want 5", len(got))
		}
	})
}

func TestAdversaryGradientFollowsTheRamp(t *testing.T) {
	onEngines(t, func(t *testing.T, e nn.Engine) {
		c := newCourt(t, e, newParams(1))
		at := func(progress float64, n *nn.Node) []float32 {
			c.losses(t, progress)
			backward(t, c.p)
			return c.p.Gradient(n, nil)
		}
		for _, n := range []*nn.Node{c.spatial, c.frequency} {
			none, half, full := at(.3, n), at(.4, n), at(.9, n)
			size := math.Sqrt(average(full, func(v float64) float64 { return v * v }))
			for i := range full {
				if none[i] != 0 || math.Abs(float64(half[i]-full[i]/2)) > 1e-4*size {
					t.Fatalf("%v, value %d: gradient %g at the ramp's begin, %g half way, %g at its end", n.Op, i, none[i], half[i], full[i])
				}
			}
			if size == 0 {
				t.Errorf("%v has no gradient", n.Op)
			}
		}
	})
}

// TestAdversaryGradient compares the gradient's length with the slope along it.
// The consistency of both branches is one term of the loss, written twice.
func TestAdversaryGradient(t *testing.T) {
	onEngines(t, func(t *testing.T, e nn.Engine) {
		c := newCourt(t, e, newParams(1))
		for k, n := range []*nn.Node{c.spatial, c.frequency} {
			x := noise(uint64(12+k), small.Size())
			c.losses(t, 1)
			backward(t, c.p)
			gradient := c.p.Gradient(n, nil)
			length := math.Sqrt(average(gradient, func(v float64) float64 { return v * v }) * float64(len(x)))
			at := func(far float64) float64 {
				y := make([]float32, len(x))
				for i, g := range gradient {
					y[i] = x[i] + float32(far*float64(g)/length)
				}
				c.p.Set(n, y)
				terms, sum := c.losses(t, 1)
				return sum - terms["consistency.spatial"]
			}
			const far = 1. / 32
			if slope := (at(far) - at(-far)) / (2 * far); math.Abs(length-slope) > .01*slope {
				t.Errorf("%v: gradient of length %g, slope %g", n.Op, length, slope)
			}
			c.p.Set(n, x)
		}
	})
}

func TestAdversaryWithoutFrequencyBranch(t *testing.T) {
	g := newGraph()
	Config{}.Adversary(g, g.Input("real", small), g.Input("spatial", small), nil)
	weights := map[string]float32{}
	for _, l := range g.Losses {
		weights[l.Name] = l.Weight
	}
	if len(weights) != 2 || weights["realism.spatial"] != realismWeight/float32(small[0]) || weights["features"] != featureWeight {
		t.Errorf("losses %v", weights)
	}
}

// TestGameTeachesAGenerator: a generator that paints one colour and knows of
// good parts through the critic alone finds their colour.
func TestGameTeachesAGenerator(t *testing.T) {
	onEngines(t, func(t *testing.T, e nn.Engine) {
		ps := newParams(1)
		g := nn.NewGraph(ps)
		seed := g.Input("seed", nn.Shape{small[0], 1, small[2], small[3]})
		y := g.Keep(g.Sigmoid(g.Conv("paint", seed, 3, 1, nn.ConvOptions{Bias: true})))
		in := g.Input("real", small)
		a := Config{}.Adversary(g, in, y, nil)
		s := newGame(t, e, ps)
		p := compile(t, e, g, nn.Training)
		var generator []*nn.Param
		for _, q := range optim.Trained(ps) {
			if !IsCritic(q) {
				generator = append(generator, q)
			}
		}
		real := flat(.8, .5, .2)
		p.Set(seed, make([]float32, seed.Shape.Size()))
		p.Set(in, real)
		a.Set(p, 1)
		adam := optim.AdamW{Beta1: .5, Decay: -1}
		var painted []float32
		distance := func() float64 {
			painted = p.Get(y, painted)
			d := 0.0
			for i, v := range painted {
				d += math.Abs(float64(v-real[i])) / float64(len(real))
			}
			return d
		}
		forward(t, p)
		first := distance()
		for range 100 {
			forward(t, p)
			backward(t, p)
			adam.Step(generator, .05)
			step(t, s, real, p.Get(y, painted), nil, nil)
		}
		forward(t, p)
		last := distance()
		t.Logf("colour off by %.3f, then %.3f", first, last)
		if last > first/2 {
			t.Errorf("the colour was off by %g and is now by %g", first, last)
		}
	})
}
