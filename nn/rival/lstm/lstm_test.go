package lstm

import (
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/internal/naive"
	"agurscope/nn/nntest"
)

// A cell, and three steps of two layers, against central differences.
func TestGradients(t *testing.T) {
	e, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s := func(c int) nn.Shape { return nn.Shape{3, c, 1, 1} }
	t.Run("cell", func(t *testing.T) {
		nntest.TestGraph(t, e, func(g *nn.Graph, input func(nn.Shape) *nn.Node, probe func(*nn.Node)) {
			h, c := Cell(g, "a", input(s(5)), input(s(7)), input(s(7)))
			probe(h)
			probe(c)
		})
	})
	t.Run("steps", func(t *testing.T) {
		nntest.TestGraph(t, e, func(g *nn.Graph, input func(nn.Shape) *nn.Node, probe func(*nn.Node)) {
			h1, c1, h2, c2 := input(s(6)), input(s(6)), input(s(4)), input(s(4))
			for range 3 {
				h1, c1 = Cell(g, "a", input(s(3)), h1, c1)
				h2, c2 = Cell(g, "b", h1, h2, c2)
				probe(h2)
			}
		})
	})
}

// The cell is that of the formulas.
func TestCellIsThatOfTheFormulas(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	g := nn.NewGraph(nn.NewParams(rng))
	s := nn.Shape{1, 1, 1, 1}
	x, h, c := g.Input("x", s), g.Input("h", s), g.Input("c", s)
	h2, c2 := Cell(g, "a", x, h, c)
	const vx, vh, vc = .3, -.4, .7
	r := naive.Run(g, nn.Inference, map[*nn.Node][]float64{x: {vx}, h: {vh}, c: {vc}}, nil)
	pre := func(gate int) float64 {
		w := g.Params.Get("a.weight").Data()[2*gate:]
		return float64(w[0])*vx + float64(w[1])*vh + float64(g.Params.Get("a.bias").Data()[gate])
	}
	const in, forget, out, fresh = 0, 1, 2, 3
	σ := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	cell := σ(pre(forget))*vc + σ(pre(in))*math.Tanh(pre(fresh))
	if got := r.Of(c2)[0]; math.Abs(got-cell) > 1e-9 {
		t.Errorf("cell %g, want %g", got, cell)
	}
	if got, want := r.Of(h2)[0], σ(pre(out))*math.Tanh(cell); math.Abs(got-want) > 1e-9 {
		t.Errorf("hidden %g, want %g", got, want)
	}
	if b := g.Params.Get("a.bias").Data()[forget]; b != 1 {
		t.Errorf("the forget gate's bias begins at %g", b)
	}
}
