package datasets

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
)

// sanitise turns whatever a decoder made into one of the four pictures that
// pass the border: opaque, bounds at 0,0, rows packed. palette is the number of
// colours that the header promised, 0 where the format has none.
//
// Transparency is laid over black, which for the usual opaque picture changes
// nothing. Where every pixel is fully transparent the alpha channel means
// nothing (a common mistake of 32-bit BMP writers) and is ignored.
func sanitise(m image.Image, palette int) (image.Image, error) {
	b := m.Bounds()
	if b.Empty() {
		return nil, refusal(ErrDamaged, nil, "it has no pixels", "export the picture again")
	}
	switch m := m.(type) {
	case *image.Paletted:
		return fromPalette(m, palette)
	case *image.Gray:
		return packGray(m), nil
	case *image.Gray16:
		return packGray16(m), nil
	case *image.NRGBA:
		return opaqueNRGBA(m), nil
	case *image.RGBA:
		return opaqueRGBA(m), nil
	case *image.NRGBA64:
		return opaqueNRGBA64(m), nil
	case *image.RGBA64:
		return opaqueRGBA64(m), nil
	default: // YCbCr, CMYK, YCbCr with alpha: 8 bits deep
		dst := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
		draw.Draw(dst, dst.Rect, image.Black, image.Point{}, draw.Src)
		draw.Draw(dst, dst.Rect, m, b.Min, draw.Over)
		return dst, nil
	}
}

// fromPalette looks every index up with a check: a file may use more colours
// than it has, and libraries further in would die of it. A palette of greys,
// as cameras write into BMP files, becomes a grey picture.
func fromPalette(m *image.Paletted, promised int) (image.Image, error) {
	n := len(m.Palette)
	if promised > 0 {
		n = min(n, promised) // the PNG decoder pads a palette that is too short
	}
	table := make([]color.RGBA, n)
	grey := true
	for i := range table {
		r, g, b, _ := m.Palette[i].RGBA() // premultiplied: over black
		c := color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
		grey = grey && c.R == c.G && c.G == c.B
		table[i] = c
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	dst := pixels{w: w, h: h, bytes: 4}
	if grey {
		dst.bytes = 1
	}
	dst.pix = make([]byte, w*h*dst.bytes)
	for y := range h {
		for x, i := range m.Pix[y*m.Stride : y*m.Stride+w] {
			if int(i) >= n {
				return nil, refusal(ErrDamaged, nil,
					fmt.Sprintf("its palette has %d colours but a pixel asks for number %d", n, i),
					"export the picture again")
			}
			c, at := table[i], (y*w+x)*dst.bytes
			if grey {
				dst.pix[at] = c.R
				continue
			}
			copy(dst.pix[at:at+4], []byte{c.R, c.G, c.B, 255})
		}
	}
	if grey {
		return &image.Gray{Pix: dst.pix, Stride: w, Rect: image.Rect(0, 0, w, h)}, nil
	}
	return &image.RGBA{Pix: dst.pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}, nil
}

// packed returns the bytes of a w x h picture without gaps between rows,
// sharing them where there are none.
func packed(pix []byte, stride, w, h, bytes int) []byte {
	row := w * bytes
	if stride == row {
		return pix[:row*h]
	}
	out := make([]byte, row*h)
	for y := range h {
		copy(out[y*row:(y+1)*row], pix[y*stride:])
	}
	return out
}

func packGray(m *image.Gray) *image.Gray {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	return &image.Gray{Pix: packed(m.Pix, m.Stride, w, h, 1), Stride: w, Rect: image.Rect(0, 0, w, h)}
}

func packGray16(m *image.Gray16) *image.Gray16 {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	return &image.Gray16{Pix: packed(m.Pix, m.Stride, w, h, 2), Stride: 2 * w, Rect: image.Rect(0, 0, w, h)}
}

func opaqueRGBA(m *image.RGBA) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	pix := packed(m.Pix, m.Stride, w, h, 4)
	for i := 3; i < len(pix); i += 4 {
		pix[i] = 255 // already premultiplied, that is over black
	}
	return &image.RGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
}

func opaqueNRGBA(m *image.NRGBA) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	pix := packed(m.Pix, m.Stride, w, h, 4)
	blank := true
	for i := 3; i < len(pix) && blank; i += 4 {
		blank = pix[i] == 0
	}
	for i := 0; i < len(pix); i += 4 {
		a := uint32(pix[i+3])
		if a != 255 && !blank {
			for c := i; c < i+3; c++ {
				pix[c] = uint8((uint32(pix[c])*a + 127) / 255)
			}
		}
		pix[i+3] = 255
	}
	return &image.RGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
}

func opaqueRGBA64(m *image.RGBA64) *image.RGBA64 {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	pix := packed(m.Pix, m.Stride, w, h, 8)
	for i := 6; i < len(pix); i += 8 {
		pix[i], pix[i+1] = 255, 255
	}
	return &image.RGBA64{Pix: pix, Stride: 8 * w, Rect: image.Rect(0, 0, w, h)}
}

func opaqueNRGBA64(m *image.NRGBA64) *image.RGBA64 {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	pix := packed(m.Pix, m.Stride, w, h, 8)
	blank := true
	for i := 6; i < len(pix) && blank; i += 8 {
		blank = pix[i] == 0 && pix[i+1] == 0
	}
	for i := 0; i < len(pix); i += 8 {
		a := uint64(pix[i+6])<<8 | uint64(pix[i+7])
		if a != 0xffff && !blank {
			for c := i; c < i+6; c += 2 {
				v := ((uint64(pix[c])<<8|uint64(pix[c+1]))*a + 0x7fff) / 0xffff
				pix[c], pix[c+1] = uint8(v>>8), uint8(v)
			}
		}
		pix[i+6], pix[i+7] = 255, 255
	}
	return &image.RGBA64{Pix: pix, Stride: 8 * w, Rect: image.Rect(0, 0, w, h)}
}

// turn makes a sanitised picture upright.
func turn(m image.Image, o orientation) image.Image {
	if o <= upright || o > 8 {
		return m
	}
	b := m.Bounds()
	p := pixels{w: b.Dx(), h: b.Dy()}
	switch m := m.(type) {
	case *image.Gray:
		p.pix, p.stride, p.bytes = m.Pix, m.Stride, 1
		w, h, pix := p.turned(o)
		return &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
	case *image.Gray16:
		p.pix, p.stride, p.bytes = m.Pix, m.Stride, 2
		w, h, pix := p.turned(o)
		return &image.Gray16{Pix: pix, Stride: 2 * w, Rect: image.Rect(0, 0, w, h)}
	case *image.RGBA:
		p.pix, p.stride, p.bytes = m.Pix, m.Stride, 4
		w, h, pix := p.turned(o)
		return &image.RGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	case *image.RGBA64:
		p.pix, p.stride, p.bytes = m.Pix, m.Stride, 8
		w, h, pix := p.turned(o)
		return &image.RGBA64{Pix: pix, Stride: 8 * w, Rect: image.Rect(0, 0, w, h)}
	}
	return m
}
