package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars is a plot of groups of bars: a group per label, a bar per series.
type Bars struct {
	Title, Y string
	Labels   []string
	Series   []Series
}

// Series is the bars of one colour. NaN values are not drawn.
type Series struct {
	Name       string
	Values     []float64
	Error      []float64 // how far a whisker reaches upwards; nil: none
	References []float64 // published values, drawn as rings; nil: none
}

// width grows with the number of bars, so that none gets thinner than a line.
func (b Bars) width() vg.Length {
	return max(linesWidth, keyWidth+3*vg.Centimeter+vg.Length(len(b.Labels)*(len(b.Series)+1))*.28*vg.Centimeter)
}

// crowded reports whether labels side by side would run into each other.
func (b Bars) crowded(style draw.TextStyle) bool {
	room := (b.width() - keyWidth - 3*vg.Centimeter) / vg.Length(len(b.Labels))
	return slices.ContainsFunc(b.Labels, func(l string) bool { return style.Width(l) > .9*room })
}

// PNG draws the plot. It needs at least one value.
func (b Bars) PNG() ([]byte, error) { return asPNG(b.width(), linesHeight, b.paint) }

// SVG draws the plot as a drawing that can be enlarged.
func (b Bars) SVG() ([]byte, error) { return asSVG(b.width(), linesHeight, b.paint) }

func (b Bars) paint(c draw.Canvas) error {
	p := newPlot(b.Title, "", b.Y)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Transparent, colourGrid
	p.Add(grid)
	key := newKey(p)
	slot := 1 / float64(len(b.Series)+1) // a group is 1 wide, with a bar's width between groups
	drawn, published, top := false, false, 0.
	for i, s := range b.Series {
		ink := groupColours[i%len(groupColours)]
		for g := range b.Labels {
			left := float64(g) - .5 + (float64(i)+.5)*slot
			middle := left + slot/2
			if v := at(s.Values, g); !math.IsNaN(v) {
				bar, err := plotter.NewPolygon(plotter.XYs{{X: left, Y: 0}, {X: left, Y: v}, {X: left + .92*slot, Y: v}, {X: left + .92*slot, Y: 0}})
				if err != nil {
					return fmt.Errorf("draw %q: %w", b.Title, err)
				}
				bar.Color, bar.LineStyle.Width = ink, 0
				p.Add(bar)
				drawn, top = true, max(top, v)
				if e := at(s.Error, g); e > 0 {
					whisker, err := plotter.NewLine(plotter.XYs{{X: middle, Y: v}, {X: middle, Y: v + e}})
					if err != nil {
						return fmt.Errorf("draw %q: %w", b.Title, err)
					}
					whisker.LineStyle = draw.LineStyle{Color: colourText, Width: vg.Points(1)}
					p.Add(whisker)
					top = max(top, v+e)
				}
			}
			if r := at(s.References, g); !math.IsNaN(r) {
				mark, err := plotter.NewScatter(plotter.XYs{{X: middle, Y: r}})
				if err != nil {
					return fmt.Errorf("draw %q: %w", b.Title, err)
				}
				mark.GlyphStyle = draw.GlyphStyle{Color: colourText, Radius: vg.Points(3), Shape: ring{}}
				p.Add(mark)
				published, top = true, max(top, r)
			}
		}
		key.Add(s.Name, swatch{ink})
	}
	if !drawn {
		return fmt.Errorf("draw %q: there is nothing to draw", b.Title)
	}
	if published {
		key.Add("paper, its own data", ringThumb{})
	}
	ticks := make([]plot.Tick, len(b.Labels))
	for i, l := range b.Labels {
		ticks[i] = plot.Tick{Value: float64(i), Label: l}
	}
	p.X.Tick.Marker, p.X.Tick.Length = plot.ConstantTicks(ticks), 0
	if b.crowded(p.X.Tick.Label) {
		p.X.Tick.Label.Rotation = math.Pi / 7
		p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YTop
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -.6, float64(len(b.Labels))-.4, 0, max(1.05*top, 1e-6)
	drawBeside(c, p, &key)
	return nil
}

// at is a value that may not be there.
func at(v []float64, i int) float64 {
	if i >= len(v) {
		return math.NaN()
	}
	return v[i]
}

// swatch is a series' mark in the legend.
type swatch struct{ ink color.Color }

// Thumbnail implements plot.Thumbnailer.
func (s swatch) Thumbnail(c *draw.Canvas) {
	lift := (c.Max.Y - c.Min.Y) / 5
	c.FillPolygon(s.ink, []vg.Point{{X: c.Min.X, Y: c.Min.Y + lift}, {X: c.Min.X, Y: c.Max.Y - lift}, {X: c.Max.X, Y: c.Max.Y - lift}, {X: c.Max.X, Y: c.Min.Y + lift}})
}
