package naive

import (
	"math"

	"agurscope/nn"
)

// attend goes by the definition: the rows that are mixed are positions, or
// channels.
func attend(op nn.Attend, q, k, v []float64, qs, s nn.Shape) []float64 {
	many, inner, each := op.Extents(qs, s)
	positions := s[2] * s[3]
	// of takes number i of row r of image n of a tensor with so many channels
	of := func(x []float64, channels, n, r, i int) *float64 {
		if op.Channels {
			return &x[(n*channels+r)*positions+i]
		}
		return &x[(n*channels+i)*positions+r]
	}
	y := make([]float64, s.Size())
	for n := range s[0] {
		for a := range many {
			weights, sum, top := make([]float64, many), 0.0, math.Inf(-1)
			for b := range many {
				for i := range inner {
					weights[b] += float64(op.Factor) * *of(q, qs[1], n, a, i) * *of(k, qs[1], n, b, i)
				}
				top = max(top, weights[b])
			}
			for b := range many {
				weights[b] = math.Exp(weights[b] - top)
				sum += weights[b]
			}
			for b := range many {
				for i := range each {
					*of(y, s[1], n, a, i) += weights[b] / sum * *of(v, s[1], n, b, i)
				}
			}
		}
	}
	return y
}
