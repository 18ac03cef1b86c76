package anomaly

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"agurscope/nn"
	"agurscope/nn/internal/simd"
	"agurscope/nn/metrics"
	"agurscope/nn/segment"
)

// Pair is the two pixel thresholds of one segmentation mode.
type Pair struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Term scales one map by what it shows on good parts: q(v) = (v − Median) /
// (Q999 − Median), so that 1 is the highest 0.1 % of good pixels.
type Term struct {
	Name   string  `json:"name"`
	Weight float64 `json:"weight"`
	Median float64 `json:"median"`
	Q999   float64 `json:"q999"`
}

// Calibration is what held-out good parts say about a model: the scale of its
// terms and the thresholds. Nothing in it ever comes from defective parts.
type Calibration struct {
	Normals         int       `json:"normals"`           // held-out good parts it rests on
	FalseRejectRate float64   `json:"false_reject_rate"` // wished share of good parts rejected
	Alignment       Alignment `json:"alignment"`
	PositionShare   float64   `json:"position_share"` // R², the reason for Alignment
	Terms           []Term    `json:"terms"`
	SignedMean      float64   `json:"signed_mean"`
	SignedStd       float64   `json:"signed_std"`

	Pixel  map[segment.Mode]Pair `json:"pixel"`
	Mode   segment.Mode          `json:"mode"`
	Review float64               `json:"review"`
	Reject float64               `json:"reject"`
	Scores []float64             `json:"scores"` // of the held-out good parts, ascending
	Notes  []string              `json:"notes,omitempty"`

	// Per position, on good parts; nil where the term is compared over the
	// whole picture.
	Residual, Logits, Frequency *positional `json:"-"`
}

// CalibrateOptions configure Calibrate; the zero value is the default.
type CalibrateOptions struct {
	FalseRejectRate float64 // 0 means 0.05
	Alignment       Alignment
	Position        float64 // R² of the training images; computed by the caller
}

// reviewShare is where the REVIEW band begins, as a share of the reject
// threshold.
const reviewShare = 0.8

// ErrTooFew is wrapped when there are not enough normals to calibrate on.
var ErrTooFew = errors.New("too few good parts to calibrate on")

// fewest is the number of held-out normals under which thresholds are refused.
const fewest = 2

// registeredNormals is the number of held-out normals that per-position
// statistics need.
const registeredNormals = 20

// Calibrate runs the recipe's network on held-out normal pictures, prepared for
// it, and sets its Calibration.
func Calibrate(ctx context.Context, e nn.Engine, r *Recipe, normals []*Prepared, o CalibrateOptions) error {
	if len(normals) < fewest {
		return fmt.Errorf("calibrate: %w: %d, need %d", ErrTooFew, len(normals), fewest)
	}
	if o.FalseRejectRate >= 1 || math.IsNaN(o.FalseRejectRate) {
		return fmt.Errorf("calibrate: a false-reject rate of %g is not below 1", o.FalseRejectRate)
	}
	d, err := newDetector(e, r)
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	defer d.Close()
	if o.FalseRejectRate <= 0 {
		o.FalseRejectRate = .05
	}
	c := &Calibration{Normals: len(normals), FalseRejectRate: o.FalseRejectRate, PositionShare: o.Position, Mode: segment.HalfPeak}
	c.Alignment = Free
	if o.Alignment == Registered || o.Alignment != Free && o.Position >= registeredFrom && len(normals) >= registeredNormals {
		c.Alignment = Registered
	}
	for _, name := range r.terms() {
		c.Terms = append(c.Terms, Term{Name: name})
	}
	c.weigh(r)
	if err := c.observe(r, &evidence{ctx: ctx, d: d, normals: normals, left: evidenceBudget}); err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	r.Calibration = c
	return nil
}

// scoreByPosition reports whether the scoring network's logits are compared
// position by position: where good parts excite it, it says less. That is
// worth most on surfaces in a fixed frame.
func (c *Calibration) scoreByPosition(r *Recipe) bool {
	return c.Normals >= registeredNormals && r.Statistics != nil && r.Model.Network.own()
}

// weigh sets the terms' weights by fixed rules that look at no defect:
// where parts lie alike, the density of features decides; the less position
// explains, the more the scoring network does. Accuracy on synthetic damage
// was measured to choose wrongly. Without statistics residual and score
// share the decision, as in the paper.
func (c *Calibration) weigh(r *Recipe) {
	share := min(max(c.PositionShare, 0), 1)
	for i := range c.Terms {
		t := &c.Terms[i]
		switch {
		case !r.Model.Network.own():
			t.Weight = 1 // it has one
		case r.Statistics == nil && t.Name == FrequencyTerm:
			t.Weight = .5
		case r.Statistics == nil:
			t.Weight = 1
		case t.Name == FeaturesTerm:
			t.Weight = share / 2
		case t.Name == HandcraftedTerm:
			t.Weight = 1
		case t.Name == MemoryTerm:
			t.Weight = r.Statistics.Modes
		case t.Name == ScoreTerm:
			t.Weight = .5 * (1 - share) * (1 - share)
		}
	}
}

