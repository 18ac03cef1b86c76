package naive

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
)

func newGraph() *nn.Graph { return nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 2)))) }

// set overwrites a parameter.
func set(g *nn.Graph, name string, v ...float32) { copy(g.Params.Get(name).Data(), v) }

// near fails unless the values agree to twelve digits.
func near(t *testing.T, got []float64, want ...float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-12*max(1, math.Abs(want[i]))) {
			t.Fatalf("value %d is %.15g, want %.15g (all: %v)", i, got[i], want[i], got)
		}
	}
}

func TestOperationsGiveTheValuesWorkedByHand(t *testing.T) {
	half := 1 / (1 + math.Exp(-0.5)) // σ(½)
	tests := []struct {
		name  string
		shape nn.Shape
		x     []float64
		build func(g *nn.Graph, x *nn.Node) *nn.Node
		want  []float64
	}{
		{"conv of one pixel sees only the centre", nn.Shape{1, 1, 1, 1}, []float64{3},
			func(g *nn.Graph, x *nn.Node) *nn.Node {
				y := g.Conv("c", x, 1, 3, nn.ConvOptions{Bias: true})
				set(g, "c.weight", 9, 9, 9, 9, 2, 9, 9, 9, 9)
				set(g, "c.bias", 1)
				return y
			}, []float64{7}},
		{"conv is a correlation", nn.Shape{1, 1, 1, 3}, []float64{1, 2, 3},
			func(g *nn.Graph, x *nn.Node) *nn.Node {
				y := g.Conv("c", x, 1, 3, nn.ConvOptions{})
				set(g, "c.weight", 0, 0, 0, 1, 10, 100, 0, 0, 0)
				return y
			}, []float64{210, 321, 32}},
		{"conv of stride 2 starts at the first pixel", nn.Shape{1, 1, 1, 5}, []float64{1, 2, 3, 4, 5},
			func(g *nn.Graph, x *nn.Node) *nn.Node {
				y := g.Conv("c", x, 1, 1, nn.ConvOptions{Stride: 2})
				set(g, "c.weight", 1)
				return y
			}, []float64{1, 3, 5}},
		{"conv of dilation 2 skips a pixel", nn.Shape{1, 1, 1, 5}, []float64{1, 2, 3, 4, 5},
			func(g *nn.Graph, x *nn.Node) *nn.Node {
				y := g.Conv("c", x, 1, 3, nn.ConvOptions{Dilation: 2})
				set(g, "c.weight", 0, 0, 0, 1, 0, 100, 0, 0, 0)
				return y
			}, []float64{300, 400, 501, 2, 3}},
		{"conv sums channels into each output", nn.Shape{1, 2, 1, 1}, []float64{3, 5},
			func(g *nn.Graph, x *nn.Node) *nn.Node {
				y := g.Conv("c", x, 2, 1, nn.ConvOptions{})
				set(g, "c.weight", 1, 10, 100, 1000)
				return y
			}, []float64{53, 5300}},
		{"conv of an even kernel reaches one pixel beyond its stride", nn.Shape{1, 1, 2, 4}, []float64{1, 2, 3, 4, 5, 6, 7, 8},
			func(g *nn.Graph, x *nn.Node) *nn.Node {
				y := g.Conv("c", x, 1, 4, nn.ConvOptions{Stride: 2})
				set(g, "c.weight", 0, 0, 0, 0, 1, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0)
				return y
			}, []float64{30, 2}},
		{"leaky relu", nn.Shape{1, 1, 1, 3}, []float64{-2, 0, 2},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.LeakyReLU(x, 0.25) }, []float64{-0.5, 0, 2}},
		{"fold of patches side by side", nn.Shape{1, 4, 1, 2}, []float64{1, 2, 3, 4, 5, 6, 7, 8},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Fold(x, 2, 2) }, []float64{1, 3, 2, 4, 5, 7, 6, 8}},
		{"fold averages where patches overlap", nn.Shape{1, 9, 1, 2},
			[]float64{0, 10, 1, 11, 2, 12, 3, 13, 4, 14, 5, 15, 6, 16, 7, 17, 8, 18},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Fold(x, 3, 1) }, []float64{(4 + 13) / 2.0, (5 + 14) / 2.0}},
		{"relu", nn.Shape{1, 1, 1, 3}, []float64{-1, 0, 2},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.ReLU(x) }, []float64{0, 0, 2}},
		{"sigmoid", nn.Shape{1, 1, 1, 3}, []float64{0, 0.5, math.Inf(-1)},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Sigmoid(x) }, []float64{0.5, half, 0}},
		{"add", nn.Shape{1, 1, 1, 2}, []float64{1, 2},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Add(x, x) }, []float64{2, 4}},
		{"concat keeps images apart", nn.Shape{2, 1, 1, 2}, []float64{1, 2, 3, 4},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Concat(x, g.Add(x, x)) },
			[]float64{1, 2, 2, 4, 3, 4, 6, 8}},
		{"upsample of one pixel", nn.Shape{1, 1, 1, 1}, []float64{7},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Upsample(x) }, []float64{7, 7, 7, 7}},
		{"upsample of a row", nn.Shape{1, 1, 1, 3}, []float64{0, 4, 12},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Upsample(x) },
			[]float64{0, 1, 3, 6, 10, 12, 0, 1, 3, 6, 10, 12}},
		{"global average pool", nn.Shape{1, 2, 1, 3}, []float64{1, 2, 6, 0, 0, 9},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.GlobalAvgPool(x) }, []float64{3, 3}},
		{"broadcast", nn.Shape{1, 2, 1, 1}, []float64{1, 2},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Broadcast(x, 1, 3) }, []float64{1, 1, 1, 2, 2, 2}},
		{"attention halves with a kernel of zeros", nn.Shape{1, 3, 1, 1}, []float64{2, 4, 6},
			func(g *nn.Graph, x *nn.Node) *nn.Node {
				y := g.ECA("e", x)
				set(g, "e.weight", 0, 0, 0)
				return y
			}, []float64{1, 2, 3}},
		{"attention reads the neighbouring channel", nn.Shape{1, 8, 1, 1}, []float64{.5, 0, 0, 0, 0, 0, 0, 1},
			func(g *nn.Graph, x *nn.Node) *nn.Node {
				y := g.ECA("e", x)
				set(g, "e.weight", 1, 0, 0) // each channel its predecessor
				return y.In[1]
			}, []float64{.5, half, .5, .5, .5, .5, .5, .5}},
		{"gate", nn.Shape{1, 2, 1, 2}, []float64{1, 2, 3, 4},
			func(g *nn.Graph, x *nn.Node) *nn.Node {
				a := g.Conv("c", x, 1, 1, nn.ConvOptions{})
				set(g, "c.weight", 1, 1)
				return g.Gate(x, a)
			}, []float64{4, 12, 12, 24}},
		{"score input", nn.Shape{1, 1, 1, 2}, []float64{-1, 2},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.ScoreInput(x, g.ReLU(x)) },
			[]float64{-1, 2, 0, 2, 4, 0}},
		{"plain residual averages channels", nn.Shape{1, 2, 1, 1}, []float64{-1, -3},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Residual(x, g.ReLU(x), true) }, []float64{2}},
		{"blur of 0 is the identity", nn.Shape{1, 1, 1, 2}, []float64{1, 5},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Blur(x, 0) }, []float64{1, 5}},
		{"blur of one pixel", nn.Shape{1, 1, 1, 1}, []float64{5},
			func(g *nn.Graph, x *nn.Node) *nn.Node { return g.Blur(x, 3) }, []float64{5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGraph()
			x := g.Input("x", tt.shape)
			y := tt.build(g, x)
			got := Run(g, nn.Inference, map[*nn.Node][]float64{x: tt.x}, nil)
			near(t, got.Of(y), tt.want...)
		})
	}
}

