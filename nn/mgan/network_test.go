package mgan

import (
	"errors"
	"math"
	"strings"
	"testing"

	"agurscope/nn"
	"agurscope/nn/optim"
)

func newGraph() *nn.Graph { return nn.NewGraph(newParams(1)) }

func TestNetworksHaveTheirShapes(t *testing.T) {
	for _, c := range []Config{{}, {Size: "T"}, {Size: "B"}, {Size: "L"}, {Form: BySpectrum}} {
		g := newGraph()
		in, out := c.channels()
		y := c.Frequency(g, g.Input("high", nn.Shape{2, in, 32, 48}))
		if want := (nn.Shape{2, out, 32, 48}); y.Shape != want {
			t.Errorf("%v: frequency generator returns %v, want %v", c, y.Shape, want)
		}
		macs := g.MACs()
		answers, features := c.Critic(g, g.Input("picture", nn.Shape{2, 3, 32, 48}))
		if want := (nn.Shape{2, 1, 4, 6}); answers.Shape != want {
			t.Errorf("%v: critic answers %v, want %v", c, answers.Shape, want)
		}
		if want := (nn.Shape{2, c.widths().critic[2], 4, 6}); features.Shape != want {
			t.Errorf("%v: critic's features %v, want %v", c, features.Shape, want)
		}
		scale := float64(256*256) / (2 * 32 * 48) / 1e9
		t.Logf("%v: generator %.3f GMAC, critic %.3f GMAC at 256 x 256, %d parameters",
			c, scale*float64(macs), scale*float64(g.MACs()-macs), g.Params.Count())
		for _, p := range g.Params.All {
			if IsCritic(p) == strings.HasPrefix(p.Name, "freq.") {
				t.Errorf("parameter %s is neither the generator's nor the critic's", p.Name)
			}
		}
	}
}

func TestWrongInputsAreRefused(t *testing.T) {
	var e *nn.ShapeError
	for _, s := range []nn.Shape{{1, 3, 36, 32}, {1, 2, 32, 32}} {
		g := newGraph()
		x := g.Input("x", s)
		if err := nn.Try(func() { Config{}.Frequency(g, x) }); !errors.As(err, &e) {
			t.Errorf("frequency generator, %v: %v", s, err)
		}
		if err := nn.Try(func() { Config{}.Critic(g, x) }); !errors.As(err, &e) {
			t.Errorf("critic, %v: %v", s, err)
		}
	}
	for _, c := range []Config{{Size: "X"}, {Form: "phase"}} {
		if c.Validate() == nil {
			t.Errorf("%v is valid", c)
		}
	}
}

// TestFrequencyGeneratorLearns: it has gradients everywhere, and they help.
func TestFrequencyGeneratorLearns(t *testing.T) {
	onEngines(t, func(t *testing.T, e nn.Engine) {
		for _, c := range []Config{{}, {Form: BySpectrum}} {
			g := newGraph()
			in, _ := c.channels()
			high := g.Input("high", nn.Shape{2, in, 16, 24})
			y := c.Frequency(g, high)
			target := g.Input("target", y.Shape)
			loss := g.L2Loss(y, target)
			g.Minimise("l2", loss, 1)
			p := compile(t, e, g, nn.Training)
			p.Set(high, noise(1, high.Shape.Size()))
			p.Set(target, noise(1, target.Shape.Size()))
			adam := optim.AdamW{}
			var losses []float32
			for range 15 {
				forward(t, p)
				backward(t, p)
				losses = append(losses, p.Get(loss, nil)[0])
				adam.Step(optim.Trained(g.Params), 5e-3)
			}
			if last := losses[len(losses)-1]; last > losses[0]/2 {
				t.Errorf("%v: loss %g, then %g", c.Form, losses[0], last)
			}
			for _, q := range optim.Trained(g.Params) {
				if average(q.GradData(), math.Abs) == 0 {
					t.Errorf("%v: %s has no gradient", c.Form, q.Name)
				}
			}
		}
	})
}

func TestRampIsLinearBetweenStartAndFull(t *testing.T) {
	for progress, want := range map[float64]float64{0: 0, .3: 0, .35: .25, .4: .5, .5: 1, 1: 1} {
		if got := Ramp(progress); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("Ramp(%g) = %g, want %g", progress, got, want)
		}
	}
}
