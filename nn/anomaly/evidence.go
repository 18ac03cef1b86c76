package anomaly

import (
	"context"
	"fmt"
	"math"
	"slices"

	"agurscope/nn"
	"agurscope/nn/metrics"
	"agurscope/nn/segment"
)

// Calibration goes three times over the held-out good parts: for what the terms
// show at every position, for the terms' scales, and for the thresholds. What the
// network says of a part is kept from one time to the next as far as memory
// allows, and computed anew otherwise: however many and large the parts are,
// calibrating takes no more than this.
const (
	evidenceBudget = 256 << 20 // of maps that are kept
	mostSampled    = 1 << 21   // pixels that a term's scale is taken from
)

// evidence is what the network says of held-out good parts.
type evidence struct {
	ctx     context.Context
	d       *Detector
	normals []*Prepared
	kept    map[int]*raw
	left    int // bytes that may still be kept
}

// each calls f for every part, in order.
func (e *evidence) each(f func(p *Prepared, r *raw) error) error {
	for i, p := range e.normals {
		r, err := e.kept[i], e.ctx.Err()
		if r == nil && err == nil {
			r, err = e.look(i, p)
		}
		if err == nil {
			err = f(p, r)
		}
		if err != nil {
			return fmt.Errorf("image %d of %d: %w", i+1, len(e.normals), err)
		}
	}
	return nil
}

// look runs the network on part i and keeps, if there is room, what calibration
// needs of the answer.
func (e *evidence) look(i int, p *Prepared) (*raw, error) {
	r, err := e.d.run(e.ctx, p.Input)
	if err != nil {
		return nil, err
	}
	r.compare(e.d.recipe.Statistics)
	r.outside, r.reconstruction, r.embedding = p.Outside, nil, nil
	if n := r.bytes(); n <= e.left {
		if e.kept == nil {
			e.kept = map[int]*raw{}
		}
		e.kept[i] = r
		e.left -= n
	}
	return r, nil
}

// bytes is the memory of the maps.
func (r *raw) bytes() (n int) {
	for _, m := range []*nn.Image{r.residual, r.plain, r.logits, r.frequency, r.template, r.signed} {
		if m != nil {
			n += 4 * len(m.Pix)
		}
	}
	for _, m := range r.distances {
		n += 4 * len(m.Pix)
	}
	return n
}

// observe sets everything that comes from the parts.
func (c *Calibration) observe(r *Recipe, e *evidence) error {
	u, err := c.positions(r, e)
	if err != nil {
		return err
	}
	if err := c.scale(e, u); err != nil {
		return err
	}
	return c.thresholds(r.Statistics, e, u)
}

