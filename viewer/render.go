package viewer

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"sync"
)

// Layer is what one pane shows, from the ground up: a picture, on it the heat
// of a map or the fill of regions, then outlines and the legend.
type Layer struct {
	Extent     Size       // image coordinates span 0,0 .. Extent; the size of the original
	Background color.RGBA // where there is no picture

	Picture *Picture // nil: only the background
	Smooth  bool     // interpolate when zoomed in, for pictures coarser than the original

	Heat  *Heat         // drawn over the picture turned grey
	Fill  *Segmentation // drawn over the picture turned grey and darker
	Style FillStyle

	Shade *Shade // what is left out, nil for nothing
	Marks []Mark

	Outlines []Outline
	Selected int // region number drawn with a highlight, 0 for none

	Legend bool    // the scale of Heat
	Font   *Font   // nil: no letters
	Scale  float64 // screen pixels per desktop unit, for line widths; 0 means 1
}

// scale is how many screen pixels a desktop unit has.
func (l *Layer) scale() float64 {
	if l.Scale > 0 {
		return l.Scale
	}
	return 1
}

// exactZoom is the zoom from which pictures are drawn as plain squares. Below
// it, screen pixels that lie on the border of two image pixels mix them by
// area, because squares of two and of three screen pixels beside each other
// would invent a pattern.
const exactZoom = 4

// Renderer draws layers. It keeps its working memory between calls; the zero
// value is ready, and one renderer serves one goroutine.
type Renderer struct {
	raw      []byte // the row of the picture before it is tinted
	mixed    []byte // two rows of the source in one
	xs, ys   []tap
	mapX     []floatTap
	mapRow   []float32
	labelX   []int32
	coverage coverage
	lower    *Renderer // scratch of the other half
}

// tap says which two source positions one screen position mixes: the first
// with weight 256-w, the second with w.
type tap struct {
	i, j int32
	w    uint32
}

// window is the part of the pane that the image covers, in screen pixels.
type window struct{ x0, y0, x1, y1 int }

// Render draws the layer as seen through v into dst, whose rows must follow
// each other without gaps. The result is opaque.
func (r *Renderer) Render(dst *image.RGBA, v Viewport, l *Layer) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if dst.Stride != 4*w {
		panic("viewer: render into a padded image or a sub-image")
	}
	pane := Size{float64(w), float64(h)}
	extent := l.Extent
	if extent.Empty() && l.Picture != nil {
		extent = l.Picture.Size()
	}
	if l.Picture == nil || extent.Empty() || !(v.Zoom > 0) {
		fill(dst.Pix, l.Background)
		return
	}
	win := covered(v, extent, pane)
	surround(dst, win, l.Background)
	if win.x0 < win.x1 && win.y0 < win.y1 {
		r.halves(dst, v, l, extent, win)
		if l.Shade != nil {
			r.shade(dst, v, l, extent, win, l.scale())
		}
	}
	r.overlay(dst, v, l)
}

// covered returns the screen pixels whose middle lies on the image.
func covered(v Viewport, extent, pane Size) window {
	a := v.ToScreen(Point{}, pane)
	b := v.ToScreen(Point{extent.W, extent.H}, pane)
	first := func(f, n float64) int { return int(min(max(math.Ceil(f-0.5), 0), n)) }
	return window{first(a.X, pane.W), first(a.Y, pane.H), first(b.X, pane.W), first(b.Y, pane.H)}
}

// halves samples the upper and the lower half of a large window on two cores.
func (r *Renderer) halves(dst *image.RGBA, v Viewport, l *Layer, extent Size, win window) {
	const least = 128 // rows, below which a goroutine costs more than it saves
	if win.y1-win.y0 < least {
		r.rows(dst, v, l, extent, win)
		return
	}
	// The pyramid grows on first use; both halves must find it grown.
	level := r.prepare(v, l, extent, win, dst)
	if r.tinter(v, l, extent, win, dst) != nil {
		l.Picture.grey(level)
	}
	if r.lower == nil {
		r.lower = &Renderer{}
	}
	upper, lower := win, win
	upper.y1 = (win.y0 + win.y1) / 2
	lower.y0 = upper.y1
	var wg sync.WaitGroup
	wg.Go(func() { r.lower.rows(dst, v, l, extent, lower) })
	r.rows(dst, v, l, extent, upper)
	wg.Wait()
}

