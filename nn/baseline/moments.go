package baseline

import "math"

// moments is the mean and the sample standard deviation (n-1) of vectors,
// entry by entry.
type moments struct{ mean, std []float32 }

// fitMoments computes the moments of at(0) … at(n-1) by Welford's updates. A
// vector may be overwritten by the next call of at.
func fitMoments(n int, at func(i int) []float32) moments {
	var mean, square []float64
	for i := range n {
		v := at(i)
		if mean == nil {
			mean, square = make([]float64, len(v)), make([]float64, len(v))
		}
		for k, x := range v {
			d := float64(x) - mean[k]
			mean[k] += d / float64(i+1)
			square[k] += d * (float64(x) - mean[k])
		}
	}
	m := moments{make([]float32, len(mean)), make([]float32, len(mean))}
	for k := range mean {
		m.mean[k] = float32(mean[k])
		m.std[k] = float32(math.Sqrt(square[k] / float64(n-1)))
	}
	return m
}

// widen adds a floor to every deviation: where all normals are equal by
// chance, a grain of noise would otherwise count as damage.
func (m moments) widen(floor float32) {
	for k := range m.std {
		m.std[k] += floor
	}
}

// spread returns the root mean square of the deviations.
func (m moments) spread() float32 {
	s := 0.0
	for _, v := range m.std {
		s += float64(v) * float64(v)
	}
	return float32(math.Sqrt(s / float64(len(m.std))))
}

// z returns how many deviations v, which is entry k of a vector, lies above
// the mean. The floor must have made the deviations positive.
func (m moments) z(k int, v float32) float32 { return (v - m.mean[k]) / m.std[k] }
