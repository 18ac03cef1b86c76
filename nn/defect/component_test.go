package defect

import (
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
)

// leads draws a board with grain and one vertical lead of 6 pixels, from row 20
// to row 100 around column 64.
func leads(contrast float32) *nn.Image {
	x := nn.NewImage(1, 128, 128)
	rng := rand.New(rand.NewPCG(2, 9))
	for i := range x.Pix {
		x.Pix[i] = 0.3 + float32(0.004*rng.NormFloat64())
		if px, py := i%128, i/128; px >= 61 && px < 67 && py >= 20 && py < 100 {
			x.Pix[i] += contrast
		}
	}
	return x
}

func TestStructureIsHitAndNotTheBackground(t *testing.T) {
	for _, k := range []Kind{Shift, Erase, Bend, Cut} {
		for _, contrast := range []float32{0.4, -0.2} {
			x := leads(contrast)
			e, rng := New(only(k), nil), rand.New(rand.NewPCG(3, 3))
			dst, mask := x.Clone(), make([]float32, 128*128)
			hit := 0
			for range 60 {
				e.Corrupt(rng, x, dst, mask)
				for y := 20; y < 100; y++ {
					if mask[y*128+62] == 1 || mask[y*128+65] == 1 {
						hit++
						break
					}
				}
			}
			if hit < 50 {
				t.Errorf("%s at contrast %g: %d of 60 hit the lead", k, contrast, hit)
			}
		}
	}
}

func TestEvenTextureHasNoParts(t *testing.T) {
	x := nn.NewImage(3, 128, 128)
	l, rng := newLattice(), rand.New(rand.NewPCG(3, 3))
	l.shuffle(rng)
	for i := range 128 * 128 {
		v := 0.5 + 0.3*l.at(float32(i%128)/3, float32(i/128)/3)
		x.Plane(0)[i], x.Plane(1)[i], x.Plane(2)[i] = v, v, v
	}
	dst, mask := x.Clone(), make([]float32, 128*128)
	for _, k := range []Kind{Shift, Erase, Bend, Cut} {
		e := New(only(k), nil)
		for range 5 {
			if got := e.Corrupt(rng, x, dst, mask); got != Clean {
				t.Fatalf("%s painted on a texture", got)
			}
		}
	}
}

// middle returns, for a row of a picture of leads, how much lead there is, in
// pixels, and where its middle lies.
func middle(x *nn.Image, y int, contrast float32) (width, column float64) {
	for px := range 128 {
		if v := float64((x.At(0, px, y) - 0.3) / contrast); v > 0.2 {
			width += v
			column += v * float64(px)
		}
	}
	return width, column / width
}

func TestCutInterruptsTheLead(t *testing.T) {
	x := leads(0.4)
	e, rng := New(only(Cut), nil), rand.New(rand.NewPCG(3, 3))
	dst, mask := x.Clone(), make([]float32, 128*128)
	gaps := map[int]bool{}
	for range 60 {
		if e.Corrupt(rng, x, dst, mask) == Clean {
			continue
		}
		gone := 0
		for y := 20; y < 100; y++ {
			if w, _ := middle(dst, y, 0.4); w < 1 {
				gone++
			}
		}
		gaps[gone] = true
		if gone > 22 {
			t.Fatalf("%d rows of the lead are gone", gone)
		}
		for i, m := range mask {
			if px := i % 128; m == 1 && (px < 58 || px > 70) {
				t.Fatalf("column %d beside the lead is damaged", px)
			}
		}
	}
	if gaps[0] || len(gaps) < 8 {
		t.Errorf("rows of the lead gone: %v", gaps)
	}
}

func TestBendMovesTheLeadWhole(t *testing.T) {
	x := leads(0.4)
	e, rng := New(only(Bend), nil), rand.New(rand.NewPCG(3, 3))
	dst, mask := x.Clone(), make([]float32, 128*128)
	bent := 0
	for range 60 {
		if e.Corrupt(rng, x, dst, mask) == Clean {
			continue
		}
		farthest := 0.0
		for y := 24; y < 96; y++ { // the ends may swing out of their rows
			w, at := middle(dst, y, 0.4)
			if w < 5 || w > 8 {
				t.Fatalf("row %d shows %.1f pixels of lead", y, w)
			}
			farthest = max(farthest, math.Abs(at-63.5))
		}
		if farthest > 9.5 {
			t.Fatalf("bent by %.1f pixels", farthest)
		}
		if farthest > 1.5 {
			bent++
		}
	}
	if bent < 35 {
		t.Errorf("%d of 60 bent visibly away from the ends", bent)
	}
}

func TestHealTakesAPartAway(t *testing.T) {
	x := nn.NewImage(3, 64, 64)
	clear := func(c, px, py int) float32 { return 0.3 + 0.1*float32(c) + float32(px)/640 + float32(py)/640 }
	for c := range 3 {
		for i := range 64 * 64 {
			x.Plane(c)[i] = clear(c, i%64, i/64)
			if dx, dy := i%64-20, i/64-40; dx*dx+dy*dy < 25 {
				x.Plane(c)[i] = 0.9
			}
		}
	}
	e, rng := New(Mix{}, nil), rand.New(rand.NewPCG(3, 3))
	e.prepare(x, x.Clone(), make([]float32, 64*64))
	box := around(20, 40, 7)
	e.heal(rng, x, box)
	for c := range 3 {
		each(box, 64, func(y, lo, hi int) {
			for i := lo; i < hi; i++ {
				want := clear(c, box.Min.X+i-lo, y)
				if d := e.fill[c*64*64+i] - want; d > 0.02 || d < -0.02 {
					t.Fatalf("plane %d at (%d, %d): %g, want %g", c, box.Min.X+i-lo, y, e.fill[c*64*64+i], want)
				}
			}
		})
	}
}

func TestFrameThereAndBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	for range 100 {
		angle, by := uniform(rng, -7, 7), uniform(rng, -7, 7)
		f := newFrame(uniform(rng, 0, 99), uniform(rng, 0, 99), angle)
		x, y := f.at(3, 4)
		if u, v := f.local(x, y); !near(u, 3) || !near(v, 4) || !near(math.Hypot(x-f.x, y-f.y), 5) {
			t.Fatalf("(3, 4) came back as (%g, %g)", u, v)
		}
		if g := newFrame(x, y, angle+by); !near(f.moved(3, 4).turned(by).cos, g.cos) || !near(f.moved(3, 4).turned(by).sin, g.sin) || f.moved(3, 4).x != g.x {
			t.Fatal("moved and turned is another frame")
		}
	}
}

func TestTapReadsBetweenPixels(t *testing.T) {
	x := nn.NewImage(1, 9, 12)
	for i := range x.Pix {
		x.Pix[i] = float32(i%12) + 20*float32(i/12)
	}
	for _, c := range []struct{ x, y, want float64 }{
		{3, 4, 83}, {3.25, 4, 83.25}, {3, 4.5, 93}, {2.5, 1.25, 27.5}, {11, 8, 171}, {-5, -1, 0}, {40, 3.5, 81},
	} {
		if got := newTap(x, c.x, c.y).of(x.Pix); math.Abs(float64(got)-c.want) > 1e-4 {
			t.Errorf("(%g, %g): %g, want %g", c.x, c.y, got, c.want)
		}
	}
}
