package anomaly

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"agurscope/nn"
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

	// Outside says, image by image, what Prepared.Outside says; nil for none.
	Outside []*nn.Image
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

// Calibrate runs the recipe's network on held-out normal images of the input
// size and sets its Calibration.
func Calibrate(ctx context.Context, e nn.Engine, r *Recipe, normals []*nn.Image, o CalibrateOptions) error {
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
	raws := make([]*raw, len(normals))
	for i, x := range normals {
		if raws[i], err = d.run(ctx, x); err != nil {
			return fmt.Errorf("calibrate on image %d of %d: %w", i+1, len(normals), err)
		}
		if i < len(o.Outside) {
			raws[i].outside = o.Outside[i]
		}
	}
	if o.FalseRejectRate <= 0 {
		o.FalseRejectRate = .05
	}
	c := &Calibration{Normals: len(normals), FalseRejectRate: o.FalseRejectRate, PositionShare: o.Position, Mode: segment.HalfPeak}
	c.Alignment = Free
	if o.Alignment == Registered || o.Alignment != Free && o.Position >= registeredFrom && len(normals) >= registeredNormals {
		c.Alignment = Registered
	}
	maps := c.terms(r, raws)
	c.weigh(r)
	c.scale(raws, maps)
	c.thresholds(r.Statistics, raws, maps)
	r.Calibration = c
	return nil
}

// terms fills Terms by name and returns each term's maps of the calibration
// images, [term][image].
func (c *Calibration) terms(r *Recipe, raws []*raw) (maps [][]*nn.Image) {
	add := func(name string, m []*nn.Image) {
		c.Terms = append(c.Terms, Term{Name: name})
		maps = append(maps, m)
	}
	every := func(f func(*raw) *nn.Image) []*nn.Image {
		out := make([]*nn.Image, len(raws))
		for i := range raws {
			out[i] = f(raws[i])
		}
		return out
	}
	residual := every(func(x *raw) *nn.Image { return x.residual })
	if c.Alignment == Registered {
		c.Residual, residual = fitPositional(every(func(x *raw) *nn.Image { return x.plain }))
	}
	add(ResidualTerm, residual)
	if raws[0].logits != nil {
		logits := every(func(x *raw) *nn.Image { return x.logits })
		if c.scoreByPosition(r) {
			c.Logits, logits = fitPositional(logits)
		}
		add(ScoreTerm, logits)
	}
	if raws[0].frequency != nil {
		maps := every(func(x *raw) *nn.Image { return x.frequency })
		if c.Alignment == Registered {
			c.Frequency, maps = fitPositional(maps)
		}
		add(FrequencyTerm, maps)
	}
	if s := r.Statistics; s != nil {
		for _, name := range s.names() {
			add(name, every(func(x *raw) *nn.Image { return s.distance(name, x) }))
		}
	}
	return maps
}

// scoreByPosition reports whether the scoring network's logits are compared
// position by position: where good parts excite it, it says less. That is
// worth most on surfaces in a fixed frame.
func (c *Calibration) scoreByPosition(r *Recipe) bool {
	return c.Normals >= registeredNormals && r.Statistics != nil
}

// weigh sets the terms' weights by fixed rules that look at no defect (17.3):
// where parts lie alike, the density of features decides; the less position
// explains, the more the scoring network does. Accuracy on synthetic damage
// was measured to choose wrongly. Without statistics residual and score
// share the decision, as in the paper.
func (c *Calibration) weigh(r *Recipe) {
	share := min(max(c.PositionShare, 0), 1)
	for i := range c.Terms {
		t := &c.Terms[i]
		switch {
		case r.Statistics == nil && t.Name == FrequencyTerm:
			t.Weight = .5
		case r.Statistics == nil:
			t.Weight = 1
		case t.Name == FeaturesTerm:
			t.Weight = share
		case t.Name == HandcraftedTerm:
			t.Weight = 1
		case t.Name == MemoryTerm:
			t.Weight = r.Statistics.Modes
		case t.Name == ScoreTerm:
			t.Weight = .5 * (1 - share) * (1 - share)
		}
	}
}

// scale sets the terms' medians and upper quantiles.
func (c *Calibration) scale(raws []*raw, maps [][]*nn.Image) {
	for k := range c.Terms {
		var all []float32
		for n, m := range maps[k] {
			if raws[n].outside == nil {
				all = append(all, m.Pix...)
				continue
			}
			for i, v := range m.Pix {
				if raws[n].outside.Pix[i] == 0 {
					all = append(all, v)
				}
			}
		}
		slices.Sort(all)
		t := &c.Terms[k]
		t.Median, t.Q999 = metrics.QuantileSorted(all, .5), metrics.QuantileSorted(all, .999)
		t.Q999 = max(t.Q999, t.Median+1e-9)
	}
	sum, sq, n := 0.0, 0.0, 0.0
	for _, r := range raws {
		for _, v := range r.signed.Pix {
			sum += float64(v)
			sq += float64(v) * float64(v)
			n++
		}
	}
	c.SignedMean = sum / n
	c.SignedStd = math.Sqrt(max(sq/n-c.SignedMean*c.SignedMean, 1e-12))
}

