package anomaly

import (
	"fmt"
	"math"
	"slices"
	"time"

	"agurscope/nn/segment"
)

// Setting is the thresholds that a person has put into a recipe.
type Setting struct {
	Mode    segment.Mode `json:"mode"`
	Low     float64      `json:"low"`
	High    float64      `json:"high"`
	MinArea int          `json:"min_area,omitempty"` // in pixels of the map; 0: the default of its size
	// MaxShare is the share of the picture from which a region is no defect but
	// a sign that light or part are others; 0: no region is that large.
	MaxShare float64 `json:"max_share,omitempty"`
	Review   float64 `json:"review"`
	Reject   float64 `json:"reject"`
}

// Version says who has changed a recipe, when and why. What training and its
// calibration left is version 1 and needs no entry.
type Version struct {
	Number  int       `json:"number"`
	Time    time.Time `json:"time"`
	Author  string    `json:"author"`
	Reason  string    `json:"reason"`
	Program string    `json:"program,omitempty"`
	From    string    `json:"from,omitempty"`         // SHA-256 of the file before
	Setting *Setting  `json:"setting,omitempty"`      // nil: as calibrated, as after another training
	Scale   float64   `json:"mm_per_pixel,omitempty"` // of the picture as it comes from the camera; 0: not known
}

// Version is the number of the recipe's newest version.
func (r *Recipe) Version() int {
	if n := len(r.Versions); n > 0 {
		return r.Versions[n-1].Number
	}
	return 1
}

// Setting returns the thresholds in the newest version, nil for those of the
// calibration.
func (r *Recipe) Setting() *Setting {
	if n := len(r.Versions); n > 0 {
		return r.Versions[n-1].Setting
	}
	return nil
}

// Scale is how many millimetres a pixel of the picture has, 0 where nobody has
// said so.
func (r *Recipe) Scale() float64 {
	if n := len(r.Versions); n > 0 {
		return r.Versions[n-1].Scale
	}
	return 0
}

// WithVersion returns a copy of the recipe whose newest version is v, numbered
// and linked to the file that it was made from. The scale stays unless v has one.
func (r *Recipe) WithVersion(v Version) *Recipe {
	v.Number, v.From = r.Version()+1, r.SHA256
	if v.Scale == 0 {
		v.Scale = r.Scale()
	}
	out := *r
	out.Versions = append(slices.Clone(r.Versions), v)
	return &out
}

// MaxWords bounds an author's or a reason's bytes.
const MaxWords = 4096

const (
	maxVersions = 10_000
	maxScale    = 1000 // millimetres a pixel
)

// checkVersions reports what makes a version history unusable.
func checkVersions(all []Version) error {
	if len(all) > maxVersions {
		return fmt.Errorf("it has %d versions", len(all))
	}
	last := 1
	for _, v := range all {
		if v.Number <= last || len(v.Author) > MaxWords || len(v.Reason) > MaxWords {
			return fmt.Errorf("version %d of it is out of order or has no bounds", v.Number)
		}
		last = v.Number
		if !(v.Scale >= 0 && v.Scale <= maxScale) {
			return fmt.Errorf("version %d of it has an impossible scale", v.Number)
		}
		if v.Setting != nil && !v.Setting.valid() {
			return fmt.Errorf("version %d of it has impossible thresholds", v.Number)
		}
	}
	return nil
}

func (s *Setting) valid() bool {
	ok := func(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
	return (slices.Contains(modes, s.Mode) || s.Mode == segment.Both) && ok(s.Low) && ok(s.High) && ok(s.Reject) &&
		s.Review >= 0 && s.Review <= s.Reject && s.MinArea >= 0 && s.MaxShare >= 0 && s.MaxShare <= 1 && (s.Mode == segment.TwoSided || s.Low <= s.High)
}
