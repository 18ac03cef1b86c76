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
)

// TrainOptions say what to train on and where to. Zero values mean defaults.
type TrainOptions struct {
	Out       string // recipe file, ending in .agur
	Size      string // T, B or L; T
	Input     int    // side of a square of the input's area; 128 for T, 256 otherwise
	Steps     int
	MaxTime   time.Duration // for everything: reading, training, calibration
	Seed      uint64
	Resume    bool
	Without   anomaly.Without
	Rate      float64 // wished false-reject rate; 0.05
	Alignment anomaly.Alignment
}

// Stage names what a training is doing.
type Stage string

// The stages, in order.
const (
	Reading     Stage = "reading images"
	Training    Stage = "training"
	Calibrating Stage = "calibrating"
	Saving      Stage = "saving"
)

// TrainEvent tells how far a training is.
type TrainEvent struct {
	Stage       Stage
	Done, Total int // images read; otherwise see Progress
	anomaly.Progress
}

// TrainResult is a finished training.
type TrainResult struct {
	Recipe  *anomaly.Recipe
	Summary anomaly.Summary
	Skipped []error // images that could not be read
}

// reserve is the share of MaxTime kept for calibration and saving.
const reserve = 0.05

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
	if o.Input == 0 {
		o.Input = 128
		if o.Size != "T" {
			o.Input = 256
		}
	}
	if o.Input < 32 || o.Input > 1024 {
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
	good := set.Train()
	if len(good) < fewestParts {
		return nil, problem("train", fmt.Errorf("%s has %d good parts to learn from, at least %d are needed", set.Root, len(good), fewestParts),
			"Add pictures of good parts; twenty or more give usable thresholds.")
	}
	// Two are the fewest to calibrate on.
	train, held := datasets.Split(good, o.Seed, max(datasets.DefaultShare, 2/float64(len(good))))
	n, err := network(train, o)
	if err != nil {
		return nil, problem("train", err, "")
	}
	res := &TrainResult{}
	total := len(train) + len(held)
	images, err := s.read(ctx, n, train, total, 0, res, on)
	if err != nil {
		return nil, err
	}
	calibration, err := s.read(ctx, n, held, total, len(train), res, on)
	if err != nil {
		return nil, err
	}
	if len(images) == 0 || len(calibration) < 2 {
		return nil, problem("train", fmt.Errorf("too few of the good parts in %s can be read", set.Root), "See the list of skipped files.")
	}
	manifest, err := datasets.ManifestHash(slices.Concat(train, held))
	if err != nil {
		return nil, problem("train", err, "")
	}
	to := anomaly.TrainOptions{
		Steps: o.Steps, Seed: o.Seed, Resume: o.Resume, Checkpoint: Checkpoint(o.Out), Manifest: manifest,
	}
	if o.MaxTime > 0 {
		to.MaxTime = max(time.Second, time.Duration(float64(o.MaxTime)*(1-reserve))-time.Since(started))
		if to.Steps == 0 {
			to.Steps = 1 << 20 // time decides
		}
	}
	on(TrainEvent{Stage: Training, Total: to.Steps})
	model, summary, err := anomaly.Train(ctx, s.o.Engine, n, images, to, func(p anomaly.Progress) {
		on(TrainEvent{Stage: Training, Progress: p})
	})
	if err != nil {
		return nil, problem("train", err, "")
	}
	on(TrainEvent{Stage: Calibrating})
	r := &anomaly.Recipe{
		Name: strings.TrimSuffix(filepath.Base(o.Out), filepath.Ext(o.Out)), Created: time.Now(), Program: s.o.Program, Model: model,
		Training: anomaly.Training{
			Set: filepath.Base(set.Root), Manifest: manifest, Images: len(images), Seed: o.Seed, Steps: summary.Steps,
			Batch: summary.Batch, Seconds: summary.Seconds, Loss: summary.Loss, Engine: s.o.Engine.Describe(),
		},
		Thumbnail: portrait(images[0]),
	}
	err = anomaly.Calibrate(ctx, s.o.Engine, r, calibration, anomaly.CalibrateOptions{
		FalseRejectRate: o.Rate, Alignment: o.Alignment, Position: anomaly.PositionShare(images),
	})
	if err != nil {
		return nil, problem("calibrate", err, "")
	}
	on(TrainEvent{Stage: Saving})
	if err := r.Save(o.Out); err != nil {
		return nil, problem("save the recipe", err, "Choose another folder or free some space.")
	}
	// The recipe is on disk: the checkpoint has done its work.
	if err := os.Remove(Checkpoint(o.Out)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, problem("remove the checkpoint", err, "")
	}
	res.Recipe, res.Summary = r, summary
	return res, nil
}

// Checkpoint is where a training for the given recipe file keeps its state.
func Checkpoint(out string) string { return strings.TrimSuffix(out, filepath.Ext(out)) + ".checkpoint" }

// network chooses the input's extent from the median shape of the first
// pictures that can be read.
func network(items []datasets.Item, o TrainOptions) (anomaly.Network, error) {
	var shapes [][2]int
	var last error
	for _, it := range items {
		f, err := it.Load()
		if err != nil {
			last = err
			continue
		}
		b := f.Image.Bounds()
		shapes = append(shapes, [2]int{b.Dx(), b.Dy()})
		if len(shapes) == 9 {
			break
		}
	}
	if len(shapes) == 0 {
		return anomaly.Network{}, fmt.Errorf("no picture can be read: %w", last)
	}
	slices.SortFunc(shapes, func(a, b [2]int) int { return a[0]*b[1] - b[0]*a[1] })
	m := shapes[len(shapes)/2]
	w, h := anomaly.FitInput(m[0], m[1], o.Input)
	n := anomaly.Network{Size: o.Size, Width: w, Height: h, Without: o.Without}
	return n, n.Validate()
}

// read loads pictures at the network's input; what cannot be read is skipped
// and listed.
func (s *Session) read(ctx context.Context, n anomaly.Network, items []datasets.Item, total, done int, res *TrainResult, on func(TrainEvent)) ([]*nn.Image, error) {
	var out []*nn.Image
	each := 3 * 4 * n.Width * n.Height
	for i, it := range items {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if (len(out)+1)*each > normalsBudget {
			res.Skipped = append(res.Skipped, fmt.Errorf("%d pictures beyond the first %d were left out: they would need more than %d MB of memory",
				len(items)-i, len(out), normalsBudget>>20))
			break
		}
		if f, err := it.Load(); err != nil {
			res.Skipped = append(res.Skipped, err)
		} else {
			out = append(out, anomaly.Tensor(f.Image, n.Width, n.Height))
		}
		on(TrainEvent{Stage: Reading, Done: done + i + 1, Total: total})
	}
	return out, nil
}

// portrait encodes the recipe's thumbnail.
func portrait(m *nn.Image) []byte {
	var buf bytes.Buffer
	if err := png.Encode(&buf, anomaly.Picture(m)); err != nil {
		return nil
	}
	return buf.Bytes()
}
