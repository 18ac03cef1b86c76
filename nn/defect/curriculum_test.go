package defect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

func TestLessonMovesFromTheUpperToTheLowerEnd(t *testing.T) {
	for _, c := range []struct{ share, lo, hi float64 }{
		{1e-9, 0.75, 1}, {0.5, 0.375, 0.625}, {1, 0, 0.25}, {2, 0, 0.25},
	} {
		rng := rand.New(rand.NewPCG(1, 7))
		const rounds = 4000
		wide := 0
		for range rounds {
			l := newLesson(rng, c.share)
			top := c.hi
			if l.hi > c.hi+1e-6 {
				wide, top = wide+1, 1
			}
			if math.Abs(l.lo-c.lo) > 1e-6 || math.Abs(l.hi-top) > 1e-6 {
				t.Fatalf("share %g: window %g to %g, want %g to %g", c.share, l.lo, l.hi, c.lo, top)
			}
			least, most := 0.08*math.Pow(6.25, l.lo), 0.08*math.Pow(6.25, l.hi)
			if l.contrast < least-1e-9 || l.contrast > most+1e-9 {
				t.Fatalf("share %g: contrast %g, want %g to %g", c.share, l.contrast, least, most)
			}
		}
		if got := float64(wide) / rounds; c.hi < 1 && math.Abs(got-revision) > 0.03 {
			t.Errorf("share %g: %.2f of the windows are wide, want %g", c.share, got, revision)
		}
	}
	rng := rand.New(rand.NewPCG(1, 7))
	before := *rand.New(rand.NewPCG(1, 7))
	for _, share := range []float64{0, -1, math.NaN()} {
		if l := newLesson(rng, share); l != (lesson{}) || l.size(5, 2, 8) != 5 {
			t.Errorf("share %g: lesson %v", share, l)
		}
	}
	if rng.Uint64() != before.Uint64() {
		t.Error("without curriculum the random source was used")
	}
}

// measure returns the mean area and contrast of damage and the largest area.
func measure(k Kind, share float64) (area, contrast, largest float64) {
	x := part(3, 128, 128, 4)
	e := New(only(k), []*nn.Image{x})
	e.Share = share
	rng := rand.New(rand.NewPCG(5, 5))
	dst, mask := x.Clone(), make([]float32, 128*128)
	const rounds = 150
	for range rounds {
		e.Corrupt(rng, x, dst, mask)
		n, sum := 0.0, 0.0
		for i, m := range mask {
			if m == 1 {
				n, sum = n+1, sum+float64(change(x, dst, i))
			}
		}
		area, contrast, largest = area+n/rounds/(128*128), contrast+sum/max(1, n)/rounds, max(largest, n/(128*128))
	}
	return area, contrast, largest
}

func TestCurriculumGoesFromLargeAndStrongToSmallAndFaint(t *testing.T) {
	for _, k := range kinds {
		var areas, contrasts []float64
		var late float64
		for _, share := range []float64{1, 0.5, 0.01} {
			a, c, most := measure(k, share)
			areas, contrasts = append(areas, a), append(contrasts, c)
			if share == 1 {
				late = most
			}
		}
		t.Logf("%s: area %.4f, contrast %.3f, largest at the end %.4f", k, areas, contrasts, late)
		if k != Blur && (areas[0] > 0.8*areas[2] || !slices.IsSorted(areas)) {
			t.Errorf("%s: areas %.4f from the end to the beginning", k, areas)
		}
		if !k.rearranges() && (contrasts[0] > 0.6*contrasts[2] || !slices.IsSorted(contrasts)) {
			t.Errorf("%s: contrasts %.3f from the end to the beginning", k, contrasts)
		}
		if late < areas[0] || (k == CutPaste || k == Perlin) && late < areas[2]/2 {
			t.Errorf("%s: at the end nothing larger than %.4f", k, late)
		}
	}
}
