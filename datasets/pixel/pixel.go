// Package pixel turns the pixels of cameras, as they lie in a buffer, into the
// pictures that pass the border of datasets: opaque, packed, 8 or 16 bits.
//
// Names are those of the GenICam Pixel Format Naming Convention, with those of
// V4L2 beside them. Depth is kept: 10 and 12 bits are spread over 16, so that
// white is white, by repeating their highest bits below the lowest.
package pixel

import (
	"fmt"
	"image"
	"maps"
	"slices"
)

// Format is a way for pixels to lie in memory.
type Format struct {
	Name string
	bits int // that a pixel takes
	read func(b *buffer) image.Image
}

// MaxPixels bounds a picture before anything is allocated for it.
const MaxPixels = 100_000_000

// maxSide bounds each side.
const maxSide = 32768

// formats by name.
var formats = table()

// Named returns a format by its GenICam or V4L2 name.
func Named(name string) (Format, error) {
	f, ok := formats[name]
	if !ok {
		return Format{}, fmt.Errorf("pixel format %s is not known here: choose another in the camera, such as Mono8 or BayerRG8", name)
	}
	return f, nil
}

// Names lists the formats.
func Names() []string { return slices.Sorted(maps.Keys(formats)) }

// buffer is what a camera sent.
type buffer struct {
	w, h   int
	stride int // bytes of a row; for packed formats rows follow each other bit by bit when it is 0
	b      []byte
}

// Size returns the bytes of a picture whose rows have no gaps.
func (f Format) Size(w, h int) int { return (w*h*f.bits + 7) / 8 }

// Row returns the bytes of a row without a gap.
func (f Format) Row(w int) int { return (w*f.bits + 7) / 8 }

// Decode makes a picture of w x h pixels whose rows are stride bytes apart; 0
// means without gaps. It keeps nothing of data. What does not fit is an error.
func (f Format) Decode(w, h, stride int, data []byte) (image.Image, error) {
	if f.read == nil {
		return nil, fmt.Errorf("decode a camera picture: no pixel format")
	}
	if w <= 0 || h <= 0 || w > maxSide || h > maxSide || w*h > MaxPixels {
		return nil, fmt.Errorf("decode a camera picture: %d x %d pixels are outside what can be inspected", w, h)
	}
	if f.pairs() && w%2 != 0 {
		return nil, fmt.Errorf("decode a camera picture: %s comes in pairs of pixels, and the width %d is odd", f.Name, w)
	}
	row := f.Row(w)
	need := f.Size(w, h)
	if stride == row && (w*f.bits)%8 == 0 {
		stride = 0
	}
	if stride != 0 {
		if stride < row {
			return nil, fmt.Errorf("decode a camera picture: rows of %d bytes are too short for %d pixels of %s", stride, w, f.Name)
		}
		need = stride*(h-1) + row
	}
	if len(data) < need {
		return nil, fmt.Errorf("decode a camera picture: %d bytes are too few for %d x %d pixels of %s", len(data), w, h, f.Name)
	}
	return f.read(&buffer{w, h, stride, data[:need]}), nil
}

// pairs reports whether two pixels share their colour.
func (f Format) pairs() bool { return f.bits == 16 && f.read != nil && twoPixels[f.Name] }

// row returns the bytes of row y of a format with whole bytes per row.
func (b *buffer) row(y, bytes int) []byte {
	stride := b.stride
	if stride == 0 {
		stride = bytes
	}
	return b.b[y*stride : y*stride+bytes]
}

func gray(w, h int) *image.Gray     { return image.NewGray(image.Rect(0, 0, w, h)) }
func gray16(w, h int) *image.Gray16 { return image.NewGray16(image.Rect(0, 0, w, h)) }
func rgba(w, h int) *image.RGBA     { return image.NewRGBA(image.Rect(0, 0, w, h)) }
func rgba64(w, h int) *image.RGBA64 { return image.NewRGBA64(image.Rect(0, 0, w, h)) }

// spread widens a sample of n bits to 16.
func spread(v uint16, n int) uint16 {
	v &= 1<<n - 1
	return v<<(16-n) | v>>(2*n-16)
}
