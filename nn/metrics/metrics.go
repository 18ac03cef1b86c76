// Package metrics measures how well scores tell damaged pictures and pixels
// from good ones.
//
// Scores are higher where things are worse, labels are true (or not zero)
// where something is damaged. At a threshold counts as above it. A figure that
// is not defined for its input, for want of damaged examples for instance, is
// NaN and never a number that looks like a result; a caller writing JSON turns
// it into null. Scores that hold a NaN have no ranking, so every figure that
// ranks them is NaN too. No function changes its input. Slices that belong
// together must have the same length; anything else is a bug in the caller and
// panics.
package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Score is a number that grows with the suspicion of damage.
type Score interface{ ~float32 | ~float64 }

// Label says whether an example is damaged: true or not zero.
type Label interface{ ~bool | ~uint8 }

// damaged reports whether a label is set.
func damaged[L Label](l L) bool {
	var none L
	return l != none
}

// step is a group of examples of equal score on the way from the highest score
// down: how many damaged and good examples score at least that much.
type step struct {
	score  float64
	tp, fp int
}

// steps returns the cumulative counts at every distinct score from the highest
// down, or ok false if a score is NaN.
func steps[S Score, L Label](scores []S, labels []L) (out []step, ok bool) {
	sameLength(len(scores), len(labels))
	order := make([]int, len(scores))
	for i, s := range scores {
		if s != s {
			return nil, false
		}
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	var tp, fp int
	for i, at := range order {
		if damaged(labels[at]) {
			tp++
		} else {
			fp++
		}
		if i+1 == len(order) || scores[order[i+1]] != scores[at] {
			out = append(out, step{float64(scores[at]), tp, fp})
		}
	}
	return out, true
}

// sameLength panics unless two slices fit together.
func sameLength(a, b int) {
	if a != b {
		panic(fmt.Sprintf("metrics: %d values beside %d", a, b))
	}
}

// ratio is a/b, NaN for b = 0.
func ratio(a, b int) float64 {
	if b == 0 {
		return math.NaN()
	}
	return float64(a) / float64(b)
}
