package scan

import (
	"math"
	"slices"
	"testing"

	"agurscope/nn"
)

func TestScansVisitEveryPatchOnce(t *testing.T) {
	for _, s := range [][2]int{{128, 128}, {192, 512}, {512, 192}, {2048, 32}, {32, 2048}} {
		g := NewGrid(s[0], s[1])
		if g.Len()%64 != 0 || g.Len() > 1024 {
			t.Errorf("%v: %d patches", s, g.Len())
		}
		for k := range Scans {
			o := slices.Sorted(slices.Values(g.Order(k)))
			for i, p := range o {
				if i != p {
					t.Fatalf("%v, scan %d: position %d", s, k, p)
				}
			}
			for i, p := range g.Order(k)[1:] { // neighbours follow each other
				q := g.Order(k)[i]
				if d := max(p%g.W-q%g.W, q%g.W-p%g.W) + max(p/g.W-q/g.W, q/g.W-p/g.W); d != 1 {
					t.Fatalf("%v, scan %d: a jump of %d", s, k, d)
				}
			}
		}
	}
}

func TestPatchesAreThePicture(t *testing.T) {
	g := NewGrid(64, 64)
	x := nn.NewImage(3, 64, 64)
	for i := range x.Pix {
		x.Pix[i] = float32(i)
	}
	p := g.Patches(x)
	at := (3*g.W + 5) * Size // row 3, column 5; second colour, third line, last number
	if got, want := p[at+16+2*4+3], x.Plane(1)[(3*4+2)*64+5*4+3]; got != want {
		t.Errorf("%g, want %g", got, want)
	}
}

func TestSmoothKeepsLevelAndIsEven(t *testing.T) {
	v := []float32{2, 2, 2, 2}
	Smooth(v, 5)
	if !slices.Equal(v, []float32{2, 2, 2, 2}) {
		t.Error(v)
	}
	v = make([]float32, 21)
	v[10] = 1
	Smooth(v, 5)
	for i := range v {
		if math.Abs(float64(v[i]-v[20-i])) > 1e-6 {
			t.Errorf("%d: %g and %g", i, v[i], v[20-i])
		}
	}
}
