package viewer

import (
	"image"
	"math"
)

// hatch is the distance of the lines over what is left out, in desktop units.
const hatch = 9

// shade darkens what is left out, and draws slanted lines over it, so that it
// differs from a dark picture.
func (r *Renderer) shade(dst *image.RGBA, v Viewport, l *Layer, extent Size, win window, scale float64) {
	s := l.Shade
	origin := v.ToImage(Point{}, Size{float64(dst.Rect.Dx()), float64(dst.Rect.Dy())})
	kx, ky := float64(s.W)/extent.W, float64(s.H)/extent.H
	cell := func(d int, origin, k float64, n int) int {
		return min(max(int(math.Floor((origin+(float64(d)+.5)/v.Zoom)*k)), 0), n-1)
	}
	r.labelX = r.labelX[:0]
	for x := win.x0; x < win.x1; x++ {
		r.labelX = append(r.labelX, int32(cell(x, origin.X, kx, s.W)))
	}
	pitch, line := max(4, int(hatch*scale)), max(1, int(1.2*scale))
	for y := win.y0; y < win.y1; y++ {
		out := s.Out[cell(y, origin.Y, ky, s.H)*s.W:][:s.W]
		row := dst.Pix[y*dst.Stride+4*win.x0:]
		for i, c := range r.labelX {
			if out[c] == 0 {
				continue
			}
			p := row[4*i : 4*i+3 : 4*i+3]
			if (win.x0+i+y)%pitch < line {
				for k := range p {
					p[k] = uint8(96 + uint16(p[k])/4)
				}
				continue
			}
			for k := range p {
				p[k] = uint8(uint16(p[k]) * 2 / 5)
			}
		}
	}
}

// lines draws the marks that people have made.
func (r *Renderer) lines(dst *image.RGBA, v Viewport, l *Layer, scale float64) {
	pane := Size{float64(dst.Rect.Dx()), float64(dst.Rect.Dy())}
	for i := range l.Marks {
		m := &l.Marks[i]
		points := make([]Point, len(m.Points))
		for k, p := range m.Points {
			points[k] = v.ToScreen(p, pane)
		}
		r.line(points, m, 3.4*scale, scale)
		r.coverage.lay(dst, casing)
		r.line(points, m, 1.8*scale, scale)
		r.coverage.lay(dst, m.Color)
		if m.Label != "" && len(points) > 1 && l.Font != nil {
			r.caption(dst, points, m.Label, l.Font, scale)
		}
	}
}

func (r *Renderer) line(points []Point, m *Mark, width, scale float64) {
	for k := 1; k < len(points); k++ {
		r.coverage.line(points[k-1], points[k], width)
	}
	n := len(points)
	switch {
	case m.Closed && n > 2:
		r.coverage.line(points[n-1], points[0], width)
	case m.Ends && n > 1:
		r.stop(points[0], points[1], width, scale)
		r.stop(points[n-1], points[n-2], width, scale)
	}
}

// stop crosses the end a of the line from a to b.
func (r *Renderer) stop(a, b Point, width, scale float64) {
	length := math.Hypot(b.X-a.X, b.Y-a.Y)
	if length == 0 {
		return
	}
	const half = 6
	nx, ny := -(b.Y-a.Y)/length*half*scale, (b.X-a.X)/length*half*scale
	r.coverage.line(Point{a.X - nx, a.Y - ny}, Point{a.X + nx, a.Y + ny}, width)
}

// caption writes a mark's label beside its middle, inside the pane.
func (r *Renderer) caption(dst *image.RGBA, points []Point, text string, f *Font, scale float64) {
	a, b := points[0], points[len(points)-1]
	w, h := f.width(text)+2*int(5*scale), f.height+int(math.Ceil(6*scale))
	x := int((a.X+b.X)/2) - w/2
	y := int((a.Y+b.Y)/2) - h - int(8*scale)
	x, y = min(max(x, 0), dst.Rect.Max.X-w), min(max(y, 0), dst.Rect.Max.Y-h)
	r.coverage.box(dst, image.Rect(x, y, x+w, y+h), 3*scale, plate)
	f.draw(dst, image.Pt(x+int(5*scale), y+int(3*scale)), text, lettered)
}
