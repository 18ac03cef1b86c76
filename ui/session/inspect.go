package session

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"math"
	"time"

	"github.com/disintegration/imaging"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
	"agurscope/ui/line"
)

// Result is one inspected frame. Prediction is nil when Verdict is ERROR.
type Result struct {
	Frame      datasets.Frame
	Prediction *anomaly.Prediction
	Judgement
	Regions    []history.Region // in pixels of the picture
	Thresholds Thresholds       // in force when it was judged
	Confidence float64          // that the fixture has put the part upright, 0 to 1; NaN without a fixture
	Stages     history.Stages   // what it was spent on: decode, prepare, detect, judge
	Latency    time.Duration    // from the frame's file or arrival to the verdict, on disk where there is a history
	ID         int64            // in the history; 0 without one
	Err        error            // why it is ERROR
}

// Final is the verdict that counts: ERROR until something else was decided.
func (r *Result) Final() history.Verdict {
	if r.Verdict == "" {
		return history.ERROR
	}
	return r.Verdict
}

// Inspect inspects every frame of a source under one run and calls on for
// each, in order, after its verdict is on disk. A frame that cannot be read or
// inspected is a verdict ERROR, not an error; the error returned is one that
// stopped the run: ctx, or a history that cannot be written.
func (s *Session) Inspect(ctx context.Context, src datasets.Source, on func(*Result)) (history.Run, error) {
	r, d, t, err := s.ready()
	if err != nil {
		return history.Run{}, err
	}
	run, err := s.startRun(ctx, history.Inspect, src.Name(), r, t)
	if err != nil {
		return run, err
	}
	return run, s.endRun(ctx, run, s.inspect(ctx, run, r, d, src, on))
}

func (s *Session) inspect(ctx context.Context, run history.Run, r *anomaly.Recipe, d *anomaly.Detector, src datasets.Source, on func(*Result)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.attend(ctx, src)()
	var seg segment.Segmenter
	for f := range feed(ctx, src, d) {
		res, err := s.judge(ctx, &seg, r, d, f)
		if err != nil {
			return err
		}
		if err := s.log(ctx, run, r, res, f.start); err != nil {
			return err
		}
		if on != nil {
			on(res)
		}
	}
	return ctx.Err()
}

// InspectOne inspects a single item under a run that is open.
func (s *Session) InspectOne(ctx context.Context, run history.Run, it datasets.Item) (*Result, error) {
	r, d, _, err := s.ready()
	if err != nil {
		return nil, err
	}
	f := fetch(d, it)
	var seg segment.Segmenter
	res, err := s.judge(ctx, &seg, r, d, f)
	if err != nil {
		return nil, err
	}
	return res, s.log(ctx, run, r, res, f.start)
}

// StartRun opens a run for frames that are inspected one by one; EndRun closes
// it.
func (s *Session) StartRun(ctx context.Context, source string) (history.Run, error) {
	r, _, t, err := s.ready()
	if err != nil {
		return history.Run{}, err
	}
	run, err := s.startRun(ctx, history.Inspect, source, r, t)
	if err == nil {
		s.lineState(history.Inspect, line.Inspecting, nil)
	}
	return run, err
}

// judge predicts and decides. The thresholds are those in force now: they may
// be dragged while a run goes on. The error is one that ends the run with no
// verdict on this frame: the context's, or a recipe that is gone.
func (s *Session) judge(ctx context.Context, seg *segment.Segmenter, r *anomaly.Recipe, d *anomaly.Detector, f fed) (*Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, err := s.inForce(d)
	if err != nil {
		return nil, problem("inspect", err, "Start again with the recipe that is open now.")
	}
	res := &Result{Frame: f.frame, Err: f.err, Thresholds: t, Confidence: math.NaN()}
	res.Verdict, res.Index = history.ERROR, math.NaN()
	res.Stages = f.stages
	if res.Err != nil {
		return res, nil
	}
	begun := time.Now()
	p, err := d.Detect(ctx, f.prepared)
	res.Stages = append(res.Stages, history.Stage{Name: "detect", Took: time.Since(begun)})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, anomaly.ErrClosed):
		return nil, problem("inspect", errReplaced, "Start again with the recipe that is open now.")
	case err != nil:
		res.Err = err
		return res, nil
	}
	if p.Doubt != nil {
		p.Doubt = &DoubtError{p.Doubt}
	}
	if r.Preparation.Fixture != nil {
		res.Confidence = f.prepared.Confidence
	}
	res.Prediction = p
	begun = time.Now()
	res.Judgement = Judge(seg, p, r.Calibration, res.Thresholds)
	res.Regions = Regions(res.Segmentation, f.frame.Image.Bounds())
	res.Stages = append(res.Stages, history.Stage{Name: "judge", Took: time.Since(begun)})
	if res.Verdict == history.ERROR {
		res.Err = anomaly.ErrNotFinite
	}
	return res, nil
}

// RejudgeNow is Rejudge for once.
func (s *Session) RejudgeNow(res *Result, t Thresholds) {
	var seg segment.Segmenter
	s.Rejudge(&seg, res, t)
}

