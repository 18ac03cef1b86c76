// Package segment turns an anomaly map into regions: the double threshold in
// four readings, the clean-up after it, and the measurements of each region.
//
// Two conventions hold throughout. A value exactly at a threshold counts as
// above it, both taken as float32, the precision of the map. A value that is
// not a number counts as below every threshold, because it is no evidence of a
// place; a map that holds one was not computed properly, and the caller must
// call the picture an ERROR rather than rely on its regions.
//
// Masks are bit sets, one row after another in 64-bit words, so that opening,
// closing and thinning handle 64 pixels at a time; connected components are
// found on runs of set bits by two-pass union-find.
package segment

import (
	"fmt"
	"math"

	"agurscope/nn"
)

// Mode is a reading of the double threshold.
type Mode string

// The readings of the double threshold. The empty Mode is HalfPeak.
const (
	// HalfPeak finds 8-connected components at or above High and keeps, in
	// each, the pixels at or above the fraction Low/High of its peak: High
	// detects, Low/High delineates.
	HalfPeak Mode = "half-peak"
	// Hysteresis keeps the 8-connected components at or above Low that hold
	// enough pixels at or above High (Canny 1986).
	Hysteresis Mode = "hysteresis"
	// TwoSided keeps pixels whose signed residual is at least High (bright)
	// or at most -Low (dark), both in standard deviations.
	TwoSided Mode = "two-sided"
	// Both is the union of Hysteresis and TwoSided.
	Both Mode = "both"
)

// seeds is how many pixels at or above High make a detection.
const seeds = 3

// Options chooses and tunes the double threshold. Its zero value is HalfPeak
// with every default, except that High must come from calibration: with High
// at 0 every pixel of an ordinary map counts.
type Options struct {
	Mode Mode

	// High and Low are the thresholds on the anomaly map. Low 0 stands for
	// 0.5 High in mode HalfPeak and 0.85 High in modes Hysteresis and Both;
	// Low above High counts as High.
	//
	// In mode TwoSided they are on the signed residual instead: High the
	// number of standard deviations above, Low the number below the mean; 0
	// stands for 3.
	//
	// A High that is not a number marks everything: what cannot be judged
	// must not pass.
	Low, High float64

	// Bright and Dark are, in mode Both, what High and Low are in mode
	// TwoSided; 0 stands for 3.
	Bright, Dark float64

	// MinArea is the area in pixels below which a region is dropped: 0 stands
	// for 12 in a map of 256 x 256 and the same share of others, a negative
	// number for none.
	MinArea int

	// NoMorphology skips opening, closing and filling of holes.
	NoMorphology bool
}

// Resolve returns the options with every default filled in for maps of w x h,
// as [Segment] uses them, for display beside a slider.
func (o Options) Resolve(w, h int) Options {
	if o.Mode == "" {
		o.Mode = HalfPeak
	}
	if math.IsNaN(o.High) {
		o.High = math.Inf(-1)
	}
	if math.IsNaN(o.Low) {
		o.Low = 0
	}
	switch o.Mode {
	case TwoSided:
		o.High, o.Low = deviations(o.High), deviations(o.Low)
	case HalfPeak:
		o.Low = lower(o.Low, o.High, 0.5)
	default:
		o.Low = lower(o.Low, o.High, 0.85)
	}
	o.Bright, o.Dark = deviations(o.Bright), deviations(o.Dark)
	switch {
	case o.MinArea == 0:
		o.MinArea = max(1, int(math.Round(12*float64(w)*float64(h)/(256*256))))
	case o.MinArea < 0:
		o.MinArea = 1
	}
	return o
}

func lower(low, high, share float64) float64 {
	if low == 0 {
		low = share * high
	}
	return min(low, high)
}

func deviations(k float64) float64 {
	switch {
	case k == 0:
		return 3
	case math.IsNaN(k):
		return math.Inf(-1)
	}
	return k
}

// Segment applies the double threshold to the anomaly map m (one plane) and
// returns the regions, most anomalous first. The signed residual (one plane of
// the same size, in units of its normal standard deviation, bright above 0)
// gives the regions their polarity and is what modes TwoSided and Both
// threshold; for the other modes it may be nil. After the threshold come, in
// this order: opening with 3 x 3 (but not of line-like regions, whose skeleton
// makes more than 0.3 of their area), closing with 3 x 3, filling of holes,
// dropping of small regions. A wrong shape, or a signed residual that is
// missing where it is needed, panics with a [*nn.ShapeError]; an unknown mode
// panics with a message.
//
// To segment the same map over and over, keep a [Segmenter].
func Segment(m, signed *nn.Image, o Options) Result {
	return new(Segmenter).Segment(m, signed, o)
}

// Segmenter segments maps one after another without allocating once it has
// seen the largest and busiest. The zero value is ready. It must not be used
// by two goroutines at once.
type Segmenter struct {
	out Result

	mask, spare, lines, thick bitmap
	thinned, next             bitmap
	comps, parts              components
	tally                     []int32
	peaks, values             []float32
	order                     []int32
	moments                   []moments
}

// Segment is the function [Segment]; its Result shares storage with the
// Segmenter and is valid until the next call.
func (s *Segmenter) Segment(m, signed *nn.Image, o Options) Result {
	checkMaps(m, signed)
	o = o.Resolve(m.W, m.H)
	if signed == nil && (o.Mode == TwoSided || o.Mode == Both) {
		panic(&nn.ShapeError{Op: "segment", Want: "a signed residual in mode " + string(o.Mode)})
	}
	s.mask.resize(m.W, m.H)
	s.threshold(m, signed, o)
	if !o.NoMorphology {
		s.tidy()
	}
	s.comps.find(&s.mask, Eight)
	s.measure(m, signed, o.MinArea)
	return s.out
}

// threshold sets s.mask by the chosen reading.
func (s *Segmenter) threshold(m, signed *nn.Image, o Options) {
	if math.IsInf(o.High, -1) {
		s.mask.clear()
		s.mask.invert()
		return
	}
	switch o.Mode {
	case HalfPeak:
		s.halfPeak(m, float32(o.High), share(o.Low, o.High))
	case Hysteresis:
		s.hysteresis(m, float32(o.Low), float32(o.High), seeds, Eight)
	case TwoSided:
		s.twoSided(&s.mask, signed, float32(o.Low), float32(o.High))
	case Both:
		s.hysteresis(m, float32(o.Low), float32(o.High), seeds, Eight)
		s.spare.resize(m.W, m.H)
		s.twoSided(&s.spare, signed, float32(o.Dark), float32(o.Bright))
		s.mask.or(&s.spare)
	default:
		panic(fmt.Sprintf("segment: no mode %q", o.Mode))
	}
}

func checkMaps(m, signed *nn.Image) {
	if m.C != 1 || m.W < 1 || m.H < 1 || len(m.Pix) != m.W*m.H {
		panic(&nn.ShapeError{Op: "segment", Want: "a map of one plane", Got: []nn.Shape{{1, m.C, m.H, m.W}}})
	}
	if signed != nil && (signed.C != 1 || signed.W != m.W || signed.H != m.H) {
		panic(&nn.ShapeError{
			Op: "segment", Want: "a signed residual of the map's shape",
			Got: []nn.Shape{{1, m.C, m.H, m.W}, {1, signed.C, signed.H, signed.W}},
		})
	}
}
