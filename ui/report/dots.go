// Package report draws the figures of the experiments.
package report

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Dots is a dot plot: one line per row from top to bottom, a dot at the mean
// and a bar of one standard deviation to both sides.
type Dots struct {
	Title string
	Axis  string // what is measured
	Rows  []Dot
}

// Dot is one row. NaN values are not drawn.
type Dot struct {
	Label     string
	Mean, SD  float64
	Reference float64 // published value, drawn as a ring
	Control   bool    // drawn in grey
}

// The colours are told apart in grey and by the colour-blind, too: the ring is
// hollow and the control is pale.
var (
	colourText    = color.NRGBA{0x24, 0x2b, 0x33, 0xff}
	colourGrid    = color.NRGBA{0xe3, 0xe7, 0xeb, 0xff}
	colourOurs    = color.NRGBA{0x0b, 0x5c, 0xad, 0xff}
	colourControl = color.NRGBA{0x8d, 0x99, 0xa5, 0xff}
	colourPaper   = color.NRGBA{0xd9, 0x6a, 0x00, 0xff}
)

const (
	dotsWidth  = 20 * vg.Centimeter
	dotsRow    = 0.62 * vg.Centimeter
	dotsAround = 5 * vg.Centimeter // title, axis and legend
	dotsDPI    = 160
	legendLine = 0.75                 // height of a legend's line in rows
	barCap     = 0.13 * vg.Centimeter // half the height of an error bar's end
)

func (d Dots) height() vg.Length { return dotsAround + dotsRow*vg.Length(len(d.Rows)) }

// PNG draws the plot. It needs at least one row with a mean.
func (d Dots) PNG() ([]byte, error) { return asPNG(dotsWidth, d.height(), d.paint) }

// SVG draws the plot as a drawing that can be enlarged.
func (d Dots) SVG() ([]byte, error) { return asSVG(dotsWidth, d.height(), d.paint) }

func (d Dots) paint(c draw.Canvas) error {
	p := newPlot(d.Title, d.Axis, "")
	p.Y.LineStyle.Width, p.Y.Tick.LineStyle.Width, p.Y.Tick.Length = 0, 0, 0
	if err := d.rows(p); err != nil {
		return fmt.Errorf("draw %q: %w", d.Title, err)
	}
	p.Draw(draw.Crop(c, 0.4*vg.Centimeter, -0.6*vg.Centimeter, 0.3*vg.Centimeter, -0.4*vg.Centimeter))
	return nil
}

// rows adds lines, bars, dots and rings, the first row on top.
func (d Dots) rows(p *plot.Plot) error {
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = colourGrid, colourGrid
	p.Add(grid)
	var ours, controls spread
	var references plotter.XYs
	ticks := make([]plot.Tick, len(d.Rows))
	for i, r := range d.Rows {
		y := float64(len(d.Rows) - 1 - i)
		ticks[i] = plot.Tick{Value: y, Label: r.Label}
		if r.Control {
			controls.add(r, y)
		} else {
			ours.add(r, y)
		}
		if !math.IsNaN(r.Reference) {
			references = append(references, plotter.XY{X: r.Reference, Y: y})
		}
	}
	if len(ours.XYs)+len(controls.XYs) == 0 {
		return errors.New("no row has a mean")
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	marks := 0 // in the legend
	for _, s := range []struct {
		spread
		colour color.Color
		name   string
	}{{ours, colourOurs, "ours, mean and sd over seeds"}, {controls, colourControl, "control"}} {
		if len(s.XYs) == 0 {
			continue
		}
		bars, err := plotter.NewXErrorBars(s.spread)
		if err != nil {
			return err
		}
		bars.LineStyle = draw.LineStyle{Color: s.colour, Width: vg.Points(1.4)}
		bars.CapWidth = 2 * barCap
		if err := scatter(p, s.XYs, draw.GlyphStyle{Color: s.colour, Radius: vg.Points(4), Shape: draw.CircleGlyph{}}, s.name); err != nil {
			return err
		}
		p.Add(bars)
		marks++
	}
	if len(references) > 0 {
		marks++
		if err := scatter(p, references, draw.GlyphStyle{Color: colourPaper, Radius: vg.Points(5), Shape: ring{}}, "paper, on its own set"); err != nil {
			return err
		}
	}
	p.Legend.Top, p.Legend.Left = false, true
	p.Legend.Padding = vg.Points(2)
	// The legend has its own lines under the rows, so that it covers no mark.
	p.Y.Min, p.Y.Max = -.6-legendLine*float64(marks), float64(len(d.Rows))-.4
	margin := .03 * (p.X.Max - p.X.Min)
	p.X.Min, p.X.Max = p.X.Min-max(margin, 1e-3), p.X.Max+max(margin, 1e-3)
	return nil
}

func scatter(p *plot.Plot, xys plotter.XYs, style draw.GlyphStyle, name string) error {
	s, err := plotter.NewScatter(xys)
	if err != nil {
		return err
	}
	s.GlyphStyle = style
	p.Add(s)
	p.Legend.Add(name, s)
	return nil
}

// spread is points with bars, as the plotter takes them.
type spread struct {
	plotter.XYs
	sd []float64
}

func (s *spread) add(r Dot, y float64) {
	if math.IsNaN(r.Mean) {
		return
	}
	s.XYs = append(s.XYs, plotter.XY{X: r.Mean, Y: y})
	if math.IsNaN(r.SD) {
		r.SD = 0
	}
	s.sd = append(s.sd, r.SD)
}

// XError implements plotter.XErrorer.
func (s spread) XError(i int) (low, high float64) { return s.sd[i], s.sd[i] }

// ring is a hollow mark with a line wide enough to be seen.
type ring struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (ring) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: style.Color, Width: vg.Points(1.8)})
	var p vg.Path
	p.Move(vg.Point{X: at.X + style.Radius, Y: at.Y})
	p.Arc(at, style.Radius, 0, 2*math.Pi)
	p.Close()
	c.Stroke(p)
}
