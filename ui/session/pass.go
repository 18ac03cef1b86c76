package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"agurscope/datasets"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// Truth is what is known of a part besides its picture.
type Truth int8

// What can be known of a part.
const (
	TruthGood Truth = iota
	TruthDefect
	TruthUnknown
)

// Truths lists them in the order of tables.
var Truths = []Truth{TruthGood, TruthDefect, TruthUnknown}

// String names a truth in the rows of tables.
func (t Truth) String() string {
	return [...]string{"good", "defective", "not labelled"}[t]
}

// Scored is one part as a pass found it: all that thresholds need to judge it.
type Scored struct {
	Item    datasets.Item
	Truth   Truth
	Held    bool    // a good part that training kept back
	Score   float64 // NaN where Err
	Peak    float64 // highest value of the map that the pixel thresholds cut
	Doubt   error   // why it could not be put upright
	Err     error   // why it was not inspected
	Latency time.Duration

	m, signed *nn.Image // while a region could be in them; otherwise nil
}

// Pass is what one run of the network over a set found. Moving thresholds asks
// it, and never the network again.
type Pass struct {
	Recipe     *anomaly.Recipe
	Set        *datasets.Set
	Thresholds Thresholds // in force when it began
	Parts      []Scored
	Learnt     int  // good parts of the set left out: the network has learnt from them
	Unsure     bool // the good parts may be ones that the network has learnt from
	Bare       bool // only the scores that calibration has kept: no pictures, no maps
	Coarse     int  // parts whose maps did not fit into memory: a peak counts as a region

	detector *anomaly.Detector
	floor    float64 // no region is sought below it
	kept     int     // bytes of maps
}

// mapsBudget bounds the memory of the maps that a pass keeps.
const mapsBudget = 256 << 20

// floorShare is down to which share of the calibrated pixel threshold regions
// can be sought after a pass: maps that stay below are not kept.
const floorShare = .4

// ErrNoParts is wrapped when a set has nothing to measure thresholds on.
var ErrNoParts = errors.New("no parts to measure on")

// Progress is how far a pass is.
type Progress struct {
	Done, Total int
	Left        time.Duration // estimate; 0 while unknown
}

// Pass returns the last pass over the set and recipe that are open, or nil.
func (s *Session) Pass() *Pass {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pass; p != nil && p.detector == s.detector && p.Set == s.set && p.judges(s.thresholds.Mode) {
		return p
	}
	return nil
}

