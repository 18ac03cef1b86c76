package clusters

import (
	"image"
	"image/color"
	"math"

	"agurscope/themes"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
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
	upended // a triangle on its tip
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
	looks := p.looksOf(s, radius)
	for pass := range 2 { // what is dimmed or in no group lies below
		for i := range s.marks {
			m := &s.marks[i]
			dim := s.lit != nil && !s.lit[i]
			if (dim || m.Group < 0) != (pass == 0) {
				continue
			}
			at := s.place(m.X, m.Y)
			looks[lookOf(m.Group, m.Hollow, dim)].put(p.m, int(at.X*px+.5), int(at.Y*px+.5))
		}
	}
	front := color.NRGBAModel.Convert(themes.Color(theme.ColorNameForeground)).(color.NRGBA)
	for _, i := range []int{s.chosen, s.hover} {
		if i >= 0 && i < len(s.marks) {
			at := s.place(s.marks[i].X, s.marks[i].Y)
			ring := p.stamp(stampKey{disc, true, radius + 4*px}).in(front, 255)
			ring.put(p.m, int(at.X*px+.5), int(at.Y*px+.5))
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
	case upended:
		return max(-y-0.75*r, (ax*1.75+y-1.3*r)*0.5)
	}
	return float32(math.Hypot(float64(x), float64(y))) - r
}

// look is a stamp in a colour.
type look struct {
	half    int
	alpha   []uint16 // 0 to 256
	r, g, b int32
}

// in returns the stamp in a colour at a strength from 0 to 255.
func (s *stamp) in(c color.NRGBA, strength int) look {
	l := look{s.half, make([]uint16, len(s.alpha)), int32(c.R), int32(c.G), int32(c.B)}
	for i, a := range s.alpha {
		l.alpha[i] = uint16((int(a)*strength*256 + 255*255/2) / (255 * 255))
	}
	return l
}

// The strength of points in a group, in none, and dimmed.
const (
	strong, weak, faint = 230, 150, 60
)

// lookOf is the place of a look among those of looksOf.
func lookOf(group int, hollow, dim bool) int {
	i := 4 * (group + 1)
	if hollow {
		i += 2
	}
	if dim {
		i++
	}
	return i
}

// looksOf returns how the points of each group look.
func (p *painter) looksOf(s *Scatter, radius float32) []look {
	groups := 0
	for i := range s.marks {
		groups = max(groups, s.marks[i].Group+1)
	}
	out := make([]look, 4*(groups+1))
	for g := -1; g < groups; g++ {
		strength := strong
		if g < 0 {
			strength = weak
		}
		for _, hollow := range []bool{false, true} {
			stamp := p.stamp(stampKey{ShapeOf(g), hollow, radius})
			out[lookOf(g, hollow, false)] = stamp.in(Colour(g), strength)
			out[lookOf(g, hollow, true)] = stamp.in(Colour(g), faint)
		}
	}
	return out
}

// put blends the look into m around x, y.
func (l *look) put(m *image.RGBA, x, y int) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	x0, y0, side := x-l.half, y-l.half, 2*l.half+1
	if x0 >= w || y0 >= h || x0+side <= 0 || y0+side <= 0 {
		return
	}
	from, to := max(0, -x0), min(side, w-x0)
	for v := max(0, -y0); v < min(side, h-y0); v++ {
		alpha := l.alpha[v*side+from : v*side+to]
		row := m.Pix[(y0+v)*m.Stride+4*(x0+from):]
		row = row[:4*len(alpha)]
		for u, a := range alpha {
			if a == 0 {
				continue
			}
			o := row[4*u : 4*u+4 : 4*u+4]
			k := int32(a)
			o[0] = uint8(int32(o[0]) + ((l.r-int32(o[0]))*k)>>8)
			o[1] = uint8(int32(o[1]) + ((l.g-int32(o[1]))*k)>>8)
			o[2] = uint8(int32(o[2]) + ((l.b-int32(o[2]))*k)>>8)
		}
	}
}

// line draws a line of two units.
func (p *painter) line(a, b fyne.Position, px float32, c color.NRGBA) {
	dot := p.stamp(stampKey{disc, false, px}).in(c, 255)
	n := int(math.Hypot(float64(b.X-a.X), float64(b.Y-a.Y))*float64(px)) + 1
	for i := range n {
		t := float32(i) / float32(n)
		dot.put(p.m, int((a.X+(b.X-a.X)*t)*px+.5), int((a.Y+(b.Y-a.Y)*t)*px+.5))
	}
}

// NewSign returns the sign of a group for a legend.
func NewSign(group int) fyne.CanvasObject {
	return widgets.Fixed(16, 16, canvas.NewRaster(func(w, h int) image.Image { return swatch(group, max(min(w, h), 4)) }))
}

// swatch is the picture of a sign.
func swatch(group, side int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	fill(m, color.NRGBAModel.Convert(themes.Color(themes.ColorNameSurface)).(color.NRGBA))
	l := newStamp(stampKey{ShapeOf(group), false, float32(side) * 0.32}).in(Colour(group), 255)
	l.put(m, side/2, side/2)
	return m
}
