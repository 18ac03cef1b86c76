package lab

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"agurscope/themes"
	"agurscope/ui/report"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// figure is a picture of the results, which are drawn dark on white for print, in
// the colours of the window.
type figure struct {
	widget.BaseWidget
	path string
	plot bool // and no photographs, whose colours are their own
}

func newFigure(path string, plot bool) *figure {
	f := &figure{path: path, plot: plot}
	f.ExtendBaseWidget(f)
	return f
}

// CreateRenderer draws the picture.
func (f *figure) CreateRenderer() fyne.WidgetRenderer {
	r := &figureRenderer{f: f, m: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleSmooth}}
	r.Refresh()
	return r
}

type figureRenderer struct {
	f      *figure
	m      *canvas.Image
	ground color.Color // in which the picture is drawn
}

func (r *figureRenderer) Layout(s fyne.Size)           { r.m.Resize(s) }
func (r *figureRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *figureRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.m} }
func (r *figureRenderer) Destroy()                     {}

func (r *figureRenderer) Refresh() {
	ground := themes.Color(themes.ColorNameSurface)
	if r.ground == ground {
		return
	}
	r.ground = ground
	m, err := readPNG(r.f.path)
	if err != nil {
		return // the results are being written anew; the next event shows them
	}
	if r.f.plot {
		m = redrawn(m, ground, themes.Color(theme.ColorNameForeground))
	}
	r.m.Image = m
	r.m.Refresh()
}

// redrawn puts another ground in the place of white and another ink in that of
// black. A pixel is some white over one of the colours that figures are drawn in, the
// one that it lies nearest to; so soft edges and bands stay soft, and hues stay what
// the text beside a figure says, only lighter where a dark ground asks for it.
func redrawn(m image.Image, ground, ink color.Color) *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: m.Bounds().Size()})
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Over)
	var from, to []rgb // how far a colour is from white, and what it becomes
	for i, c := range report.Inks() {
		was := rgbOf(c)
		from, to = append(from, rgb{255 - was[0], 255 - was[1], 255 - was[2]}), append(to, was)
		if i == 0 {
			to[0] = rgbOf(ink)
		}
		for i > 0 && themes.Contrast(to[i].color(), ground) < seen {
			to[i] = to[i].mixed(rgbOf(ink), .1)
		}
	}
	paper, last, became := rgbOf(ground), [3]uint8{255, 255, 255}, rgbOf(ground)
	for p := 0; p < len(out.Pix); p += 4 {
		if c := [3]uint8(out.Pix[p : p+3]); c != last {
			last, became = c, paper
			d := rgb{255 - float64(c[0]), 255 - float64(c[1]), 255 - float64(c[2])}
			if best, share := nearest(d, from); best >= 0 {
				became = paper.mixed(to[best], share)
			}
		}
		for k, v := range became {
			out.Pix[p+k] = uint8(v + .5)
		}
	}
	return out
}

// seen is the least contrast of a curve to its ground (WCAG 2.1, 1.4.11).
const seen = 3

// nearest is the colour in whose direction from white another one lies, and how far.
func nearest(d rgb, of []rgb) (best int, share float64) {
	best, most := -1, 0.
	for i, v := range of {
		if cos := d.dot(v) / math.Sqrt(v.dot(v)*max(d.dot(d), 1e-9)); cos > most {
			best, most, share = i, cos, min(d.dot(v)/v.dot(v), 1)
		}
	}
	return best, share
}

// rgb is a colour whose parts reach from 0 to 255.
type rgb [3]float64

func rgbOf(c color.Color) rgb {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return rgb{float64(n.R), float64(n.G), float64(n.B)}
}

func (a rgb) color() color.Color { return color.NRGBA{uint8(a[0]), uint8(a[1]), uint8(a[2]), 0xff} }

func (a rgb) dot(b rgb) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// mixed is a share of another colour over this one.
func (a rgb) mixed(b rgb, share float64) rgb {
	for k := range a {
		a[k] += share * (b[k] - a[k])
	}
	return a
}
