package gorgonia

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"agurscope/nn"
	"agurscope/nn/nntest"
)

func start(t *testing.T) nn.Engine {
	t.Helper()
	e, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEngineAgreesWithPlainLoops(t *testing.T) { nntest.TestEngine(t, start(t)) }

// A reshape shares the memory of its argument; the library's TapeMachine lets
// later operations write into it.
func TestReshapedValuesAreNotOverwritten(t *testing.T) {
	g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 2))))
	x := g.Input("x", nn.Shape{1, 1, 4, 4})
	y := g.Keep(g.Sigmoid(x))
	first := g.SpectrumLoss(y, x) // reshapes y
	second := g.L1Loss(y, x, x, 0)
	again := g.SpectrumLoss(y, x)
	p, err := start(t).Compile(g, nn.Inference)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	data := make([]float32, 16)
	for i := range data {
		data[i] = float32(i*i%7) - 3
	}
	p.Set(x, data)
	for range 3 {
		if err := p.Forward(); err != nil {
			t.Fatal(err)
		}
		for i, v := range p.Get(y, nil) {
			if want := 1 / (1 + math.Exp(-float64(data[i]))); math.Abs(float64(v)-want) > 1e-6 {
				t.Fatalf("σ(%g) has become %g", data[i], v)
			}
		}
		if a, b := p.Get(first, nil)[0], p.Get(again, nil)[0]; a != b || p.Get(second, nil)[0] == 0 {
			t.Fatalf("one loss twice is %g and %g", a, b)
		}
	}
}

// The library shares nodes between all graphs, whichever engine builds them; the
// race detector watches.
func TestEnginesDoNotRace(t *testing.T) {
	var all sync.WaitGroup
	for range 2 {
		e := start(t)
		all.Go(func() {
			g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 2))))
			y := g.LeakyReLU(g.Conv("c", g.Input("x", nn.Shape{1, 1, 4, 4}), 1, 3, nn.ConvOptions{}), .5)
			g.Minimise("l2", g.L2Loss(y, g.Input("t", y.Shape)), 1)
			p, err := e.Compile(g, nn.Training)
			if err == nil {
				err = errors.Join(p.Forward(), p.Backward(), p.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// An inference program lets go of what is read no more.
func TestInferenceDropsDeadValues(t *testing.T) {
	g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 2))))
	y := g.Input("x", nn.Shape{1, 8, 8, 8})
	for i := range 20 {
		y = g.ReLU(g.Conv(fmt.Sprint("c", i), y, 8, 3, nn.ConvOptions{}))
	}
	g.Keep(y)
	q, err := start(t).Compile(g, nn.Inference)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Forward(); err != nil {
		t.Fatal(err)
	}
	tape, held := q.(*program).tape, 0
	for i, v := range tape.values {
		if v != nil && tape.nodes[i].Op() != nil {
			held++
		}
	}
	if held > 2 { // the kept value, a number
		t.Errorf("%d of %d computed values are still held", held, len(tape.values))
	}
}
