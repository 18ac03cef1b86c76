package report

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Picture is anything that can be drawn for a screen and for print. The same
// content gives the same bytes.
type Picture interface {
	PNG() ([]byte, error)
	SVG() ([]byte, error)
}

// Inks are the colours in which figures are drawn on white, that of text first.
func Inks() []color.NRGBA {
	return append([]color.NRGBA{colourText, colourOurs, colourControl, colourPaper}, groupColours...)
}

// newPlot returns an empty plot in the look that all figures share.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.X.Tick.Marker, p.Y.Tick.Marker = shortTicks{}, shortTicks{}
	p.Title.Padding = 0.3 * vg.Centimeter
	for _, f := range []*font.Font{
		&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font,
		&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font,
	} {
		f.Variant, f.Size = "Sans", vg.Points(10)
	}
	p.Title.TextStyle.Font.Size = vg.Points(12)
	for _, c := range []*color.Color{
		&p.Title.TextStyle.Color, &p.X.Label.TextStyle.Color, &p.Y.Label.TextStyle.Color,
		&p.X.Tick.Label.Color, &p.Y.Tick.Label.Color,
		&p.X.Color, &p.X.Tick.Color, &p.Y.Color, &p.Y.Tick.Color, &p.Legend.TextStyle.Color,
	} {
		*c = colourText
	}
	return p
}

// shortTicks are the usual ones without zeros that all of them end in.
type shortTicks struct{ plot.DefaultTicks }

// Ticks implements plot.Ticker.
func (s shortTicks) Ticks(low, high float64) []plot.Tick {
	all := s.DefaultTicks.Ticks(low, high)
	for {
		for _, t := range all {
			if t.Label != "" && (!strings.Contains(t.Label, ".") || !strings.HasSuffix(t.Label, "0") && !strings.HasSuffix(t.Label, ".")) {
				return all
			}
		}
		labels := 0
		for i := range all {
			if l := len(all[i].Label); l > 0 {
				all[i].Label, labels = all[i].Label[:l-1], labels+1
			}
		}
		if labels == 0 {
			return all
		}
	}
}

// asPNG draws on a canvas of pixels.
func asPNG(w, h vg.Length, paint func(draw.Canvas) error) ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(dotsDPI))
	return finish(draw.New(c), vgimg.PngCanvas{Canvas: c}, paint)
}

// asSVG draws on a canvas that can be enlarged.
func asSVG(w, h vg.Length, paint func(draw.Canvas) error) ([]byte, error) {
	c := vgsvg.New(w, h)
	return finish(draw.New(c), c, paint)
}

func finish(c draw.Canvas, to io.WriterTo, paint func(draw.Canvas) error) ([]byte, error) {
	if err := paint(c); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := to.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("draw: %w", err)
	}
	return b.Bytes(), nil
}

// inset leaves a margin around a plot.
func inset(c draw.Canvas) draw.Canvas {
	return draw.Crop(c, 0.4*vg.Centimeter, -0.5*vg.Centimeter, 0.3*vg.Centimeter, -0.4*vg.Centimeter)
}
