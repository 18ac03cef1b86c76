package pixel

import "image"

// sample is a value of a sensor.
type sample interface{ uint8 | uint16 }

// plane is a sensor's picture before colours are made of it.
type plane[T sample] struct {
	w, h int
	v    []T
}

// at mirrors beyond the edge, which keeps the colour of the place: one beyond is
// one within.
func (p *plane[T]) at(x, y int) uint32 {
	return uint32(p.v[mirror(y, p.h)*p.w+mirror(x, p.w)])
}

func mirror(i, n int) int {
	if i < 0 {
		i = -i
	}
	if i >= n {
		i = 2*n - 2 - i
	}
	return max(i, 0) // of a single row or column
}

// debayer makes colours by the mean of the nearest samples of each.
func debayer[T sample](p *plane[T], t tile, set func(x, y int, r, g, b T)) {
	for y := range p.h {
		for x := range p.w {
			own := p.at(x, y)
			onX, onY := (x-t.x)%2 == 0, (y-t.y)%2 == 0
			switch {
			case onX == onY: // a place of red or blue
				g := (p.at(x-1, y) + p.at(x+1, y) + p.at(x, y-1) + p.at(x, y+1) + 2) / 4
				far := (p.at(x-1, y-1) + p.at(x+1, y-1) + p.at(x-1, y+1) + p.at(x+1, y+1) + 2) / 4
				if onX {
					set(x, y, T(own), T(g), T(far))
				} else {
					set(x, y, T(far), T(g), T(own))
				}
			default: // of green
				side := (p.at(x-1, y) + p.at(x+1, y) + 1) / 2
				over := (p.at(x, y-1) + p.at(x, y+1) + 1) / 2
				if onY { // in a row with red
					set(x, y, T(side), T(own), T(over))
				} else {
					set(x, y, T(over), T(own), T(side))
				}
			}
		}
	}
}

func bayer8(t tile) func(*buffer) image.Image {
	return func(b *buffer) image.Image {
		p := &plane[uint8]{b.w, b.h, make([]uint8, b.w*b.h)}
		for y := range b.h {
			copy(p.v[y*b.w:], b.row(y, b.w))
		}
		m := rgba(b.w, b.h)
		debayer(p, t, func(x, y int, r, g, bl uint8) {
			to := m.Pix[y*m.Stride+4*x:]
			to[0], to[1], to[2], to[3] = r, g, bl, 255
		})
		return m
	}
}

func bayer(read reader, t tile) func(*buffer) image.Image {
	return func(b *buffer) image.Image {
		p := &plane[uint16]{b.w, b.h, make([]uint16, b.w*b.h)}
		for y := range b.h {
			read(b, y, p.v[y*b.w:(y+1)*b.w])
		}
		m := rgba64(b.w, b.h)
		debayer(p, t, func(x, y int, r, g, bl uint16) {
			to := m.Pix[y*m.Stride+8*x:]
			to[0], to[1], to[2], to[3] = byte(r>>8), byte(r), byte(g>>8), byte(g)
			to[4], to[5], to[6], to[7] = byte(bl>>8), byte(bl), 255, 255
		})
		return m
	}
}
