package feature

import (
	"math/rand/v2"
	"testing"

	"agurscope/nn"
)

func TestPositionShare(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	base := noise(rng, 3, 64, 64)
	set := func(n int, draw func() *nn.Image) []*nn.Image {
		out := make([]*nn.Image, n)
		for i := range out {
			out[i] = draw()
		}
		return out
	}
	same := func() *nn.Image { return base }
	// The left half is always alike, the right one never.
	half := func() *nn.Image {
		m := noise(rng, 3, 64, 64)
		for i := range m.Pix {
			if i%64 < 33 { // gradients look one pixel further
				m.Pix[i] = base.Pix[i]
			}
		}
		return m
	}
	left, right := make([]bool, 64), make([]bool, 64)
	for i := range left {
		left[i] = i%8 < 4
		right[i] = i%8 > 4
	}
	halves := set(60, half)
	for _, c := range []struct {
		name   string
		set    []*nn.Image
		inside []bool
		lo, hi float64
	}{
		{"none", nil, nil, 0, 0},
		{"one picture says nothing", set(1, same), nil, 0, 0},
		{"identical pictures", set(10, same), nil, 1 - 1e-9, 1},
		{"more pictures than are looked at", set(250, same), nil, 1 - 1e-9, 1},
		{"noise on one pattern", set(10, func() *nn.Image {
			m := base.Clone()
			for i := range m.Pix {
				m.Pix[i] = min(max(m.Pix[i]+.02*float32(rng.NormFloat64()), 0), 1)
			}
			return m
		}), nil, .8, 1},
		// The mean of n explains 1/n of pure noise.
		{"unrelated noise", set(100, func() *nn.Image { return noise(rng, 3, 64, 64) }), nil, 0, .02},
		{"half alike", halves, nil, .3, .7},
		{"the half that is alike", halves, left, 1 - 1e-9, 1},
		{"the half that is not", halves, right, 0, .03},
		{"nothing inside", halves, make([]bool, 64), 0, 0},
	} {
		if got := PositionShare(c.set, c.inside); got < c.lo || got > c.hi {
			t.Errorf("%s: %g, want %g to %g", c.name, got, c.lo, c.hi)
		}
	}
}

func TestPositionShareOfShuffledCellsIsLow(t *testing.T) {
	// The same cells of different brightness, in another order each time.
	rng := rand.New(rand.NewPCG(2, 2))
	base := noise(rng, 3, 64, 64)
	shuffled := make([]*nn.Image, 60)
	for k := range shuffled {
		m := nn.NewImage(3, 64, 64)
		for to, from := range rng.Perm(64) {
			for c := range 3 {
				for p := range 64 {
					src := (from/8*8+p/8)*64 + from%8*8 + p%8
					dst := (to/8*8+p/8)*64 + to%8*8 + p%8
					m.Plane(c)[dst] = base.Plane(c)[src] * float32(1+from%8) / 8
				}
			}
		}
		shuffled[k] = m
	}
	if got := PositionShare(shuffled, nil); got > .05 {
		t.Errorf("position explains %g of pictures that are shuffled", got)
	}
}
