package session

import "gonum.org/v1/gonum/mathext"

// Proportion is a share that was counted on few parts: K of N, with the exact
// binomial interval (Clopper and Pearson 1934) that covers the true share 95
// times of 100.
type Proportion struct {
	K, N      int
	Low, High float64
}

// confidence is what the interval misses on each side.
const confidence = .025

// NewProportion counts k of n. Of none nothing is known: 0 to 1.
func NewProportion(k, n int) Proportion {
	p := Proportion{K: k, N: n, High: 1}
	if k > 0 {
		p.Low = mathext.InvRegIncBeta(float64(k), float64(n-k+1), confidence)
	}
	if k < n {
		p.High = mathext.InvRegIncBeta(float64(k+1), float64(n-k), 1-confidence)
	}
	return p
}

// Share is K of N, 0 of none.
func (p Proportion) Share() float64 {
	if p.N == 0 {
		return 0
	}
	return float64(p.K) / float64(p.N)
}

// Resolution is the smallest false-reject rate above none that n good parts can
// be asked for: one more part than there are would have to be rejected.
func Resolution(n int) float64 { return 1 / float64(n+1) }
