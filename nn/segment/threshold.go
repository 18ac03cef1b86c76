package segment

import (
	"math"

	"agurscope/nn"
)

// share is the fraction of a component's peak at which its outline runs.
func share(low, high float64) float64 {
	if high <= 0 || math.IsInf(high, 1) {
		return 0.5
	}
	return max(0, low/high)
}

// halfPeak sets s.mask to the components at or above high of at least seeds
// pixels, cut at the given share of the peak of each.
func (s *Segmenter) halfPeak(m *nn.Image, high float32, share float64) {
	s.mask.atLeast(m.Pix, high)
	s.comps.find(&s.mask, Eight)
	s.peaks = resize(s.peaks, s.comps.n)
	for i := range s.peaks {
		s.peaks[i] = float32(math.Inf(-1))
	}
	s.tally = resize(s.tally, s.comps.n)
	clear(s.tally)
	for _, r := range s.comps.runs {
		s.tally[r.id] += r.hi - r.lo
		row := int(r.y) * m.W
		for _, v := range m.Pix[row+int(r.lo) : row+int(r.hi)] {
			s.peaks[r.id] = max(s.peaks[r.id], v)
		}
	}
	for _, r := range s.comps.runs {
		if s.tally[r.id] < seeds {
			s.mask.clearRun(r)
			continue
		}
		// A peak at or below zero is above no positive share of itself; then
		// only the peak is certain.
		peak := s.peaks[r.id]
		level := min(peak, float32(share*float64(peak)))
		row := int(r.y) * m.W
		for x := r.lo; x < r.hi; x++ {
			if m.Pix[row+int(x)] < level {
				s.mask.clearBit(int(x), int(r.y))
			}
		}
	}
}

// hysteresis sets s.mask to the components at or above low that hold at least
// n pixels at or above high: the double threshold of Canny (1986). With [Four] and
// one pixel it is scikit-image's apply_hysteresis_threshold, but for values at a
// threshold, which count as below it there.
func (s *Segmenter) hysteresis(m *nn.Image, low, high float32, n int, conn Connectivity) {
	s.mask.atLeast(m.Pix, low)
	s.comps.find(&s.mask, conn)
	s.tally = resize(s.tally, s.comps.n)
	clear(s.tally)
	for _, r := range s.comps.runs {
		row := int(r.y) * m.W
		for _, v := range m.Pix[row+int(r.lo) : row+int(r.hi)] {
			if v >= high {
				s.tally[r.id]++
			}
		}
	}
	for _, r := range s.comps.runs {
		if int(s.tally[r.id]) < n {
			s.mask.clearRun(r)
		}
	}
}

// twoSided sets b to the pixels of the signed residual at least high above or
// low below zero.
func (s *Segmenter) twoSided(b *bitmap, signed *nn.Image, low, high float32) {
	b.fill(signed.Pix, func(v float32) bool { return v >= high || v <= -low })
}
