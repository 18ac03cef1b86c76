package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/baseline"
	"agurscope/nn/segment"
)

// trainingShare is the part of a cell's work that training takes, roughly.
const trainingShare = 0.9

// MeasureRow measures one row of the ablation with one seed. It changes nothing
// of the session.
func (s *Session) MeasureRow(ctx context.Context, set *datasets.Set, o AblateOptions, r Row, seed uint64, on func(stage string, share float64)) (*Evaluation, error) {
	if r.network() {
		if err := s.needEngine(); err != nil {
			return nil, err
		}
	}
	return s.cell(ctx, set, o, r, seed, on)
}

// cell measures one row with one seed: it trains, or fits a control, on the
// set's good parts and evaluates on its test pictures.
func (s *Session) cell(ctx context.Context, set *datasets.Set, o AblateOptions, r Row, seed uint64, on func(stage string, share float64)) (_ *Evaluation, err error) {
	// A session of its own: neither the recipe in force nor the history of a
	// station has anything to do with an ablation.
	inner := New(Options{Engine: s.o.Engine, Why: s.o.Why, Program: s.o.Program})
	defer inner.Close()
	t := o.training(r, seed)
	if !r.network() {
		return inner.control(ctx, set, t, r.Control, on)
	}
	dir, err := os.MkdirTemp("", "agurscope-cell-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	t.Out = filepath.Join(dir, t.Out)
	res, err := inner.Train(ctx, set, t, func(e TrainEvent) { on(string(e.Stage), trainingShare*trained(e)) })
	if err != nil {
		return nil, err
	}
	if err := inner.UseRecipe(res.Recipe); err != nil {
		return nil, err
	}
	return inner.Evaluate(ctx, set, func(done, total int) {
		on("evaluating", trainingShare+(1-trainingShare)*float64(done)/float64(total))
	})
}

// trained is the share of a training that is done.
func trained(e TrainEvent) float64 {
	switch {
	case e.Stage == Looking || e.Stage == Reading:
		return 0
	case e.Stage != Training:
		return 1
	case e.Elapsed > 0 && e.Remaining > 0: // knows of a limit in time, too
		return float64(e.Elapsed) / float64(e.Elapsed+e.Remaining)
	default:
		return float64(e.Step) / float64(max(e.Steps, 1))
	}
}

// control evaluates a control on the test pictures. It has no regions: a picture is
// NG by its score alone.
func (s *Session) control(ctx context.Context, set *datasets.Set, o TrainOptions, name string, on func(stage string, share float64)) (*Evaluation, error) {
	t := &tally{terms: map[string][]float64{}}
	held, err := s.throughControl(ctx, set, o, name, on, t.add)
	if err != nil {
		return nil, err
	}
	e := t.figures(&anomaly.Recipe{Calibration: &anomaly.Calibration{}}, Thresholds{Reject: anomaly.Conformal(held, controlRate)})
	e.IoU = Number(math.NaN()) // of regions, which there are none of
	return e, nil
}

// MeasureControl fits a control of [Rows] with one seed and shows every labelled
// test picture to see. It returns the scores of the held-out good parts.
func (s *Session) MeasureControl(ctx context.Context, set *datasets.Set, o AblateOptions, r Row, seed uint64, on func(stage string, share float64), see func(*Result)) (held []float64, err error) {
	return s.throughControl(ctx, set, o.training(r, seed), r.Control, on, see)
}

// throughControl fits a control on the parts that a training with the same seed
// learns from, takes its threshold from those that one holds out, and shows it the
// test pictures.
func (s *Session) throughControl(ctx context.Context, set *datasets.Set, o TrainOptions, name string, on func(stage string, share float64), see func(*Result)) (held []float64, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	good := set.Train()
	train, rest := datasets.Split(good, o.Seed, max(datasets.DefaultShare, 2/float64(len(good))))
	p, err := s.plan(ctx, train, o, func(int) {})
	if err != nil {
		return nil, err
	}
	told := func(e TrainEvent) { on(string(e.Stage), .5*float64(e.Done)/float64(e.Total)) }
	var skipped TrainResult
	parts, err := s.read(ctx, p, train, len(good), 0, &skipped, told)
	if err != nil {
		return nil, err
	}
	kept, err := s.read(ctx, p, rest, len(good), len(train), &skipped, told)
	if err != nil {
		return nil, err
	}
	normals, calibration := inputs(parts), inputs(kept)
	if len(calibration) < 2 {
		return nil, fmt.Errorf("too few of the good parts in %s can be read", set.Root)
	}
	d, err := baseline.Fit(name, normals)
	if err != nil {
		return nil, err
	}
	held = make([]float64, len(calibration))
	for i, x := range calibration {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		held[i], _ = d.Detect(x)
	}
	reject := anomaly.Conformal(held, controlRate)
	items := slices.DeleteFunc(slices.Clone(set.Test()), func(it datasets.Item) bool { return it.Label == datasets.Unknown })
	for i, it := range items {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		see(detect(d, it, p, reject))
		on("evaluating", .5+.5*float64(i+1)/float64(len(items)))
	}
	return held, nil
}

// detect inspects one test picture with a control.
func detect(d baseline.Detector, it datasets.Item, p *plan, reject float64) *Result {
	started := time.Now()
	f, err := it.Load()
	if err != nil {
		return &Result{Frame: f, Judgement: Judgement{Verdict: history.ERROR}, Err: err}
	}
	x := p.Apply(f.Image, p.network.Width, p.network.Height)
	score, m := d.Detect(x.Input)
	out := &anomaly.Prediction{Score: score, Map: m, Signed: nn.NewImage(1, m.H, m.W), Input: x.Input, Reconstruction: x.Input, Doubt: x.Doubt}
	x.Back(out)
	w, h := out.Map.W, out.Map.H
	r := &Result{
		Frame: f, Prediction: out,
		Judgement: Judgement{Verdict: history.OK, Segmentation: segment.Result{W: w, H: h, Labels: make([]int32, w*h)}},
	}
	switch {
	case x.Doubt != nil:
		r.Verdict = history.REVIEW
	case score >= reject:
		r.Verdict = history.NG
	}
	r.Latency = time.Since(started)
	return r
}

// controlRate is the wished false-reject rate, a training's default.
const controlRate = 0.05
