package viewer

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// BenchConfig says what Bench does. Post must hand a function to Fyne's
// goroutine (fyne.Do); the caller owns that crossing.
type BenchConfig struct {
	Post    func(func())
	Moves   int                                   // threshold moves; 0 means 200
	Renew   time.Duration                         // how long frames are renewed at 30/s; 0 means 5 s
	Segment func(low, high float32) *Segmentation // the work of a slider move
	Frame   func(i int) Frame                     // the i-th live frame
	CPU     func() time.Duration                  // processor time of the program so far; may be nil
	Span    func(i int) (low, high float32)       // thresholds of the i-th move; nil sweeps the scale
}

// BenchResult is what Bench measured.
type BenchResult struct {
	PanePixels Size          // of one pane, in screen pixels
	SliderP50  time.Duration // threshold move to the end of the repaint that shows it
	SliderP95  time.Duration
	Frames     int     // renewed frames that reached the screen
	FramesPerS float64 // of 30 asked for
	CPUShare   float64 // of one core while frames are renewed, 0 without CPU
	RenderMS   float64 // time to sample the four panes once, in milliseconds
}

// Bench measures the viewer in a window that is already shown, from a goroutine
// that is not Fyne's: the time from a threshold move to the repaint that shows
// it, and how many renewed frames a second reach the screen. The end of a
// repaint is seen as the first function that Fyne runs after it has painted.
func Bench(ctx context.Context, v *Viewer, c BenchConfig) (BenchResult, error) {
	if c.Post == nil || c.Segment == nil || c.Frame == nil {
		return BenchResult{}, fmt.Errorf("measure viewer: post, segment and frame are needed")
	}
	if c.Moves <= 0 {
		c.Moves = 200
	}
	if c.Renew <= 0 {
		c.Renew = 5 * time.Second
	}
	b := bench{v: v, BenchConfig: c, shown: make(chan time.Time, 1)}
	b.now(ctx, func() { v.painted = b.painted })
	defer b.now(ctx, func() { v.painted = nil })
	var r BenchResult
	if err := b.slider(ctx, &r); err != nil {
		return r, fmt.Errorf("measure slider: %w", err)
	}
	if err := b.renew(ctx, &r); err != nil {
		return r, fmt.Errorf("measure renewal: %w", err)
	}
	b.now(ctx, func() { r.PanePixels, r.RenderMS = v.panes[0].size, v.sampleTime() })
	return r, ctx.Err()
}

type bench struct {
	BenchConfig
	v     *Viewer
	await bool           // on Fyne's goroutine: a repaint is waited for
	shown chan time.Time // the ends of repaints
}

// now runs f on Fyne's goroutine and waits for it, or for the end of ctx.
func (b *bench) now(ctx context.Context, f func()) {
	done := make(chan struct{})
	b.Post(func() { f(); close(done) })
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// painted runs while Fyne paints; what it posts runs after the buffers are
// swapped.
func (b *bench) painted(which Pane) {
	if which != PaneSegmentation || !b.await {
		return
	}
	b.await = false
	go b.Post(func() {
		select {
		case b.shown <- time.Now():
		default:
		}
	})
}

// longestRepaint is patient: beside much other work a repaint takes seconds.
const longestRepaint = 30 * time.Second

func (b *bench) wait(ctx context.Context) (time.Time, error) {
	select {
	case t := <-b.shown:
		return t, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case <-time.After(longestRepaint):
		return time.Time{}, fmt.Errorf("no repaint within %v: is the window shown?", longestRepaint)
	}
}

func (b *bench) slider(ctx context.Context, r *BenchResult) error {
	first := b.Frame(0)
	b.now(ctx, func() { b.v.SetFrame(first) })
	span := b.Span
	if span == nil {
		limit := first.limit()
		span = func(i int) (float32, float32) {
			f := 0.2 + 0.5*float32(i%50)/50
			return limit * f * 0.6, limit * f
		}
	}
	took := make([]time.Duration, 0, b.Moves)
	for i := range b.Moves {
		start := time.Now()
		low, high := span(i)
		b.Post(func() {
			b.await = true
			b.v.SetSegmentation(b.Segment(low, high))
			b.v.SetThresholds(low, high)
		})
		end, err := b.wait(ctx)
		if err != nil {
			return err
		}
		took = append(took, end.Sub(start))
		time.Sleep(time.Duration(7+i%11) * time.Millisecond) // not in step with the display
	}
	slices.Sort(took)
	r.SliderP50, r.SliderP95 = took[len(took)/2], took[len(took)*95/100]
	return nil
}

func (b *bench) renew(ctx context.Context, r *BenchResult) error {
	var cpu time.Duration
	if b.CPU != nil {
		cpu = b.CPU()
	}
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	start := time.Now()
	for i := 0; time.Since(start) < b.Renew; i++ {
		<-tick.C
		f := b.Frame(i)
		f.Prepare()
		b.Post(func() {
			b.await = true
			b.v.SetFrame(f)
		})
		if _, err := b.wait(ctx); err != nil {
			return err
		}
		r.Frames++
	}
	spent := time.Since(start)
	r.FramesPerS = float64(r.Frames) / spent.Seconds()
	if b.CPU != nil {
		r.CPUShare = (b.CPU() - cpu).Seconds() / spent.Seconds()
	}
	return nil
}

// sampleTime samples the visible panes ten times and returns the milliseconds
// of one round.
func (v *Viewer) sampleTime() float64 {
	start := time.Now()
	const rounds = 10
	for range rounds {
		for _, p := range v.panes {
			if p.buffer != nil {
				p.paint(p.buffer.Rect.Dx(), p.buffer.Rect.Dy())
			}
		}
	}
	return time.Since(start).Seconds() * 1000 / rounds
}
