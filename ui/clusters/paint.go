package clusters

import (
	"image"
	"image/color"
	"math"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// painter draws the points of a Scatter into an opaque picture of its own, by
// stamps: a point costs some dozen pixels, whatever there is besides.
type painter struct {
	m      *image.RGBA
	stamps map[stampKey]*stamp
}

// stampKey is what a point looks like.
type stampKey struct {
	shape  int
	hollow bool
	radius float32 // in pixels
}

// stamp is the coverage of a square of pixels around a point.
type stamp struct {
	half  int
	alpha []uint8
}

// Five shapes take turns, so that groups are told apart without colours, too.
const (
	disc = iota
	triangle
	square
	diamond
	cross
	shapes
)

// ShapeOf returns the shape of a group.
func ShapeOf(group int) int {
	if group < 0 {
		return disc
	}
	return group % shapes
}

// Colours of groups on dark and on light grounds; the colour-blind can tell those
// that follow each other apart.
var (
	onDark  = []color.NRGBA{rgb(0x56b4e9), rgb(0xe69f00), rgb(0x2fc99a), rgb(0xf08bc4), rgb(0xf0e442), rgb(0xa99cff), rgb(0xff8a5c), rgb(0xd5dbe1)}
	onLight = []color.NRGBA{rgb(0x0072b2), rgb(0xc44e00), rgb(0x00805e), rgb(0xa8437f), rgb(0x7a6400), rgb(0x5546c4), rgb(0x93301a), rgb(0x3f4953)}
)

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

// isDark reports whether the theme has a dark ground.
func isDark() bool {
	r, g, b, _ := themes.Color(theme.ColorNameBackground).RGBA()
	return r+g+b < 3*0x8000
}

// Colour returns the colour of a group in the theme that is on.
func Colour(group int) color.NRGBA {
	if group < 0 {
		c := color.NRGBAModel.Convert(themes.Color(themes.ColorNameMuted)).(color.NRGBA)
		return c
	}
	if isDark() {
		return onDark[group%len(onDark)]
	}
	return onLight[group%len(onLight)]
}

// pointRadius suits the number of points.
func pointRadius(n int) float32 {
	switch {
	case n > 20000:
		return 1.6
	case n > 5000:
		return 2.2
	case n > 800:
		return 3
	}
	return 4
}

// paint draws s at w x h pixels, px of them per unit of the desktop.
func (p *painter) paint(s *Scatter, w, h int, px float32) image.Image {
	w, h = max(w, 1), max(h, 1)
	if p.m == nil || p.m.Rect.Dx() != w || p.m.Rect.Dy() != h {
		p.m = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	if p.stamps == nil || len(p.stamps) > 64 {
		p.stamps = map[stampKey]*stamp{}
	}
	fill(p.m, color.NRGBAModel.Convert(themes.Color(themes.ColorNamePane)).(color.NRGBA))
	if s.zoom == 0 {
		return p.m
	}
	radius := pointRadius(len(s.marks)) * px
	inks := map[int]color.NRGBA{}
	for pass := range 2 { // what is dimmed or in no group lies below
		for i := range s.marks {
			m := &s.marks[i]
			dim := s.lit != nil && !s.lit[i]
			if (dim || m.Group < 0) != (pass == 0) {
				continue
			}
			ink, ok := inks[m.Group]
			if !ok {
				ink = Colour(m.Group)
				inks[m.Group] = ink
			}
			strength := uint32(230)
			if dim {
				strength = 60
			} else if m.Group < 0 {
				strength = 150
			}
			at := s.place(m.X, m.Y)
			p.stamp(stampKey{ShapeOf(m.Group), m.Hollow, radius}).put(p.m, int(at.X*px+.5), int(at.Y*px+.5), ink, strength)
		}
	}
	front := color.NRGBAModel.Convert(themes.Color(theme.ColorNameForeground)).(color.NRGBA)
	for _, i := range []int{s.chosen, s.hover} {
		if i >= 0 && i < len(s.marks) {
			at := s.place(s.marks[i].X, s.marks[i].Y)
			p.stamp(stampKey{disc, true, radius + 4*px}).put(p.m, int(at.X*px+.5), int(at.Y*px+.5), front, 255)
		}
	}
	if s.drawing {
		accent := color.NRGBAModel.Convert(themes.Color(theme.ColorNamePrimary)).(color.NRGBA)
		for i := range s.loop {
			p.line(s.loop[i], s.loop[(i+1)%len(s.loop)], px, accent)
		}
	}
	return p.m
}

func fill(m *image.RGBA, c color.NRGBA) {
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = c.R, c.G, c.B, 255
	}
}

// stamp returns the stamp of a look, drawn once.
func (p *painter) stamp(k stampKey) *stamp {
	if s := p.stamps[k]; s != nil {
		return s
	}
	s := newStamp(k)
	p.stamps[k] = s
	return s
}

// newStamp samples each pixel 4 x 4 times.
func newStamp(k stampKey) *stamp {
	const fine = 4
	half := int(math.Ceil(float64(k.radius)*1.4)) + 1
	s := &stamp{half: half, alpha: make([]uint8, (2*half+1)*(2*half+1))}
	ring := max(k.radius*0.42, 1.1)
	for y := -half; y <= half; y++ {
		for x := -half; x <= half; x++ {
			n := 0
			for v := range fine {
				for u := range fine {
					d := beyond(k.shape, float32(x)+(float32(u)+.5)/fine-.5, float32(y)+(float32(v)+.5)/fine-.5, k.radius)
					if d <= 0 && (!k.hollow || d > -ring) {
						n++
					}
				}
			}
			s.alpha[(y+half)*(2*half+1)+x+half] = uint8(n * 255 / (fine * fine))
		}
	}
	return s
}

// beyond is about how far x, y lies outside a shape around 0, 0; negative inside.
func beyond(shape int, x, y, r float32) float32 {
	ax, ay := max(x, -x), max(y, -y)
	switch shape {
	case triangle:
		return max(y-0.75*r, (ax*1.75-y-1.3*r)*0.5)
	case square:
		return max(ax, ay) - 0.88*r
	case diamond:
		return (ax + ay - 1.3*r) * 0.7
	case cross:
		return max(min(ax, ay)-0.38*r, max(ax, ay)-1.15*r)
	}
	return float32(math.Hypot(float64(x), float64(y))) - r
}

// put blends the stamp into m around x, y.
func (s *stamp) put(m *image.RGBA, x, y int, c color.NRGBA, strength uint32) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	x0, y0 := x-s.half, y-s.half
	side := 2*s.half + 1
	if x0 >= w || y0 >= h || x0+side <= 0 || y0+side <= 0 {
		return
	}
	for v := max(0, -y0); v < min(side, h-y0); v++ {
		row := m.Pix[(y0+v)*m.Stride:]
		for u := max(0, -x0); u < min(side, w-x0); u++ {
			a := uint32(s.alpha[v*side+u]) * strength / 255
			if a == 0 {
				continue
			}
			o := row[4*(x0+u) : 4*(x0+u)+3 : 4*(x0+u)+3]
			o[0] = uint8((uint32(o[0])*(255-a) + uint32(c.R)*a) / 255)
			o[1] = uint8((uint32(o[1])*(255-a) + uint32(c.G)*a) / 255)
			o[2] = uint8((uint32(o[2])*(255-a) + uint32(c.B)*a) / 255)
		}
	}
}

// line draws a line of two units.
func (p *painter) line(a, b fyne.Position, px float32, c color.NRGBA) {
	dot := p.stamp(stampKey{disc, false, px})
	n := int(math.Hypot(float64(b.X-a.X), float64(b.Y-a.Y))*float64(px)) + 1
	for i := range n {
		t := float32(i) / float32(n)
		dot.put(p.m, int((a.X+(b.X-a.X)*t)*px+.5), int((a.Y+(b.Y-a.Y)*t)*px+.5), c, 255)
	}
}

// swatch is the sign of a group in the legend.
func swatch(group, side int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	fill(m, color.NRGBAModel.Convert(themes.Color(themes.ColorNameSurface)).(color.NRGBA))
	newStamp(stampKey{ShapeOf(group), false, float32(side) * 0.32}).put(m, side/2, side/2, Colour(group), 255)
	return m
}