func TestBlurMirrorsWithoutRepeatingTheEdge(t *testing.T) {
	g := newGraph()
	x := g.Input("x", nn.Shape{1, 1, 1, 3})
	y := g.Blur(x, 0.5) // two taps to each side
	a, b := math.Exp(-2), math.Exp(-8)
	s := 1 + 2*a + 2*b
	got := Run(g, nn.Inference, map[*nn.Node][]float64{x: {1, 0, 0}}, nil)
	near(t, got.Of(y), 1/s, (a+a*0)/s, 2*b/s)
}

func TestMirrorFoldsAnyIndex(t *testing.T) {
	for i, want := range map[int]int{-5: 1, -4: 0, -3: 1, -2: 2, -1: 1, 0: 0, 1: 1, 2: 2, 3: 1, 4: 0, 5: 1} {
		if got := mirror(i, 3); got != want {
			t.Errorf("mirror(%d, 3) = %d, want %d", i, got, want)
		}
	}
	if mirror(-7, 1) != 0 {
		t.Error("one sample mirrors to itself")
	}
}

func TestNormUsesBatchStatisticsOnlyInTraining(t *testing.T) {
	g := newGraph()
	x := g.Input("x", nn.Shape{2, 1, 1, 2})
	y := g.Norm("n", x, true)
	set(g, "n.gamma", 2)
	set(g, "n.beta", 1)
	set(g, "n.mean", 3)
	set(g, "n.var", 4)
	in := map[*nn.Node][]float64{x: {1, 2, 3, 6}}
	eps := float64(float32(1e-5))
	f := func(v, mean, vari float64) float64 { return max(0, (v-mean)/math.Sqrt(vari+eps)*2+1) }

	near(t, Run(g, nn.Inference, in, nil).Of(y), f(1, 3, 4), f(2, 3, 4), f(3, 3, 4), f(6, 3, 4))
	r := Run(g, nn.Training, in, nil) // mean 3, deviations −2 −1 0 3
	near(t, r.Of(y), f(1, 3, 3.5), f(2, 3, 3.5), f(3, 3, 3.5), f(6, 3, 3.5))
	near(t, r.Mean[y], 3)
	near(t, r.Var[y], 14.0/3)
}

