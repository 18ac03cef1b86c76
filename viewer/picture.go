package viewer

import (
	"image"
	"image/draw"
)

// Picture is an opaque image with a pyramid of halved copies, so that showing a
// large picture small costs no more than showing a small one. The copies are
// made when first needed, or by Prepare.
type Picture struct {
	levels []*image.RGBA // halves of the one before; [0] is the picture itself
	greys  []*image.Gray // the same without colour, for panes that tint; nil until needed
}

// smallestLevel ends the pyramid: below it a level saves nothing.
const smallestLevel = 64

// NewPicture wraps an image for showing. A sub-image, or one with padding
// between its rows, is copied first: the rest of the package counts on rows
// that follow each other. A nil or empty image gives nil.
func NewPicture(src *image.RGBA) *Picture {
	if src == nil || src.Rect.Empty() {
		return nil
	}
	if src.Rect.Min != (image.Point{}) || src.Stride != 4*src.Rect.Dx() {
		packed := image.NewRGBA(image.Rect(0, 0, src.Rect.Dx(), src.Rect.Dy()))
		draw.Draw(packed, packed.Rect, src, src.Rect.Min, draw.Src)
		src = packed
	}
	return &Picture{levels: []*image.RGBA{src}}
}

// Image returns the picture itself, at full size.
func (p *Picture) Image() *image.RGBA { return p.levels[0] }

// Size returns the full size in pixels.
func (p *Picture) Size() Size {
	b := p.levels[0].Rect
	return Size{float64(b.Dx()), float64(b.Dy())}
}

// Prepare makes all levels, so that none has to be made while painting.
func (p *Picture) Prepare() {
	if p != nil {
		p.level(64)
	}
}

// level returns the n-th halving, or the last there is.
func (p *Picture) level(n int) *image.RGBA {
	for len(p.levels) <= n {
		last := p.levels[len(p.levels)-1]
		if max(last.Rect.Dx(), last.Rect.Dy()) < 2*smallestLevel || min(last.Rect.Dx(), last.Rect.Dy()) < 2 {
			break
		}
		p.levels = append(p.levels, halve(last))
	}
	return p.levels[min(n, len(p.levels)-1)]
}

// grey returns the n-th halving without colour. Its rows are padded to whole
// groups of eight, so that they can be read as such.
func (p *Picture) grey(n int) *image.Gray {
	src := p.level(n)
	for len(p.greys) <= n {
		p.greys = append(p.greys, nil)
	}
	if p.greys[n] == nil {
		p.greys[n] = greyOf(src)
	}
	return p.greys[n]
}

func greyOf(src *image.RGBA) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	stride := (w + 7) &^ 7
	dst := &image.Gray{Pix: make([]uint8, stride*h), Stride: stride, Rect: image.Rect(0, 0, w, h)}
	for y := range h {
		a := src.Pix[y*src.Stride:][:4*w]
		d := dst.Pix[y*stride:][:w]
		for x := range d {
			q := a[4*x : 4*x+4 : 4*x+4]
			// Luma by ITU-R BT.601.
			d[x] = uint8((uint(q[0])*77 + uint(q[1])*150 + uint(q[2])*29 + 128) >> 8)
		}
	}
	return dst
}

// halve averages squares of two by two pixels. An odd last row or column is
// dropped: levels are addressed by powers of two and reading past the end gives
// the last pixel, so nothing shifts.
func halve(src *image.RGBA) *image.RGBA {
	w, h := src.Rect.Dx()/2, src.Rect.Dy()/2
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		a := src.Pix[2*y*src.Stride:][:8*w]
		b := src.Pix[(2*y+1)*src.Stride:][:8*w]
		d := dst.Pix[y*dst.Stride:][:4*w]
		for x := 0; x < len(d); x += 4 {
			halvePixel(d[x:x+4:x+4], a[2*x:2*x+8:2*x+8], b[2*x:2*x+8:2*x+8])
		}
	}
	return dst
}

func halvePixel(d, a, b []uint8) {
	d[0] = uint8((uint(a[0]) + uint(a[4]) + uint(b[0]) + uint(b[4]) + 2) >> 2)
	d[1] = uint8((uint(a[1]) + uint(a[5]) + uint(b[1]) + uint(b[5]) + 2) >> 2)
	d[2] = uint8((uint(a[2]) + uint(a[6]) + uint(b[2]) + uint(b[6]) + 2) >> 2)
	d[3] = 255
}