// rows samples the picture and tints it, row by row while it is in the cache.
func (r *Renderer) rows(dst *image.RGBA, v Viewport, l *Layer, extent Size, win window) {
	level := r.prepare(v, l, extent, win, dst)
	tint := r.tinter(v, l, extent, win, dst)
	width := win.x1 - win.x0
	if cap(r.raw) < 4*width {
		r.raw = make([]byte, 4*width)
	}
	r.raw = r.raw[:4*width]
	last := tap{i: -1}
	for y := win.y0; y < win.y1; y++ {
		t := r.ys[y-win.y0]
		row := dst.Pix[y*dst.Stride+4*win.x0:][:4*width]
		if t != last { // a magnified row repeats
			if tint == nil {
				r.sampleRow(l.Picture.level(level), t)
			} else {
				r.sampleGrey(l.Picture.grey(level), t)
			}
			last = t
		}
		if tint == nil {
			copy(row, r.raw)
			continue
		}
		tint(row, r.raw[:width], y)
	}
}

// prepare chooses the level of the picture's pyramid, fills the taps and returns
// the number of the level.
func (r *Renderer) prepare(v Viewport, l *Layer, extent Size, win window, dst *image.RGBA) int {
	size := l.Picture.Size()
	// Screen pixels per picture pixel; a picture may be coarser than the extent.
	zx, zy := v.Zoom*extent.W/size.W, v.Zoom*extent.H/size.H
	n := 0
	for z := min(zx, zy); z*float64(int(1)<<n) < 0.5; {
		n++
	}
	src := l.Picture.level(n)
	for n > 0 && l.Picture.level(n-1) == src { // the pyramid may end earlier
		n--
	}
	shrink := 1 / float64(int(1)<<n)
	origin := v.ToImage(Point{}, Size{float64(dst.Rect.Dx()), float64(dst.Rect.Dy())})
	r.xs = axis(r.xs, win.x0, win.x1, src.Rect.Dx(),
		origin.X*size.W/extent.W*shrink, shrink/zx, l.Smooth)
	r.ys = axis(r.ys, win.y0, win.y1, src.Rect.Dy(),
		origin.Y*size.H/extent.H*shrink, shrink/zy, l.Smooth)
	return n
}

// axis fills one tap for each screen position from..to. Screen position d sees
// the source at origin + (d + 1/2) step, where source pixel i covers i .. i+1.
func axis(taps []tap, from, to, n int, origin, step float64, smooth bool) []tap {
	taps = taps[:0]
	last := n - 1
	for d := from; d < to; d++ {
		u := origin + (float64(d)+0.5)*step
		var i, j int
		var w float64
		switch {
		case step > 1 || smooth: // between the middles of pixels
			f := math.Floor(u - 0.5)
			i, j, w = int(f), int(f)+1, u-0.5-f
		case step <= 1.0/exactZoom:
			i = int(math.Floor(u))
			j = i
		default: // by the area that the screen pixel covers
			i, j = int(math.Floor(u-step/2+1e-9)), int(math.Floor(u+step/2-1e-9))
			w = (u + step/2 - float64(j)) / step
			if i == j {
				w = 0
			}
		}
		t := tap{int32(min(max(i, 0), last)), int32(min(max(j, 0), last)), uint32(w*256 + 0.5)}
		if t.i == t.j || t.w == 0 {
			t.w, t.j = 0, t.i
		}
		taps = append(taps, t)
	}
	return taps
}

