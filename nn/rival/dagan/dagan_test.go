package dagan

import (
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/internal/naive"
	"agurscope/nn/nntest"
)

// Both attentions against central differences, with factors that are not 0.
func TestGradients(t *testing.T) {
	e, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	nntest.TestGraph(t, e, func(g *nn.Graph, input func(nn.Shape) *nn.Node, probe func(*nn.Node)) {
		y := Attention(g, "a", input(nn.Shape{2, 8, 3, 2}), input(nn.Shape{2, width, 1, 1}))
		for _, p := range g.Params.All {
			if p.Name == "a.gamma position.weight" || p.Name == "a.gamma channel.weight" {
				for i := range p.Data() {
					p.Data()[i] = .1 * float32(i%7-3)
				}
			}
		}
		probe(y)
	})
}

// At first the attentions let everything through as it is: both add x.
func TestAttentionBeginsWithNothing(t *testing.T) {
	g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 1))))
	x, one := g.Input("x", nn.Shape{1, 8, 2, 2}), g.Input("one", nn.Shape{1, width, 1, 1})
	y := Attention(g, "a", x, one)
	v := make([]float64, 32)
	for i := range v {
		v[i] = float64(i)
	}
	r := naive.Run(g, nn.Inference, map[*nn.Node][]float64{x: v, one: naive.Widen(ones(1))}, nil)
	for i, got := range r.Of(y) {
		if got != 2*v[i] {
			t.Fatalf("number %d is %g, want %g", i, got, 2*v[i])
		}
	}
}
