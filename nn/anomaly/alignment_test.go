package anomaly

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

func sameBits(a, b [][]float32) bool {
	return slices.EqualFunc(a, b, func(x, y []float32) bool {
		return slices.EqualFunc(x, y, func(v, w float32) bool { return math.Float32bits(v) == math.Float32bits(w) })
	})
}

func TestPositionShare(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	base := noise(rng, 64, 64, 0, 1)
	set := func(n int, draw func(i int) *nn.Image) []*nn.Image {
		out := make([]*nn.Image, n)
		for i := range out {
			out[i] = draw(i)
		}
		return out
	}
	for _, c := range []struct {
		name   string
		set    []*nn.Image
		lo, hi float64
	}{
		{"one picture says nothing", []*nn.Image{base}, 0, 0},
		{"none says nothing", nil, 0, 0},
		{"identical pictures", set(10, func(int) *nn.Image { return base }), 1 - 1e-9, 1},
		{"a little noise on one pattern", set(10, func(int) *nn.Image {
			m := base.Clone()
			for i := range m.Pix {
				m.Pix[i] = min(max(m.Pix[i]+.02*float32(rng.NormFloat64()), 0), 1)
			}
			return m
		}), .8, 1},
		// The mean of n explains 1/n of pure noise.
		{"unrelated noise", set(100, func(int) *nn.Image { return noise(rng, 64, 64, 0, 1) }), 0, .02},
		{"more pictures than are looked at", set(250, func(i int) *nn.Image { return base }), 1 - 1e-9, 1},
	} {
		if got := PositionShare(c.set); got < c.lo || got > c.hi {
			t.Errorf("%s: %g, want %g to %g", c.name, got, c.lo, c.hi)
		}
	}
}

func TestPositionShareOfAShuffledPatternIsLow(t *testing.T) {
	// The same cells in every picture, but in another order each time.
	rng := rand.New(rand.NewPCG(2, 2))
	base := noise(rng, 64, 64, 0, 1)
	for i := range base.Pix { // cells of different brightness
		x, y := i%64, i/64%64
		base.Pix[i] *= .1 + .9*float32((x/8*5+y/8*3)%8)/7
	}
	shuffled := make([]*nn.Image, 60)
	for k := range shuffled {
		m := nn.NewImage(3, 64, 64)
		for to, from := range rng.Perm(64) {
			for c := range 3 {
				for p := range 64 {
					src := (from/8*8+p/8)*64 + from%8*8 + p%8
					dst := (to/8*8+p/8)*64 + to%8*8 + p%8
					m.Plane(c)[dst] = base.Plane(c)[src]
				}
			}
		}
		shuffled[k] = m
	}
	if got := PositionShare(shuffled); got > .05 {
		t.Errorf("position explains %g of pictures that are shuffled", got)
	}
}