func TestLossesGiveTheValuesWorkedByHand(t *testing.T) {
	row := nn.Shape{1, 1, 1, 2}
	tests := []struct {
		name    string
		x, y, m []float64
		shape   nn.Shape
		build   func(g *nn.Graph, x, y, m *nn.Node) *nn.Node
		want    float64
	}{
		{"L1", []float64{1, 2}, []float64{3, 5}, []float64{0, 1}, row,
			func(g *nn.Graph, x, y, m *nn.Node) *nn.Node { return g.L1Loss(x, y, m, 4) }, (2 + 3*5) / 2.0},
		{"SSIM of one pixel", []float64{1}, []float64{0}, []float64{0}, nn.Shape{1, 1, 1, 1},
			func(g *nn.Graph, x, y, _ *nn.Node) *nn.Node { return g.SSIMLoss(x, y) }, func() float64 {
				// The window sees one sample of weight w: mean w, variance w−w².
				k := gaussian(1.5, 5)[5]
				w := k * k
				return 1 - 1e-4*9e-4/((w*w+1e-4)*(w-w*w+9e-4))
			}()},
		{"spectrum of two samples", []float64{1, 3}, []float64{0, 0}, []float64{0, 0}, row,
			func(g *nn.Graph, x, y, _ *nn.Node) *nn.Node { return g.SpectrumLoss(x, y) },
			(math.Log1p(4/math.Sqrt2) + math.Log1p(2/math.Sqrt2)) / 2},
		{"focal at 0", []float64{0, 0}, []float64{0, 0}, []float64{0, 1}, row,
			func(g *nn.Graph, x, _, m *nn.Node) *nn.Node { return g.FocalLoss(x, m, 2) },
			0.25 * math.Ln2 * (1 + 3) / 2},
		{"focal of a sure mistake", []float64{50, 50}, []float64{0, 0}, []float64{0, 0}, row,
			func(g *nn.Graph, x, _, m *nn.Node) *nn.Node { return g.FocalLoss(x, m, 0) }, 50},
		{"deviation of a clean image", []float64{4, 2}, []float64{0, 0}, []float64{0, 0}, row,
			func(g *nn.Graph, x, _, m *nn.Node) *nn.Node {
				return g.DeviationLoss(x, m, nn.DeviationLoss{Mu: 1, Margin: 5})
			}, 2},
		{"deviation of a damaged image", []float64{4, 2}, []float64{0, 0}, []float64{0, 1}, row,
			func(g *nn.Graph, x, _, m *nn.Node) *nn.Node {
				return g.DeviationLoss(x, m, nn.DeviationLoss{Mu: 1, Margin: 5})
			}, 3},
		{"deviation of damage too small to count", []float64{-4, -2}, []float64{0, 0}, []float64{0, 1}, row,
			func(g *nn.Graph, x, _, m *nn.Node) *nn.Node {
				return g.DeviationLoss(x, m, nn.DeviationLoss{Mu: 1, Margin: 5, MinPixels: 1})
			}, 0},
		{"L2", []float64{1, 2}, []float64{3, 5}, []float64{0, 0}, row,
			func(g *nn.Graph, x, y, _ *nn.Node) *nn.Node { return g.L2Loss(x, y) }, (4 + 9) / 2.0},
		{"critic", []float64{0.5, 0.5}, []float64{2, -0.5}, []float64{0, 0}, nn.Shape{2, 1, 1, 1},
			func(g *nn.Graph, x, y, _ *nn.Node) *nn.Node { return g.CriticLoss(x, y, false) }, 2*0.5 + 0.5*1.5},
		{"critic that is sure enough", []float64{1.5, -2}, []float64{2, -0.5}, []float64{0, 0}, nn.Shape{2, 1, 1, 1},
			func(g *nn.Graph, x, y, _ *nn.Node) *nn.Node { return g.CriticLoss(x, y, false) }, 0},
		{"linear critic", []float64{0.5, 3}, []float64{2, -0.5}, []float64{0, 0}, nn.Shape{2, 1, 1, 1},
			func(g *nn.Graph, x, y, _ *nn.Node) *nn.Node { return g.CriticLoss(x, y, true) }, -2*0.5 + 0.5*3},
		{"sparsity", []float64{0, 0.5}, []float64{0, 0}, []float64{0, 0}, row,
			func(g *nn.Graph, x, _, _ *nn.Node) *nn.Node { return g.SparsityLoss(x, 0.5) },
			0.5*math.Log(0.5/0.25) + 0.5*math.Log(0.5/0.75)},
		{"sparsity of a dead channel", []float64{0, 0}, []float64{0, 0}, []float64{0, 0}, row,
			func(g *nn.Graph, x, _, _ *nn.Node) *nn.Node { return g.SparsityLoss(x, 0.5) },
			0.5*math.Log(0.5/1e-4) + 0.5*math.Log(0.5/(1-1e-4))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGraph()
			x, y, m := g.Input("x", tt.shape), g.Input("y", tt.shape), g.Input("m", tt.shape)
			l := tt.build(g, x, y, m)
			g.Minimise("loss", l, 0.25)
			r := Run(g, nn.Training, map[*nn.Node][]float64{x: tt.x, y: tt.y, m: tt.m}, nil)
			near(t, r.Of(l), tt.want)
			near(t, []float64{r.Total}, tt.want/4)
		})
	}
}

