package nn_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"agurscope/nn"
	"agurscope/nn/internal/naive"
)

func newGraph() *nn.Graph { return nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 2)))) }

func TestAttentionKernelGrowsWithTheChannels(t *testing.T) {
	for c, want := range map[int]int{
		1: 1, 3: 1, 4: 1, 8: 3, 16: 3, 24: 3, 32: 3, 48: 3, 64: 3, 96: 3, 128: 5, 256: 5, 512: 5,
	} {
		if got := nn.KernelECA(c); got != want {
			t.Errorf("%d channels: kernel %d, want %d", c, got, want)
		}
	}
}

func TestConvShapes(t *testing.T) {
	for _, tt := range []struct {
		h, w, k      int
		o            nn.ConvOptions
		wantH, wantW int
	}{
		{7, 8, 3, nn.ConvOptions{}, 7, 8},
		{7, 8, 3, nn.ConvOptions{Stride: 2}, 4, 4},
		{7, 8, 1, nn.ConvOptions{Stride: 2}, 4, 4},
		{5, 5, 3, nn.ConvOptions{Dilation: 9}, 5, 5},
		{1, 1, 7, nn.ConvOptions{}, 1, 1},
		{8, 12, 4, nn.ConvOptions{Stride: 2}, 4, 6},
		{8, 12, 8, nn.ConvOptions{Stride: 4}, 2, 3},
		{9, 7, 4, nn.ConvOptions{Stride: 2}, 4, 3},
	} {
		g := newGraph()
		y := g.Conv("c", g.Input("x", nn.Shape{2, 3, tt.h, tt.w}), 4, tt.k, tt.o)
		if want := (nn.Shape{2, 4, tt.wantH, tt.wantW}); y.Shape != want {
			t.Errorf("%+v: shape %v, want %v", tt, y.Shape, want)
		}
	}
}

func TestWrongShapesPanicWithAShapeErrorThatTryReturns(t *testing.T) {
	for name, build := range map[string]func(g *nn.Graph){
		"input":       func(g *nn.Graph) { g.Input("x", nn.Shape{1, 0, 1, 1}) },
		"even kernel": func(g *nn.Graph) { g.Conv("c", g.Input("x", nn.Shape{1, 1, 4, 4}), 1, 2, nn.ConvOptions{}) },
		"even kernel of odd stride": func(g *nn.Graph) {
			g.Conv("c", g.Input("x", nn.Shape{1, 1, 9, 9}), 1, 4, nn.ConvOptions{Stride: 3})
		},
		"even kernel smaller than its stride": func(g *nn.Graph) {
			g.Conv("c", g.Input("x", nn.Shape{1, 1, 8, 8}), 1, 2, nn.ConvOptions{Stride: 4})
		},
		"even kernel on less than its stride": func(g *nn.Graph) {
			g.Conv("c", g.Input("x", nn.Shape{1, 1, 8, 1}), 1, 4, nn.ConvOptions{Stride: 2})
		},
		"even kernel with dilation": func(g *nn.Graph) {
			g.Conv("c", g.Input("x", nn.Shape{1, 1, 8, 8}), 1, 4, nn.ConvOptions{Stride: 2, Dilation: 2})
		},
		"slope of a leaky relu":    func(g *nn.Graph) { g.LeakyReLU(g.Input("a", nn.Shape{1, 1, 4, 4}), -0.1) },
		"fold of half a patch":     func(g *nn.Graph) { g.Fold(g.Input("a", nn.Shape{1, 6, 4, 4}), 2, 2) },
		"fold with gaps":           func(g *nn.Graph) { g.Fold(g.Input("a", nn.Shape{1, 4, 4, 4}), 2, 4) },
		"fold of uneven overlap":   func(g *nn.Graph) { g.Fold(g.Input("a", nn.Shape{1, 9, 4, 4}), 3, 2) },
		"rho of the sparsity loss": func(g *nn.Graph) { g.SparsityLoss(g.Input("a", nn.Shape{1, 3, 4, 4}), 1) },
		"L2 loss": func(g *nn.Graph) {
			g.L2Loss(g.Input("a", nn.Shape{1, 3, 4, 4}), g.Input("b", nn.Shape{1, 1, 4, 4}))
		},
		"targets of a critic": func(g *nn.Graph) {
			s := g.Input("a", nn.Shape{2, 1, 4, 4})
			g.CriticLoss(s, s, false)
		},
		"add": func(g *nn.Graph) {
			g.Add(g.Input("a", nn.Shape{1, 1, 4, 4}), g.Input("b", nn.Shape{1, 2, 4, 4}))
		},
		"concat": func(g *nn.Graph) {
			g.Concat(g.Input("a", nn.Shape{1, 1, 4, 4}), g.Input("b", nn.Shape{1, 1, 4, 5}))
		},
		"scale": func(g *nn.Graph) {
			g.Scale(g.Input("a", nn.Shape{1, 2, 4, 4}), g.Input("b", nn.Shape{1, 1, 1, 1}))
		},
		"broadcast": func(g *nn.Graph) { g.Broadcast(g.Input("a", nn.Shape{1, 2, 1, 2}), 4, 4) },
		"gate": func(g *nn.Graph) {
			g.Gate(g.Input("a", nn.Shape{1, 2, 4, 4}), g.Input("b", nn.Shape{1, 2, 4, 4}))
		},
		"mask of an L1 loss": func(g *nn.Graph) {
			x := g.Input("a", nn.Shape{1, 3, 4, 4})
			g.L1Loss(x, x, x, 1)
		},
		"deviation loss": func(g *nn.Graph) {
			x := g.Input("a", nn.Shape{1, 3, 4, 4})
			g.DeviationLoss(x, x, nn.DeviationLoss{})
		},
		"parameter of another shape": func(g *nn.Graph) {
			x := g.Input("a", nn.Shape{1, 3, 4, 4})
			g.Conv("c", x, 2, 3, nn.ConvOptions{})
			g.Conv("c", x, 2, 1, nn.ConvOptions{})
		},
	} {
		var shape *nn.ShapeError
		if err := nn.Try(func() { build(newGraph()) }); !errors.As(err, &shape) {
			t.Errorf("%s: %v", name, err)
		} else if !strings.Contains(err.Error(), "needs") {
			t.Errorf("%s: %q does not say what it needs", name, err)
		}
	}
}

