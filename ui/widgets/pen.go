package widgets

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// pen paints on the picture of a chart, in data coordinates.
type pen struct {
	m    *image.RGBA
	x, y axis
	px   float32 // pixels per unit of the desktop
}

func (p pen) at(x, y float64) (float32, float32) {
	b := p.m.Bounds()
	return float32((x - p.x.min) / (p.x.max - p.x.min) * float64(b.Dx())),
		float32((1 - (y-p.y.min)/(p.y.max-p.y.min)) * float64(b.Dy()))
}

// line strokes through points with antialiasing.
func (p pen) line(points []Point, width float32, c color.Color) {
	b := p.m.Bounds()
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	half := width * p.px / 2
	for i := 1; i < len(points); i++ {
		x0, y0 := p.at(points[i-1].X, points[i-1].Y)
		x1, y1 := p.at(points[i].X, points[i].Y)
		dx, dy := x1-x0, y1-y0
		n := float32(math.Hypot(float64(dx), float64(dy)))
		if n == 0 {
			continue
		}
		// Ends overlap a little, which closes the joints.
		ux, uy := dx/n*half, dy/n*half
		x0, y0, x1, y1 = x0-ux*.5, y0-uy*.5, x1+ux*.5, y1+uy*.5
		r.MoveTo(x0-uy, y0+ux)
		r.LineTo(x1-uy, y1+ux)
		r.LineTo(x1+uy, y1-ux)
		r.LineTo(x0+uy, y0-ux)
		r.ClosePath()
	}
	r.Draw(p.m, b, image.NewUniform(c), image.Point{})
}

// box fills a rectangle.
func (p pen) box(x0, y0, x1, y1 float64, c color.Color) {
	a, b := p.at(x0, y1)
	d, e := p.at(x1, y0)
	draw.Draw(p.m, image.Rect(int(a+.5), int(b+.5), int(d+.5), int(e+.5)), image.NewUniform(c), image.Point{}, draw.Over)
}

// vertical draws a line over the whole height.
func (p pen) vertical(x float64, width float32, c color.Color, dashed bool) {
	a, _ := p.at(x, 0)
	w := max(int(width*p.px+.5), 1)
	h := p.m.Bounds().Dy()
	dash := max(int(4*p.px), 1)
	for y := 0; y < h; y++ {
		if dashed && y/dash%2 == 1 {
			continue
		}
		draw.Draw(p.m, image.Rect(int(a)-w/2, y, int(a)-w/2+w, y+1), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// Point is one point of a line.
type Point struct{ X, Y float64 }

func premultiplied(c color.NRGBA) color.Color { return color.RGBAModel.Convert(c) }

// dot fills a disc.
func (p pen) dot(at Point, radius float32, c color.Color) {
	x, y := p.at(at.X, at.Y)
	// Only the square around it is rasterized: charts have hundreds.
	k := radius * p.px
	b := image.Rect(int(x-k)-1, int(y-k)-1, int(x+k)+2, int(y+k)+2).Intersect(p.m.Rect)
	if b.Empty() {
		return
	}
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	x, y = x-float32(b.Min.X), y-float32(b.Min.Y)
	for i := range 24 {
		a := 2 * math.Pi * float64(i) / 24
		px, py := x+k*float32(math.Cos(a)), y+k*float32(math.Sin(a))
		if i == 0 {
			r.MoveTo(px, py)
		} else {
			r.LineTo(px, py)
		}
	}
	r.ClosePath()
	r.Draw(p.m, b, image.NewUniform(c), image.Point{})
}
