package fallback

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/nntest"
)

// faulty is an engine whose device fails at the nth call that computes.
type faulty struct {
	nn.Engine
	n     int
	calls int
}

func (f *faulty) Name() string { return "faulty" }

func (f *faulty) call() error {
	if f.calls++; f.calls >= f.n {
		return fmt.Errorf("%w: call %d", nn.ErrFault, f.calls)
	}
	return nil
}

func (f *faulty) Compile(g *nn.Graph, m nn.Mode) (nn.Program, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	p, err := f.Engine.Compile(g, m)
	return &faultyProgram{p, f}, err
}

type faultyProgram struct {
	nn.Program
	f *faulty
}

func (p *faultyProgram) Forward() error {
	if err := p.Program.Forward(); err != nil { // statistics have moved by then
		return err
	}
	return p.f.call()
}

func (p *faultyProgram) Backward() error {
	if err := p.f.call(); err != nil {
		return err
	}
	return p.Program.Backward()
}

func open(t *testing.T) nn.Engine {
	t.Helper()
	e, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// steps trains a little network and returns all that it left.
func steps(t *testing.T, e nn.Engine) (trace []float32) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	g := nn.NewGraph(nn.NewParams(rng))
	x, want := g.Input("x", nn.Shape{2, 3, 6, 6}), g.Input("want", nn.Shape{2, 3, 6, 6})
	y := g.Keep(g.Conv("b", g.Norm("n", g.Conv("a", x, 8, 3, nn.ConvOptions{}), true), 3, 3, nn.ConvOptions{Bias: true}))
	l := g.L2Loss(y, want)
	g.Minimise("l2", l, 1)
	p, err := e.Compile(g, nn.Training)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.SetMomentum(0.3)
	data := make([]float32, x.Shape.Size())
	for range 4 {
		for i := range data {
			data[i] = float32(rng.NormFloat64())
		}
		p.Set(x, data)
		p.Set(want, data)
		if err := errors.Join(p.Forward(), p.Backward()); err != nil {
			t.Fatal(err)
		}
		trace = append(trace, p.Get(l, nil)...)
		for _, w := range g.Params.All {
			for i, d := range w.GradData() {
				w.Data()[i] -= 0.1 * d
			}
		}
	}
	for _, w := range g.Params.All {
		trace = append(trace, w.Data()...)
	}
	return trace
}

// Wherever the device fails, the work comes out as if it never had.
func TestNothingIsLost(t *testing.T) {
	plain := open(t)
	defer plain.Close()
	want := steps(t, plain)
	for n := 1; n <= 10; n++ {
		var told []error
		e := New(&faulty{Engine: open(t), n: n}, func() (nn.Engine, error) { return gorgonia.Open() }, func(err error) { told = append(told, err) })
		got := steps(t, e)
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("failure at call %d: value %d is %g, want %g", n, i, got[i], want[i])
			}
		}
		failed := n < 10 // four steps and the compilation are nine calls
		if f := e.(nn.Faulted).Fault(); (f != nil) != failed || len(told) != map[bool]int{true: 1}[failed] {
			t.Errorf("failure at call %d: fault %v, told %v", n, f, told)
		}
		if (e.Name() == "faulty") == failed {
			t.Errorf("failure at call %d: the engine is %s", n, e.Name())
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMistakesAreNotFaults(t *testing.T) {
	e := New(&faulty{Engine: open(t), n: 100}, func() (nn.Engine, error) { return nil, errors.New("not wanted") }, nil)
	defer e.Close()
	g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 2))))
	g.Keep(g.ReLU(g.Input("x", nn.Shape{1, 1, 2, 2})))
	p, err := e.Compile(g, nn.Inference)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Backward() == nil || e.(nn.Faulted).Fault() != nil {
		t.Error("a backward pass of an inference counts as a fault")
	}
}

func TestWithoutASecondTheFaultIsTold(t *testing.T) {
	e := New(&faulty{Engine: open(t), n: 1}, func() (nn.Engine, error) { return nil, errors.New("nothing here") }, nil)
	defer e.Close()
	_, err := e.Compile(nn.NewGraph(nn.NewParams(nil)), nn.Inference)
	if !errors.Is(err, nn.ErrFault) {
		t.Errorf("Compile: %v", err)
	}
}

// parted is an engine that can be divided.
type parted struct{ nn.Engine }

func (parted) Divide(int64) ([]nn.Engine, error) { return make([]nn.Engine, 2), nil }

// What an engine can do it can without a device as well.
func TestWithoutADevice(t *testing.T) {
	why := errors.New("broken")
	for _, e := range []nn.Engine{parted{open(t)}, open(t)} {
		w := Without(why, e)
		if f, ok := w.(nn.Faulted); !ok || f.Fault() != why || w.Name() != e.Name() {
			t.Errorf("%T: %v", e, w)
		}
		_, can := e.(nn.Divisible)
		if d, ok := w.(nn.Divisible); ok != can {
			t.Errorf("%T can be divided: %v", e, ok)
		} else if can {
			if parts, err := d.Divide(1); len(parts) != 2 || err != nil {
				t.Error(parts, err)
			}
		}
	}
}

// It keeps the promises of an engine before and after.
func TestEngine(t *testing.T) {
	for name, n := range map[string]int{"before": 1 << 30, "after": 1} {
		t.Run(name, func(t *testing.T) {
			e := New(&faulty{Engine: open(t), n: n}, func() (nn.Engine, error) { return gorgonia.Open() }, nil)
			defer e.Close()
			nntest.TestPromises(t, e)
		})
	}
}
