package viewer

import (
	"encoding/binary"
	"image"
	"math"
)

// Scalar is a field of W x H numbers in rows, stretched over the picture; the
// anomaly map.
type Scalar struct {
	W, H int
	V    []float32
}

// valid reports whether the field can be read without looking at its sizes
// again.
func (s *Scalar) valid() bool {
	return s != nil && s.W > 0 && s.H > 0 && len(s.V) >= s.W*s.H
}

// At returns the value of the cell under the image point p of a picture of the
// given extent.
func (s *Scalar) At(p Point, extent Size) (float32, bool) {
	if !s.valid() || extent.Empty() {
		return 0, false
	}
	x, y := int(math.Floor(p.X*float64(s.W)/extent.W)), int(math.Floor(p.Y*float64(s.H)/extent.H))
	if x < 0 || y < 0 || x >= s.W || y >= s.H {
		return 0, false
	}
	return s.V[y*s.W+x], true
}

// Heat is a scalar field with the scale on which it is shown. The scale is
// fixed by the caller, never by the values, so that a colour means the same on
// every part.
type Heat struct {
	Low, High float32 // thresholds, drawn in the legend
	Max       float32 // upper end of the scale

	w, h   int
	levels []float32   // the field in 0..255 of the colour map
	tints  [256]uint64 // colours times opacity: R, G, B in 16 bits each
	keep   uint64      // weight of the picture, 256 - opacity, in three lanes
	colors *Map
}

// NewHeat prepares a field for showing on the scale 0 .. limit. Opacity runs
// from 0 (only the picture) to 1 (only the map).
func NewHeat(s *Scalar, limit float32, colors *Map, opacity float64) *Heat {
	if !s.valid() {
		return nil
	}
	h := &Heat{Max: limit, w: s.W, h: s.H}
	h.levels = make([]float32, s.W*s.H)
	h.rescale(s)
	h.SetLook(colors, opacity)
	return h
}

// rescale maps the field to colour numbers. A value that is no number is shown
// at the top of the scale: what could not be computed must not look good.
func (h *Heat) rescale(s *Scalar) {
	k := float32(255)
	if h.Max > 0 {
		k /= h.Max
	}
	for i, v := range s.V[:len(h.levels)] {
		f := v * k
		if f != f {
			f = 255
		}
		h.levels[i] = min(max(f, 0), 255)
	}
}

// SetLook changes the colour map and the opacity.
func (h *Heat) SetLook(colors *Map, opacity float64) {
	h.colors = colors
	alpha := uint64(math.Round(min(max(opacity, 0), 1) * 256))
	h.keep = (256 - alpha) * 0x000100010001
	for i, c := range colors {
		h.tints[i] = alpha * (uint64(c.R) | uint64(c.G)<<16 | uint64(c.B)<<32)
	}
}

// floatTap is a tap on the field, with the weight of the second cell.
type floatTap struct {
	i, j int32
	w    float32
}

func floatAxis(taps []floatTap, from, to, n int, origin, step float64) []floatTap {
	taps = taps[:0]
	for d := from; d < to; d++ {
		u := origin + (float64(d)+0.5)*step - 0.5
		f := math.Floor(u)
		i, j := min(max(int(f), 0), n-1), min(max(int(f)+1, 0), n-1)
		taps = append(taps, floatTap{int32(i), int32(j), float32(u - f)})
	}
	return taps
}

// tinter returns the function that colours one row of grey picture pixels, or
// nil if the layer shows the plain picture.
func (r *Renderer) tinter(v Viewport, l *Layer, extent Size, win window, dst *image.RGBA) func(row, grey []byte, y int) {
	origin := v.ToImage(Point{}, Size{float64(dst.Rect.Dx()), float64(dst.Rect.Dy())})
	switch {
	case l.Heat != nil:
		return r.heatTinter(l.Heat, origin, v.Zoom, extent, win)
	case l.Fill != nil:
		return r.fillTinter(l.Fill, l.Style, origin, v.Zoom, extent, win)
	}
	return nil
}

func (r *Renderer) heatTinter(h *Heat, origin Point, zoom float64, extent Size, win window) func(row, grey []byte, y int) {
	kx, ky := float64(h.w)/extent.W, float64(h.h)/extent.H
	r.mapX = floatAxis(r.mapX, win.x0, win.x1, h.w, origin.X*kx, kx/zoom)
	if cap(r.mapRow) < h.w {
		r.mapRow = make([]float32, h.w)
	}
	r.mapRow = r.mapRow[:h.w]
	first, last := r.mapX[0].i, r.mapX[len(r.mapX)-1].j
	return func(row, grey []byte, y int) {
		u := origin.Y*ky + (float64(y)+0.5)*ky/zoom - 0.5
		f := math.Floor(u)
		a := h.levels[min(max(int(f), 0), h.h-1)*h.w:][:h.w]
		b := h.levels[min(max(int(f)+1, 0), h.h-1)*h.w:][:h.w]
		w := float32(u - f)
		for i := first; i <= last; i++ { // down first: the field is coarser than the pane
			r.mapRow[i] = a[i] + (b[i]-a[i])*w
		}
		h.tint(row, grey, r.mapX, r.mapRow)
	}
}

func (h *Heat) tint(row, grey []byte, taps []floatTap, values []float32) {
	grey = grey[:len(taps)]
	for k := range taps {
		t := &taps[k]
		v := values[t.i]
		v += (values[t.j] - v) * t.w
		tint := h.tints[uint8(int32(v+0.5))]
		g := uint64(grey[k]) * h.keep // in each of three lanes, then the upper byte of each
		p := (tint + g) >> 8 & 0x00ff00ff00ff
		binary.LittleEndian.PutUint32(row[4*k:], uint32(p&0xff|p>>8&0xff00|p>>16&0xff0000)|0xff000000)
	}
}
