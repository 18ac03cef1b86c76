package report

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Lines is a plot of curves over the same axis, each with a band of one standard
// deviation to both sides.
type Lines struct {
	Title, X, Y string
	Curves      []Curve
}

// Curve is one of them. Places that are not a number are left out.
type Curve struct {
	Name        string
	X, Mean, SD []float64
	References  [][2]float64 // published values, drawn as rings in the curve's colour
}

const (
	linesWidth  = 20 * vg.Centimeter
	linesHeight = 12 * vg.Centimeter
	keyWidth    = 5.2 * vg.Centimeter // of the legend beside a plot
)

// PNG draws the plot. It needs at least one curve with a place.
func (l Lines) PNG() ([]byte, error) { return asPNG(linesWidth, linesHeight, l.paint) }

// SVG draws the plot as a drawing that can be enlarged.
func (l Lines) SVG() ([]byte, error) { return asSVG(linesWidth, linesHeight, l.paint) }

func (l Lines) paint(c draw.Canvas) error {
	p := newPlot(l.Title, l.X, l.Y)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Transparent, colourGrid
	p.Add(grid)
	key := newKey(p)
	drawn, published := false, false
	for i, curve := range l.Curves {
		ok, err := curve.add(p, &key, i)
		if err != nil {
			return fmt.Errorf("draw %q: %w", l.Title, err)
		}
		drawn, published = drawn || ok, published || len(curve.References) > 0
	}
	if !drawn {
		return fmt.Errorf("draw %q: there is nothing to draw", l.Title)
	}
	if published {
		key.Add("paper, its own data", ringThumb{})
	}
	widen(&p.Y)
	drawBeside(c, p, &key)
	return nil
}

// newKey is a legend that stands beside a plot, not in it.
func newKey(p *plot.Plot) plot.Legend {
	key := plot.NewLegend()
	key.Top, key.Left = true, true
	key.TextStyle = p.Legend.TextStyle
	key.TextStyle.Font.Size = vg.Points(9)
	key.Padding = vg.Points(3)
	return key
}

func drawBeside(c draw.Canvas, p *plot.Plot, key *plot.Legend) {
	width := c.Max.X - c.Min.X
	p.Draw(draw.Crop(inset(c), 0, -keyWidth, 0, 0))
	key.Draw(draw.Crop(c, width-keyWidth, 0, 0, -1.4*vg.Centimeter))
}

// widen keeps marks off the frame.
func widen(a *plot.Axis) {
	margin := max(.05*(a.Max-a.Min), 1e-6)
	a.Min, a.Max = a.Min-margin, a.Max+margin
}

func (k Curve) add(p *plot.Plot, key *plot.Legend, i int) (bool, error) {
	ink := groupColours[i%len(groupColours)]
	var line, upper, lower plotter.XYs
	for j, x := range k.X {
		m := k.Mean[j]
		if math.IsNaN(m) {
			continue
		}
		sd := 0.
		if j < len(k.SD) && !math.IsNaN(k.SD[j]) {
			sd = k.SD[j]
		}
		line = append(line, plotter.XY{X: x, Y: m})
		upper, lower = append(upper, plotter.XY{X: x, Y: m + sd}), append(lower, plotter.XY{X: x, Y: m - sd})
	}
	if len(line) > 1 {
		around := append(plotter.XYs{}, upper...)
		for j := len(lower) - 1; j >= 0; j-- {
			around = append(around, lower[j])
		}
		band, err := plotter.NewPolygon(around)
		if err != nil {
			return false, err
		}
		band.Color, band.LineStyle.Width = color.NRGBA{ink.R, ink.G, ink.B, 0x30}, 0
		p.Add(band)
	}
	if len(line) > 0 {
		curve, marks, err := plotter.NewLinePoints(line)
		if err != nil {
			return false, err
		}
		curve.LineStyle = draw.LineStyle{Color: ink, Width: vg.Points(1.8)}
		marks.GlyphStyle = draw.GlyphStyle{Color: ink, Radius: vg.Points(3), Shape: groupShapes[i%len(groupShapes)]}
		p.Add(curve, marks)
		key.Add(k.Name, curve, marks)
	}
	if len(k.References) > 0 {
		var at plotter.XYs
		for _, r := range k.References {
			at = append(at, plotter.XY{X: r[0], Y: r[1]})
		}
		rings, err := plotter.NewScatter(at)
		if err != nil {
			return false, err
		}
		rings.GlyphStyle = draw.GlyphStyle{Color: ink, Radius: vg.Points(5), Shape: ring{}}
		p.Add(rings)
	}
	return len(line) > 0, nil
}

// ringThumb is the mark of published values in a legend.
type ringThumb struct{}

// Thumbnail implements plot.Thumbnailer.
func (ringThumb) Thumbnail(c *draw.Canvas) {
	at := vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2}
	c.DrawGlyph(draw.GlyphStyle{Color: colourText, Radius: vg.Points(4), Shape: ring{}}, at)
}
