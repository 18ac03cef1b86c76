package session

import (
	"context"
	"fmt"
	"iter"
	"time"

	"agurscope/datasets"
	"agurscope/nn/anomaly"
)

// fed is a frame on its way to the network.
type fed struct {
	frame    datasets.Frame
	prepared *anomaly.Prepared
	start    time.Time     // when its file was opened or it arrived
	spent    time.Duration // on decoding and resizing
	err      error
}

// prepare brings the picture to the network's input.
func (f *fed) prepare(d *anomaly.Detector) {
	if f.err != nil {
		return
	}
	// A decoder's or resizer's bug on one hostile picture must not end a shift.
	defer func() {
		if r := recover(); r != nil {
			f.err = fmt.Errorf("prepare %s: %v", f.frame.Name, r)
			f.frame.Image = nil // nobody else shall stumble over it
		}
	}()
	f.prepared = d.Prepare(f.frame.Image)
}

// feed reads ahead of the network: the next frame is decoded and resized while
// the one before it is inspected. Recorded sources wait; live ones drop the
// oldest frame.
func feed(ctx context.Context, src datasets.Source, d *anomaly.Detector) iter.Seq[fed] {
	return func(yield func(fed) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		out := make(chan fed, 1)
		go func() {
			defer close(out)
			start := time.Now()
			for frame, err := range src.Frames(ctx) {
				f := fed{frame: frame, start: start, err: err}
				f.prepare(d)
				f.spent = time.Since(start)
				if src.Live() {
					select {
					case <-out:
					default:
					}
				}
				select {
				case out <- f:
				case <-ctx.Done():
					return
				}
				start = time.Now()
			}
		}()
		for f := range out {
			// A recorded frame that was read ahead has not kept anybody
			// waiting; a live one has.
			if !src.Live() {
				f.start = time.Now().Add(-f.spent)
			}
			if ctx.Err() != nil || !yield(f) {
				return
			}
		}
	}
}
