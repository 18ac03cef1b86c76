package lstmndt

import (
	"math"
	"slices"
)

// Run is consecutive places of a sequence, from From to To inclusive.
type Run struct{ From, To int }

// Threshold is the nonparametric dynamic threshold of Hundman et al. 2018 over
// errors that are not negative: of ε(z) = μ + zσ, z = 2.5, 3 … 11.5, the one whose
// removal of what lies above it makes
//
//	(Δμ/μ + Δσ/σ) / (runs² + places)
//
// largest, among those with at most 5 runs and less than half the places; places
// include one neighbour to either side. Where none is, ε is μ + 12σ and there is
// no run.
func Threshold(e []float64) (epsilon float64, runs []Run) {
	mu, sigma := meanStd(e)
	epsilon = mu + 12*sigma
	if !(mu > 0 && sigma > 0) {
		return epsilon, nil
	}
	best := math.Inf(-1)
	for k := range 19 {
		at := mu + (2.5+.5*float64(k))*sigma
		var below []float64
		for _, v := range e {
			if v < at {
				below = append(below, v)
			}
		}
		found, places := above(e, at)
		if len(found) == 0 || len(below) == 0 || len(found) > 5 || 2*places >= len(e) {
			continue
		}
		m, s := meanStd(below)
		score := ((mu-m)/mu + (sigma-s)/sigma) / float64(len(found)*len(found)+places)
		if score >= best {
			best, epsilon, runs = score, at, found
		}
	}
	return epsilon, runs
}

// above returns the runs of values above a threshold, widened by one place, and
// how many places they have.
func above(e []float64, at float64) (runs []Run, places int) {
	marked := make([]bool, len(e))
	for i, v := range e {
		if v > at {
			for k := max(0, i-1); k <= min(len(e)-1, i+1); k++ {
				marked[k] = true
			}
		}
	}
	for i := 0; i < len(e); i++ {
		if !marked[i] {
			continue
		}
		r := Run{i, i}
		for i+1 < len(e) && marked[i+1] {
			i++
		}
		r.To = i
		runs = append(runs, r)
		places += r.To - r.From + 1
	}
	return runs, places
}

// Prune keeps the runs that stand out: going down the runs' highest values, the
// highest value outside them at the end, those behind the last drop of at least
// the share p are noise.
func Prune(e []float64, runs []Run, p float64) []Run {
	type peak struct {
		value float64
		run   int // −1: what is outside
	}
	inside := make([]bool, len(e))
	var peaks []peak
	for k, r := range runs {
		top := math.Inf(-1)
		for i := r.From; i <= r.To; i++ {
			inside[i] = true
			top = max(top, e[i])
		}
		peaks = append(peaks, peak{top, k})
	}
	slices.SortStableFunc(peaks, func(a, b peak) int {
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		}
		return 0
	})
	rest := 0.0
	for i, v := range e {
		if !inside[i] {
			rest = max(rest, v)
		}
	}
	peaks = append(peaks, peak{rest, -1})
	keep := 0 // of the peaks, from the highest
	for i := range len(peaks) - 1 {
		if (peaks[i].value-peaks[i+1].value)/peaks[i].value >= p {
			keep = i + 1
		}
	}
	var out []Run
	for k, r := range runs {
		if slices.ContainsFunc(peaks[:keep], func(q peak) bool { return q.run == k }) {
			out = append(out, r)
		}
	}
	return out
}

// meanStd is the mean and the population's standard deviation.
func meanStd(v []float64) (mean, std float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		std += (x - mean) * (x - mean) / float64(len(v))
	}
	return mean, math.Sqrt(std)
}