// RunPass scores the parts of the open set and keeps what was found. It logs no
// verdicts. A pass that was cancelled leaves the one before in place.
func (s *Session) RunPass(ctx context.Context, on func(Progress)) (*Pass, error) {
	const op = "score the parts"
	r, d, t, err := s.ready()
	if err != nil {
		return nil, err
	}
	set := s.Set()
	if set == nil {
		return nil, problem(op, ErrNoParts, "Open a folder of parts.")
	}
	p := newPass(r, set, t)
	p.detector = d
	if err := p.choose(ctx); err != nil {
		return nil, problem(op, err, "")
	}
	if len(p.Parts) == 0 {
		return nil, problem(op, fmt.Errorf("%s: %w: the network has learnt from all of its parts", set.Root, ErrNoParts),
			"Open a folder with other parts.")
	}
	items := make([]datasets.Item, len(p.Parts))
	for i := range items {
		items[i] = p.Parts[i].Item
	}
	began, done := time.Now(), 0
	var seg segment.Segmenter
	for f := range feed(ctx, set.Source(items), d) {
		res, err := s.judge(ctx, &seg, r, d, f)
		if err != nil {
			return nil, err
		}
		res.Latency = time.Since(f.start)
		p.take(done, res)
		if done++; on != nil {
			left := time.Duration(float64(time.Since(began)) / float64(done) * float64(len(items)-done))
			on(Progress{done, len(items), left})
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pass = p
	return p, nil
}

// judges reports whether the pass has kept what a mode looks at.
func (p *Pass) judges(m segment.Mode) bool {
	has := p.Thresholds.Mode
	one := m == segment.HalfPeak || m == segment.Hysteresis
	return m == has || one && has != segment.TwoSided
}

func newPass(r *anomaly.Recipe, set *datasets.Set, t Thresholds) *Pass {
	p := &Pass{Recipe: r, Set: set, Thresholds: t}
	p.floor = floorShare * r.Calibration.Pixel[segment.HalfPeak].High
	if t.Mode == segment.TwoSided {
		p.floor = 1.5 // standard deviations
	}
	return p
}

// HeldBack returns what a recipe itself knows of good parts: the scores of those
// that training kept back. It stands for a pass until there is one.
func HeldBack(r *anomaly.Recipe) *Pass {
	p := newPass(r, nil, Saved(r))
	p.Bare = true
	for i, v := range r.Calibration.Scores {
		p.Parts = append(p.Parts, Scored{
			Item:  datasets.Item{Name: fmt.Sprintf("good part %d of training", i+1), Label: datasets.Normal, Type: datasets.Good},
			Truth: TruthGood, Held: true, Score: v, Peak: math.NaN(),
		})
	}
	return p
}

// choose lists the parts to score: those to inspect, and of those to learn from
// the ones that training kept back. Of a set whose good parts are all meant for
// training and are not known to have been learnt from, all of them.
func (p *Pass) choose(ctx context.Context) error {
	learn := p.Set.Train()
	train, held, known, err := learnt(ctx, p.Recipe, learn)
	if err != nil {
		return err
	}
	mine := map[string]bool{}
	for _, it := range train {
		mine[it.Name] = true
	}
	back := map[string]bool{}
	for _, it := range held {
		back[it.Name] = true
	}
	good := false
	test, dropped, err := unlearnt(ctx, p.Recipe.Training.Queued, p.Set.Test())
	if err != nil {
		return err
	}
	p.Learnt += dropped
	for _, it := range test {
		switch {
		case known && mine[it.Name]:
			p.Learnt++
			continue
		case known && back[it.Name]:
			continue // comes below, as a good one
		}
		s := Scored{Item: it, Truth: truth(it)}
		good = good || s.Truth == TruthGood
		p.Parts = append(p.Parts, s)
	}
	switch {
	case known:
		for _, it := range held {
			p.Parts = append(p.Parts, Scored{Item: it, Truth: TruthGood, Held: true})
		}
		p.Learnt = max(p.Learnt, len(train)+dropped)
	case !good && len(p.Parts) < len(p.Set.Items):
		for _, it := range learn {
			if it.Split == datasets.Train {
				p.Parts = append(p.Parts, Scored{Item: it, Truth: TruthGood})
				p.Unsure = true
			}
		}
	}
	return nil
}

// learnt divides good parts as the recipe's training did. known is false where
// the recipe was trained on others.
func learnt(ctx context.Context, r *anomaly.Recipe, good []datasets.Item) (train, held []datasets.Item, known bool, err error) {
	if r.Training.Manifest == "" || len(good) < fewestParts || r.Training.Images-len(r.Training.Queued) > len(good) {
		return nil, nil, false, nil
	}
	train, held = datasets.Split(good, r.Training.Seed, max(datasets.DefaultShare, 2/float64(len(good))))
	sum, err := datasets.ManifestHash(ctx, slices.Concat(train, held))
	if err != nil {
		return nil, nil, false, err
	}
	return train, held, sum == r.Training.Manifest, nil
}

func truth(it datasets.Item) Truth {
	switch it.Label {
	case datasets.Normal:
		return TruthGood
	case datasets.Anomalous:
		return TruthDefect
	}
	return TruthUnknown
}

// take keeps what was found of part i.
func (p *Pass) take(i int, res *Result) {
	s := &p.Parts[i]
	s.Score, s.Peak, s.Err, s.Latency = math.NaN(), math.NaN(), res.Err, res.Latency
	q := res.Prediction
	if q == nil || res.Err != nil {
		if s.Err == nil {
			s.Err = anomaly.ErrNotFinite
		}
		return
	}
	s.Score, s.Doubt = q.Score, q.Doubt
	s.keep(p, q)
}

// keep sets the peak and keeps the maps as far as they matter and fit.
func (s *Scored) keep(p *Pass, q *anomaly.Prediction) {
	s.Peak = highest(q.Map.Pix)
	over := s.Peak >= p.floor
	signed := p.Thresholds.signed()
	if signed {
		side := max(highest(q.Signed.Pix), -lowest(q.Signed.Pix))
		if p.Thresholds.Mode == segment.TwoSided {
			s.Peak, over = side, side >= p.floor
		} else {
			over = true
		}
	}
	if !over {
		return
	}
	bytes := 4 * len(q.Map.Pix)
	if signed {
		bytes *= 2
	}
	if p.kept+bytes > mapsBudget {
		p.Coarse++
		return
	}
	p.kept += bytes
	s.m = q.Map
	if signed {
		s.signed = q.Signed
	}
}

func highest(v []float32) float64 { return float64(slices.Max(v)) }
func lowest(v []float32) float64  { return float64(slices.Min(v)) }

// Floor is the lowest high pixel threshold that the pass can judge.
func (p *Pass) Floor() float64 { return p.floor }

// cut is what the pixel thresholds make of a part.
type cut uint8

const (
	clean  cut = iota // no region survives
	region            // one does
	vast              // one does that is too large to be a defect
)

// cuts says of every part what the pixel thresholds make of it.
func (p *Pass) cuts(ctx context.Context, t Thresholds) ([]cut, error) {
	out := make([]cut, len(p.Parts))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 1+len(p.Parts)/16) {
		wg.Go(func() {
			var seg segment.Segmenter
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(p.Parts) {
					return
				}
				out[i] = p.cut(&seg, &p.Parts[i], t)
			}
		})
	}
	wg.Wait()
	return out, ctx.Err()
}

// cut is what [Judge] asks of the segmentation. A map that never reaches the
// high threshold holds no region; of one that was not kept, a peak counts as a
// region of any size.
func (p *Pass) cut(seg *segment.Segmenter, s *Scored, t Thresholds) cut {
	reached := func(at float64) cut {
		if s.Peak >= at {
			return region
		}
		return clean
	}
	switch {
	case s.Err != nil:
		return clean
	case !p.judges(t.Mode):
		return reached(p.Thresholds.High)
	case s.m == nil && t.Mode == segment.TwoSided:
		return reached(min(t.Low, t.High))
	case s.m == nil:
		return reached(t.High)
	case (t.Mode == segment.HalfPeak || t.Mode == segment.Hysteresis) && s.Peak < t.High:
		return clean
	}
	r := seg.Segment(s.m, s.signed, t.options(p.Recipe.Calibration))
	switch {
	case len(r.Regions) == 0:
		return clean
	case t.vast(widest(&r)):
		return vast
	}
	return region
}

// Good returns the scores of the good parts that were scored.
func (p *Pass) Good() []float64 { return p.scores(TruthGood) }

// scores returns those of parts of one truth; what has no valid score is left
// out.
func (p *Pass) scores(t Truth) []float64 {
	var out []float64
	for i := range p.Parts {
		if s := &p.Parts[i]; s.Truth == t && s.Err == nil && s.Doubt == nil {
			out = append(out, s.Score)
		}
	}
	return out
}