// Rejudge decides again on a result with other thresholds, for a slider. The
// history keeps the first answer.
func (s *Session) Rejudge(seg *segment.Segmenter, res *Result, t Thresholds) {
	r := s.Recipe()
	if res.Prediction == nil || r == nil {
		return
	}
	res.Judgement = Judge(seg, res.Prediction, r.Calibration, t)
	res.Regions = Regions(res.Segmentation, res.Frame.Image.Bounds())
	res.Thresholds = t
}

// Regions scales regions from the map to pixels of the picture.
func Regions(s segment.Result, b image.Rectangle) []history.Region {
	out := make([]history.Region, 0, len(s.Regions))
	fx, fy := float64(b.Dx())/float64(max(s.W, 1)), float64(b.Dy())/float64(max(s.H, 1))
	for _, r := range s.Regions {
		x0, y0 := int(float64(r.X)*fx), int(float64(r.Y)*fy)
		x1, y1 := int(math.Ceil(float64(r.X+r.W)*fx)), int(math.Ceil(float64(r.Y+r.H)*fy))
		out = append(out, history.Region{
			X: x0, Y: y0, W: min(x1, b.Dx()) - x0, H: min(y1, b.Dy()) - y0,
			Area: max(1, int(math.Round(float64(r.Area)*fx*fy))), Peak: r.Peak, Mean: r.Mean, Polarity: r.Polarity,
		})
	}
	return out
}

// log writes the verdict and waits until it is on disk.
func (s *Session) log(ctx context.Context, run history.Run, r *anomaly.Recipe, res *Result, start time.Time) error {
	res.Latency = max(time.Since(start), 0) // the time of a capture may be by a clock that was set since
	if s.recorder == nil {
		s.tell(res.Final(), false)
		return nil
	}
	if err := s.logThresholds(ctx, res.Thresholds); err != nil {
		return err
	}
	rec := record(run, r, res)
	s.mu.Lock()
	keep := s.keep
	rec.Operator = s.operator
	s.mu.Unlock()
	if err := keep.keep(rec, res); err != nil {
		return problem("log the verdict", err, "")
	}
	// A verdict that was reached is kept, also when the run is being stopped.
	if err := s.recorder.Add(context.WithoutCancel(ctx), rec); err != nil {
		return problem("log the verdict", err, "")
	}
	res.ID = rec.ID
	res.Latency = max(time.Since(start), 0)
	s.tellLine(rec, start)
	s.tell(res.Final(), false)
	s.mapper.offer(embeddedPart{rec.ID, Lineage(r), rec.Embedding, partOf(rec)})
	return nil
}

// logThresholds notes in the history that thresholds were changed, before the
// first verdict under them. A slider that is dragged to and fro between two
// verdicts has changed nothing.
func (s *Session) logThresholds(ctx context.Context, t Thresholds) error {
	s.mu.Lock()
	before, who := s.logged, s.operator
	s.logged = t
	s.mu.Unlock()
	if before == t {
		return nil
	}
	err := s.recorder.Change(context.WithoutCancel(ctx), history.Change{Setting: "thresholds", Before: before.String(), After: t.String(), Operator: who})
	if err != nil {
		s.mu.Lock()
		if s.logged == t {
			s.logged = before // the next verdict tries again
		}
		s.mu.Unlock()
		return problem("log the thresholds", err, "")
	}
	return nil
}

func record(run history.Run, r *anomaly.Recipe, res *Result) *history.Record {
	f, t := res.Frame, res.Thresholds
	rec := &history.Record{
		Run: run.ID, Seq: f.Seq, Path: f.Path, Name: f.Name, Verdict: res.Verdict,
		Score: math.NaN(), Index: res.Index, Low: t.Low, High: t.High, Review: t.Review, Reject: t.Reject, Mode: string(t.Mode), MinArea: max(0, t.MinArea),
		Regions: res.Regions, Stages: res.Stages, Latency: res.Latency, Recipe: r.Name, RecipeSHA256: r.SHA256, Type: f.Type,
		Thumbnail: thumbnail(f.Image),
	}
	if f.Label != datasets.Unknown {
		rec.Label = f.Label.String()
	}
	if res.Prediction != nil {
		rec.Score, rec.Embedding = res.Prediction.Score, res.Prediction.Embedding
	}
	if res.Doubt != nil {
		rec.Error = res.Doubt.Error()
	}
	if res.Err != nil {
		rec.Error = res.Err.Error()
	}
	return rec
}

const thumbnailSide = 96

// thumbnail returns a small JPEG of the picture, or nil.
func thumbnail(m image.Image) []byte {
	if m == nil {
		return nil
	}
	var buf bytes.Buffer
	small := imaging.Fit(m, thumbnailSide, thumbnailSide, imaging.Box)
	if err := jpeg.Encode(&buf, small, &jpeg.Options{Quality: 80}); err != nil {
		return nil
	}
	return buf.Bytes()
}