// sampleRow mixes one row of screen pixels: first the two source rows, two pixels
// at a time, then the neighbours in the result.
func (r *Renderer) sampleRow(src *image.RGBA, y tap) {
	w := 4 * src.Rect.Dx()
	row := src.Pix[int(y.i)*src.Stride:][:w]
	if y.w != 0 {
		from, to := 4*int(r.xs[0].i)&^7, 4*int(r.xs[len(r.xs)-1].j)+4
		if len(r.mixed) < w+8 {
			r.mixed = make([]byte, w+8)
		}
		mixRows(r.mixed[from:to], row[from:to], src.Pix[int(y.j)*src.Stride:][from:to], uint64(y.w))
		row = r.mixed[:w]
	}
	dst := r.raw[:4*len(r.xs)]
	for k := range r.xs {
		t := &r.xs[k]
		p := binary.LittleEndian.Uint32(row[4*t.i:])
		if t.w != 0 {
			p = mix(p, binary.LittleEndian.Uint32(row[4*t.j:]), t.w)
		}
		binary.LittleEndian.PutUint32(dst[4*k:], p|0xff000000)
	}
}

// sampleGrey is sampleRow for a picture without colour.
func (r *Renderer) sampleGrey(src *image.Gray, y tap) {
	row := src.Pix[int(y.i)*src.Stride:][:src.Stride]
	if y.w != 0 {
		from, to := int(r.xs[0].i)&^7, (int(r.xs[len(r.xs)-1].j)+8)&^7
		if len(r.mixed) < src.Stride {
			r.mixed = make([]byte, src.Stride)
		}
		mixRows(r.mixed[from:to], row[from:to], src.Pix[int(y.j)*src.Stride:][from:to], uint64(y.w))
		row = r.mixed[:src.Stride]
	}
	dst := r.raw[:len(r.xs)]
	for k := range dst {
		t := &r.xs[k]
		dst[k] = uint8((uint32(row[t.i])*(256-t.w) + uint32(row[t.j])*t.w) >> 8)
	}
}

// mixRows blends row b into row a with weight w of 256. Channels are mixed four
// at a time in one integer: 255 x 256 fits into 16 bits.
func mixRows(dst, a, b []byte, w uint64) {
	const even = 0x00ff00ff00ff00ff
	n := len(dst) &^ 7
	a, b = a[:len(dst)], b[:len(dst)]
	for i := 0; i < n; i += 8 {
		p, q := binary.LittleEndian.Uint64(a[i:]), binary.LittleEndian.Uint64(b[i:])
		low := ((p&even)*(256-w) + (q&even)*w) >> 8 & even
		high := ((p>>8&even)*(256-w) + (q>>8&even)*w) &^ even
		binary.LittleEndian.PutUint64(dst[i:], low|high)
	}
	if n < len(dst) {
		p, q := binary.LittleEndian.Uint32(a[n:]), binary.LittleEndian.Uint32(b[n:])
		binary.LittleEndian.PutUint32(dst[n:], mix(p, q, uint32(w)))
	}
}

// mix blends two pixels, b with weight w of 256.
func mix(a, b, w uint32) uint32 {
	const even = 0x00ff00ff
	low := ((a&even)*(256-w) + (b&even)*w) >> 8 & even
	high := ((a>>8&even)*(256-w) + (b>>8&even)*w) & 0xff00ff00
	return low | high
}

// surround paints what the image does not cover.
func surround(dst *image.RGBA, win window, c color.RGBA) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if win.x0 >= win.x1 || win.y0 >= win.y1 {
		fill(dst.Pix, c)
		return
	}
	fill(dst.Pix[:win.y0*dst.Stride], c)
	fill(dst.Pix[win.y1*dst.Stride:], c)
	if win.x0 == 0 && win.x1 == w {
		return
	}
	for y := win.y0; y < min(win.y1, h); y++ {
		row := dst.Pix[y*dst.Stride:][:4*w]
		fill(row[:4*win.x0], c)
		fill(row[4*win.x1:], c)
	}
}

// fill repeats one colour, doubling what is already there.
func fill(pix []byte, c color.RGBA) {
	if len(pix) < 4 {
		return
	}
	pix[0], pix[1], pix[2], pix[3] = c.R, c.G, c.B, 255
	for n := 4; n < len(pix); n *= 2 {
		copy(pix[n:], pix[:n])
	}
}
