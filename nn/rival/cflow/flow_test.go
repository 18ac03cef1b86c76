package cflow

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/internal/naive"
	"agurscope/nn/nntest"
)

// stirred is a flow whose parameters are far from their first values.
func stirred(c, n int) *flow {
	rng := rand.New(rand.NewPCG(3, 3))
	f := newFlow(nn.NewParams(rng), "flow", c, n)
	for _, p := range f.Params.All {
		if f.moves(p) {
			for i := range p.Data() {
				p.Data()[i] += float32(.2 * rng.NormFloat64())
			}
		}
	}
	return f
}

func inputs(f *flow, x, code []float64) map[*nn.Node][]float64 {
	return map[*nn.Node][]float64{f.x: x, f.code: code, f.one: naive.Widen(one())}
}

func normal(rng *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = rng.NormFloat64()
	}
	return out
}

// What the flow says of the determinant is the numerical Jacobian's, for even and
// odd numbers of channels.
func TestLogDeterminantIsThatOfTheJacobian(t *testing.T) {
	for _, c := range []int{6, 7} {
		f := stirred(c, 1)
		rng := rand.New(rand.NewPCG(4, 4))
		x, code := normal(rng, c), normal(rng, place)
		at := func(x []float64) *naive.Result { return naive.Run(f.Graph, nn.Inference, inputs(f, x, code), nil) }
		const h = 1e-5
		jacobian := mat.NewDense(c, c, nil)
		for j := range c {
			x[j] += h
			up := at(x).Of(f.z)
			x[j] -= 2 * h
			down := at(x).Of(f.z)
			x[j] += h
			for i := range c {
				jacobian.Set(i, j, (up[i]-down[i])/(2*h))
			}
		}
		want, _ := mat.LogDet(jacobian)
		r := at(x)
		square := 0.0
		for _, v := range r.Of(f.z) {
			square += v * v
		}
		logp := -float64(c) * r.Of(f.unlikely)[0]
		got := logp + float64(c)/2*math.Log(2*math.Pi) + square/2
		if math.Abs(got-want) > 1e-4*max(1, math.Abs(want)) {
			t.Errorf("%d channels: log-determinant %g, the Jacobian's is %g", c, got, want)
		}
		if math.Abs(want) < .1 {
			t.Errorf("%d channels: a log-determinant of %g proves nothing", c, want)
		}
	}
}

// The coupling block against central differences.
func TestGradients(t *testing.T) {
	e, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	nntest.TestGraph(t, e, func(g *nn.Graph, input func(nn.Shape) *nn.Node, probe func(*nn.Node)) {
		s := func(c int) nn.Shape { return nn.Shape{1, c, 1, 3} }
		f := &flow{Graph: g, name: "flow", n: 3, code: input(s(4)), one: input(nn.Shape{1, width, 1, 1})}
		y, logs := f.block("flow.0", input(s(6)), 1)
		probe(y)
		for _, l := range logs {
			probe(l)
		}
	})
}

// Rotations are orthogonal, and the flow of a new model keeps lengths nearly.
func TestRotationsAreOrthogonal(t *testing.T) {
	const n = 33
	m := mat.NewDense(n, n, rotation(n, 2))
	var product mat.Dense
	product.Mul(m, m.T())
	for i := range n {
		for j := range n {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(product.At(i, j)-want) > 1e-12 {
				t.Fatalf("%d, %d: %g", i, j, product.At(i, j))
			}
		}
	}
}
