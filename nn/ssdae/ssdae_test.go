package ssdae

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

func params() *nn.Params { return nn.NewParams(rand.New(rand.NewPCG(1, 2))) }

func TestAddKeepsTheShape(t *testing.T) {
	for _, c := range []Config{{}, {Size: "B"}, {Size: "L"}, {Form: Literal}} {
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		g := nn.NewGraph(params())
		x := g.Input("x", nn.Shape{2, 3, 24, 36})
		y := c.Add(g, x, g.Input("strength", nn.Shape{2, 3, 1, 1}))
		if y.Shape != x.Shape {
			t.Errorf("%+v: %v from %v", c, y.Shape, x.Shape)
		}
		for _, name := range []string{"ssdae.enc1.weight", "ssdae.enc3.bias", "ssdae.dec3.weight", "ssdae.dec1.bias"} {
			if g.Params.Get(name) == nil {
				t.Errorf("%+v: no parameter %s", c, name)
			}
		}
		if n := len(g.Params.All); n != 12 {
			t.Errorf("%+v: %d parameters, not a weight and a bias of six layers", c, n)
		}
	}
}

// The units of Fig. 4 and section 4.3 of the method.
func TestLiteralFormHasThePapersUnits(t *testing.T) {
	g := nn.NewGraph(params())
	_, codes := Config{Form: Literal}.residual(g, g.Input("x", nn.Shape{1, 3, 256, 256}))
	for i, want := range []int{128, 96, 64} {
		if got := codes[i].Shape; got != (nn.Shape{1, want, 64, 64}) {
			t.Errorf("code %d: %v", i+1, got)
		}
	}
	if mac := float64(g.MACs()) / 1e9; math.Abs(mac-.35) > .01 {
		t.Errorf("%.3f GMAC at 256 x 256, not 0.35", mac)
	}
}

func TestAddRefusesSidesThatDoNotDivide(t *testing.T) {
	err := nn.Try(func() {
		g := nn.NewGraph(params())
		Config{}.Add(g, g.Input("x", nn.Shape{1, 3, 30, 32}), g.Input("strength", nn.Shape{1, 3, 1, 1}))
	})
	var shape *nn.ShapeError
	if !errors.As(err, &shape) {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []Config{{Form: "dense"}, {Size: "XL"}} {
		if c.Validate() == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

func TestNormaliseSetsSpreadAndMeanActivation(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	z := make([]float64, 5000)
	for i := range z {
		z[i] = 7 + 30*rng.NormFloat64()
	}
	a, b := normalise(z)
	var mean, square, active float64
	for _, v := range z {
		mean += (a*v + b) / float64(len(z))
	}
	for _, v := range z {
		square += (a*v + b - mean) * (a*v + b - mean) / float64(len(z))
		active += 1 / (1 + math.Exp(-a*v-b)) / float64(len(z))
	}
	if math.Abs(math.Sqrt(square)-spread) > 1e-9 || math.Abs(active-rho) > 1e-6 {
		t.Errorf("deviation %g, activation %g", math.Sqrt(square), active)
	}
	if a, b := normalise(make([]float64, 10)); math.IsNaN(a) || math.IsNaN(b) || math.IsInf(a, 0) {
		t.Errorf("a unit without input: %g, %g", a, b)
	}
}

func TestCentre(t *testing.T) {
	w := []float32{1, 2, 3, -4, 0, 4}
	if centre(w, 3); !slices.Equal(w, []float32{-1, 0, 1, -4, 0, 4}) {
		t.Errorf("got %v", w)
	}
}
