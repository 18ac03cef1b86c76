package mgan

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
	"gonum.org/v1/gonum/mat"
)

// layers are three convolutions, one with more columns than rows, one with
// fewer, one with a single row.
func layers() []*nn.Param {
	g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(2, 3))))
	x := g.Input("x", nn.Shape{1, 3, 16, 16})
	x = g.Conv("critic.wide", x, 5, 4, nn.ConvOptions{Stride: 2, Bias: true})
	x = g.Conv("critic.tall", x, 9, 1, nn.ConvOptions{})
	g.Conv("critic.row", x, 1, 3, nn.ConvOptions{})
	return g.Params.All
}

// largest returns the largest singular value of a weight as a matrix.
func largest(p *nn.Param, data []float32) float64 {
	rows := p.Value.Shape()[0]
	m := mat.NewDense(rows, len(data)/rows, nil)
	for i, v := range data {
		m.Set(i/(len(data)/rows), i%(len(data)/rows), float64(v))
	}
	var svd mat.SVD
	svd.Factorize(m, mat.SVDNone)
	return svd.Values(nil)[0]
}

func TestSpectralFindsTheLargestSingularValue(t *testing.T) {
	ps := layers()
	bias := slices.Clone(ps[1].Data())
	s := NewSpectral(ps, 1)
	if len(s.layers) != 3 {
		t.Fatalf("%d weights, want 3", len(s.layers))
	}
	for range 200 {
		s.Update(func() {})
	}
	for _, n := range s.layers {
		if want := largest(n.p, n.raw); math.Abs(n.sigma-want) > 1e-5*want {
			t.Errorf("%s: σ %g, want %g", n.p.Name, n.sigma, want)
		}
		if got := largest(n.p, n.p.Data()); math.Abs(got-1) > 1e-5 {
			t.Errorf("%s: the normalised weight has σ %g", n.p.Name, got)
		}
	}
	if !slices.Equal(ps[1].Data(), bias) {
		t.Error("a bias was touched")
	}
}

// TestSpectralStartsNear: the first steps of the power method leave no layer
// that is much too steep.
func TestSpectralStartsNear(t *testing.T) {
	for _, n := range NewSpectral(layers(), 1).layers {
		if got := largest(n.p, n.p.Data()); got > 1.2 || got < 1-1e-5 {
			t.Errorf("%s: starts with σ %g", n.p.Name, got)
		}
	}
}

// TestSpectralGradient compares with central differences of L(W/(uᵀWv)) for a
// linear L, and at the power method's end with those of L(W/σ(W)), where the
// motion of u and v does not matter.
func TestSpectralGradient(t *testing.T) {
	for _, steps := range []int{0, 300} {
		s := NewSpectral(layers(), 1)
		for range steps {
			s.Update(func() {})
		}
		for i := range s.layers {
			n := &s.layers[i]
			g := noise(uint64(i), len(n.raw))
			copy(n.p.GradData(), g)
			n.gradient()
			loss := func(w []float32) float64 {
				sigma := 0.0
				if steps > 0 {
					sigma = largest(n.p, w)
				} else {
					for k, v := range w {
						sigma += float64(n.u[k/len(n.v)]) * float64(v) * float64(n.v[k%len(n.v)])
					}
				}
				sum := 0.0
				for k, v := range w {
					sum += float64(g[k]) * float64(v)
				}
				return sum / sigma
			}
			for k := 0; k < len(n.raw); k += 7 {
				const e = 1. / 256
				w := slices.Clone(n.raw)
				w[k] = n.raw[k] + e
				up, above := loss(w), float64(w[k])
				w[k] = n.raw[k] - e
				want := (up - loss(w)) / (above - float64(w[k]))
				if got := float64(n.p.GradData()[k]); math.Abs(got-want) > 1e-3*max(1, math.Abs(want)) {
					t.Fatalf("%d steps, %s[%d]: gradient %g, want %g", steps, n.p.Name, k, got, want)
				}
			}
		}
	}
}

func TestSpectralSurvivesZeroWeights(t *testing.T) {
	ps := layers()
	clear(ps[0].Data())
	s := NewSpectral(ps, 1)
	s.Gradient()
	for _, v := range slices.Concat(ps[0].Data(), ps[0].GradData()) {
		if v != 0 {
			t.Fatalf("a zero weight becomes %g", v)
		}
	}
}
