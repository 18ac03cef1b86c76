package session

import (
	"fmt"
	"math"

	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// Thresholds are everything that turns a prediction into a verdict.
type Thresholds struct {
	Mode      segment.Mode
	Low, High float64 // pixel thresholds; in mode two-sided, standard deviations of the residual
	MinArea   int     // smallest region in map pixels; 0: the default of the map's size
	MaxShare  float64 // share of the picture from which a region makes the part REVIEW, whatever else; 0: none does

	Review, Reject float64 // image thresholds on the score
}

// String writes the thresholds as the history keeps a change of them.
func (t Thresholds) String() string {
	s := fmt.Sprintf("%s, low %g, high %g, review %g, reject %g", t.Mode, t.Low, t.High, t.Review, t.Reject)
	if t.MinArea != 0 {
		s += fmt.Sprintf(", smallest area %d", t.MinArea)
	}
	if t.MaxShare != 0 {
		s += fmt.Sprintf(", largest share %g", t.MaxShare)
	}
	return s
}

// Recommended returns the thresholds that calibration found on held-out good
// parts.
func Recommended(c *anomaly.Calibration) Thresholds {
	p := c.Pixel[c.Mode]
	return Thresholds{Mode: c.Mode, Low: p.Low, High: p.High, Review: c.Review, Reject: c.Reject}
}

// Saved returns the thresholds of a recipe's newest version: those that a person
// has put there, or else the recommended ones.
func Saved(r *anomaly.Recipe) Thresholds {
	s := r.Setting()
	if s == nil {
		return Recommended(r.Calibration)
	}
	return Thresholds{Mode: s.Mode, Low: s.Low, High: s.High, MinArea: s.MinArea, MaxShare: s.MaxShare, Review: s.Review, Reject: s.Reject}
}

// setting is the inverse of [Saved].
func (t Thresholds) setting() *anomaly.Setting {
	return &anomaly.Setting{Mode: t.Mode, Low: t.Low, High: t.High, MinArea: t.MinArea, MaxShare: t.MaxShare, Review: t.Review, Reject: t.Reject}
}

// WithMode changes the segmentation mode and takes that mode's calibrated
// pixel thresholds.
func (t Thresholds) WithMode(c *anomaly.Calibration, m segment.Mode) Thresholds {
	p := c.Pixel[m]
	if m == segment.Both {
		p = c.Pixel[segment.Hysteresis]
	}
	t.Mode, t.Low, t.High = m, p.Low, p.High
	return t
}

// options are the thresholds as the segmentation takes them.
func (t Thresholds) options(c *anomaly.Calibration) segment.Options {
	o := segment.Options{Mode: t.Mode, Low: t.Low, High: t.High, MinArea: t.MinArea}
	if t.Mode == segment.Both && c != nil {
		o.Dark, o.Bright = c.Pixel[segment.TwoSided].Low, c.Pixel[segment.TwoSided].High
	}
	return o
}

// Judgement is the opinion on one prediction.
type Judgement struct {
	Verdict      history.Verdict
	Index        float64 // 50·score/reject, 0 to 100
	Segmentation segment.Result
	Doubt        error // why it is REVIEW whatever score and regions say; nil: it is not
}

// Judge is the one place where a score becomes an opinion: NG when the score
// is at or above the reject threshold or a region survives the double
// threshold, REVIEW when it is at or above the review threshold, else OK.
// A part that is in doubt is REVIEW whatever its score: one that could not be put
// upright, for the score compares what does not lie alike, and one with a region
// as large as no defect is. What is not a number is ERROR.
func Judge(s *segment.Segmenter, p *anomaly.Prediction, c *anomaly.Calibration, t Thresholds) Judgement {
	j := Judgement{Verdict: history.ERROR, Index: math.NaN()}
	if p == nil || math.IsNaN(p.Score) || math.IsInf(p.Score, 0) || math.IsNaN(t.Reject) || math.IsNaN(t.Review) || !finite(p.Map.Pix) || t.signed() && p.Signed != nil && !finite(p.Signed.Pix) {
		return j
	}
	r := s.Segment(p.Map, p.Signed, t.options(c))
	j.Segmentation = segment.Result{
		W: r.W, H: r.H,
		Labels:  append([]int32(nil), r.Labels...),
		Regions: append([]segment.Region(nil), r.Regions...), Small: r.Small,
	}
	j.Index = index(p.Score, t.Reject)
	j.Doubt = doubt(p, &r, t)
	switch {
	case j.Doubt != nil:
		j.Verdict = history.REVIEW
	case p.Score >= t.Reject || len(r.Regions) > 0:
		j.Verdict = history.NG
	case p.Score >= t.Review:
		j.Verdict = history.REVIEW
	default:
		j.Verdict = history.OK
	}
	return j
}

// signed reports whether regions are sought where a part is too dark or too bright.
func (t Thresholds) signed() bool { return t.Mode == segment.TwoSided || t.Mode == segment.Both }

// index is the number shown to people: 50 means at the threshold.
func index(score, reject float64) float64 {
	if reject <= 0 {
		if score >= reject {
			return 100
		}
		return 0
	}
	return min(max(50*(score/reject), 0), 100) // exactly 50 when equal
}

func finite(s []float32) bool {
	for _, v := range s {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
	}
	return true
}
