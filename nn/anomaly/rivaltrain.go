package anomaly

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"agurscope/nn"
	"agurscope/nn/optim"
	"agurscope/nn/rival"
)

// trainRival is Train for another method than AGUR-Net.
func trainRival(ctx context.Context, e nn.Engine, n Network, normals []*nn.Image, o TrainOptions, on func(Progress)) (*Model, Summary, error) {
	if on == nil {
		on = func(Progress) {}
	}
	m, err := NewModel(n, o.Seed)
	if err != nil {
		return nil, Summary{}, fmt.Errorf("train: %w", err)
	}
	l := &rivalLoop{o: o, m: m, on: on, started: time.Now(), saved: time.Now()}
	if l.o.SaveEvery <= 0 {
		l.o.SaveEvery = 30 * time.Second
	}
	if o.Resume && o.Checkpoint != "" {
		if l.resumed, err = l.read(); err != nil {
			return nil, Summary{}, err
		}
	}
	of := n.method()
	if of.backbone && l.state == nil {
		if err := l.backbone(ctx, e, normals); err != nil {
			return nil, Summary{}, err
		}
	}
	if of.rival != nil {
		t := &rival.Training{Normals: normals, Seed: o.Seed, Crop: o.Crop, Loop: l}
		if shape := nn.Try(func() { err = of.rival.Train(ctx, m.site(e), t) }); shape != nil {
			err = shape
		}
		if err != nil {
			return nil, Summary{}, fmt.Errorf("train %s: %w", m, err)
		}
	}
	if err := m.finite(); err != nil {
		return nil, Summary{}, fmt.Errorf("train %s: %w: %w", m, ErrDiverged, err)
	}
	seconds := l.elapsed().Seconds()
	return m, Summary{
		Steps: l.step, Batch: 1, Seconds: seconds, Loss: lately(l.recent, l.step), Resumed: l.resumed, Stopped: l.stopped,
		ImagesPerSecond: float64(l.step-l.first) / max(time.Since(l.started).Seconds(), 1e-9),
	}, nil
}

// What of a budget goes into the AGUR-Net that a method stands on: a share of the
// time, or of the steps one to so many of the method's own, which are cheap.
const (
	backboneShare = .6
	ownSteps      = 4
)

// backbone trains the AGUR-Net that the method stands on and takes its encoder.
// Its checkpoint takes the place of the method's until it is done.
func (l *rivalLoop) backbone(ctx context.Context, e nn.Engine, normals []*nn.Image) error {
	o := l.o
	if o.MaxTime > 0 {
		o.MaxTime = time.Duration(backboneShare * float64(o.MaxTime))
	}
	o.Resume, o.Hold = l.under, func(ctx context.Context) time.Duration {
		if l.o.Hold == nil {
			return 0
		}
		held := l.o.Hold(ctx)
		l.started = l.started.Add(held)
		return held
	}
	under, sum, err := Train(ctx, e, l.m.Network.backbone(), normals, o, l.on)
	if err != nil {
		return err
	}
	for _, p := range l.m.Params.All {
		if q := under.Params.Get(p.Name); q != nil {
			copy(p.Data(), q.Data())
		}
	}
	l.before = max(0, time.Duration(sum.Seconds*float64(time.Second))-time.Since(l.started))
	return nil
}

// rivalLoop makes the steps of a method's training.
type rivalLoop struct {
	o       TrainOptions
	m       *Model
	on      func(Progress)
	started time.Time
	saved   time.Time
	before  time.Duration // spent before a resume
	state   *checkpoint   // to go on with
	under   bool          // the checkpoint is that of the AGUR-Net underneath
	resumed bool
	first   int // steps made before

	step    int
	recent  []float64
	stopped Stop
}

func (l *rivalLoop) elapsed() time.Duration { return l.before + time.Since(l.started) }

