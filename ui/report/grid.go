package report

import (
	"image"
	"image/color"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Grid is pictures in rows and columns, with names and a line under each.
type Grid struct {
	Title         string
	Columns, Rows []string
	Cells         [][]Tile // a row each
	Scale         string   // what the colours of heat maps mean; "" without any
}

// Tile is one picture; without one it is an empty place that says why.
type Tile struct {
	Image image.Image
	Note  string
}

const (
	tileSide  = 3.2 * vg.Centimeter
	tileGap   = 0.25 * vg.Centimeter
	noteLine  = 0.5 * vg.Centimeter
	gridNames = 3.2 * vg.Centimeter
	gridHead  = 2 * vg.Centimeter
	gridFoot  = 1.3 * vg.Centimeter
)

func (g Grid) extent() (w, h vg.Length) {
	return gridNames + vg.Length(len(g.Columns))*(tileSide+tileGap) + tileGap,
		gridHead + vg.Length(len(g.Rows))*(tileSide+noteLine+tileGap) + gridFoot
}

// PNG draws the grid.
func (g Grid) PNG() ([]byte, error) { w, h := g.extent(); return asPNG(w, h, g.paint) }

// SVG draws the grid; its pictures stay pixels.
func (g Grid) SVG() ([]byte, error) { w, h := g.extent(); return asSVG(w, h, g.paint) }

func (g Grid) paint(c draw.Canvas) error {
	p := newPlot(g.Title, "", "")
	c.FillPolygon(color.White, []vg.Point{c.Min, {X: c.Min.X, Y: c.Max.Y}, c.Max, {X: c.Max.X, Y: c.Min.Y}})
	title, style := p.Title.TextStyle, p.X.Label.TextStyle
	title.XAlign, title.YAlign = draw.XLeft, draw.YTop
	c.FillText(title, vg.Point{X: tileGap, Y: c.Max.Y - 0.3*vg.Centimeter}, g.Title)
	style.Font.Size = vg.Points(9)
	text := func(x draw.XAlignment, y draw.YAlignment, at vg.Point, size font.Length, s string) {
		st := style
		st.XAlign, st.YAlign, st.Font.Size = x, y, size
		c.FillText(st, at, s)
	}
	top := c.Max.Y - gridHead
	for i, name := range g.Columns {
		x := gridNames + vg.Length(i)*(tileSide+tileGap) + tileSide/2
		text(draw.XCenter, draw.YBottom, vg.Point{X: x, Y: top + 0.15*vg.Centimeter}, vg.Points(9), name)
	}
	for r, name := range g.Rows {
		y := top - vg.Length(r)*(tileSide+noteLine+tileGap) // upper edge
		text(draw.XLeft, draw.YCenter, vg.Point{X: tileGap, Y: y - tileSide/2}, vg.Points(9), name)
		for i := range g.Columns {
			if r >= len(g.Cells) || i >= len(g.Cells[r]) {
				continue
			}
			x, t := gridNames+vg.Length(i)*(tileSide+tileGap), g.Cells[r][i]
			box := vg.Rectangle{Min: vg.Point{X: x, Y: y - tileSide}, Max: vg.Point{X: x + tileSide, Y: y}}
			if t.Image != nil {
				c.DrawImage(fit(box, t.Image.Bounds()), t.Image)
			} else {
				c.FillPolygon(colourGrid, []vg.Point{box.Min, {X: box.Min.X, Y: box.Max.Y}, box.Max, {X: box.Max.X, Y: box.Min.Y}})
			}
			text(draw.XCenter, draw.YTop, vg.Point{X: x + tileSide/2, Y: y - tileSide - 0.1*vg.Centimeter}, vg.Points(8), t.Note)
		}
	}
	if g.Scale != "" {
		bar := vg.Rectangle{Min: vg.Point{X: gridNames, Y: 0.5 * vg.Centimeter}, Max: vg.Point{X: gridNames + 4*vg.Centimeter, Y: 0.9 * vg.Centimeter}}
		c.DrawImage(bar, ramp())
		text(draw.XLeft, draw.YCenter, vg.Point{X: bar.Max.X + 0.3*vg.Centimeter, Y: (bar.Min.Y + bar.Max.Y) / 2}, vg.Points(9), g.Scale)
	}
	return nil
}

// fit is the largest box in another one that has a picture's proportions.
func fit(box vg.Rectangle, b image.Rectangle) vg.Rectangle {
	w, h := vg.Length(b.Dx()), vg.Length(b.Dy())
	side := box.Max.X - box.Min.X
	scale := side / max(w, h)
	w, h = w*scale, h*scale
	at := vg.Point{X: box.Min.X + (side-w)/2, Y: box.Min.Y + (side-h)/2}
	return vg.Rectangle{Min: at, Max: vg.Point{X: at.X + w, Y: at.Y + h}}
}

// heat are the places between which the colours of a heat map run, dark to
// bright, so that they keep their order in grey.
var heat = []color.NRGBA{{0x02, 0x03, 0x12, 0xff}, {0x4a, 0x0c, 0x6b, 0xff}, {0xa5, 0x2c, 0x60, 0xff}, {0xed, 0x69, 0x25, 0xff}, {0xf7, 0xd1, 0x3d, 0xff}, {0xfc, 0xff, 0xa4, 0xff}}

// Heat is the colour of a share of the scale; beyond its ends that of the end.
func Heat(share float64) color.NRGBA {
	if !(share > 0) {
		return heat[0]
	}
	at := min(share, 1) * float64(len(heat)-1)
	i := min(int(at), len(heat)-2)
	f := at - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-f) + float64(b)*f + .5) }
	a, b := heat[i], heat[i+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

func ramp() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 256, 1))
	for x := range 256 {
		m.SetNRGBA(x, 0, Heat(float64(x)/255))
	}
	return m
}
