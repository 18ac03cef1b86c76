package cli

import (
	"math"
	"slices"
)

// quantiles returns the median and the 95th percentile, NaN of nothing.
func quantiles(v []float64) (p50, p95 float64) {
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	at := func(q float64) float64 { return s[min(int(q*float64(len(s))), len(s)-1)] }
	return at(.5), at(.95)
}
