package feature

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestModesTellsSeveralLooksFromOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n, cells, d = 120, 16, 6
	for _, c := range []struct {
		name   string
		draw   func(phase float64, j int) float64
		lo, hi float64
	}{
		{"one look", func(_ float64, j int) float64 { return float64(j) * rng.NormFloat64() }, 0, .05},
		{"an even spread", func(p float64, _ int) float64 { return p + .01*rng.NormFloat64() }, 0, .35},
		{"a turning pattern", func(p float64, j int) float64 {
			return math.Cos(2*math.Pi*p+float64(j)) + .05*rng.NormFloat64()
		}, .6, 1},
		{"two looks", func(p float64, _ int) float64 { return math.Round(p) + .1*rng.NormFloat64() }, .9, 1},
		{"one look and odd ones out", func(p float64, _ int) float64 {
			if p > .95 {
				return 50
			}
			return rng.NormFloat64()
		}, 0, .1},
		{"always the same", func(float64, int) float64 { return 3 }, 0, 0},
	} {
		var grids []*Grid
		for range n {
			g := NewGrid(4, 4, d)
			for i := range cells {
				p := rng.Float64()
				for j := range d {
					g.At(i)[j] = float32(c.draw(p, j))
				}
			}
			grids = append(grids, g)
		}
		if m := Modes(grids); m < c.lo || m > c.hi {
			t.Errorf("%s: %.2f of the cells, want %g to %g", c.name, m, c.lo, c.hi)
		}
	}
	if Modes([]*Grid{NewGrid(1, 1, 1), NewGrid(1, 1, 1)}) != 0 {
		t.Error("two grids cannot show several looks")
	}
}