// positions sets what the terms show at every position, and the spread of the
// signed residual. It returns how a part's map is compared with those of the
// other parts.
func (c *Calibration) positions(r *Recipe, e *evidence) (units, error) {
	tables := map[string]**positional{}
	if c.Alignment == Registered {
		tables[ResidualTerm], tables[FrequencyTerm] = &c.Residual, &c.Frequency
	}
	if c.scoreByPosition(r) {
		tables[ScoreTerm] = &c.Logits
	}
	sums := map[string]*moments{}
	for _, t := range c.Terms {
		if tables[t.Name] != nil {
			sums[t.Name] = &moments{}
		}
	}
	sum, sq, n := 0.0, 0.0, 0.0
	err := e.each(func(_ *Prepared, x *raw) error {
		for name, s := range sums {
			s.add(x.shown(name, true))
		}
		for _, v := range x.signed.Pix {
			sum += float64(v)
			sq += float64(v) * float64(v)
			n++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.SignedMean = sum / n
	c.SignedStd = math.Sqrt(max(sq/n-c.SignedMean*c.SignedMean, 1e-12))
	for name, s := range sums {
		*tables[name] = s.positional(e.d.Input())
	}
	return others(sums), nil
}

// others are the units of a part that was summed up itself.
type others map[string]*moments

func (o others) of(name string) deviation {
	if s := o[name]; s != nil {
		return s
	}
	return nil
}

// scale sets the terms' medians and upper quantiles, from every pixel or, of
// very many, from every few.
func (c *Calibration) scale(e *evidence, u units) error {
	w, h := e.d.Input()
	every := (len(e.normals)*w*h-1)/mostSampled | 1 // odd: columns take turns
	samples := make([][]float32, len(c.Terms))
	at := 0
	err := e.each(func(p *Prepared, x *raw) error {
		for k, m := range c.maps(x, u) {
			for i := (every - at%every) % every; i < len(m.Pix); i += every {
				if p.Outside == nil || p.Outside.Pix[i] == 0 {
					samples[k] = append(samples[k], m.Pix[i])
				}
			}
		}
		at += w * h
		return nil
	})
	if err != nil {
		return err
	}
	for k, s := range samples {
		slices.Sort(s)
		t := &c.Terms[k]
		t.Median, t.Q999 = metrics.QuantileSorted(s, .5), metrics.QuantileSorted(s, .999)
		t.Q999 = max(t.Q999, t.Median+1e-9)
	}
	return nil
}

// How far below the detecting threshold outlines run: a map with outlines drawn
// falls off faster.
const (
	plainOutline = .5
	drawnOutline = .3
	hysteresis   = .85
)

// thresholds sets pixel and image thresholds by what the judge will do: for every
// part, the score, and the pixel threshold at which a region would survive.
func (c *Calibration) thresholds(s *Statistics, e *evidence, u units) error {
	outline := plainOutline
	if s != nil {
		outline = drawnOutline
	}
	var seg segment.Segmenter
	var peaks, strong, bright, dark []float64
	err := e.each(func(part *Prepared, x *raw) error {
		p := &Prediction{}
		if err := c.conclude(p, c.maps(x, u), s, part.Input, x); err != nil {
			return err
		}
		part.lay(p)
		c.Scores = append(c.Scores, p.Score)
		peaks = append(peaks, seg.Level(p.Map, segment.Options{Mode: segment.HalfPeak, Low: outline, High: 1}))
		strong = append(strong, seg.Level(p.Map, segment.Options{Mode: segment.Hysteresis, Low: hysteresis, High: 1}))
		bright = append(bright, seg.Level(p.Signed, segment.Options{Mode: segment.TwoSided}))
		dark = append(dark, seg.Level(negative(p.Signed), segment.Options{Mode: segment.TwoSided}))
		return nil
	})
	if err != nil {
		return err
	}
	k := rank(c.Normals, c.FalseRejectRate)
	both := jointly(k, c.Scores, peaks)
	c.Reject = both[0]
	// In the other modes, too, the score may reject: what it leaves is theirs.
	left := func(of []float64) (out []float64) {
		for i, v := range of {
			if c.Scores[i] < c.Reject {
				out = append(out, v)
			}
		}
		return out
	}
	high := beyond(left(strong), k)
	sides := jointly(k, left(dark), left(bright))
	c.Pixel = map[segment.Mode]Pair{
		segment.HalfPeak:   {Low: outline * both[1], High: both[1]},
		segment.Hysteresis: {Low: hysteresis * high, High: high},
		segment.TwoSided:   {Low: max(3, sides[0]), High: max(3, sides[1])},
	}
	slices.Sort(c.Scores)
	c.Review = reviewShare * c.Reject
	if k > c.Normals {
		c.Notes = append(c.Notes, fmt.Sprintf(
			"%d held-out good parts cannot show a false-reject rate of %.3g %%: thresholds lie a tenth above the worst of them",
			c.Normals, 100*c.FalseRejectRate))
	}
	return nil
}

func negative(m *nn.Image) *nn.Image {
	out := nn.NewImage(m.C, m.H, m.W)
	for i, v := range m.Pix {
		out.Pix[i] = -v
	}
	return out
}

// Jointly returns thresholds for two values of every good part, its score and the
// pixel threshold at which a region would survive, so that a new good part reaches
// either with at most the given probability.
func Jointly(scores, levels []float64, rate float64) (reject, high float64) {
	both := jointly(rank(len(scores), rate), scores, levels)
	return both[0], both[1]
}

// jointly returns a threshold for each of several values of every good part, of
// which one at its threshold is enough for NG, so that the k-th of the parts does
// not reach any. Each value is put on its own scale, from its median (0) to its
// own threshold (1), and the largest is what counts.
func jointly(k int, values ...[]float64) []float64 {
	worst := slices.Repeat([]float64{math.Inf(-1)}, len(values[0]))
	type scale struct{ median, unit float64 }
	scales := make([]scale, len(values))
	for j, v := range values {
		m := metrics.Quantile(v, .5)
		scales[j] = scale{m, max(beyond(v, k)-m, 1e-9)}
		for i, x := range v {
			worst[i] = max(worst[i], (x-m)/scales[j].unit)
		}
	}
	t := beyond(worst, k)
	out := make([]float64, len(values))
	for j, s := range scales {
		out[j] = s.median + t*s.unit
	}
	return out
}
