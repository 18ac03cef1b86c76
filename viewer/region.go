package viewer

import (
	"encoding/binary"
	"image/color"
	"math"
	"strconv"
)

// Segmentation is the picture cut into numbered regions: a grid of W x H cells
// in rows, stretched over the picture.
type Segmentation struct {
	W, H   int
	Labels []int32 // 0 is no region, n is region n
	// Core, when given, is non-zero for cells at or above the high threshold;
	// the rest of a region was only carried along by the low one.
	Core []uint8
	// Outlines, when nil, are traced from Labels by the viewer.
	Outlines []Outline
}

func (s *Segmentation) valid() bool {
	return s != nil && s.W > 0 && s.H > 0 && len(s.Labels) >= s.W*s.H &&
		(s.Core == nil || len(s.Core) >= s.W*s.H)
}

// At returns the region under the image point p of a picture of the given
// extent, 0 for none.
func (s *Segmentation) At(p Point, extent Size) int {
	if !s.valid() || extent.Empty() {
		return 0
	}
	x, y := int(math.Floor(p.X*float64(s.W)/extent.W)), int(math.Floor(p.Y*float64(s.H)/extent.H))
	if x < 0 || y < 0 || x >= s.W || y >= s.H {
		return 0
	}
	return int(s.Labels[y*s.W+x])
}

// Outline is the border of one region, in image coordinates.
type Outline struct {
	Region int
	Label  string      // short, drawn beside the region; "" for none
	Loops  [][]Point   // closed: the last point joins the first; holes are loops too
	Color  color.NRGBA // zero value: the colour of the high threshold
}

// Bounds returns the corners of the smallest rectangle around the outline.
func (o *Outline) Bounds() (a, b Point) {
	a = Point{math.Inf(1), math.Inf(1)}
	b = Point{math.Inf(-1), math.Inf(-1)}
	for _, loop := range o.Loops {
		for _, p := range loop {
			a.X, a.Y = min(a.X, p.X), min(a.Y, p.Y)
			b.X, b.Y = max(b.X, p.X), max(b.Y, p.Y)
		}
	}
	return a, b
}

// OutlinesOf traces the regions of a grid of labels as outlines in image
// coordinates of a picture of the given extent, numbered by their labels.
func OutlinesOf(labels []int32, w, h int, extent Size) []Outline {
	sx, sy := extent.W/float64(w), extent.H/float64(h)
	var all []Outline
	place := map[int32]int{}
	for _, c := range Contours(labels, w, h) {
		i, ok := place[c.Label]
		if !ok {
			i = len(all)
			place[c.Label] = i
			all = append(all, Outline{Region: int(c.Label), Label: strconv.Itoa(int(c.Label))})
		}
		loop := make([]Point, len(c.Points))
		for k, p := range c.Points {
			loop[k] = Point{float64(p.X) * sx, float64(p.Y) * sy}
		}
		all[i].Loops = append(all[i].Loops, loop)
	}
	return all
}

// FillStyle is the look of regions on the segmentation pane.
type FillStyle struct {
	Low, High color.NRGBA // cells above only the low threshold, and above the high one
	Opacity   float64     // of both, 0..1
	Dim       float64     // how much of the picture's brightness stays, 0..1
}

// fillTinter darkens the picture and lays the regions over it. Cells are drawn
// as they are, without interpolation: this pane shows the decision.
func (r *Renderer) fillTinter(s *Segmentation, style FillStyle, origin Point, zoom float64, extent Size, win window) func(row, grey []byte, y int) {
	kx, ky := float64(s.W)/extent.W, float64(s.H)/extent.H
	r.labelX = r.labelX[:0]
	for x := win.x0; x < win.x1; x++ {
		i := int(math.Floor((origin.X + (float64(x)+0.5)/zoom) * kx))
		r.labelX = append(r.labelX, int32(min(max(i, 0), s.W-1)))
	}
	dim := uint32(math.Round(min(max(style.Dim, 0), 1) * 256))
	keep := uint32(256 - math.Round(min(max(style.Opacity, 0), 1)*256))
	low, high := premultiplied(style.Low, 256-keep), premultiplied(style.High, 256-keep)
	return func(row, grey []byte, y int) {
		i := int(math.Floor((origin.Y + (float64(y)+0.5)/zoom) * ky))
		i = min(max(i, 0), s.H-1) * s.W
		labels := s.Labels[i:][:s.W]
		var core []uint8
		if s.Core != nil {
			core = s.Core[i:][:s.W]
		}
		for k, c := range r.labelX {
			g := uint32(grey[k])
			p := g * dim >> 8 * 0x010101
			if labels[c] != 0 {
				tint := high
				if core != nil && core[c] == 0 {
					tint = low
				}
				p = tint.over(g * keep)
			}
			binary.LittleEndian.PutUint32(row[4*k:], p|0xff000000)
		}
	}
}

// wide is a colour times its opacity, 8 bits after the point.
type wide struct{ r, g, b uint32 }

func premultiplied(c color.NRGBA, alpha uint32) wide {
	return wide{uint32(c.R) * alpha, uint32(c.G) * alpha, uint32(c.B) * alpha}
}

// over adds the colour to a grey that was already weighted by what is left.
func (c wide) over(g uint32) uint32 {
	return (c.r+g)>>8 | (c.g+g)&0xff00 | (c.b+g)<<8&0xff0000
}