func TestTransformKeepsEnergyAndForgetsShifts(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, s := range [][2]int{{1, 1}, {1, 7}, {5, 1}, {6, 11}, {8, 8}} {
		h, w := s[0], s[1]
		x, shifted, energy := make([]float64, h*w), make([]float64, h*w), 0.0
		for i := range x {
			x[i] = rng.NormFloat64()
			energy += x[i] * x[i]
			shifted[(i/w+2)%h*w+(i%w+3)%w] = x[i]
		}
		f, g, total := DFT(x, h, w), DFT(shifted, h, w), 0.0
		for i := range f {
			total += real(f[i])*real(f[i]) + imag(f[i])*imag(f[i])
			if math.Abs(cmplx.Abs(f[i])-cmplx.Abs(g[i])) > 1e-12 {
				t.Fatalf("%dx%d: shifting changes amplitude %d", h, w, i)
			}
		}
		near(t, []float64{total}, energy)
	}
}

func TestGradientIsThatOfFormulas(t *testing.T) {
	g := newGraph()
	x, zero := g.Input("x", nn.Shape{1, 1, 1, 3}), g.Input("zero", nn.Shape{1, 1, 1, 3})
	y := g.Sigmoid(x)
	g.Minimise("l1", g.L1Loss(y, zero, zero, 0), 2)
	in := map[*nn.Node][]float64{x: {-1, 0, 2}, zero: {0, 0, 0}, y: {0, 0, 0}}
	s := Run(g, nn.Training, in, nil).Of(y)
	want := make([]float64, 3)
	for i, v := range s {
		want[i] = 2.0 / 3 * v * (1 - v)
	}
	check := func(what string, of []float64, want ...float64) {
		t.Helper()
		got := Gradient(g, in, nil, of, []int{0, 1, 2})
		for i := range want {
			if !(math.Abs(got[i]-want[i]) < 1e-9) {
				t.Errorf("%s: gradient %d is %g, want %g", what, i, got[i], want[i])
			}
		}
	}
	check("input", in[x], want...)
	check("interior value", in[y], 2.0/3, 2.0/3, 2.0/3)
	near(t, in[x], -1, 0, 2) // restored
}

