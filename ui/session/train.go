package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/feature"
)

// TrainOptions say what to train on and where to. Zero values mean defaults.
type TrainOptions struct {
	Out       string // recipe file, ending in .agur
	Size      string // T, B or L; T
	Input     int    // side of a square of the input's area; 0: by size and by how parts lie
	Steps     int
	MaxTime   time.Duration // for everything: reading, training, calibration
	Seed      uint64
	Resume    bool
	Method    string  // one of Methods; empty: the first
	Variant   string  // of AGUR-Net; empty: the default
	Rate      float64 // wished false-reject rate; 0.05
	Alignment anomaly.Alignment

	NoExposure bool // leave brightness as it is
	NoFixture  bool // leave parts as they lie
	Crop       int  // side of the windows to train on; 0: by how parts lie, negative: whole pictures

	// Queue is the recipe file whose queued good parts are learnt from, too; "": none.
	Queue string
	// Who trains anew, and why, where a recipe is replaced; may be empty.
	Author, Reason string
	// Hold is asked between two steps and may keep the training waiting; see
	// [anomaly.TrainOptions].
	Hold func(ctx context.Context) time.Duration
}

// Methods lists the names of the methods, the default first.
var Methods = anomaly.MethodNames()

// Stage names what a training is doing.
type Stage string

// The stages, in order.
const (
	Looking     Stage = "looking how parts lie"
	Reading     Stage = "reading images"
	Training    Stage = "training"
	Calibrating Stage = "calibrating"
	Saving      Stage = "saving"
)

// TrainEvent tells how far a training is.
type TrainEvent struct {
	Stage       Stage
	Done, Total int   // images read; otherwise see Progress
	Memory      int64 // bytes that training is going to hold; told once, before its first step
	anomaly.Progress
}

// TrainResult is a finished training.
type TrainResult struct {
	Recipe  *anomaly.Recipe
	Summary anomaly.Summary
	Window  int     // side of the windows it learnt from; 0: whole pictures
	Skipped []error // images that could not be read or put upright
	Worst   []Rated // good parts with the highest scores, the worst first
	Kept    string  // where the recipe that was replaced is kept; "" for none

	taken []datasets.Item // what was read, in the order of reading
}

// reserve is the part of a training's time that is kept for statistics,
// calibration and saving: half a minute, but no more than a quarter of it.
func reserve(all time.Duration) time.Duration { return min(30*time.Second, all/4) }

// fewestParts is the number of good parts under which nothing can be learned.
const fewestParts = 5

// normalsBudget bounds the memory of training images.
const normalsBudget = 2 << 30

