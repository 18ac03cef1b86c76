package datasets

import (
	"fmt"
	"image"
)

// DecodeMask reads a ground-truth mask through the border: 255 where the part
// is defective, 0 elsewhere. Masks come in several habits and all are read:
// black and white, edges softened by resizing (from mid grey on it counts), and
// small class numbers instead of white (any number counts, except in a JPEG,
// whose compression makes such specks by itself).
func DecodeMask(path string) (*image.Gray, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, kind, err := decode(path, f)
	if err != nil {
		return nil, err
	}
	return blackAndWhite(m, kind == formatJPEG), nil
}

// blackAndWhite thresholds a sanitised picture in place of or as a new grey one.
func blackAndWhite(m image.Image, lossy bool) *image.Gray {
	g := brightness(m)
	const half = 128
	least, top := uint8(half), uint8(0)
	for _, v := range g.Pix {
		top = max(top, v)
	}
	if top < half && !lossy {
		least = 1
	}
	for i, v := range g.Pix {
		if g.Pix[i] = 0; v >= least {
			g.Pix[i] = 255
		}
	}
	return g
}

// brightness returns the largest channel of each pixel, so that a mask drawn
// in pure red is as good as a white one. Sixteen bits keep class numbers.
func brightness(m image.Image) *image.Gray {
	b := m.Bounds()
	out := image.NewGray(b)
	switch m := m.(type) {
	case *image.Gray:
		return m
	case *image.Gray16:
		for i := range out.Pix {
			out.Pix[i] = fold16(m.Pix[2*i], m.Pix[2*i+1])
		}
	case *image.RGBA:
		for i := range out.Pix {
			out.Pix[i] = max(m.Pix[4*i], m.Pix[4*i+1], m.Pix[4*i+2])
		}
	case *image.RGBA64:
		for i := range out.Pix {
			p := m.Pix[8*i:]
			out.Pix[i] = max(fold16(p[0], p[1]), fold16(p[2], p[3]), fold16(p[4], p[5]))
		}
	}
	return out
}

// fold16 makes 8 bits of 16 without losing a small number altogether.
func fold16(hi, lo uint8) uint8 {
	if hi == 0 && lo != 0 {
		return 1
	}
	return hi
}

// marked reports whether a mask marks anything.
func marked(m *image.Gray) bool {
	for _, v := range m.Pix {
		if v != 0 {
			return true
		}
	}
	return false
}

// fitMask brings a mask to the size of its picture. Copies of published sets
// are often resized on one side only; a different shape is a wrong mask.
func fitMask(m *image.Gray, size image.Point) (*image.Gray, error) {
	have := m.Rect.Size()
	if have == size {
		return m, nil
	}
	// Same shape within rounding: a pixel of either side.
	if d := have.X*size.Y - have.Y*size.X; max(d, -d) > max(have.X, have.Y, size.X, size.Y) {
		return nil, fmt.Errorf("the mask is %d x %d pixels but the picture %d x %d", have.X, have.Y, size.X, size.Y)
	}
	out := image.NewGray(image.Rectangle{Max: size})
	for y := range size.Y {
		src := m.Pix[(2*y+1)*have.Y/(2*size.Y)*m.Stride:]
		for x := range size.X {
			out.Pix[y*out.Stride+x] = src[(2*x+1)*have.X/(2*size.X)]
		}
	}
	return out, nil
}
