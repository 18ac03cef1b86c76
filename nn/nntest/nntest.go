// Package nntest proves engines. One table of graphs, a case per operation and
// per composition in awkward shapes, is run by an engine and compared with the
// float64 loops of nn/internal/naive, forward and backward; a new operation
// adds a line to the table and every engine is tested for it.
//
// # Measures
//
// A value differs by the largest absolute difference of its elements over the
// largest magnitude in the reference. A gradient is measured in the same way
// against central differences; where the reference is zero by nature (a bias
// before a normalisation) the scale is a thousandth of the largest gradient of
// the case instead.
package nntest

import (
	"math"
	"testing"

	"agurscope/nn"
	"agurscope/nn/internal/naive"
)

// Tolerance bounds the relative errors of an engine.
type Tolerance struct {
	Forward  float64 // values, losses and running statistics
	Gradient float64
}

// Single is what float32 engines must keep.
var Single = Tolerance{Forward: 1e-4, Gradient: 1e-3}

// TestEngine runs the table on e within Single.
func TestEngine(t *testing.T, e nn.Engine) { TestEngineWithin(t, e, Single) }

// TestEngineWithin runs the table and some random graphs on e, the identities of the
// method and the promises of nn.Engine.
func TestEngineWithin(t *testing.T, e nn.Engine, tol Tolerance) {
	t.Helper()
	testIdentities(t, e)
	TestPromises(t, e)
	run := func(c testCase, tol Tolerance) {
		t.Run(c.name, func(t *testing.T) {
			s := &suite{T: t, e: e, tol: tol}
			s.inference(newNet(c))
			if !c.inferenceOnly {
				s.training(newNet(c))
			}
		})
	}
	for _, c := range cases() {
		run(c, tol)
	}
	for _, c := range randomCases(24) { // some of which lose more digits than networks do
		run(c, Tolerance{10 * tol.Forward, 10 * tol.Gradient})
	}
}

// suite proves one case on one engine.
type suite struct {
	*testing.T
	e   nn.Engine
	tol Tolerance
}

// compile compiles and feeds; the program is closed when the test ends.
func compile(t *testing.T, e nn.Engine, b *net, m nn.Mode) nn.Program {
	t.Helper()
	p, err := e.Compile(b.g, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	for n, x := range b.data {
		p.Set(n, x)
	}
	return p
}

// must fails the test for an error.
func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *suite) inference(b *net) {
	s.Helper()
	p := compile(s.T, s.e, b, nn.Inference)
	before := naive.Run(b.g, nn.Inference, b.wide(), nil)
	for _, param := range b.g.Params.All {
		for i := range param.Data() {
			param.Data()[i] *= 1.25
		}
	}
	s.must(p.Forward())
	s.must(p.Forward())
	s.values("inference", b, p, before)
	s.must(p.Reload())
	s.must(p.Forward())
	s.values("inference after Reload", b, p, naive.Run(b.g, nn.Inference, b.wide(), nil))
}

func (s *suite) training(b *net) {
	s.Helper()
	const momentum = 0.3
	statistics := b.g.Params.Snapshot(nil)
	want := naive.Run(b.g, nn.Training, b.wide(), nil)
	p := compile(s.T, s.e, b, nn.Training)
	p.SetMomentum(momentum)
	step := func() {
		s.Helper()
		for _, param := range b.g.Params.All {
			for i := range param.GradData() {
				param.GradData()[i] = 1e3 // must be overwritten
			}
		}
		s.must(p.Forward())
		s.must(p.Backward())
	}
	step()
	s.values("training", b, p, want)
	s.running(b, statistics, want, momentum)
	s.gradients(b, p)

	first := b.outcomes(p)
	b.g.Params.Restore(statistics)
	step()
	if name, ok := same(first, b.outcomes(p)); !ok {
		s.Errorf("a second step with the same numbers leaves other bits in %s", name)
	}
}

// values compares what was kept, and the losses.
func (s *suite) values(when string, b *net, p nn.Program, want *naive.Result) {
	s.Helper()
	for _, n := range b.readable() {
		got := p.Get(n, nil)
		if d := difference(naive.Widen(got), want.Of(n), 0); !(d <= s.tol.Forward) {
			s.Errorf("%s: node %d (%v %v) differs by %.2g", when, n.ID, n.Op, n.Shape, d)
		}
	}
}

