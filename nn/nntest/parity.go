package nntest

import (
	"slices"
	"testing"

	"agurscope/nn"
	"agurscope/nn/internal/naive"
)

// TestParity runs an inference and one training step of every case on two
// engines and compares whole tensors: values, losses, running statistics and
// every element of every gradient. The measures are those of the package comment, with b as the
// reference; but of two float32 engines neither is exact, so a gradient that is
// zero by nature is measured against a hundredth of the largest.
func TestParity(t *testing.T, a, b nn.Engine, within float64) {
	t.Helper()
	for _, c := range slices.Concat(cases(), wideCases()) {
		t.Run(c.name, func(t *testing.T) {
			got, want := predict(t, a, newNet(c)), predict(t, b, newNet(c))
			if !c.inferenceOnly {
				got, want = append(got, step(t, a, newNet(c))...), append(want, step(t, b, newNet(c))...)
			}
			largest := 0.0
			for _, w := range want {
				if w.gradient {
					largest = max(largest, magnitude(w.data))
				}
			}
			for i, w := range want {
				floor := 0.0
				if w.gradient {
					floor = largest / 100
				}
				if d := difference(got[i].data, w.data, floor); !(d <= within) {
					t.Errorf("%s: %s and %s differ by %.2g", w.name, a.Name(), b.Name(), d)
				}
			}
		})
	}
}

// TestInference compares the inference of layers with real widths alone, of an
// engine that may take faster ways there than in training.
func TestInference(t *testing.T, a, b nn.Engine, within float64) {
	t.Helper()
	for _, c := range wideCases() {
		t.Run(c.name, func(t *testing.T) {
			got, want := predict(t, a, newNet(c)), predict(t, b, newNet(c))
			for i, w := range want {
				if d := difference(got[i].data, w.data, 0); !(d <= within) {
					t.Errorf("%s: %s and %s differ by %.2g", w.name, a.Name(), b.Name(), d)
				}
			}
		})
	}
}

// outcome is one tensor that a training step leaves.
type outcome struct {
	name     string
	data     []float64
	gradient bool
}

// predict runs an inference and collects what was kept.
func predict(t *testing.T, e nn.Engine, b *net) (all []outcome) {
	t.Helper()
	p := compile(t, e, b, nn.Inference)
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	for _, n := range b.readable() {
		all = append(all, outcome{"inference of " + n.Op.String(), naive.Widen(p.Get(n, nil)), false})
	}
	return all
}

// step runs one training step and collects all that it left.
func step(t *testing.T, e nn.Engine, b *net) []outcome {
	t.Helper()
	p := compile(t, e, b, nn.Training)
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	if err := p.Backward(); err != nil {
		t.Fatal(err)
	}
	return b.outcomes(p)
}

// outcomes returns a copy of all results of a training step.
func (b *net) outcomes(p nn.Program) (all []outcome) {
	add := func(name string, x []float32, gradient bool) {
		all = append(all, outcome{name, naive.Widen(x), gradient})
	}
	for _, n := range b.readable() {
		add(n.Op.String(), p.Get(n, nil), false)
	}
	for _, param := range b.g.Params.All {
		if param.Role == nn.Statistic {
			add(param.Name, param.Data(), false)
		} else {
			add("gradient of "+param.Name, param.GradData(), true)
		}
	}
	for _, n := range b.g.Nodes {
		if n.WantGradient {
			add("gradient of "+n.Op.String(), p.Gradient(n, nil), true)
		}
	}
	return all
}

// same reports whether two steps left the same bits.
func same(a, b []outcome) (name string, ok bool) {
	for i := range a {
		if !slices.Equal(a[i].data, b[i].data) {
			return a[i].name, false
		}
	}
	return "", true
}
