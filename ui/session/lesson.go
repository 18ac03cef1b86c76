package session

import (
	"context"
	"fmt"
	"slices"

	"agurscope/datasets"
	"agurscope/nn/anomaly"
)

// lesson is what a training learns from, read and prepared.
type lesson struct {
	plan     *plan
	parts    []*anomaly.Prepared // good parts to learn from
	kept     []*anomaly.Prepared // good parts held out, to calibrate on
	queued   []string            // those of parts that people have put into the queue
	manifest string              // hash of the set's good parts
	all      string              // the same with those queued
}

// prepare splits the good parts of a set and reads them. Which it has taken and
// which it had to skip goes into res.
func (s *Session) prepare(ctx context.Context, set *datasets.Set, o TrainOptions, res *TrainResult, on func(TrainEvent)) (*lesson, error) {
	good := set.Train()
	if len(good) < fewestParts {
		return nil, problem("train", fmt.Errorf("%s has %d good parts to learn from, at least %d are needed", set.Root, len(good), fewestParts),
			"Add pictures of good parts; twenty or more give usable thresholds.")
	}
	// Two are the fewest to calibrate on.
	train, held := datasets.Split(good, o.Seed, max(datasets.DefaultShare, 2/float64(len(good))))
	queued, ids, err := fromQueue(ctx, o.Queue, good)
	if err != nil {
		return nil, problem("train", err, "")
	}
	// All of the queue teaches: thresholds come from parts that nobody has picked.
	teach := slices.Concat(train, queued)
	total := len(teach) + len(held)
	l := &lesson{queued: ids}
	l.plan, err = s.plan(ctx, train, o, func(done int) { on(TrainEvent{Stage: Looking, Done: done, Total: min(len(train), looked)}) })
	if err != nil {
		return nil, problem("train", err, "")
	}
	if l.parts, err = s.read(ctx, l.plan, teach, total, 0, res, on); err != nil {
		return nil, err
	}
	if l.kept, err = s.read(ctx, l.plan, held, total, len(teach), res, on); err != nil {
		return nil, err
	}
	if len(l.parts) < 2 || len(l.kept) < 2 {
		return nil, problem("train", fmt.Errorf("too few of the good parts in %s can be read", set.Root), "See the list of skipped files.")
	}
	if l.manifest, err = datasets.ManifestHash(ctx, slices.Concat(train, held)); err != nil {
		return nil, problem("train", err, "")
	}
	if l.all = l.manifest; len(queued) == 0 {
		return l, nil
	}
	if l.all, err = datasets.ManifestHash(ctx, slices.Concat(teach, held)); err != nil {
		return nil, problem("train", err, "")
	}
	return l, nil
}
