package viewer

import (
	"image"
	"image/color"
	"math"
)

// Colours of marks that are drawn on pictures, whatever the theme.
var (
	casing   = color.NRGBA{A: 0xb0}                            // dark border of lines
	plate    = color.NRGBA{R: 0x0c, G: 0x10, B: 0x14, A: 0xc8} // ground of letters
	lettered = color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}
	selected = color.NRGBA{R: 0x3f, G: 0xd0, B: 0xff, A: 0xff}
)

// maxLabels bounds how many region numbers are written into one pane.
const maxLabels = 120

// overlay draws what lies above the picture at the resolution of the screen.
func (r *Renderer) overlay(dst *image.RGBA, v Viewport, l *Layer) {
	pane := Size{float64(dst.Rect.Dx()), float64(dst.Rect.Dy())}
	scale := l.scale()
	r.coverage.reset(dst.Rect.Dx(), dst.Rect.Dy())
	shown := make([]shape, 0, len(l.Outlines))
	for i := range l.Outlines {
		if s, ok := project(&l.Outlines[i], v, pane); ok {
			shown = append(shown, s)
		}
	}
	r.strokes(dst, shown, l.Selected, scale)
	if l.Font != nil {
		r.labels(dst, shown, l, scale)
	}
	r.lines(dst, v, l, scale)
	if l.Legend && l.Heat != nil && l.Font != nil {
		r.legend(dst, l.Heat, l.Font, scale)
	}
}

// shape is an outline in screen coordinates.
type shape struct {
	*Outline
	loops [][]Point
	a, b  Point // corners of the bounds
}

// project turns an outline into screen coordinates; one that is out of sight is
// left out.
func project(o *Outline, v Viewport, pane Size) (shape, bool) {
	a, b := o.Bounds()
	a, b = v.ToScreen(a, pane), v.ToScreen(b, pane)
	const margin = 8
	if !(a.X <= pane.W+margin && a.Y <= pane.H+margin && b.X >= -margin && b.Y >= -margin) {
		return shape{}, false
	}
	s := shape{Outline: o, a: a, b: b, loops: make([][]Point, len(o.Loops))}
	for i, loop := range o.Loops {
		points := make([]Point, len(loop))
		for k, p := range loop {
			points[k] = v.ToScreen(p, pane)
		}
		s.loops[i] = chamfer(points)
	}
	return s, true
}

// chamfer cuts every corner by at most softCorner screen pixels. Stairs of small
// cells become slopes; at a zoom where cells can be seen they stay square.
func chamfer(points []Point) []Point {
	const softCorner = 2.0
	n := len(points)
	if n < 3 {
		return points
	}
	cut := make([]Point, 0, 2*n)
	for i, p := range points {
		before, after := points[(i+n-1)%n], points[(i+1)%n]
		cut = append(cut, towards(p, before, softCorner), towards(p, after, softCorner))
	}
	return cut
}

// towards goes from p in the direction of q by d, but not past the middle.
func towards(p, q Point, d float64) Point {
	length := math.Hypot(q.X-p.X, q.Y-p.Y)
	if length == 0 {
		return p
	}
	f := min(d/length, 0.5)
	return Point{p.X + f*(q.X-p.X), p.Y + f*(q.Y-p.Y)}
}

// strokes draws the lines: a dark casing under all, so that they can be seen on
// any ground, then the colours, the selected region last and wider.
func (r *Renderer) strokes(dst *image.RGBA, shapes []shape, chosen int, scale float64) {
	width := func(s *shape) float64 {
		if chosen != 0 && s.Region == chosen {
			return 2.6 * scale
		}
		return 1.7 * scale
	}
	c := &r.coverage
	for i := range shapes {
		for _, loop := range shapes[i].loops {
			c.loop(loop, width(&shapes[i])+1.6*scale)
		}
	}
	c.lay(dst, casing)
	var tone color.NRGBA
	for i := range shapes { // neighbours of one colour are laid together
		s := &shapes[i]
		if chosen != 0 && s.Region == chosen {
			continue
		}
		if next := tint(s.Outline, chosen); next != tone {
			c.lay(dst, tone)
			tone = next
		}
		for _, loop := range s.loops {
			c.loop(loop, width(s))
		}
	}
	c.lay(dst, tone)
	for i := range shapes {
		if s := &shapes[i]; chosen != 0 && s.Region == chosen {
			for _, loop := range s.loops {
				c.loop(loop, width(s))
			}
		}
	}
	c.lay(dst, selected)
}

func tint(o *Outline, chosen int) color.NRGBA {
	if chosen != 0 && o.Region == chosen {
		return selected
	}
	if o.Color.A == 0 {
		return color.NRGBA{R: 0xff, G: 0x4f, B: 0x45, A: 0xff}
	}
	return o.Color
}

// labels writes the region numbers, each beside the upper right corner of its
// region and none over another. The selected one comes first, then the order of
// the outlines.
func (r *Renderer) labels(dst *image.RGBA, shapes []shape, l *Layer, scale float64) {
	taken := make([]image.Rectangle, 0, min(len(shapes), maxLabels))
	place := func(s *shape) {
		if s.Label == "" || len(taken) >= maxLabels {
			return
		}
		box := labelBox(s, l.Font, scale, dst.Rect)
		for _, t := range taken {
			if t.Overlaps(box) {
				return
			}
		}
		taken = append(taken, box)
		r.coverage.box(dst, box, 3*scale, plate)
		tone := tint(s.Outline, l.Selected)
		inset := int(3 * scale)
		edge := image.Rect(box.Min.X+inset, box.Max.Y-int(math.Ceil(1.5*scale)), box.Max.X-inset, box.Max.Y)
		r.coverage.box(dst, edge, 0, tone)
		pad := int(4 * scale)
		l.Font.draw(dst, image.Pt(box.Min.X+pad, box.Min.Y+int(3*scale)), s.Label, lettered)
	}
	for i := range shapes {
		if l.Selected != 0 && shapes[i].Region == l.Selected {
			place(&shapes[i])
		}
	}
	for i := range shapes {
		if l.Selected == 0 || shapes[i].Region != l.Selected {
			place(&shapes[i])
		}
	}
}

// labelBox is where the label of a region goes: above its upper right corner,
// moved into the pane where it would leave it.
func labelBox(s *shape, f *Font, scale float64, pane image.Rectangle) image.Rectangle {
	w := f.width(s.Label) + 2*int(4*scale)
	h := f.height + int(math.Ceil(7*scale))
	gap := int(math.Ceil(3 * scale))
	x := min(max(int(s.b.X)+gap, 0), pane.Max.X-w)
	y := min(max(int(s.a.Y)-h-gap, 0), pane.Max.Y-h)
	return image.Rect(x, y, x+w, y+h)
}
