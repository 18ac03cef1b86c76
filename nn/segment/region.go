package segment

import (
	"math"
	"slices"

	"agurscope/nn"
)

// The polarities of a region.
const (
	Bright = "bright" // brighter than the normal part
	Dark   = "dark"   // darker
	Mixed  = "mixed"  // some of both
)

// majority is the share of a region's pixels whose sign names its polarity.
const majority = 2.0 / 3

// Region is one anomalous region.
type Region struct {
	X int `json:"x"` // bounding box: left
	Y int `json:"y"` // top
	W int `json:"w"` // width
	H int `json:"h"` // height

	Area int     `json:"area"` // pixels
	Peak float64 `json:"peak"` // largest map value
	Mean float64 `json:"mean"` // mean map value

	// Polarity is the sign of the signed residual that at least two thirds of
	// the pixels share, [Bright] or [Dark], otherwise [Mixed]; empty without
	// a signed residual.
	Polarity string `json:"polarity"`

	CX float64 `json:"cx"` // centroid; the centre of the first pixel is 0, 0
	CY float64 `json:"cy"`

	// Major and Minor are the axes in pixels of the ellipse with the region's
	// second moments, Angle is the direction of the major one in degrees from
	// the x axis towards the y axis (clockwise on a screen) in (-90, 90],
	// Elongation is Major/Minor.
	Major      float64 `json:"major"`
	Minor      float64 `json:"minor"`
	Angle      float64 `json:"angle"`
	Elongation float64 `json:"elongation"`
}

// Result is the segmentation of one map.
type Result struct {
	W, H    int
	Labels  []int32  // H*W: 0 outside, i in Regions[i-1]
	Regions []Region // by falling peak, then in reading order
	Small   int      // how many more there would be without MinArea
}

// Mask returns a new mask of H*W bytes, 1 in every region and 0 outside.
func (r *Result) Mask() []uint8 {
	mask := make([]uint8, len(r.Labels))
	for i, l := range r.Labels {
		if l != 0 {
			mask[i] = 1
		}
	}
	return mask
}

// moments gathers the sums of one component.
type moments struct {
	x0, y0, x1, y1             int32
	n, valid, bright, dark     int
	peak                       float32
	sum, sx, sy, sxx, syy, sxy float64
}

// measure turns s.comps into s.out, dropping components smaller than least.
func (s *Segmenter) measure(m, signed *nn.Image, least int) {
	s.gather(m, signed)
	s.order = s.order[:0]
	for i := range s.moments {
		if s.moments[i].n >= least {
			s.order = append(s.order, int32(i))
		}
	}
	slices.SortStableFunc(s.order, func(a, b int32) int {
		switch pa, pb := s.moments[a].peak, s.moments[b].peak; {
		case pa > pb:
			return -1
		case pa < pb:
			return 1
		}
		return 0
	})
	s.out.Small = len(s.moments) - len(s.order)
	s.out.W, s.out.H = m.W, m.H
	if s.out.Regions == nil {
		s.out.Regions = []Region{} // no regions are [] in JSON, not null
	}
	s.out.Regions = s.out.Regions[:0]
	s.tally = resize(s.tally, s.comps.n) // label of each component
	clear(s.tally)
	for i, c := range s.order {
		s.tally[c] = int32(i + 1)
		s.out.Regions = append(s.out.Regions, s.moments[c].region(signed != nil))
	}
	s.label()
}

// gather sums up every component.
func (s *Segmenter) gather(m, signed *nn.Image) {
	s.moments = resize(s.moments, s.comps.n)
	for i := range s.moments {
		s.moments[i] = moments{x0: math.MaxInt32, y0: math.MaxInt32, peak: float32(math.Inf(-1))}
	}
	for _, r := range s.comps.runs {
		t := &s.moments[r.id]
		t.add(r)
		row := int(r.y) * m.W
		t.addValues(m.Pix[row+int(r.lo) : row+int(r.hi)])
		if signed != nil {
			t.addSigns(signed.Pix[row+int(r.lo) : row+int(r.hi)])
		}
	}
}

// add adds the geometry of a run: sums of x, y and their products in closed
// form.
func (t *moments) add(r run) {
	t.x0, t.x1 = min(t.x0, r.lo), max(t.x1, r.hi)
	t.y0, t.y1 = min(t.y0, r.y), max(t.y1, r.y+1)
	a, b, y, n := float64(r.lo), float64(r.hi-1), float64(r.y), float64(r.hi-r.lo)
	sx := n * (a + b) / 2
	t.n += int(r.hi - r.lo)
	t.sx += sx
	t.sy += n * y
	t.sxy += sx * y
	t.syy += n * y * y
	t.sxx += squares(b) - squares(a-1)
}

// squares is 0² + 1² + ... + n², and 0 for n = -1.
func squares(n float64) float64 { return n * (n + 1) * (2*n + 1) / 6 }

// addValues leaves out values that are no numbers, which closing or filling
// may have brought in.
func (t *moments) addValues(v []float32) {
	for _, x := range v {
		if x == x {
			t.valid++
			t.sum += float64(x)
			t.peak = max(t.peak, x)
		}
	}
}

func (t *moments) addSigns(v []float32) {
	for _, x := range v {
		switch {
		case x > 0:
			t.bright++
		case x < 0:
			t.dark++
		}
	}
}

func (t *moments) region(signed bool) Region {
	r := Region{
		X: int(t.x0), Y: int(t.y0), W: int(t.x1 - t.x0), H: int(t.y1 - t.y0), Area: t.n,
		CX: t.sx / float64(t.n), CY: t.sy / float64(t.n),
	}
	if t.valid > 0 {
		r.Peak, r.Mean = float64(t.peak), t.sum/float64(t.valid)
	}
	if signed {
		r.Polarity = t.polarity()
	}
	t.axes(&r)
	return r
}

func (t *moments) polarity() string {
	switch need := majority * float64(t.n); {
	case float64(t.bright) >= need:
		return Bright
	case float64(t.dark) >= need:
		return Dark
	}
	return Mixed
}

// axes computes the ellipse from the central second moments, with 1/12 for the
// extent of a pixel itself.
func (t *moments) axes(r *Region) {
	n := float64(t.n)
	xx, yy, xy := t.sxx/n-r.CX*r.CX+1.0/12, t.syy/n-r.CY*r.CY+1.0/12, t.sxy/n-r.CX*r.CY
	mean, half := (xx+yy)/2, math.Hypot((xx-yy)/2, xy)
	r.Major, r.Minor = 4*math.Sqrt(mean+half), 4*math.Sqrt(max(mean-half, 1.0/12))
	r.Elongation = r.Major / r.Minor
	r.Angle = math.Atan2(2*xy, xx-yy) / 2 * 180 / math.Pi
}

// label writes the labels of the kept components.
func (s *Segmenter) label() {
	n := s.out.W * s.out.H
	s.out.Labels = resize(s.out.Labels, n)
	clear(s.out.Labels)
	for _, r := range s.comps.runs {
		id := s.tally[r.id]
		if id == 0 {
			continue
		}
		row := int(r.y) * s.out.W
		span := s.out.Labels[row+int(r.lo) : row+int(r.hi)]
		for i := range span {
			span[i] = id
		}
	}
}
