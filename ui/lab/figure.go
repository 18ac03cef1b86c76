package lab

import (
	"image"
	"image/color"
	"image/draw"

	"agurscope/themes"

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
// black. Every colour is some white, some black and a hue: the hue stays, and on a
// dark ground gets lighter, as black becomes a light ink. Soft edges stay soft.
func redrawn(m image.Image, ground, ink color.Color) image.Image {
	out := image.NewRGBA(image.Rectangle{Max: m.Bounds().Size()})
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Over)
	parts := func(c color.Color) (v [3]int) {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		return [3]int{int(n.R), int(n.G), int(n.B)}
	}
	g, i := parts(ground), parts(ink)
	for p := 0; p < len(out.Pix); p += 4 {
		c := out.Pix[p : p+3 : p+3]
		white := int(min(c[0], c[1], c[2]))
		black := 255 - int(max(c[0], c[1], c[2]))
		for k := range c {
			c[k] = uint8(min((white*g[k]+black*i[k])/255+int(c[k])-white, 255))
		}
	}
	return out
}
