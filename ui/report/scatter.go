package report

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Scatter is a map: points in groups, each with a colour and a shape. Its axes
// mean nothing and are left out.
type Scatter struct {
	Title  string
	Notes  []string // below the legend
	Groups []Group
}

// Group is the points of one colour and shape.
type Group struct {
	Name   string
	Points [][2]float64
	Hollow []bool // drawn as rings; nil: none
	Pale   bool   // in grey, behind the others
}

// Groups that follow each other differ in colour and in shape: Okabe and Ito's
// colours, which the colour-blind can tell apart, five shapes.
var (
	groupColours = []color.NRGBA{
		{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
		{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x24, 0x2b, 0x33, 0xff},
	}
	groupShapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.PyramidGlyph{}, draw.BoxGlyph{}, diamond{}, draw.PlusGlyph{}}
)

const (
	scatterWidth  = 20 * vg.Centimeter
	scatterHeight = 16 * vg.Centimeter
	scatterLegend = 5 * vg.Centimeter
)

// PNG draws the map as a picture.
func (s Scatter) PNG() ([]byte, error) { return asPNG(scatterWidth, scatterHeight, s.paint) }

// SVG draws the map as a drawing that can be enlarged.
func (s Scatter) SVG() ([]byte, error) { return asSVG(scatterWidth, scatterHeight, s.paint) }

func (s Scatter) paint(c draw.Canvas) error {
	p := newPlot(s.Title, "", "")
	p.X.LineStyle.Width, p.Y.LineStyle.Width = 0, 0
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks{}, plot.ConstantTicks{}
	legend := plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.TextStyle.Font.Variant, legend.TextStyle.Font.Size, legend.TextStyle.Color = "Sans", vg.Points(9), colourText
	legend.Padding = vg.Points(3)
	n := 0
	for _, g := range s.Groups {
		n += len(g.Points)
	}
	radius := vg.Points(2.6)
	if n > 3000 {
		radius = vg.Points(1.5)
	}
	for i, g := range s.Groups {
		style := draw.GlyphStyle{Color: groupColours[i%len(groupColours)], Shape: groupShapes[i%len(groupShapes)], Radius: radius}
		if g.Pale {
			style.Color, style.Shape = colourControl, draw.CircleGlyph{}
		}
		if err := g.add(p, &legend, style); err != nil {
			return fmt.Errorf("draw %q: %w", s.Title, err)
		}
	}
	square(p)
	margin := 0.5 * vg.Centimeter
	p.Draw(draw.Crop(c, margin, -scatterLegend, margin, -margin))
	legend.Draw(draw.Crop(c, scatterWidth-scatterLegend+margin/2, 0, margin, -1.4*vg.Centimeter))
	style := legend.TextStyle
	style.YAlign = draw.YBottom
	for i, note := range s.Notes {
		line := vg.Length(len(s.Notes) - 1 - i)
		c.FillText(style, vg.Point{X: scatterWidth - scatterLegend + margin/2, Y: margin + 0.5*vg.Centimeter*line}, note)
	}
	return nil
}

// add puts the points of g into the plot and its name into the legend.
func (g Group) add(p *plot.Plot, legend *plot.Legend, style draw.GlyphStyle) error {
	var full, hollow plotter.XYs
	for i, at := range g.Points {
		if g.Hollow != nil && g.Hollow[i] {
			hollow = append(hollow, plotter.XY{X: at[0], Y: at[1]})
		} else {
			full = append(full, plotter.XY{X: at[0], Y: at[1]})
		}
	}
	named := false
	for _, part := range []struct {
		at    plotter.XYs
		shape draw.GlyphDrawer
	}{{full, style.Shape}, {hollow, ring{}}} {
		if len(part.at) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(part.at)
		if err != nil {
			return err
		}
		dots.GlyphStyle = style
		dots.Shape = part.shape
		p.Add(dots)
		if !named {
			large := *dots
			large.Radius = vg.Points(4)
			legend.Add(fmt.Sprintf("%s (%d)", g.Name, len(g.Points)), &large)
			named = true
		}
	}
	return nil
}

// square gives both axes one scale.
func square(p *plot.Plot) {
	w, h := p.X.Max-p.X.Min, p.Y.Max-p.Y.Min
	side := max(w, h, 1e-9) * 1.04
	x, y := (p.X.Max+p.X.Min)/2, (p.Y.Max+p.Y.Min)/2
	p.X.Min, p.X.Max = x-side/2, x+side/2
	p.Y.Min, p.Y.Max = y-side/2, y+side/2
}

// diamond is a square that stands on its corner.
type diamond struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (diamond) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	c.SetColor(style.Color)
	r := style.Radius * 1.2
	var p vg.Path
	p.Move(vg.Point{X: at.X - r, Y: at.Y})
	p.Line(vg.Point{X: at.X, Y: at.Y + r})
	p.Line(vg.Point{X: at.X + r, Y: at.Y})
	p.Line(vg.Point{X: at.X, Y: at.Y - r})
	p.Close()
	c.Fill(p)
}