// Run implements [rival.Loop].
func (l *rivalLoop) Run(ctx context.Context, def int, state []*optim.AdamW, step func(rival.Step) (rival.Terms, error)) error {
	steps := l.o.Steps
	if l.m.Network.method().backbone && steps < math.MaxInt/ownSteps {
		steps *= ownSteps
	}
	if steps <= 0 {
		steps = def
	}
	if err := l.restore(state); err != nil {
		return err
	}
	share := func() float64 {
		s := float64(l.step) / float64(steps)
		if l.o.MaxTime > 0 {
			s = max(s, float64(l.elapsed())/float64(l.o.MaxTime))
		}
		return s
	}
	l.stopped = BySteps
	for l.step == 0 || share() < 1 {
		if err := ctx.Err(); err != nil {
			return errors.Join(err, l.save(state))
		}
		terms, err := step(rival.Step{Number: l.step, Share: min(share(), 1)})
		if err != nil {
			return fmt.Errorf("step %d: %w", l.step+1, err)
		}
		pr := Progress{Steps: steps, Terms: terms}
		for _, name := range slices.Sorted(maps.Keys(terms)) { // or the last bit would differ from run to run
			pr.Loss += terms[name]
		}
		if math.IsNaN(pr.Loss) || math.IsInf(pr.Loss, 0) {
			return fmt.Errorf("%w at step %d: use another seed", ErrDiverged, l.step+1)
		}
		l.step++
		if l.recent = append(l.recent, pr.Loss); len(l.recent) > 4096 {
			l.recent = slices.Clone(l.recent[2048:])
		}
		pr.Step, pr.Elapsed = l.step, l.elapsed()
		if s := share(); s > 0 && s < 1 {
			pr.Remaining = time.Duration(float64(pr.Elapsed) * (1 - s) / s)
		}
		l.on(pr)
		if l.o.Hold != nil {
			l.started = l.started.Add(l.o.Hold(ctx))
		}
		if time.Since(l.saved) > l.o.SaveEvery {
			if err := l.save(state); err != nil {
				return err
			}
			l.saved = time.Now()
		}
	}
	if l.step < steps {
		l.stopped = ByTime
	}
	return l.save(state) // what comes after training may fail, too
}

// save writes the checkpoint, if one was asked for.
func (l *rivalLoop) save(state []*optim.AdamW) error {
	if l.o.Checkpoint == "" || l.step == 0 {
		return nil
	}
	c := checkpoint{
		Network: l.m.Network, Seed: l.o.Seed, Manifest: l.o.Manifest, Step: l.step, Elapsed: l.elapsed(),
		Params: snapshot(l.m.Params.All), LossRecent: l.recent,
	}
	for _, a := range state {
		c.Optimisers = append(c.Optimisers, *a)
	}
	return c.write(l.o.Checkpoint)
}

// read reads the checkpoint to go on with; a missing file is a fresh start.
func (l *rivalLoop) read() (bool, error) {
	c, err := readCheckpoint(l.o.Checkpoint)
	if c == nil || err != nil {
		return false, err
	}
	n := l.m.Network
	if n.method().backbone && c.Network.own() {
		l.under = true // Train looks whether it fits
		return true, nil
	}
	switch {
	case c.Network != n:
		return false, refuseCheckpoint(l.o.Checkpoint, "it is for another method, network or input size")
	case c.Seed != l.o.Seed:
		return false, refuseCheckpoint(l.o.Checkpoint, "the seed differs")
	case c.Manifest != l.o.Manifest:
		return false, refuseCheckpoint(l.o.Checkpoint, "the training images have changed")
	case !fits(c.Params, l.m.Params.All):
		return false, refuseCheckpoint(l.o.Checkpoint, "it is from another version")
	}
	l.state = c
	return true, nil
}

// restore puts what was read in place.
func (l *rivalLoop) restore(state []*optim.AdamW) error {
	c := l.state
	if c == nil {
		return nil
	}
	if len(c.Optimisers) != len(state) {
		return refuseCheckpoint(l.o.Checkpoint, "it is from another version")
	}
	for i, p := range l.m.Params.All {
		copy(p.Data(), c.Params[i])
	}
	for i, a := range state {
		*a = c.Optimisers[i]
	}
	l.step, l.first, l.before, l.recent = c.Step, c.Step, c.Elapsed, c.LossRecent
	return nil
}

// lately is the mean of the losses of the last tenth of the steps; 0 for none.
func lately(recent []float64, step int) float64 {
	if len(recent) == 0 {
		return 0
	}
	return mean(recent[max(0, len(recent)-max(10, step/10)):])
}
