package tsne

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAlign(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	was := make([]Point, 40)
	for i := range was {
		was[i] = Point{float32(rng.NormFloat64()), float32(3 * rng.NormFloat64())}
	}
	for _, flip := range []float64{1, -1} {
		for _, angle := range []float64{0, 0.3, 2, -3} {
			now, pairs := make([]Point, len(was)), map[int]Point{}
			for i, p := range was {
				c, s := math.Cos(angle), math.Sin(angle)
				x, y := flip*float64(p.X), float64(p.Y)
				now[i] = Point{float32(c*x - s*y + 5), float32(s*x + c*y - 7)}
				if i%3 != 0 {
					pairs[i] = p
				}
			}
			Align(now, pairs)
			for i, p := range now {
				if math.Hypot(float64(p.X-was[i].X), float64(p.Y-was[i].Y)) > 1e-4 {
					t.Fatalf("flip %v, angle %v: point %d at %v instead of %v", flip, angle, i, p, was[i])
				}
			}
		}
	}
	now := slices.Clone(was)
	Align(now, map[int]Point{0: {1, 1}, 1: {2, 2}})
	if !slices.Equal(now, was) {
		t.Error("moved by two points")
	}
	Align(now, map[int]Point{0: {1, 1}, 1: {1, 1}, 2: {1, 1}})
	for _, p := range now {
		if p.X != p.X {
			t.Error("NaN")
		}
	}
}
