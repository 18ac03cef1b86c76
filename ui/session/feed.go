package session

import (
	"context"
	"fmt"
	"iter"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn/anomaly"
)

// fed is a frame on its way to the network.
type fed struct {
	frame    datasets.Frame
	prepared *anomaly.Prepared
	start    time.Time      // when its file was opened or it arrived
	stages   history.Stages // what was spent since: decode, prepare
	err      error
}

// fetch reads a part's file and prepares it.
func fetch(d *anomaly.Detector, it datasets.Item) fed {
	f := fed{start: time.Now()}
	f.frame, f.err = it.Load()
	f.prepare(d)
	return f
}

// prepare brings the picture to the network's input: light, upright, resized.
func (f *fed) prepare(d *anomaly.Detector) {
	begun := time.Now()
	// A camera's clock may be ahead.
	f.stages = history.Stages{{Name: "decode", Took: max(begun.Sub(f.start), 0)}}
	if f.err != nil {
		return
	}
	defer func() { f.stages = append(f.stages, history.Stage{Name: "prepare", Took: time.Since(begun)}) }()
	// A decoder's or resizer's bug on one hostile picture must not end a shift.
	defer func() {
		if r := recover(); r != nil {
			f.err = fmt.Errorf("prepare %s: %v", f.frame.Name, r)
			f.frame.Image = nil // nobody else shall stumble over it
		}
	}()
	f.prepared = d.Prepare(f.frame.Image)
}

// feed brings frames to the network. A recorded source is read ahead: the next
// frame is decoded and resized while the one before it is inspected. A live one is
// asked only when the network is free, so that it is the newest that comes; what
// it let go of meanwhile it counts itself.
func feed(ctx context.Context, src datasets.Source, d *anomaly.Detector) iter.Seq[fed] {
	if src.Live() {
		return newest(ctx, src, d)
	}
	return func(yield func(fed) bool) {
		ctx, cancel := context.WithCancel(ctx)
		out := make(chan fed, 1)
		defer func() { // no goroutine is left behind
			cancel()
			for range out {
			}
		}()
		go func() {
			defer close(out)
			start := time.Now()
			for frame, err := range src.Frames(ctx) {
				f := fed{frame: frame, start: start, err: err}
				f.prepare(d)
				select {
				case out <- f:
				case <-ctx.Done():
					return
				}
				start = time.Now()
			}
		}()
		for f := range out {
			// A frame that was read ahead has not kept anybody waiting.
			f.start = time.Now().Add(-f.stages.Total())
			if ctx.Err() != nil || !yield(f) {
				return
			}
		}
	}
}

// newest feeds from a live source. The time of a frame counts from its capture,
// as far as the camera tells.
func newest(ctx context.Context, src datasets.Source, d *anomaly.Detector) iter.Seq[fed] {
	return func(yield func(fed) bool) {
		for frame, err := range src.Frames(ctx) {
			f := fed{frame: frame, start: captured(frame), err: err}
			f.prepare(d)
			if ctx.Err() != nil || !yield(f) {
				return
			}
		}
	}
}

// captured is when a frame was taken, or now where that cannot be true.
func captured(f datasets.Frame) time.Time {
	now := time.Now()
	if age := now.Sub(f.Time); f.Time.IsZero() || age < 0 || age > time.Minute {
		return now
	}
	return f.Time
}
