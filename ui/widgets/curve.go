package widgets

import (
	"image/color"
	"math"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// Curve shows one share against another, both from 0 to 1, with the point where
// one stands.
type Curve struct {
	chart
	points   []Point
	now      Point
	diagonal bool
	drawn    *curveRenderer
}

// NewCurve returns an empty curve with the titles of its axes; diagonal draws
// what guessing would give.
func NewCurve(x, y, empty string, diagonal bool) *Curve {
	c := &Curve{diagonal: diagonal}
	c.x.title, c.y.title, c.empty = x, y, empty
	c.x.max, c.y.max = 1, 1
	c.paint = c.draw
	c.ExtendBaseWidget(c)
	return c
}

// Set shows a curve, thinned to what can be seen, with a note in its corner.
func (c *Curve) Set(points []Point, note string) {
	c.points = thin(points)
	c.has = len(c.points) > 1
	c.note = note
	c.Refresh()
}

// Points returns what is drawn.
func (c *Curve) Points() []Point { return c.points }

// Stand moves the point; the curve is not painted again.
func (c *Curve) Stand(p Point) {
	if c.now == p {
		return
	}
	c.now = p
	if c.drawn != nil {
		c.drawn.stand()
	}
}

// CreateRenderer returns the drawing of the curve.
func (c *Curve) CreateRenderer() fyne.WidgetRenderer {
	c.drawn = &curveRenderer{chartRenderer: newChartRenderer(&c.chart), curve: c, ring: canvas.NewCircle(color.Transparent)}
	return c.drawn
}

// curveRenderer is a chart with a ring where one stands.
type curveRenderer struct {
	*chartRenderer
	curve *Curve
	ring  *canvas.Circle
}

const ringRadius = 6

// stand places the ring wholly inside, also at a corner: there is where one wants to be.
func (r *curveRenderer) stand() {
	a, at := r.curve.area(r.curve.Size()), r.curve.now
	r.ring.Hidden = !r.curve.has
	r.ring.Resize(fyne.NewSquareSize(2 * ringRadius))
	r.ring.Move(fyne.NewPos(
		a.x+max(min(a.w*float32(at.X), a.w-ringRadius), ringRadius)-ringRadius,
		a.y+max(min(a.h*float32(1-at.Y), a.h-ringRadius), ringRadius)-ringRadius))
}

func (r *curveRenderer) Layout(s fyne.Size) {
	r.chartRenderer.Layout(s)
	r.stand()
}

func (r *curveRenderer) Refresh() {
	r.ring.FillColor, r.ring.StrokeColor, r.ring.StrokeWidth = themes.Color(themes.ColorNameSurface), themes.Color(theme.ColorNameForeground), 2.5
	r.chartRenderer.Refresh()
	r.stand()
	r.ring.Refresh()
}

func (r *curveRenderer) Objects() []fyne.CanvasObject {
	return append(r.chartRenderer.Objects(), r.ring)
}

// thin drops points that are nearer than a two-hundredth to the one before.
func thin(points []Point) []Point {
	const near = 1. / 200
	var out []Point
	for i, p := range points {
		if n := len(out); n == 0 || i == len(points)-1 || math.Abs(p.X-out[n-1].X)+math.Abs(p.Y-out[n-1].Y) >= near {
			out = append(out, p)
		}
	}
	return out
}

func (c *Curve) draw(p pen) {
	if c.diagonal {
		p.line([]Point{{}, {1, 1}}, 1, themes.Color(theme.ColorNameSeparator))
	}
	p.line(c.points, 2, themes.Color(theme.ColorNamePrimary))
}
