package anomaly

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPlateauTellsFlatFromFalling(t *testing.T) {
	for _, c := range []struct {
		name          string
		loss          func(i int) float64
		looks         int
		flat, falling bool
	}{
		{"too early", func(int) float64 { return 1 }, early + patience - 1, false, false},
		{"never moved", func(int) float64 { return 1 }, early + patience + 1, true, false},
		{"still falls", func(i int) float64 { return math.Exp(-float64(i) / 40) }, 100, false, true},
		{"fell, then nothing", func(i int) float64 { return .1 + math.Exp(-float64(i)/5) }, 100, true, false},
		{"rises again", func(i int) float64 { return 1 + math.Abs(float64(i)-20)/20 }, 60, true, false},
		{"no looks", nil, 0, false, false},
	} {
		rng := rand.New(rand.NewPCG(1, 1))
		var p plateau
		stopped := false
		for i := range c.looks {
			p.Losses = append(p.Losses, c.loss(i)*(1+.001*rng.NormFloat64()))
			stopped = stopped || p.flat()
		}
		if stopped != c.flat {
			t.Errorf("%s: flat is %v, want %v", c.name, stopped, c.flat)
		}
		if got := p.falling(); got != c.falling {
			t.Errorf("%s: falling is %v, want %v", c.name, got, c.falling)
		}
	}
}
