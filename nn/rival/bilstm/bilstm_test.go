package bilstm

import (
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/internal/naive"
	"agurscope/nn/nntest"
)

// The cloze form against central differences.
func TestGradients(t *testing.T) {
	e, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s := func(c int) nn.Shape { return nn.Shape{2, c, 1, 1} }
	nntest.TestGraph(t, e, func(g *nn.Graph, input func(nn.Shape) *nn.Node, probe func(*nn.Node)) {
		var x, place []*nn.Node
		zero := input(s(4))
		for range 4 {
			x, place = append(x, input(s(5))), append(place, input(s(2)))
		}
		for _, y := range Add(g, x, place, zero, 5) {
			probe(y)
		}
	})
}

// What is told of a patch does not depend on it, and depends on all others.
func TestNoPatchSeesItself(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	g := nn.NewGraph(nn.NewParams(rng))
	s := func(c int) nn.Shape { return nn.Shape{1, c, 1, 1} }
	const n = 5
	zero := g.Input("zero", s(3))
	inputs := map[*nn.Node][]float64{zero: {0, 0, 0}}
	var x, place []*nn.Node
	for range n {
		x, place = append(x, g.Input("x", s(2))), append(place, g.Input("place", s(1)))
		inputs[x[len(x)-1]], inputs[place[len(place)-1]] = []float64{rng.NormFloat64(), rng.NormFloat64()}, []float64{rng.NormFloat64()}
	}
	out := Add(g, x, place, zero, 2)
	before := naive.Run(g, nn.Inference, inputs, nil)
	for k := range n {
		kept := inputs[x[k]]
		inputs[x[k]] = []float64{kept[0] + 1, kept[1] - 1}
		after := naive.Run(g, nn.Inference, inputs, nil)
		inputs[x[k]] = kept
		for t2 := range n {
			d := math.Abs(after.Of(out[t2])[0] - before.Of(out[t2])[0])
			if (t2 == k) != (d == 0) {
				t.Errorf("patch %d changed: what is told of %d moves by %g", k, t2, d)
			}
		}
	}
}
