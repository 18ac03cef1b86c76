package clusters

import (
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Mark is one point of a Scatter.
type Mark struct {
	X, Y   float64
	Group  int  // -1: none
	Hollow bool // a ring
}

// Scatter shows tens of thousands of points as one picture. The wheel zooms about
// the pointer, dragging moves, and with Lasso on, or Shift held, it draws a line
// around points.
type Scatter struct {
	widget.BaseWidget
	OnHover  func(i int) // -1: none
	OnTapped func(i int) // -1: beside all points
	OnLasso  func([]int) // the points inside
	OnMoved  func()      // zoomed or moved
	Lasso    bool        // dragging draws a line around points

	marks  []Mark
	lit    []bool // nil: all; the others are dimmed
	hover  int
	chosen int

	cx, cy, zoom float64 // data in the middle, units of the desktop per unit of the data
	home         bool    // the view shows all

	drawing bool
	shift   bool
	loop    []fyne.Position
	press   fyne.Position

	painter painter
}

// NewScatter returns an empty scatter.
func NewScatter() *Scatter {
	s := &Scatter{hover: -1, chosen: -1, home: true}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows other points, where the view was if keep.
func (s *Scatter) Set(marks []Mark, keep bool) {
	if len(marks) != len(s.marks) {
		s.lit = nil // of other points
	}
	s.marks, s.hover, s.chosen = marks, -1, -1
	if !keep {
		s.lit = nil
		s.Fit()
		return
	}
	if s.home {
		s.fit()
	}
	s.Refresh()
}

// Light dims all points but those of lit; nil lights all.
func (s *Scatter) Light(lit []bool) {
	s.lit = lit
	s.Refresh()
}

// Choose marks one point; -1 none.
func (s *Scatter) Choose(i int) {
	s.chosen = i
	s.Refresh()
}

// Fit shows all points.
func (s *Scatter) Fit() {
	s.home = true
	s.fit()
	s.Refresh()
}

// fitMargin keeps points off the edge.
const fitMargin = 24

func (s *Scatter) fit() {
	size := s.Size()
	if len(s.marks) == 0 || size.Width < 2*fitMargin || size.Height < 2*fitMargin {
		return
	}
	x0, x1, y0, y1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, m := range s.marks {
		x0, x1, y0, y1 = min(x0, m.X), max(x1, m.X), min(y0, m.Y), max(y1, m.Y)
	}
	s.cx, s.cy = (x0+x1)/2, (y0+y1)/2
	s.zoom = min(float64(size.Width-2*fitMargin)/max(x1-x0, 1e-9), float64(size.Height-2*fitMargin)/max(y1-y0, 1e-9))
}

// Zoom enlarges by a factor about the middle.
func (s *Scatter) Zoom(by float64) {
	size := s.Size()
	s.zoomAt(by, fyne.NewPos(size.Width/2, size.Height/2))
}

func (s *Scatter) zoomAt(by float64, at fyne.Position) {
	x, y := s.data(at)
	zoom := s.zoom * by
	if zoom < 1e-6 || zoom > 1e9 {
		return
	}
	s.zoom, s.home = zoom, false
	// The point under the pointer stays there.
	u, v := s.data(at)
	s.cx += x - u
	s.cy += y - v
	s.moved()
}

func (s *Scatter) moved() {
	s.Refresh()
	if s.OnMoved != nil {
		s.OnMoved()
	}
}

// data is what lies at a position of the widget.
func (s *Scatter) data(p fyne.Position) (x, y float64) {
	size := s.Size()
	return s.cx + float64(p.X-size.Width/2)/s.zoom, s.cy - float64(p.Y-size.Height/2)/s.zoom
}

// place is where data lie in the widget.
func (s *Scatter) place(x, y float64) fyne.Position {
	size := s.Size()
	return fyne.NewPos(float32((x-s.cx)*s.zoom)+size.Width/2, size.Height/2-float32((y-s.cy)*s.zoom))
}

// reach is how near to a point the pointer must be.
const reach = 9

// At returns the point nearest to a position, -1 where none is near.
func (s *Scatter) At(p fyne.Position) int {
	best, found := float32(reach*reach), -1
	for i, m := range s.marks {
		if s.lit != nil && !s.lit[i] {
			continue
		}
		at := s.place(m.X, m.Y)
		if d := (at.X-p.X)*(at.X-p.X) + (at.Y-p.Y)*(at.Y-p.Y); d < best {
			best, found = d, i
		}
	}
	return found
}

// Inside returns the points that a closed line surrounds: those from which a ray
// crosses it an odd number of times.
func (s *Scatter) Inside(loop []fyne.Position) []int {
	var out []int
	for i, m := range s.marks {
		if s.lit != nil && !s.lit[i] {
			continue
		}
		p, in := s.place(m.X, m.Y), false
		for a, b := 0, len(loop)-1; a < len(loop); b, a = a, a+1 {
			u, v := loop[a], loop[b]
			if (u.Y > p.Y) != (v.Y > p.Y) && p.X < u.X+(v.X-u.X)*(p.Y-u.Y)/(v.Y-u.Y) {
				in = !in
			}
		}
		if in {
			out = append(out, i)
		}
	}
	return out
}

// MouseDown implements desktop.Mouseable.
func (s *Scatter) MouseDown(e *desktop.MouseEvent) {
	s.shift = e.Modifier&fyne.KeyModifierShift != 0
	s.press = e.Position
}

// MouseUp implements desktop.Mouseable.
func (s *Scatter) MouseUp(*desktop.MouseEvent) { s.shift = false }

// Dragged implements fyne.Draggable.
func (s *Scatter) Dragged(e *fyne.DragEvent) {
	if s.drawing || s.Lasso || s.shift {
		if !s.drawing {
			s.drawing = true
			s.loop = append(s.loop[:0], s.press)
		}
		s.loop = append(s.loop, e.Position)
		s.Refresh()
		return
	}
	if s.zoom == 0 {
		return
	}
	s.cx -= float64(e.Dragged.DX) / s.zoom
	s.cy += float64(e.Dragged.DY) / s.zoom
	s.home = false
	s.moved()
}

// DragEnd implements fyne.Draggable.
func (s *Scatter) DragEnd() {
	if !s.drawing {
		return
	}
	s.drawing = false
	in := s.Inside(s.loop)
	s.loop = s.loop[:0]
	s.Refresh()
	if s.OnLasso != nil {
		s.OnLasso(in)
	}
}

// Scrolled implements fyne.Scrollable.
func (s *Scatter) Scrolled(e *fyne.ScrollEvent) {
	s.zoomAt(math.Exp(float64(e.Scrolled.DY)/80), e.Position)
}

// Tapped implements fyne.Tappable.
func (s *Scatter) Tapped(e *fyne.PointEvent) {
	if s.OnTapped != nil {
		s.OnTapped(s.At(e.Position))
	}
}

// MouseIn implements desktop.Hoverable.
func (s *Scatter) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (s *Scatter) MouseMoved(e *desktop.MouseEvent) { s.point(s.At(e.Position)) }

// MouseOut implements desktop.Hoverable.
func (s *Scatter) MouseOut() { s.point(-1) }

func (s *Scatter) point(i int) {
	if i == s.hover {
		return
	}
	s.hover = i
	s.Refresh()
	if s.OnHover != nil {
		s.OnHover(i)
	}
}

// Cursor implements desktop.Cursorable.
func (s *Scatter) Cursor() desktop.Cursor {
	if s.Lasso {
		return desktop.CrosshairCursor
	}
	return desktop.DefaultCursor
}

// Resize implements fyne.Widget: a view of everything stays one.
func (s *Scatter) Resize(size fyne.Size) {
	s.BaseWidget.Resize(size)
	if s.home {
		s.fit()
		s.Refresh()
	}
}

// CreateRenderer returns the drawing.
func (s *Scatter) CreateRenderer() fyne.WidgetRenderer {
	r := &scatterRenderer{s: s}
	r.raster = canvas.NewRaster(r.picture)
	r.raster.ScaleMode = canvas.ImageScalePixels
	return r
}

type scatterRenderer struct {
	s      *Scatter
	raster *canvas.Raster
}

func (r *scatterRenderer) picture(w, h int) image.Image {
	return r.s.painter.paint(r.s, w, h, float32(w)/max(r.raster.Size().Width, 1))
}

func (r *scatterRenderer) Layout(s fyne.Size)           { r.raster.Resize(s) }
func (r *scatterRenderer) MinSize() fyne.Size           { return fyne.NewSize(240, 200) }
func (r *scatterRenderer) Refresh()                     { r.raster.Refresh() }
func (r *scatterRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.raster} }
func (r *scatterRenderer) Destroy()                     {}