func TestTryLetsOtherPanicsPass(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("swallowed")
		}
	}()
	nn.Try(func() { panic("another") })
}

func TestGraphsShareParametersByName(t *testing.T) {
	ps := nn.NewParams(rand.New(rand.NewPCG(1, 2)))
	build := func(size int) *nn.Graph {
		g := nn.NewGraph(ps)
		g.Norm("n", g.Conv("c", g.Input("x", nn.Shape{1, 3, size, size}), 4, 3, nn.ConvOptions{Bias: true}), true)
		return g
	}
	build(8)
	before, first := len(ps.All), ps.Snapshot(nil)
	g := build(16)
	if len(ps.All) != before || ps.Count() != 4*3*9+4+4+4 {
		t.Errorf("%d then %d parameters, %d values", before, len(ps.All), ps.Count())
	}
	if g.MACs() != 16*16*4*3*9 {
		t.Errorf("%d multiply-adds", g.MACs())
	}
	ps.Get("c.weight").Data()[0] = 42
	ps.Restore(first)
	if ps.Get("c.weight").Data()[0] == 42 || ps.Get("none") != nil {
		t.Error("Restore or Get does not do what it says")
	}
}

func TestSameSeedSameWeights(t *testing.T) {
	weights := func() []float32 {
		g := newGraph()
		g.Conv("c", g.Input("x", nn.Shape{1, 8, 8, 8}), 64, 3, nn.ConvOptions{})
		return g.Params.Get("c.weight").Data()
	}
	w := weights()
	if !slices.Equal(w, weights()) {
		t.Error("differ")
	}
	sum := 0.0
	for _, v := range w {
		sum += float64(v) * float64(v)
	}
	if sd := math.Sqrt(sum / float64(len(w))); math.Abs(sd-math.Sqrt(2.0/72)) > 0.01 {
		t.Errorf("standard deviation %g", sd)
	}
}

// The selection by sorting agrees with the definition, ties included, and its
// gradient spreads over exactly K logits.
func TestDeviationLossSelectsKOfEqualLogits(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	op := nn.DeviationLoss{Mu: -3, Margin: 9, Share: 0.3, MinPixels: 2}
	const hw, n = 77, 4
	k := op.TopK(hw)
	if k != 23 {
		t.Fatalf("K is %d", k)
	}
	z, mask := make([]float32, n*hw), make([]float32, n*hw)
	for i := range z {
		z[i] = float32(rng.IntN(4)) // many ties
		if i >= 2*hw && rng.IntN(4) == 0 {
			mask[i] = 1
		}
	}
	g := newGraph()
	s, m := g.Input("s", nn.Shape{n, 1, 7, 11}), g.Input("m", nn.Shape{n, 1, 7, 11})
	l := g.DeviationLoss(s, m, op)
	want := naive.Run(g, nn.Training, map[*nn.Node][]float64{s: naive.Widen(z), m: naive.Widen(mask)}, nil).Of(l)[0]
	grad := make([]float32, n*hw)
	if got := op.Value(z, mask, hw, 2, grad); math.Abs(got-want) > 1e-9 {
		t.Errorf("value %g, want %g", got, want)
	}
	for b := range n {
		sign, hit, lowest, highestMissed := float32(1), 0, float32(math.Inf(1)), float32(math.Inf(-1))
		if b >= 2 {
			sign = -1
		}
		for i, d := range grad[b*hw : (b+1)*hw] {
			switch v := z[b*hw+i]; d {
			case 0:
				highestMissed = max(highestMissed, v)
			case sign * 2 / float32(n*k):
				hit++
				lowest = min(lowest, v)
			default:
				t.Fatalf("image %d: gradient %g", b, d)
			}
		}
		if hit != k || lowest < highestMissed {
			t.Errorf("image %d: %d of %d logits, lowest %g, highest missed %g", b, hit, k, lowest, highestMissed)
		}
	}
}

func TestImagePlanesShareAndCloneDoesNot(t *testing.T) {
	m := nn.NewImage(2, 3, 4)
	m.Plane(1)[2*4+3] = 7
	c := m.Clone()
	m.Plane(1)[0] = 1
	if m.At(1, 3, 2) != 7 || c.At(1, 3, 2) != 7 || c.At(1, 0, 0) != 0 || cap(m.Plane(0)) != 12 {
		t.Error("planes, At or Clone are wrong")
	}
}
