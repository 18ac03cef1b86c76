package spectrum

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
	"agurscope/nn/internal/naive"
)

// images returns planes of uniform noise.
func images(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32()
	}
	return x
}

func TestValueAndGradientAgreeWithTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range []nn.Shape{{1, 1, 1, 1}, {1, 1, 1, 5}, {1, 1, 7, 1}, {2, 3, 5, 6}, {1, 11, 4, 4}, {1, 1, 8, 9}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			g := nn.NewGraph(nn.NewParams(rng))
			x, y := g.Input("x", s), g.Input("y", s)
			g.Minimise("spectrum", g.SpectrumLoss(x, y), 0.3)
			a, b := images(rng, s.Size()), images(rng, s.Size())
			in := map[*nn.Node][]float64{x: naive.Widen(a), y: naive.Widen(b)}

			grad := make([]float32, s.Size())
			for i := range grad {
				grad[i] = 1 // what is there already is added to
			}
			got := New(s[2], s[3]).Value(a, b, 0.3, grad)
			if want := naive.Run(g, nn.Training, in, nil).Total / float64(float32(0.3)); math.Abs(got-want) > 1e-9 {
				t.Errorf("value %g, want %g", got, want)
			}
			at := make([]int, s.Size())
			for i := range at {
				at[i] = i
			}
			want := naive.Gradient(g, in, nil, in[x], at)
			scale := 0.0
			for _, w := range want {
				scale = max(scale, math.Abs(w))
			}
			for i, w := range want {
				if d := math.Abs(float64(grad[i]-1) - w); !(d < 1e-3*scale+1e-6) {
					t.Errorf("gradient %d is %g, want %g", i, grad[i]-1, w)
				}
			}
		})
	}
}

func TestEqualImagesCostNothingAndPullFinitely(t *testing.T) {
	x := images(rand.New(rand.NewPCG(3, 4)), 3*6*10)
	grad := make([]float32, len(x))
	if v := New(6, 10).Value(x, x, 1, grad); !(v < 1e-12) {
		t.Errorf("value %g", v)
	}
	for i, g := range grad {
		// Rounding leaves differences of either sign: no more than N⁻¹ each.
		if math.IsNaN(float64(g)) || math.Abs(float64(g)) > 1.0/6 {
			t.Fatalf("gradient %d is %g", i, g)
		}
	}
}

func TestBlackImagesHaveAFiniteGradient(t *testing.T) {
	black, grad := make([]float32, 5*5), make([]float32, 5*5)
	x := images(rand.New(rand.NewPCG(5, 6)), 5*5)
	New(5, 5).Value(black, x, 1, grad)
	for _, g := range grad {
		if math.IsNaN(float64(g)) || math.IsInf(float64(g), 0) {
			t.Fatalf("gradient %g", g)
		}
	}
}

func TestManyPlanesRepeatBitForBit(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	x, y := images(rng, 24*9*9), images(rng, 24*9*9)
	l := New(9, 9)
	first := make([]float32, len(x))
	v := l.Value(x, y, 1, first)
	for range 5 {
		again := make([]float32, len(x))
		if w := l.Value(x, y, 1, again); w != v || !slices.Equal(first, again) {
			t.Fatalf("%v and %v", v, w)
		}
	}
}
