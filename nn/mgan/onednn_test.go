//go:build onednn

package mgan

import (
	"testing"

	"agurscope/nn"
	"agurscope/nn/onednn"
)

func init() {
	// One thread: tests share the machine.
	openers["onednn"] = func() (nn.Engine, error) { return onednn.Open(onednn.Options{Threads: 1}) }
}

// The cost of one training step's parts: size T, four pictures of 128 x 128.
var bench = nn.Shape{4, 3, 128, 128}

func benchEngine(b *testing.B) nn.Engine {
	e, err := onednn.Open(onednn.Options{})
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { e.Close() })
	return e
}

// benchProgram times forward and backward of what build adds. All inputs are
// noise.
func benchProgram(b *testing.B, build func(g *nn.Graph)) {
	e := benchEngine(b)
	g := nn.NewGraph(newParams(1))
	build(g)
	p := compile(b, e, g, nn.Training)
	for _, in := range g.Inputs {
		p.Set(in, noise(1, in.Shape.Size()))
	}
	b.ReportMetric(float64(p.Bytes())/(1<<20), "MB")
	for b.Loop() {
		forward(b, p)
		backward(b, p)
	}
}

func BenchmarkFrequency(b *testing.B) {
	benchProgram(b, func(g *nn.Graph) {
		y := Config{}.Frequency(g, g.Input("high", bench))
		g.Minimise("l2", g.L2Loss(y, g.Input("target", bench)), 1)
	})
}

func BenchmarkAdversary(b *testing.B) {
	benchProgram(b, func(g *nn.Graph) {
		spatial, frequency := g.Input("spatial", bench), g.Input("frequency", bench)
		spatial.WantGradient, frequency.WantGradient = true, true
		Config{}.Adversary(g, g.Input("real", bench), spatial, frequency)
	})
}

func BenchmarkGame(b *testing.B) {
	s, err := NewGame(benchEngine(b), newParams(1), bench, Config{}, 1)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportMetric(float64(s.Bytes())/(1<<20), "MB")
	x := noise(2, bench.Size()) // all alike: the critic can never rest
	for b.Loop() {
		if _, err := s.Step(x, x, x, x); err != nil {
			b.Fatal(err)
		}
	}
}
