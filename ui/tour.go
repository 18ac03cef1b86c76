package ui

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"agurscope/history"

	"fyne.io/fyne/v2/driver/software"
)

// scriptTour is the showing of `make run` on a machine without a display.
const scriptTour = "tour"

// scriptOpened goes on when the demonstration is open.
func (w *Window) scriptOpened() {
	if w.c.Script != scriptTour {
		return
	}
	s := w.inspect
	if !s.ready() || s.parts.len() == 0 {
		w.scriptFailed(errors.New("the demonstration cannot be inspected: " + s.missing()))
		return
	}
	if s.run == nil {
		s.startRun()
	}
}

// scriptRunEnded selects the part that shows most: the NG part with the highest
// score whose defect the legend of the heat map does not cover.
func (w *Window) scriptRunEnded() {
	if w.c.Script != scriptTour {
		return
	}
	s := w.inspect
	best := -1
	for i := range s.parts.state {
		p := &s.parts.state[i]
		if p.verdict != history.NG {
			continue
		}
		if best < 0 || p.clear() && !s.parts.state[best].clear() || p.clear() == s.parts.state[best].clear() && p.score > s.parts.state[best].score {
			best = i
		}
	}
	if best < 0 {
		w.scriptFailed(errors.New("the demonstration has no defect to show"))
		return
	}
	s.follow = false
	s.choose(best)
	s.highlight()
	w.Job(func(ctx context.Context) {
		// Two frames and the preparation of the part, with room to spare.
		select {
		case <-time.After(1500 * time.Millisecond):
		case <-ctx.Done():
			return
		}
		w.OnUI(w.scriptShoot)
	})
}

// clear reports whether the part's strongest region lies left of the legend.
func (p *part) clear() bool { return p.spot > .1 && p.spot < .6 }

// scriptShoot saves a picture of the window and quits.
func (w *Window) scriptShoot() {
	w.scriptFailed(w.shoot(w.c.ScreenshotPath))
}

// shoot saves a picture of the window.
func (w *Window) shoot(path string) (err error) {
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("save the picture of the window: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("save the picture of the window: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return png.Encode(f, w.picture())
}

// picture is what the window shows. Some drivers, the software ones of virtual
// displays among them, do not give back what they have put on the screen; then
// the same content is drawn once more without them.
func (w *Window) picture() image.Image {
	m := w.Window.Canvas().Capture()
	if !blank(m) {
		return m
	}
	c := software.NewCanvas()
	c.SetPadded(false)
	size := w.Window.Canvas().Size()
	c.SetContent(w.Window.Content())
	c.Resize(size)
	return c.Capture()
}

// blank reports whether a picture has one colour only.
func blank(m image.Image) bool {
	b := m.Bounds()
	first := m.At(b.Min.X, b.Min.Y)
	for y := b.Min.Y; y < b.Max.Y; y += 7 {
		for x := b.Min.X; x < b.Max.X; x += 7 {
			if m.At(x, y) != first {
				return false
			}
		}
	}
	return true
}

// scriptFailed ends the script; nil is success.
func (w *Window) scriptFailed(err error) {
	if w.c.Script == "" {
		return
	}
	w.err = err
	w.c.App.Quit()
}