// rank is the place, from 1, of the order statistic that a new good part
// exceeds with probability at most rate: ⌈(n+1)(1−rate)⌉.
func rank(n int, rate float64) int {
	return max(1, int(math.Ceil(float64(n+1)*(1-rate)-1e-9)))
}

// Conformal returns the threshold that a new good part reaches with at most the
// given probability, from the values of held-out good parts, one at least:
// midway between the order statistic and the next higher value, or a margin
// above the highest when there are too few.
func Conformal(values []float64, rate float64) float64 {
	return beyond(values, rank(len(values), rate))
}

// beyond returns a threshold that the k-th of the ascending values does not
// reach.
func beyond(values []float64, k int) float64 {
	v := slices.Sorted(slices.Values(values))
	k = min(k, len(v))
	for _, next := range v[k:] {
		if next > v[k-1] { // an equal one would reach the threshold
			return (v[k-1] + next) / 2
		}
	}
	top := v[len(v)-1]
	return top + .1*max(top-metrics.QuantileSorted(v, .5), 1e-6*max(1, math.Abs(top)))
}

// fuse adds the terms, each on its scale.
func (c *Calibration) fuse(k *workspace, maps []*nn.Image) *nn.Image {
	out := k.image(1, maps[0].H, maps[0].W)
	for k, m := range maps {
		t := c.Terms[k]
		if t.Weight == 0 {
			continue
		}
		simd.Accumulate(out.Pix, m.Pix, float32(t.Median), float32(t.Weight/(t.Q999-t.Median)), false)
	}
	return out
}

// standardise returns the signed residual in units of its deviation; 0 where
// nothing was seen.
func (c *Calibration) standardise(k *workspace, signed, outside *nn.Image) *nn.Image {
	out := k.image(1, signed.H, signed.W)
	simd.Accumulate(out.Pix, signed.Pix, float32(c.SignedMean), 1/float32(c.SignedStd), false)
	if outside != nil {
		for i, v := range outside.Pix {
			if v != 0 {
				out.Pix[i] = 0
			}
		}
	}
	return out
}

// neutral sets the terms' maps to what good parts show where the fixture's frame
// reaches out of the picture: what was not seen says nothing.
func (c *Calibration) neutral(maps []*nn.Image, outside *nn.Image) {
	if outside == nil {
		return
	}
	for k, m := range maps {
		for i, v := range outside.Pix {
			if v > 0 {
				m.Pix[i] = float32(c.Terms[k].Median)
			}
		}
	}
}

// units says of the terms that are compared position by position how a map is
// brought into units of its deviation there.
type units interface {
	// of returns how the named term's maps are brought into units; nil where
	// they are not.
	of(name string) deviation
}

type deviation interface {
	apply(k *workspace, m *nn.Image) *nn.Image
}

// of implements units by what good parts have shown.
func (c *Calibration) of(name string) deviation {
	p := (*positional)(nil)
	switch name {
	case ResidualTerm:
		p = c.Residual
	case ScoreTerm:
		p = c.Logits
	case FrequencyTerm:
		p = c.Frequency
	}
	if p == nil {
		return nil
	}
	return p
}

// maps returns the maps of the terms of one picture, in their order.
func (c *Calibration) maps(r *raw, u units) []*nn.Image {
	out := r.room.terms(len(c.Terms))
	for k, t := range c.Terms {
		own := u.of(t.Name)
		if out[k] = r.shown(t.Name, own != nil); own != nil {
			out[k] = own.apply(r.room, out[k])
		}
	}
	return out
}

// predict turns the network's output into a prediction.
func (c *Calibration) predict(p *Prediction, s *Statistics, x *nn.Image, r *raw) error {
	r.compare(s)
	return c.conclude(p, c.maps(r, c), s, x, r)
}

// conclude adds up the terms' maps, which it changes where nothing was seen.
func (c *Calibration) conclude(p *Prediction, maps []*nn.Image, s *Statistics, x *nn.Image, r *raw) error {
	c.neutral(maps, r.outside)
	fused := c.fuse(r.room, maps)
	p.Input, p.Doubt = x, nil
	p.Map = p.room.image(1, fused.H, fused.W)
	copy(p.Map.Pix, fused.Pix)
	c.sharpen(r.room, p.Map, maps, s.reach())
	p.Signed = c.standardise(&p.room, r.signed, r.outside)
	p.Reconstruction = nil
	if r.reconstruction != nil { // some methods have none, and calibration no use for it
		p.Reconstruction = p.room.image(r.reconstruction.C, r.reconstruction.H, r.reconstruction.W)
		copy(p.Reconstruction.Pix, r.reconstruction.Pix)
	}
	p.Embedding = append(p.Embedding[:0], r.embedding...)
	if !finite(p.Map.Pix) {
		return ErrNotFinite
	}
	if p.Score = r.room.topMean(fused.Pix); r.scored {
		p.Score = r.score
	}
	p.Terms = p.Terms[:0]
	for k, m := range maps {
		t := c.Terms[k]
		p.Terms = append(p.Terms, TermScore{t.Name, t.Weight, (r.room.topMean(m.Pix) - t.Median) / (t.Q999 - t.Median)})
	}
	return nil
}
