package anomaly

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestConformal(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	for _, c := range []struct{ rate, want float64 }{
		{.5, 3.5}, // the third of five: ⌈6·0.5⌉
		{.6, 3.5}, // ⌈6·0.4⌉
		{.4, 4.5},
		{.9, 1.5},
		{1 - 1e-12, 1.5},
		{.1, 5 + .1*(5-3)}, // the sixth of five
	} {
		if got := Conformal(values, c.rate); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("rate %g: %g, want %g", c.rate, got, c.want)
		}
	}
	if !slices.Equal(values, []float64{5, 1, 4, 2, 3}) {
		t.Error("the values were sorted in place")
	}
	if got := Conformal([]float64{2}, .05); !(got > 2) {
		t.Errorf("one good part of 2 reaches its threshold %g", got)
	}
}

// TestEqualPartsDoNotReachTheThreshold: at the threshold counts as above it, so
// among equal good parts it must lie beyond them.
func TestEqualPartsDoNotReachTheThreshold(t *testing.T) {
	if got := Conformal([]float64{1, 2, 2, 2, 2, 2, 2, 3}, .5); got != 2.5 {
		t.Errorf("threshold %g, want 2.5: midway to the next other value", got)
	}
	for _, v := range []float64{0, 1, -7, 123.456, 1e6} {
		same := slices.Repeat([]float64{v}, 60)
		if got := Conformal(same, .05); !(got > v) {
			t.Errorf("parts of %g reach the threshold %g", v, got)
		}
		if both := jointly(58, same, same); !(both[0] > v && both[1] > v) {
			t.Errorf("parts of %g reach the thresholds %g", v, both)
		}
	}
}

// TestJointThresholdsKeepTheRate draws score and peak of good parts, more or
// less related and with light and heavy tails, calibrates on 200, and counts
// the fresh ones that either threshold rejects.
func TestJointThresholdsKeepTheRate(t *testing.T) {
	const parts, draws, fresh = 200, 300, 400
	tails := map[string]func(float64) float64{
		"normal": func(z float64) float64 { return z },
		"heavy":  func(z float64) float64 { return math.Exp(1.5 * z) },
		"scaled": func(z float64) float64 { return 1e-4*z - 3 },
	}
	for name, tail := range tails {
		for _, related := range []float64{0, .6, .95, 1} {
			for _, rate := range []float64{.01, .05} {
				rng := rand.New(rand.NewPCG(11, uint64(1000*rate+10*related)))
				draw := func() (score, peak float64) {
					a, b := rng.NormFloat64(), rng.NormFloat64()
					return a, tail(related*a + math.Sqrt(1-related*related)*b)
				}
				rejected, alone := 0, 0
				scores, peaks := make([]float64, parts), make([]float64, parts)
				for range draws {
					for i := range scores {
						scores[i], peaks[i] = draw()
					}
					both := jointly(rank(parts, rate), scores, peaks)
					ownReject, ownHigh := Conformal(scores, rate), Conformal(peaks, rate)
					for range fresh {
						s, p := draw()
						if s >= both[0] || p >= both[1] {
							rejected++
						}
						if s >= ownReject || p >= ownHigh {
							alone++
						}
					}
				}
				// The share of one calibration varies as a binomial share of
				// its parts does, the mean over the draws accordingly less.
				got := float64(rejected) / (draws * fresh)
				spread := 1.96 * math.Sqrt(rate*(1-rate)) * math.Sqrt(1./(parts*draws)+1./(draws*fresh))
				// Midway between two order statistics costs up to one of 201.
				if got > rate+spread || got < rate-1./(parts+1)-spread {
					t.Errorf("%s, related by %g: %.4f of fresh good parts are rejected, wished %g ± %.4f", name, related, got, rate, spread)
				}
				// The test would see thresholds that do not know each other.
				if both := float64(alone) / (draws * fresh); related == 0 && rate == .05 && both < 1.5*rate {
					t.Errorf("%s: thresholds of their own reject %.4f", name, both)
				}
			}
		}
	}
}

func TestJointThresholdsOfOneValueAreItsOwn(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	v := make([]float64, 60)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	both := jointly(rank(60, .05), v, v)
	a, b := both[0], both[1]
	if want := Conformal(v, .05); math.Abs(a-want) > 1e-9 || math.Abs(b-want) > 1e-9 {
		t.Errorf("thresholds %g and %g of one value twice, want %g", a, b, want)
	}
}
