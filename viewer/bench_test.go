package viewer

import (
	"context"
	"testing"
	"time"

	"agurscope/themes"
)

func TestBenchSeesRepaints(t *testing.T) {
	v, w := shown(t, themes.Dark())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	queue := make(chan func())
	type outcome struct {
		r   BenchResult
		err error
	}
	done := make(chan outcome)
	go func() {
		r, err := Bench(ctx, v, BenchConfig{
			Post: func(f func()) {
				select {
				case queue <- f:
				case <-ctx.Done():
				}
			},
			Moves: 5, Renew: 150 * time.Millisecond,
			Segment: func(low, high float32) *Segmentation { return cut(bumps(24), low, high) },
			Frame:   func(int) Frame { return testFrame() },
		})
		done <- outcome{r, err}
	}()
	for { // the loop of a toolkit: run what is queued, then paint
		select {
		case f := <-queue:
			f()
			w.Canvas().Capture()
		case got := <-done:
			if got.err != nil {
				t.Fatal(got.err)
			}
			r := got.r
			if r.Frames == 0 || r.FramesPerS <= 0 || r.SliderP50 <= 0 || r.SliderP95 < r.SliderP50 || r.PanePixels.Empty() {
				t.Errorf("%+v", r)
			}
			return
		}
	}
}

func TestBenchSaysWhatIsMissing(t *testing.T) {
	if _, err := Bench(t.Context(), nil, BenchConfig{}); err == nil {
		t.Error("an empty configuration was accepted")
	}
}
