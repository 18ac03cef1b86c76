package session

import (
	"fmt"
	"strings"

	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// DoubtError says for people why a part could not be put upright, and what to
// do about it.
type DoubtError struct{ Err error }

// Error implements error.
func (e *DoubtError) Error() string {
	return "could not be put upright: " + strings.TrimPrefix(e.Err.Error(), "locate part: ") +
		"; place one part inside the picture, or train without the fixture"
}

// Unwrap returns the cause.
func (e *DoubtError) Unwrap() error { return e.Err }

// VastError says that a region is larger than a defect can be: the light has
// changed, or another part or none lies there.
type VastError struct {
	Share, Limit float64 // of the picture, 0 to 1
}

// Error implements error.
func (e *VastError) Error() string {
	return fmt.Sprintf("a region covers %.0f %% of the picture, and from %.3g %% on none is taken for a defect: lighting, or a wrong part?", 100*e.Share, 100*e.Limit)
}

// doubt is why a person must look, whatever score and regions say.
func doubt(p *anomaly.Prediction, r *segment.Result, t Thresholds) error {
	if p.Doubt != nil {
		return p.Doubt
	}
	if s := widest(r); t.vast(s) {
		return &VastError{Share: s, Limit: t.MaxShare}
	}
	return nil
}

// vast reports whether a region of that share of the picture is too large to be
// a defect.
func (t Thresholds) vast(share float64) bool { return t.MaxShare > 0 && share >= t.MaxShare }

// widest is the share of the picture that the largest region has.
func widest(r *segment.Result) float64 {
	area := 0
	for i := range r.Regions {
		area = max(area, r.Regions[i].Area)
	}
	return float64(area) / float64(max(1, r.W*r.H))
}
