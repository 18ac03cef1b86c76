package widgets

import (
	"image/color"
	"time"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

const (
	flashWidth = 16
	flashTime  = 1200 * time.Millisecond
	flashes    = 2 // in that time: slow enough for people whom flicker makes ill
)

// Flash is a frame around a window that lights up twice in the colour of NG. It
// lies over the content and takes no part in input.
type Flash struct {
	widget.BaseWidget
	lit   bool
	begun int
	run   *fyne.Animation
}

// NewFlash returns one that is dark.
func NewFlash() *Flash {
	f := &Flash{}
	f.ExtendBaseWidget(f)
	f.Hide()
	return f
}

// Start flashes, unless it does already.
func (f *Flash) Start() {
	if f.run != nil {
		return
	}
	f.begun++
	f.light(true)
	// An animation runs on Fyne's own goroutine: no thread is crossed.
	f.run = fyne.NewAnimation(flashTime, f.at)
	f.run.Curve = fyne.AnimationLinear
	f.run.Start()
}

// at shows the frame as it is after a share of the flashing.
func (f *Flash) at(done float32) {
	if done >= 1 {
		f.run = nil
	}
	f.light(done < 1 && int(done*flashes*2)%2 == 0)
}

// Begun is how often it has begun to flash.
func (f *Flash) Begun() int { return f.begun }

// Lit reports whether the frame is seen.
func (f *Flash) Lit() bool { return f.lit }

func (f *Flash) light(on bool) {
	if f.lit == on {
		return
	}
	f.lit = on
	if on {
		f.Show()
		f.Refresh()
	} else {
		f.Hide()
	}
}

// CreateRenderer returns the drawing of the frame.
func (f *Flash) CreateRenderer() fyne.WidgetRenderer {
	r := &flashRenderer{}
	for i := range r.sides {
		r.sides[i] = canvas.NewRectangle(color.Transparent)
	}
	r.Refresh()
	return r
}

// flashRenderer draws four bars: what lies between them is not blended with
// anything.
type flashRenderer struct{ sides [4]*canvas.Rectangle }

func (r *flashRenderer) MinSize() fyne.Size { return fyne.NewSize(0, 0) }

func (r *flashRenderer) Layout(s fyne.Size) {
	const w = flashWidth
	for i, at := range [4][4]float32{{0, 0, s.Width, w}, {0, s.Height - w, s.Width, w}, {0, w, w, s.Height - 2*w}, {s.Width - w, w, w, s.Height - 2*w}} {
		r.sides[i].Move(fyne.NewPos(at[0], at[1]))
		r.sides[i].Resize(fyne.NewSize(at[2], max(at[3], 0)))
	}
}

func (r *flashRenderer) Refresh() {
	for _, s := range r.sides {
		s.FillColor = themes.Color(themes.ColorNameNGFill)
		s.Refresh()
	}
}

func (r *flashRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.sides[0], r.sides[1], r.sides[2], r.sides[3]}
}
func (r *flashRenderer) Destroy() {}
