package anomaly

import (
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
)

// What is shown of the inside must be the inside: the walk of a picture has the
// reconstruction and the fused map that its verdict came from.
func TestWalkIsTheWayOfThePrediction(t *testing.T) {
	e, err := gorgonia.Open()
	if err != nil {
		t.Skip(err)
	}
	defer e.Close()
	rng := rand.New(rand.NewPCG(9, 9))
	n := Network{Size: "T", Width: 64, Height: 64}
	m, err := NewModel(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recipe{Model: m}
	var normals []*nn.Image
	for range 3 {
		normals = append(normals, noise(rng, 64, 64, 0, 1))
	}
	if err := Calibrate(t.Context(), e, r, AsIs(normals), CalibrateOptions{}); err != nil {
		t.Fatal(err)
	}
	d, err := NewDetector(e, r)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	x := AsIs([]*nn.Image{noise(rng, 64, 64, 0, 1)})[0]
	p, err := d.Detect(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Explain(t.Context(), e, r, x)
	if err != nil {
		t.Fatal(err)
	}
	apart := func(a, b []float32) float64 {
		worst := 0.
		for i := range a {
			worst = max(worst, math.Abs(float64(a[i]-b[i])))
		}
		return worst
	}
	if d := apart(w.Reconstruction.Pix, p.Reconstruction.Pix); d > 1e-4 {
		t.Errorf("the reconstruction is %g off", d)
	}
	if s := topMean(w.Fused.Pix); math.Abs(s-p.Score) > 1e-3*max(1, math.Abs(p.Score)) {
		t.Errorf("the fused map's score is %g, the prediction's %g", s, p.Score)
	}
	if len(w.Encoder) != 4 || len(w.Gates) != 3 || w.Denoised != nil || w.Score == nil || len(w.Terms) != len(p.Terms) {
		t.Fatalf("%d levels, %d gates, %d terms", len(w.Encoder), len(w.Gates), len(w.Terms))
	}
	for i, m := range w.Encoder {
		if m.W != 32>>i || m.C != 1 {
			t.Errorf("level %d is %d x %d x %d", i, m.C, m.H, m.W)
		}
	}
	for i, m := range append(w.Gates, w.Score) {
		for _, v := range m.Pix {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("gate %d lets %g through", i, v)
			}
		}
	}
	if w.Gates[0].W != 32 || w.Gates[2].W != 8 {
		t.Errorf("gates of %d and %d pixels, want the finest first", w.Gates[0].W, w.Gates[2].W)
	}
}

func TestTileThatHoldsTheHighestPlace(t *testing.T) {
	til := newTiling(1200, 700)
	m := nn.NewImage(1, 70, 120)
	for _, at := range [][2]int{{0, 0}, {119, 69}, {60, 30}, {119, 0}} {
		clear(m.Pix)
		m.Pix[at[1]*m.W+at[0]] = 1
		p := til.holding(m)
		x, y := at[0]*10, at[1]*10
		if x < p.X || y < p.Y || x >= p.X+til.tw || y >= p.Y+til.th {
			t.Errorf("%v is not in the tile at %v", at, p)
		}
	}
}