// thresholds sets pixel and image thresholds from the calibration images.
func (c *Calibration) thresholds(s *Statistics, raws []*raw, maps [][]*nn.Image) {
	var peaks, bright, dark []float64
	for i, r := range raws {
		of := make([]*nn.Image, len(maps))
		for k := range maps {
			of[k] = maps[k][i]
		}
		c.neutral(of, r.outside)
		m := c.fuse(of)
		c.Scores = append(c.Scores, topMean(m.Pix))
		peaks = append(peaks, float64(slices.Max(c.sharpen(m, of, s.reach()).Pix)))
		z := c.standardise(r.signed, r.outside)
		bright, dark = append(bright, float64(slices.Max(z.Pix))), append(dark, -float64(slices.Min(z.Pix)))
	}
	var high float64
	c.Reject, high = Jointly(c.Scores, peaks, c.FalseRejectRate)
	slices.Sort(c.Scores)
	outline := .5
	if s != nil {
		outline = .3 // a map with outlines drawn falls off faster
	}
	c.Pixel = map[segment.Mode]Pair{
		segment.HalfPeak:   {Low: outline * high, High: high},
		segment.Hysteresis: {Low: .85 * high, High: high},
		segment.TwoSided:   {Low: max(3, c.upper(dark)), High: max(3, c.upper(bright))},
	}
	c.Review = reviewShare * c.Reject
	if k := rank(len(raws), c.FalseRejectRate); k > len(raws) {
		c.Notes = append(c.Notes, fmt.Sprintf(
			"%d held-out good parts cannot show a false-reject rate of %g: thresholds lie a tenth above the worst of them",
			len(raws), c.FalseRejectRate))
	}
}

// Jointly returns thresholds for two values of every good part, its score and
// its map's peak, of which one above its threshold is enough for NG: the share of
// good parts with either is to be the wished rate. Each value is put on its own scale, from its median (0)
// to its own threshold (1), and the larger of the two is what counts.
func Jointly(a, b []float64, rate float64) (reject, high float64) {
	onScale := func(v []float64) (median, unit float64) {
		median = metrics.Quantile(v, .5)
		return median, max(Conformal(v, rate)-median, 1e-9)
	}
	am, au := onScale(a)
	bm, bu := onScale(b)
	both := make([]float64, len(a))
	for i := range both {
		both[i] = max((a[i]-am)/au, (b[i]-bm)/bu)
	}
	t := Conformal(both, rate)
	return am + t*au, bm + t*bu
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
	v := slices.Sorted(slices.Values(values))
	k := min(rank(len(v), rate), len(v))
	for _, next := range v[k:] {
		if next > v[k-1] { // an equal one would reach the threshold
			return (v[k-1] + next) / 2
		}
	}
	top := v[len(v)-1]
	return top + .1*max(top-metrics.QuantileSorted(v, .5), 1e-6*max(1, math.Abs(top)))
}

func (c *Calibration) upper(values []float64) float64 { return Conformal(values, c.FalseRejectRate) }

// fuse adds the terms, each on its scale.
func (c *Calibration) fuse(maps []*nn.Image) *nn.Image {
	out := nn.NewImage(1, maps[0].H, maps[0].W)
	for k, m := range maps {
		t := c.Terms[k]
		if t.Weight == 0 {
			continue
		}
		scale := float32(t.Weight / (t.Q999 - t.Median))
		for i, v := range m.Pix {
			out.Pix[i] += (v - float32(t.Median)) * scale
		}
	}
	return out
}

// standardise returns the signed residual in units of its deviation; 0 where
// nothing was seen.
func (c *Calibration) standardise(signed, outside *nn.Image) *nn.Image {
	out := nn.NewImage(1, signed.H, signed.W)
	for i, v := range signed.Pix {
		if outside == nil || outside.Pix[i] == 0 {
			out.Pix[i] = (v - float32(c.SignedMean)) / float32(c.SignedStd)
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

// maps returns the maps of the terms of one picture, in their order.
func (c *Calibration) maps(s *Statistics, r *raw) []*nn.Image {
	out := make([]*nn.Image, len(c.Terms))
	for k, t := range c.Terms {
		switch {
		case t.Name == ResidualTerm && c.Residual != nil:
			out[k] = c.Residual.apply(r.plain)
		case t.Name == ResidualTerm:
			out[k] = r.residual
		case t.Name == ScoreTerm && c.Logits != nil:
			out[k] = c.Logits.apply(r.logits)
		case t.Name == ScoreTerm:
			out[k] = r.logits
		case t.Name == FrequencyTerm && c.Frequency != nil:
			out[k] = c.Frequency.apply(r.frequency)
		case t.Name == FrequencyTerm:
			out[k] = r.frequency
		default:
			out[k] = s.distance(t.Name, r)
		}
	}
	return out
}

// predict turns the network's output into a prediction.
func (c *Calibration) predict(s *Statistics, x *nn.Image, r *raw) (*Prediction, error) {
	maps := c.maps(s, r)
	c.neutral(maps, r.outside)
	fused := c.fuse(maps)
	p := &Prediction{
		Map: c.sharpen(fused, maps, s.reach()), Signed: c.standardise(r.signed, r.outside), Input: x,
		Reconstruction: r.reconstruction, Embedding: r.embedding,
	}
	if !finite(p.Map.Pix) {
		return nil, ErrNotFinite
	}
	p.Score = topMean(fused.Pix)
	for k, m := range maps {
		t := c.Terms[k]
		p.Terms = append(p.Terms, TermScore{t.Name, t.Weight, (topMean(m.Pix) - t.Median) / (t.Q999 - t.Median)})
	}
	return p, nil
}