func TestGradientOfParametersStopsAtScoreInput(t *testing.T) {
	g := newGraph()
	x := g.Input("x", nn.Shape{1, 1, 1, 2})
	zero3 := g.Input("zero3", nn.Shape{1, 3, 1, 2})
	mask := g.Input("mask", nn.Shape{1, 1, 1, 2})
	y := g.Conv("c", x, 1, 1, nn.ConvOptions{})
	g.Minimise("through", g.L1Loss(g.ScoreInput(x, y), zero3, mask, 0), 1)
	g.Minimise("direct", g.L1Loss(y, mask, mask, 0), 1)
	w := g.Params.Get("c.weight")
	params := map[*nn.Param][]float64{w: {0.5}}
	in := map[*nn.Node][]float64{x: {1, 3}, zero3: make([]float64, 6), mask: {0, 0}}
	got := Gradient(g, in, params, params[w], []int{0})
	if !(math.Abs(got[0]-2) < 1e-9) { // mean of x; the other way adds to it
		t.Errorf("gradient is %g, want 2", got[0])
	}
}

func TestGradientRefusesKinks(t *testing.T) {
	g := newGraph()
	x, zero := g.Input("x", nn.Shape{1, 1, 1, 2}), g.Input("zero", nn.Shape{1, 1, 1, 2})
	g.Minimise("l1", g.L1Loss(x, zero, zero, 0), 1)
	in := map[*nn.Node][]float64{x: {0, 1}, zero: {0, 0}}
	got := Gradient(g, in, nil, in[x], []int{0, 1})
	if !math.IsNaN(got[0]) || math.Abs(got[1]-0.5) > 1e-9 {
		t.Errorf("gradients %v, want NaN and 0.5", got)
	}
}

func TestRunNamesAMissingInput(t *testing.T) {
	g := newGraph()
	g.Input("picture", nn.Shape{1, 1, 2, 2})
	defer func() {
		if r := recover(); r == nil || fmt.Sprint(r) != "input picture 1x1x2x2: given 0 values" {
			t.Errorf("panic %v", r)
		}
	}()
	Run(g, nn.Inference, nil, nil)
}
