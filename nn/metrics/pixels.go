package metrics

import (
	"cmp"
	"math"
	"slices"

	"agurscope/nn"
)

// Pixels gathers anomaly maps and their true masks for the figures over all
// pixels of a test set. It keeps each value, not a histogram, so that the
// figures are exact: 4 bytes for a good pixel, 8 for a damaged one. The zero
// value is ready.
type Pixels struct {
	good    []float32
	bad     []hit
	regions []int32 // areas of the true regions
	sorted  bool
	broken  bool // a value was NaN
}

// hit is the value of a damaged pixel and the true region it belongs to.
type hit struct {
	value  float32
	region int32
}

// Add adds one map (one plane) and its mask of H*W labels, not zero where
// damaged; a nil mask is that of a good picture. A map of a wrong shape panics
// with a [*nn.ShapeError].
func (p *Pixels) Add(m *nn.Image, mask []uint8) {
	if n := m.H * m.W; m.C != 1 || len(m.Pix) != n || mask != nil && len(mask) != n {
		panic(&nn.ShapeError{Op: "add a map", Want: "one plane and a mask of its size", Got: []nn.Shape{{1, m.C, m.H, m.W}}})
	}
	var region []int32
	if mask != nil {
		region = p.label(mask, m.W)
	}
	p.good = slices.Grow(p.good, len(m.Pix))
	for i, v := range m.Pix {
		p.broken = p.broken || v != v
		if mask == nil || mask[i] == 0 {
			p.good = append(p.good, v)
		} else {
			p.bad = append(p.bad, hit{v, region[i]})
		}
	}
	p.sorted = false
}

// label numbers the regions of a mask, whose pixels touch over sides and
// corners, after those already known and records their areas.
func (p *Pixels) label(mask []uint8, w int) []int32 {
	label := make([]int32, len(mask))
	for i := range label {
		label[i] = -1
	}
	var stack []int
	for start, l := range mask {
		if l == 0 || label[start] >= 0 {
			continue
		}
		id := int32(len(p.regions))
		label[start] = id
		stack = append(stack[:0], start)
		area := int32(0)
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			area++
			x, y := at%w, at/w
			for v := max(0, y-1); v <= min(len(mask)/w-1, y+1); v++ {
				for u := max(0, x-1); u <= min(w-1, x+1); u++ {
					if q := v*w + u; mask[q] != 0 && label[q] < 0 {
						label[q] = id
						stack = append(stack, q)
					}
				}
			}
		}
		p.regions = append(p.regions, area)
	}
	return label
}

// Counts returns the number of good and damaged pixels and of true regions.
func (p *Pixels) Counts() (good, damaged, regions int) {
	return len(p.good), len(p.bad), len(p.regions)
}

// AUROC returns the area under the ROC curve over all pixels, as [AUROC].
func (p *Pixels) AUROC() float64 {
	if !p.ranked() {
		return math.NaN()
	}
	var area float64
	fp, tp := 0, 0
	p.descend(func(good int, bad []hit) bool {
		area += float64(good) * (float64(tp) + float64(len(bad))/2)
		fp, tp = fp+good, tp+len(bad)
		return true
	})
	return area / float64(len(p.good)) / float64(len(p.bad)) // 0/0 is NaN
}

// AP returns the average precision over all pixels, as [AP].
func (p *Pixels) AP() float64 {
	if !p.ranked() || len(p.bad) == 0 {
		return math.NaN()
	}
	var sum float64
	fp, tp := 0, 0
	p.descend(func(good int, bad []hit) bool {
		fp, tp = fp+good, tp+len(bad)
		sum += float64(len(bad)) * float64(tp) / float64(tp+fp)
		return tp < len(p.bad)
	})
	return sum / float64(len(p.bad))
}

// PROLimit is the usual bound of the false positive rate for [Pixels.AUPRO].
const PROLimit = 0.3

// AUPRO returns the area under the per-region-overlap curve (Bergmann et al.
// 2021): as the threshold falls, the mean over the true regions of the share
// of their pixels at or above it, against the share of good pixels at or above
// it, integrated up to the limit and divided by it. Every distinct value is a
// threshold; the curve starts at (0, 0) and is linear in between, also where
// it crosses the limit. It is NaN without a true region, without a good pixel,
// with a NaN among the values, or for a limit outside (0, 1].
func (p *Pixels) AUPRO(limit float64) float64 {
	if !p.ranked() || len(p.regions) == 0 || len(p.good) == 0 || !(limit > 0 && limit <= 1) {
		return math.NaN()
	}
	// The mean of the shares grows by 1/(area * regions) for each pixel.
	gain := make([]float64, len(p.regions))
	for i, area := range p.regions {
		gain[i] = 1 / float64(area) / float64(len(p.regions))
	}
	var area, fpr, pro float64
	fp := 0
	p.descend(func(good int, bad []hit) bool {
		fp += good
		x, y := float64(fp)/float64(len(p.good)), pro
		for _, h := range bad {
			y += gain[h.region]
		}
		if x > limit {
			y = pro + (y-pro)*(limit-fpr)/(x-fpr)
			x = limit
		}
		area += (x - fpr) * (y + pro) / 2
		fpr, pro = x, y
		return fpr < limit
	})
	return area / limit
}

// ranked sorts both classes from the highest value down and reports whether
// that is possible.
func (p *Pixels) ranked() bool {
	if p.broken {
		return false
	}
	if !p.sorted {
		slices.Sort(p.good) // and Reverse: faster than a comparison function
		slices.Reverse(p.good)
		slices.SortFunc(p.bad, func(a, b hit) int { return cmp.Compare(b.value, a.value) })
		p.sorted = true
	}
	return true
}

// descend calls f for every distinct value from the highest down with the
// number of good pixels and the damaged pixels of that value, until f returns
// false.
func (p *Pixels) descend(f func(good int, bad []hit) bool) {
	good, bad := p.good, p.bad
	for len(good)+len(bad) > 0 {
		top := float32(math.Inf(-1))
		if len(good) > 0 {
			top = good[0]
		}
		if len(bad) > 0 {
			top = max(top, bad[0].value)
		}
		g, b := 0, 0
		for g < len(good) && good[g] == top {
			g++
		}
		for b < len(bad) && bad[b].value == top {
			b++
		}
		if !f(g, bad[:b]) {
			return
		}
		good, bad = good[g:], bad[b:]
	}
}
