package widgets

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Ground is a filled rectangle in a named colour.
type Ground struct {
	widget.BaseWidget
	Fill   fyne.ThemeColorName
	Stroke fyne.ThemeColorName // "": no border
	Radius float32
	Least  fyne.Size
}

// NewGround returns a rectangle in a named colour.
func NewGround(fill fyne.ThemeColorName) *Ground {
	g := &Ground{Fill: fill}
	g.ExtendBaseWidget(g)
	return g
}

// SetFill changes the colour.
func (g *Ground) SetFill(fill fyne.ThemeColorName) {
	if g.Fill != fill {
		g.Fill = fill
		g.Refresh()
	}
}

// CreateRenderer returns the drawing of the rectangle.
func (g *Ground) CreateRenderer() fyne.WidgetRenderer {
	r := &groundRenderer{g: g, rect: canvas.NewRectangle(themes.Color(g.Fill))}
	r.picture = canvas.NewRaster(r.paint)
	r.picture.ScaleMode = canvas.ImageScalePixels
	r.shown = []fyne.CanvasObject{r.rect}
	r.Refresh()
	return r
}

// groundRenderer draws a rectangle, and a large one with round corners as a picture.
// Cards cover the window, and where a processor draws it, a pixel of the toolkit's
// round rectangle takes 21 ns, of a picture 9: more than half of a frame of Calibrate was cards.
type groundRenderer struct {
	g       *Ground
	rect    *canvas.Rectangle
	picture *canvas.Raster
	shown   []fyne.CanvasObject // one of them
}

const largeGround = 128 * 128

func (r *groundRenderer) Layout(s fyne.Size) {
	if r.g.Radius > 0 && s.Width*s.Height >= largeGround {
		r.shown[0] = r.picture
	} else {
		r.shown[0] = r.rect
	}
	r.shown[0].Resize(s)
}

func (r *groundRenderer) MinSize() fyne.Size           { return r.g.Least }
func (r *groundRenderer) Objects() []fyne.CanvasObject { return r.shown }
func (r *groundRenderer) Destroy()                     {}

func (r *groundRenderer) Refresh() {
	r.rect.FillColor = themes.Color(r.g.Fill)
	r.rect.StrokeWidth = 0
	if r.g.Stroke != "" {
		r.rect.StrokeColor, r.rect.StrokeWidth = themes.Color(r.g.Stroke), 1
	}
	r.rect.CornerRadius = r.g.Radius
	r.Layout(r.g.Size())
	r.shown[0].Refresh()
}

// paint draws the large rectangle; corners are blended by their distance to the edge.
func (r *groundRenderer) paint(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, max(w, 1), max(h, 1)))
	px := float64(w) / float64(max(r.picture.Size().Width, 1))
	radius, line := math.Round(float64(r.g.Radius)*px), 0.
	fill := themes.Color(r.g.Fill)
	edge := fill
	if r.g.Stroke != "" {
		edge, line = themes.Color(r.g.Stroke), max(math.Round(px), 1)
	}
	draw.Draw(m, m.Rect, image.NewUniform(edge), image.Point{}, draw.Src)
	draw.Draw(m, m.Rect.Inset(int(line)), image.NewUniform(fill), image.Point{}, draw.Src)
	share := func(inside float64) float64 { return min(max(inside+.5, 0), 1) }
	for y := range int(radius) {
		for x := range int(radius) {
			inside := radius - math.Hypot(radius-float64(x)-.5, radius-float64(y)-.5)
			a, k := share(inside), share(inside-line)
			mix := func(e, f uint8) uint8 { return uint8(float64(e)*(1-k) + float64(f)*k + .5) }
			c := color.NRGBA{mix(edge.R, fill.R), mix(edge.G, fill.G), mix(edge.B, fill.B), uint8(float64(mix(edge.A, fill.A))*a + .5)}
			for _, at := range [4]image.Point{{x, y}, {w - 1 - x, y}, {x, h - 1 - y}, {w - 1 - x, h - 1 - y}} {
				m.Set(at.X, at.Y, c)
			}
		}
	}
	return m
}
