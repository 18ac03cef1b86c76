package widgets

import (
	"image"
	"image/color"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Framed is a small picture with a frame of four corners drawn on it, whose
// first side, the upper one, is bolder than the others.
type Framed struct {
	widget.BaseWidget
	side    float32
	picture *image.RGBA
	corners [][2]float64
}

// NewFramed returns an empty place for a picture, of the given least height.
func NewFramed(side float32) *Framed {
	f := &Framed{side: side}
	f.ExtendBaseWidget(f)
	return f
}

// Set shows a picture and a frame given by its corners in shares of the
// picture's sides; nil corners are no frame. What lies outside the picture is
// not drawn.
func (f *Framed) Set(m *image.RGBA, corners [][2]float64) {
	f.picture, f.corners = m, corners
	f.Refresh()
}

// CreateRenderer returns the drawing of the picture.
func (f *Framed) CreateRenderer() fyne.WidgetRenderer {
	r := &framedRenderer{f: f, ground: NewGround(themes.ColorNamePane), img: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}}
	r.ground.Radius = 3
	for i := range r.lines {
		r.lines[i] = canvas.NewLine(color.Transparent)
	}
	r.Refresh()
	return r
}

type framedRenderer struct {
	f      *Framed
	ground *Ground
	img    *canvas.Image
	lines  [8]*canvas.Line // four dark ones under four bright ones
}

func (r *framedRenderer) MinSize() fyne.Size { return fyne.NewSize(24, r.f.side) }

func (r *framedRenderer) Layout(s fyne.Size) {
	r.ground.Resize(s)
	r.img.Resize(s)
	for _, l := range r.lines {
		l.Hidden = true
	}
	if r.f.picture == nil || len(r.f.corners) != 4 {
		return
	}
	b := r.f.picture.Bounds()
	k := min(s.Width/float32(b.Dx()), s.Height/float32(b.Dy()))
	w, h := k*float32(b.Dx()), k*float32(b.Dy())
	x, y := (s.Width-w)/2, (s.Height-h)/2
	for i := range 4 {
		p, q, ok := clip(r.f.corners[i], r.f.corners[(i+1)%4])
		if !ok {
			continue
		}
		width := float32(1.25)
		if i == 0 {
			width = 3
		}
		for _, l := range []struct {
			line  *canvas.Line
			ink   color.Color
			width float32
		}{
			{r.lines[i], color.NRGBA{A: 200}, width + 1.5},
			{r.lines[4+i], themes.Color(themes.ColorNameMarkSelected), width},
		} {
			l.line.Position1 = fyne.NewPos(x+w*float32(p[0]), y+h*float32(p[1]))
			l.line.Position2 = fyne.NewPos(x+w*float32(q[0]), y+h*float32(q[1]))
			l.line.StrokeColor, l.line.StrokeWidth, l.line.Hidden = l.ink, l.width, false
		}
	}
}

// clip shortens the line from p to q to what lies in the unit square; ok is
// false where nothing does (Liang and Barsky).
func clip(p, q [2]float64) (a, b [2]float64, ok bool) {
	from, to := 0., 1.
	for i := range 2 {
		d := q[i] - p[i]
		if d == 0 {
			if p[i] < 0 || p[i] > 1 {
				return a, b, false
			}
			continue
		}
		t0, t1 := -p[i]/d, (1-p[i])/d
		from, to = max(from, min(t0, t1)), min(to, max(t0, t1))
	}
	if from >= to {
		return a, b, false
	}
	at := func(t float64) [2]float64 { return [2]float64{p[0] + t*(q[0]-p[0]), p[1] + t*(q[1]-p[1])} }
	return at(from), at(to), true
}

func (r *framedRenderer) Refresh() {
	r.img.Image = nil // a nil *image.RGBA in an image.Image is not nil
	if r.f.picture != nil {
		r.img.Image = r.f.picture
	}
	r.Layout(r.f.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *framedRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.ground, r.img}
	for _, l := range r.lines {
		out = append(out, l)
	}
	return out
}
func (r *framedRenderer) Destroy() {}