// Train fits a recipe to the good parts of a set, calibrates it on good parts
// that it has not seen, saves it and returns it. Whatever fails or is
// cancelled leaves no recipe; a cancelled training leaves its checkpoint, from
// which Resume continues.
func (s *Session) Train(ctx context.Context, set *datasets.Set, o TrainOptions, on func(TrainEvent)) (*TrainResult, error) {
	if err := s.needEngine(); err != nil {
		return nil, err
	}
	if on == nil {
		on = func(TrainEvent) {}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	run, err := s.startRun(ctx, history.Train, set.Root, nil, Thresholds{})
	if err != nil {
		return nil, err
	}
	res, err := s.train(ctx, set, o, on)
	return res, s.endRun(ctx, run, err)
}

func (o *TrainOptions) check() error {
	if o.Size == "" {
		o.Size = "T"
	}
	if _, err := anomaly.SizeByName(o.Size); err != nil {
		return problem("train", err, "")
	}
	if _, err := anomaly.VariantByName(o.Variant); err != nil {
		return problem("train", err, "")
	}
	m, err := anomaly.MethodByName(o.Method)
	if err != nil {
		return problem("train", err, "")
	}
	if o.Method = m.Name; o.Method == Methods[0] {
		o.Method = "" // the network's own
	} else if o.Variant != "" {
		return problem("train", fmt.Errorf("variant %q is one of %s, not of %s", o.Variant, Methods[0], o.Method), "")
	}
	if o.Input != 0 && o.Input < 32 || o.Input > 1024 {
		return problem("train", fmt.Errorf("input size %d is not between 32 and 1024", o.Input), "")
	}
	if o.Rate < 0 || o.Rate >= 1 || math.IsNaN(o.Rate) {
		return problem("train", fmt.Errorf("a false-reject rate of %g is not between 0 and 1", o.Rate), "")
	}
	if !strings.EqualFold(filepath.Ext(o.Out), ".agur") {
		return problem("train", fmt.Errorf("recipe file %q does not end in .agur", o.Out), "")
	}
	if err := os.MkdirAll(filepath.Dir(o.Out), 0o755); err != nil {
		return problem("train", err, "Choose another folder for the recipe.")
	}
	return nil
}

func (s *Session) train(ctx context.Context, set *datasets.Set, o TrainOptions, on func(TrainEvent)) (*TrainResult, error) {
	started := time.Now()
	res := &TrainResult{}
	l, err := s.prepare(ctx, set, o, res, on)
	if err != nil {
		return nil, err
	}
	images := inputs(l.parts)
	to := anomaly.TrainOptions{
		Steps: o.Steps, Seed: o.Seed, Resume: o.Resume, Checkpoint: Checkpoint(o.Out), Manifest: l.all,
		Crop: l.plan.crop, Mix: l.plan.mix, Replay: l.plan.replay, Held: inputs(l.kept), Hold: o.Hold,
	}
	if o.MaxTime > 0 {
		to.MaxTime = max(time.Second, o.MaxTime-reserve(o.MaxTime)-time.Since(started))
		if to.Steps == 0 {
			to.Steps = 1 << 20 // time decides
		}
	}
	to.Memory = func(bytes int64) { on(TrainEvent{Stage: Training, Total: to.Steps, Memory: bytes}) }
	model, summary, err := anomaly.Train(ctx, s.o.Engine, l.plan.network, images, to, func(p anomaly.Progress) {
		on(TrainEvent{Stage: Training, Progress: p})
	})
	if err != nil {
		return nil, problem("train", err, "")
	}
	on(TrainEvent{Stage: Calibrating})
	r := &anomaly.Recipe{
		Name: strings.TrimSuffix(filepath.Base(o.Out), filepath.Ext(o.Out)), Created: time.Now(), Program: s.o.Program, Model: model, Preparation: l.plan.Preparation,
		Training: anomaly.Training{
			Set: filepath.Base(set.Root), Manifest: l.manifest, Images: len(images), Seed: o.Seed, Steps: summary.Steps,
			Batch: summary.Batch, Seconds: summary.Seconds, Loss: summary.Loss, Engine: s.o.Engine.Describe(),
			Queued: l.queued,
		},
		Thumbnail: portrait(images[0]),
	}
	position := feature.PositionShare(images, nil)
	if l.plan.network.Describes() {
		if err := anomaly.FitStatistics(ctx, s.o.Engine, r, images, position); err != nil {
			return nil, problem("train", err, "")
		}
	}
	err = anomaly.Calibrate(ctx, s.o.Engine, r, l.kept, anomaly.CalibrateOptions{
		FalseRejectRate: o.Rate, Alignment: o.Alignment, Position: position,
	})
	if err != nil {
		return nil, problem("calibrate", err, "")
	}
	if res.Worst, err = s.rate(ctx, r, res.taken, slices.Concat(l.parts, l.kept), len(l.parts)); err != nil {
		return nil, problem("train", err, "")
	}
	on(TrainEvent{Stage: Saving})
	if err := s.finish(r, o, res); err != nil {
		return nil, err
	}
	res.Recipe, res.Summary, res.Window = r, summary, max(l.plan.crop, 0)
	return res, nil
}

// finish saves a recipe, and keeps what it replaces beside it.
func (s *Session) finish(r *anomaly.Recipe, o TrainOptions, res *TrainResult) (err error) {
	if res.Kept, err = s.succeed(r, o); err != nil {
		return problem("keep the recipe that is replaced", err, "Choose another folder or free some space.")
	}
	if err := r.Save(o.Out); err != nil {
		return problem("save the recipe", err, "Choose another folder or free some space.")
	}
	// The recipe is on disk: the checkpoint has done its work.
	if err := os.Remove(Checkpoint(o.Out)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return problem("remove the checkpoint", err, "")
	}
	return nil
}

// Checkpoint is where a training for the given recipe file keeps its state.
func Checkpoint(out string) string { return strings.TrimSuffix(out, filepath.Ext(out)) + ".checkpoint" }

// portrait encodes the recipe's thumbnail.
func portrait(m *nn.Image) []byte {
	var buf bytes.Buffer
	if err := png.Encode(&buf, anomaly.Picture(m)); err != nil {
		return nil
	}
	return buf.Bytes()
}
