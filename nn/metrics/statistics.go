package metrics

import (
	"math"
	"slices"
)

// MeanStd returns the mean and the sample standard deviation, which divides by
// n-1. The mean of nothing and the deviation of fewer than two values are NaN.
func MeanStd[S Score](values []S) (mean, std float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += float64(v)
	}
	mean /= n // 0/0 is NaN
	if n < 2 {
		return mean, math.NaN()
	}
	var square float64
	for _, v := range values {
		d := float64(v) - mean
		square += d * d
	}
	return mean, math.Sqrt(square / (n - 1))
}

// Quantile returns the q-th quantile, 0 <= q <= 1, interpolated linearly
// between the two nearest ranks (numpy's default). It is NaN for no values, a
// NaN among them, or a q outside its range.
func Quantile[S Score](values []S, q float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return QuantileSorted(sorted, q)
}

// QuantileSorted is [Quantile] of values that are sorted already, for taking
// several quantiles of many values.
func QuantileSorted[S Score](sorted []S, q float64) float64 {
	n := len(sorted)
	// Sorting puts NaN first.
	if n == 0 || sorted[0] != sorted[0] || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	at := q * float64(n-1)
	i := int(at)
	if i >= n-1 {
		return float64(sorted[n-1])
	}
	lo, hi, t := float64(sorted[i]), float64(sorted[i+1]), at-float64(i)
	if lo == hi || t == 0 {
		return lo // also for infinities, whose difference is no number
	}
	if t >= 0.5 { // from the nearer end, as numpy does
		return hi - (hi-lo)*(1-t)
	}
	return lo + (hi-lo)*t
}

// Median returns the middle value, or the mean of the two middle ones; NaN as
// for [Quantile].
func Median[S Score](values []S) float64 { return Quantile(values, 0.5) }
