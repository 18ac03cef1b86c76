//go:build onednn

package lstmndt

import (
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/internal/naive"
	"agurscope/nn/onednn"
)

// A chunk of both scans is on every engine what plain loops make of it.
func TestEnginesPredictTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := predict(nn.NewParams(rng), 2)
	inputs := map[*nn.Node][]float64{}
	for _, n := range p.Inputs {
		x := make([]float64, n.Shape.Size())
		for i := range x {
			x[i] = float64(float32(rng.NormFloat64()))
		}
		inputs[n] = x
	}
	want := naive.Run(p.Graph, nn.Inference, inputs, nil)
	for name, open := range map[string]func() (nn.Engine, error){
		"gorgonia": gorgonia.Open, "onednn": func() (nn.Engine, error) { return onednn.Open(onednn.Options{Threads: 1}) },
	} {
		e, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		run, err := e.Compile(p.Graph, nn.Inference)
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		for range 2 {
			for n, x := range inputs {
				v := make([]float32, len(x))
				for i := range x {
					v[i] = float32(x[i])
				}
				run.Set(n, v)
			}
			if err := run.Forward(); err != nil {
				t.Fatal(err)
			}
			for _, n := range append([]*nn.Node{p.out}, p.after[:]...) {
				worst, at := 0.0, 0
				for i, v := range run.Get(n, nil) {
					if d := math.Abs(float64(v) - want.Of(n)[i]); d > worst {
						worst, at = d, i
					}
				}
				if worst > 1e-4 {
					t.Errorf("%s: %v %v differs by %g at %d", name, n.Op, n.Shape, worst, at)
				}
			}
		}
	}
}
