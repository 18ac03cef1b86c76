package viewer

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"
)

// coverage collects how much of each screen pixel a set of lines covers. Lines
// are joined by the maximum, not the sum, so that joints do not show; then the
// whole is laid over the picture at once.
type coverage struct {
	w, h  int
	ink   []uint8
	dirty image.Rectangle
}

// reset prepares for a pane of w x h pixels.
func (c *coverage) reset(w, h int) {
	if c.w == w && c.h == h {
		return
	}
	c.w, c.h = w, h
	c.ink = make([]uint8, w*h)
	c.dirty = image.Rectangle{}
}

// line covers the pixels within half a width of the segment a to b, with a soft
// edge of one pixel.
func (c *coverage) line(a, b Point, width float64) {
	reach := width/2 + 0.5
	box := image.Rectangle{ // not image.Rect, which would turn an empty one over
		Min: image.Pt(int(max(min(a.X, b.X)-reach, 0)), int(max(min(a.Y, b.Y)-reach, 0))),
		Max: image.Pt(int(math.Ceil(min(max(a.X, b.X)+reach, float64(c.w)))), int(math.Ceil(min(max(a.Y, b.Y)+reach, float64(c.h))))),
	}
	if box.Empty() {
		return
	}
	c.dirty = c.dirty.Union(box)
	dx, dy := b.X-a.X, b.Y-a.Y
	inverse := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		inverse = 1 / length
	}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		py := float64(y) + 0.5 - a.Y
		row := c.ink[y*c.w:][:c.w]
		for x := box.Min.X; x < box.Max.X; x++ {
			px := float64(x) + 0.5 - a.X
			t := min(max((px*dx+py*dy)*inverse, 0), 1)
			ex, ey := px-t*dx, py-t*dy
			d := ex*ex + ey*ey
			if d >= reach*reach {
				continue
			}
			if v := uint8(min(reach-math.Sqrt(d), 1) * 255); v > row[x] {
				row[x] = v
			}
		}
	}
}

// loop draws a closed line through the points. Points closer than a fraction of
// a pixel are passed over: a map of noise has tens of thousands of them.
func (c *coverage) loop(points []Point, width float64) {
	if len(points) == 0 {
		return
	}
	last := points[len(points)-1]
	for i, p := range points {
		if i < len(points)-1 && math.Abs(p.X-last.X)+math.Abs(p.Y-last.Y) < 0.7 {
			continue
		}
		c.line(last, p, width)
		last = p
	}
}

// lay blends the colour over dst wherever there is ink and takes the ink away.
func (c *coverage) lay(dst *image.RGBA, tone color.NRGBA) {
	pixel := uint32(tone.R) | uint32(tone.G)<<8 | uint32(tone.B)<<16 | 0xff000000
	for y := c.dirty.Min.Y; y < c.dirty.Max.Y; y++ {
		ink := c.ink[y*c.w+c.dirty.Min.X : y*c.w+c.dirty.Max.X]
		row := dst.Pix[y*dst.Stride+4*c.dirty.Min.X:][:4*len(ink)]
		for x, v := range ink {
			if v == 0 {
				continue
			}
			under := binary.LittleEndian.Uint32(row[4*x:])
			w := (uint32(v)*uint32(tone.A) + 127) / 255
			binary.LittleEndian.PutUint32(row[4*x:], mix(under, pixel, w+w>>7)|0xff000000)
			ink[x] = 0
		}
	}
	c.dirty = image.Rectangle{}
}

// box lays a filled rectangle with rounded corners over dst.
func (c *coverage) box(dst *image.RGBA, r image.Rectangle, radius float64, tone color.NRGBA) {
	clipped := r.Intersect(dst.Rect)
	for y := clipped.Min.Y; y < clipped.Max.Y; y++ {
		for x := clipped.Min.X; x < clipped.Max.X; x++ {
			px, py := float64(x)+0.5, float64(y)+0.5
			ex := max(float64(r.Min.X)+radius-px, px-float64(r.Max.X)+radius, 0)
			ey := max(float64(r.Min.Y)+radius-py, py-float64(r.Max.Y)+radius, 0)
			d := max(ex, ey)
			if ex > 0 && ey > 0 { // only in the corners
				d = math.Sqrt(ex*ex + ey*ey)
			}
			c.ink[y*c.w+x] = uint8(min(max(radius+0.5-d, 0), 1) * 255)
		}
	}
	c.dirty = c.dirty.Union(clipped)
	c.lay(dst, tone)
}
