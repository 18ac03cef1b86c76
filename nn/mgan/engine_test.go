package mgan

import (
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
)

// openers are the engines that this build has.
var openers = map[string]func() (nn.Engine, error){"gorgonia": gorgonia.Open}

// onEngines runs test on every engine.
func onEngines(t *testing.T, test func(*testing.T, nn.Engine)) {
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			e, err := open()
			if err != nil {
				t.Skipf("this machine cannot run the engine: %v", err)
			}
			t.Cleanup(func() { e.Close() })
			test(t, e)
		})
	}
}

func newParams(seed uint64) *nn.Params { return nn.NewParams(rand.New(rand.NewPCG(seed, 2))) }

// compile compiles g for the test's time.
func compile(t testing.TB, e nn.Engine, g *nn.Graph, m nn.Mode) nn.Program {
	t.Helper()
	p, err := e.Compile(g, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func forward(t testing.TB, p nn.Program) {
	t.Helper()
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
}

func backward(t testing.TB, p nn.Program) {
	t.Helper()
	if err := p.Backward(); err != nil {
		t.Fatal(err)
	}
}

// judge returns the critic's answers and features for one batch.
func judge(t testing.TB, e nn.Engine, ps *nn.Params, s nn.Shape, x []float32) (answers, features []float32) {
	t.Helper()
	g := nn.NewGraph(ps)
	in := g.Input("x", s)
	a, f := Config{}.Critic(g, in)
	g.Keep(a, f)
	p := compile(t, e, g, nn.Inference)
	p.Set(in, x)
	forward(t, p)
	return p.Get(a, nil), p.Get(f, nil)
}

func average(v []float32, f func(float64) float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += f(float64(x))
	}
	return sum / float64(len(v))
}

func same(x float64) float64 { return x }
