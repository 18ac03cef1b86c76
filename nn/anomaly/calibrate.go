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

	// Per-position mean and standard deviation of the residual; nil unless
	// registered.
	Mean, Std *nn.Image `json:"-"`
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
	}
	if o.FalseRejectRate <= 0 {
		o.FalseRejectRate = .05
	}
	c := &Calibration{Normals: len(normals), FalseRejectRate: o.FalseRejectRate, PositionShare: o.Position, Mode: segment.HalfPeak}
	c.Alignment = Free
	if o.Alignment == Registered || o.Alignment != Free && o.Position >= registeredFrom && len(normals) >= registeredNormals {
		c.Alignment = Registered
	}
	c.scale(raws)
	c.thresholds(raws)
	r.Calibration = c
	return nil
}

// residuals returns the residual term's map of every calibration image: with
// registered parts, standardised per position by all the others (leaving the
// image out, or it would vouch for itself).
func (c *Calibration) residuals(raws []*raw) []*nn.Image {
	out := make([]*nn.Image, len(raws))
	if c.Alignment != Registered {
		for i, r := range raws {
			out[i] = r.residual
		}
		return out
	}
	n := len(raws)
	px := len(raws[0].plain.Pix)
	sum, sq, all := make([]float64, px), make([]float64, px), [2]float64{}
	for _, r := range raws {
		for i, v := range r.plain.Pix {
			f := float64(v)
			sum[i] += f
			sq[i] += f * f
			all[0] += f
			all[1] += f * f
		}
	}
	total := float64(n * px)
	floor := .25 * math.Sqrt(max(0, all[1]/total-all[0]/total*all[0]/total))
	deviation := func(s, q, m float64) float64 { return math.Sqrt(max(0, q/m-s/m*s/m)) + floor }
	c.Mean, c.Std = nn.NewImage(1, raws[0].plain.H, raws[0].plain.W), nn.NewImage(1, raws[0].plain.H, raws[0].plain.W)
	for i := range px {
		c.Mean.Pix[i] = float32(sum[i] / float64(n))
		c.Std.Pix[i] = float32(deviation(sum[i], sq[i], float64(n)))
	}
	for k, r := range raws {
		out[k] = nn.NewImage(1, r.plain.H, r.plain.W)
		for i, v := range r.plain.Pix {
			f, m := float64(v), float64(n-1)
			s, q := sum[i]-f, sq[i]-f*f
			out[k].Pix[i] = float32((f - s/m) / deviation(s, q, m))
		}
	}
	return out
}

// scale sets the terms' medians and upper quantiles.
func (c *Calibration) scale(raws []*raw) {
	add := func(name string, maps []*nn.Image) {
		var all []float32
		for _, m := range maps {
			all = append(all, m.Pix...)
		}
		slices.Sort(all)
		t := Term{Name: name, Weight: 1, Median: metrics.QuantileSorted(all, .5), Q999: metrics.QuantileSorted(all, .999)}
		t.Q999 = max(t.Q999, t.Median+1e-9)
		c.Terms = append(c.Terms, t)
	}
	add("residual", c.residuals(raws))
	if raws[0].logits != nil {
		var maps []*nn.Image
		for _, r := range raws {
			maps = append(maps, r.logits)
		}
		add("score", maps)
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
func (c *Calibration) thresholds(raws []*raw) {
	residuals := c.residuals(raws)
	var pixels []float32
	var peaks, bright, dark []float64
	for i, r := range raws {
		terms := []*nn.Image{residuals[i], r.logits}
		m := c.fuse(terms[:len(c.Terms)])
		pixels = append(pixels, m.Pix...)
		peaks = append(peaks, float64(slices.Max(m.Pix)))
		c.Scores = append(c.Scores, topMean(m.Pix))
		z := c.standardise(r.signed)
		bright, dark = append(bright, float64(slices.Max(z.Pix))), append(dark, -float64(slices.Min(z.Pix)))
	}
	slices.Sort(pixels)
	slices.Sort(c.Scores)
	high := max(metrics.QuantileSorted(pixels, .9995), c.upper(peaks))
	c.Pixel = map[segment.Mode]Pair{
		segment.HalfPeak:   {Low: .5 * high, High: high},
		segment.Hysteresis: {Low: .85 * high, High: high},
		segment.TwoSided:   {Low: max(3, c.upper(dark)), High: max(3, c.upper(bright))},
	}
	c.Reject = c.upper(c.Scores)
	c.Review = reviewShare * c.Reject
	if k := rank(len(raws), c.FalseRejectRate); k > len(raws) {
		c.Notes = append(c.Notes, fmt.Sprintf(
			"%d held-out good parts cannot show a false-reject rate of %g: thresholds lie a tenth above the worst of them",
			len(raws), c.FalseRejectRate))
	}
}

// rank is the place, from 1, of the order statistic that a new good part
// exceeds with probability at most rate: ⌈(n+1)(1−rate)⌉.
func rank(n int, rate float64) int { return int(math.Ceil(float64(n+1)*(1-rate) - 1e-9)) }

// upper returns the threshold for which the wished share of good parts lies
// above: midway between the order statistic and its neighbour, or a margin
// above the highest when there are too few.
func (c *Calibration) upper(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	k := rank(len(v), c.FalseRejectRate)
	if k >= len(v) {
		top := v[len(v)-1]
		return top + .1*max(top-metrics.QuantileSorted(v, .5), 1e-6)
	}
	return (v[k-1] + v[k]) / 2
}

// fuse adds the terms, each on its scale.
func (c *Calibration) fuse(maps []*nn.Image) *nn.Image {
	out := nn.NewImage(1, maps[0].H, maps[0].W)
	for k, m := range maps {
		t := c.Terms[k]
		scale := float32(t.Weight / (t.Q999 - t.Median))
		for i, v := range m.Pix {
			out.Pix[i] += (v - float32(t.Median)) * scale
		}
	}
	return out
}

func (c *Calibration) standardise(signed *nn.Image) *nn.Image {
	out := nn.NewImage(1, signed.H, signed.W)
	for i, v := range signed.Pix {
		out.Pix[i] = (v - float32(c.SignedMean)) / float32(c.SignedStd)
	}
	return out
}

// predict turns the network's output into a prediction.
func (c *Calibration) predict(x *nn.Image, r *raw) (*Prediction, error) {
	maps := []*nn.Image{r.residual, r.logits}[:len(c.Terms)]
	if c.Alignment == Registered {
		z := nn.NewImage(1, x.H, x.W)
		for i, v := range r.plain.Pix {
			z.Pix[i] = (v - c.Mean.Pix[i]) / c.Std.Pix[i]
		}
		maps[0] = z
	}
	p := &Prediction{
		Map: c.fuse(maps), Signed: c.standardise(r.signed), Input: x,
		Reconstruction: r.reconstruction, Embedding: r.embedding,
	}
	if !finite(p.Map.Pix) {
		return nil, ErrNotFinite
	}
	p.Score = topMean(p.Map.Pix)
	for k, m := range maps {
		t := c.Terms[k]
		p.Terms = append(p.Terms, TermScore{t.Name, t.Weight * (topMean(m.Pix) - t.Median) / (t.Q999 - t.Median)})
	}
	return p, nil
}
