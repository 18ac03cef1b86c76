package segment

import (
	"math"
	"slices"

	"agurscope/nn"
)

// Level returns the highest High above zero at which [Segmenter.Segment] finds
// a region, with Low kept at the share of High that o says: a picture is
// rejected for its regions where High is at most its level. It is 0 where there
// is no such High. In mode TwoSided the map is the signed residual and only what
// is bright counts; mode Both has no one level and panics.
//
// More can be seen the lower High is, but for what opening tears apart just
// there; the first such gap ends the search.
func (s *Segmenter) Level(m *nn.Image, o Options) float64 {
	checkMaps(m, nil)
	o = o.Resolve(m.W, m.H)
	share := share(o.Low, o.High)
	found := func(high float32) bool {
		o := o
		o.High, o.Low = float64(high), share*float64(high)
		if o.Mode == TwoSided {
			o.Low = math.Inf(1)
		}
		return s.finds(m, o)
	}
	s.values = append(s.values[:0], m.Pix...)
	s.values = slices.DeleteFunc(s.values, func(v float32) bool { return !(v > 0) })
	slices.SortFunc(s.values, func(a, b float32) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	// Between two values of the map nothing changes. Few pixels make a region,
	// so the search begins near the peak.
	below, at := -1, min(o.MinArea, len(s.values))-1
	for at >= 0 && !found(s.values[at]) {
		if below, at = at, min(2*at+1, len(s.values)-1); below == at {
			return 0
		}
	}
	if at < 0 {
		return 0
	}
	for at-below > 1 {
		if mid := (at + below) / 2; found(s.values[mid]) {
			at = mid
		} else {
			below = mid
		}
	}
	return float64(s.values[at])
}

// finds reports whether Segment finds a region.
func (s *Segmenter) finds(m *nn.Image, o Options) bool {
	s.mask.resize(m.W, m.H)
	s.threshold(m, m, o)
	if !o.NoMorphology {
		s.tidy()
	}
	s.comps.find(&s.mask, Eight)
	s.tally = resize(s.tally, s.comps.n)
	clear(s.tally)
	for _, r := range s.comps.runs {
		s.tally[r.id] += r.hi - r.lo
	}
	return slices.ContainsFunc(s.tally, func(area int32) bool { return int(area) >= o.MinArea })
}