// running compares the running statistics after one step.
func (s *suite) running(b *net, before [][]float32, want *naive.Result, momentum float64) {
	s.Helper()
	index := map[*nn.Param]int{}
	for i, p := range b.g.Params.All {
		index[p] = i
	}
	check := func(p *nn.Param, batch []float64) {
		s.Helper()
		moved := naive.Widen(before[index[p]])
		for i := range moved {
			moved[i] += momentum * (batch[i] - moved[i])
		}
		if d := difference(naive.Widen(p.Data()), moved, 0); !(d <= s.tol.Forward) {
			s.Errorf("running statistic %s differs by %.2g", p.Name, d)
		}
	}
	for _, n := range b.g.Nodes {
		if op, ok := n.Op.(nn.Norm); ok {
			check(op.Mean, want.Mean[n])
			check(op.Var, want.Var[n])
		}
	}
}

// gradients compares every tensor's gradient with central differences.
func (s *suite) gradients(b *net, p nn.Program) {
	s.Helper()
	inputs, params := b.wide(), map[*nn.Param][]float64{}
	for _, param := range b.g.Params.All {
		params[param] = naive.Widen(param.Data())
	}
	type tensor struct {
		name      string
		got, want []float64
	}
	var all []tensor
	largest := 0.0
	measure := func(name string, x []float64, grad []float32) {
		at := b.sample(len(x))
		c := tensor{name: name, want: naive.Gradient(b.g, inputs, params, x, at)}
		for k, i := range at {
			if math.IsNaN(c.want[k]) {
				c.want[k] = float64(grad[i]) // a kink proves nothing
			}
			c.got = append(c.got, float64(grad[i]))
			largest = max(largest, math.Abs(c.want[k]))
		}
		all = append(all, c)
	}
	for _, param := range b.g.Params.All {
		if param.Role != nn.Statistic {
			measure(param.Name, params[param], param.GradData())
		}
	}
	for _, n := range b.g.Nodes {
		if n.WantGradient {
			if inputs[n] == nil {
				inputs[n] = make([]float64, n.Shape.Size())
			}
			measure(n.Op.String(), inputs[n], p.Gradient(n, nil))
		}
	}
	for _, c := range all {
		if d := difference(c.got, c.want, largest/1000); !(d <= s.tol.Gradient) {
			s.Errorf("gradient of %s differs by %.2g", c.name, d)
		}
	}
}

// difference is the measure of the package comment; floor bounds the scale
// from below.
func difference(got, want []float64, floor float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	scale, d := max(floor, magnitude(want), 1e-30), 0.0
	for i := range want {
		d = max(d, math.Abs(got[i]-want[i]))
		if math.IsNaN(got[i]) {
			return math.NaN()
		}
	}
	return d / scale
}

// magnitude is the largest absolute value.
func magnitude(x []float64) (m float64) {
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

// wide returns the inputs in float64.
func (b *net) wide() map[*nn.Node][]float64 {
	w := map[*nn.Node][]float64{}
	for n, x := range b.data {
		w[n] = naive.Widen(x)
	}
	return w
}

// readable lists what Get may be asked for.
func (b *net) readable() []*nn.Node {
	var ns []*nn.Node
	for _, n := range b.g.Nodes {
		if n.Keep || nn.IsLoss(n.Op) {
			ns = append(ns, n)
		}
	}
	return ns
}

// sample chooses the elements whose gradients are measured: all of a short
// tensor, otherwise the ends and some between. Costly graphs get fewer.
func (b *net) sample(n int) []int {
	const budget = 2_000_000 // multiply-adds per tensor, or as much work
	count := max(4, min(24, budget/int(b.g.MACs()+5*b.g.Bytes()+1)))
	if n <= count {
		at := make([]int, n)
		for i := range at {
			at[i] = i
		}
		return at
	}
	at := []int{0, n - 1}
	for len(at) < count {
		at = append(at, b.rng.IntN(n))
	}
	return at
}
