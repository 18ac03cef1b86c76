package pixel

import "image"

// twoPixels are the formats in which two pixels share their colour.
var twoPixels = map[string]bool{"YUV422_8": true, "YUV422_8_UYVY": true, "YCbCr422_8": true, "YUV422Packed": true, "YUYV": true, "UYVY": true}

// tile is where red lies in the 2x2 cell of a Bayer sensor.
type tile struct{ x, y int }

func table() map[string]Format {
	all := map[string]Format{}
	add := func(bits int, read func(*buffer) image.Image, names ...string) {
		for _, n := range names {
			all[n] = Format{n, bits, read}
		}
	}
	add(8, mono8, "Mono8", "GREY")
	for _, n := range []int{10, 12, 14, 16} {
		add(16, mono(wide(n)), map[int]string{10: "Mono10", 12: "Mono12", 14: "Mono14", 16: "Mono16"}[n])
	}
	add(16, mono(wide(16)), "Y16")
	add(16, mono(wide(10)), "Y10")
	add(16, mono(wide(12)), "Y12")
	add(10, mono(dense(10)), "Mono10p")
	add(12, mono(dense(12)), "Mono12p")
	add(12, mono(gigePacked(10)), "Mono10Packed")
	add(12, mono(gigePacked(12)), "Mono12Packed")
	for name, t := range map[string]tile{"RG": {0, 0}, "GR": {1, 0}, "GB": {0, 1}, "BG": {1, 1}} {
		b := "Bayer" + name
		add(8, bayer8(t), b+"8")
		add(16, bayer(wide(10), t), b+"10")
		add(16, bayer(wide(12), t), b+"12")
		add(16, bayer(wide(16), t), b+"16")
		add(10, bayer(dense(10), t), b+"10p")
		add(12, bayer(dense(12), t), b+"12p")
		add(12, bayer(gigePacked(10), t), b+"10Packed")
		add(12, bayer(gigePacked(12), t), b+"12Packed")
	}
	for name, t := range map[string]tile{"RGGB": {0, 0}, "GRBG": {1, 0}, "GBRG": {0, 1}, "BA81": {1, 1}} {
		add(8, bayer8(t), name)
	}
	add(24, colour(3, 0, 1, 2), "RGB8", "RGB8Packed", "RGB3")
	add(24, colour(3, 2, 1, 0), "BGR8", "BGR8Packed", "BGR3")
	add(32, colour(4, 0, 1, 2), "RGBa8", "RGBA8Packed")
	add(32, colour(4, 2, 1, 0), "BGRa8", "BGRA8Packed")
	add(48, deepColour, "RGB16")
	add(16, yuv(0, 1, 3, false), "YUV422_8", "YCbCr422_8")
	add(16, yuv(1, 0, 2, false), "YUV422_8_UYVY", "YUV422Packed")
	add(16, yuv(0, 1, 3, true), "YUYV")
	add(16, yuv(1, 0, 2, true), "UYVY")
	return all
}

func mono8(b *buffer) image.Image {
	m := gray(b.w, b.h)
	for y := range b.h {
		copy(m.Pix[y*m.Stride:], b.row(y, b.w))
	}
	return m
}

// reader reads row y of samples, spread over 16 bits.
type reader func(b *buffer, y int, to []uint16)

// wide reads samples of n bits in two bytes, low byte first.
func wide(n int) reader {
	return func(b *buffer, y int, to []uint16) {
		row := b.row(y, 2*b.w)
		for x := range to {
			to[x] = spread(uint16(row[2*x])|uint16(row[2*x+1])<<8, n)
		}
	}
}

// dense reads samples of n bits one after the other, the low bits first: the
// formats of GenICam that end in p. Rows follow each other without a gap unless
// the buffer has a stride.
func dense(n int) reader {
	return func(b *buffer, y int, to []uint16) {
		bit := y * b.w * n
		if b.stride != 0 {
			bit = y * b.stride * 8
		}
		for x := range to {
			at := bit / 8
			v := uint32(b.b[at]) | uint32(next(b.b, at+1))<<8 | uint32(next(b.b, at+2))<<16
			to[x] = spread(uint16(v>>(bit%8)), n)
			bit += n
		}
	}
}

// gigePacked reads the older packing of GigE Vision: two samples in three bytes,
// their high eight bits first and last, the low ones between.
func gigePacked(n int) reader {
	low := n - 8
	mask := uint16(1)<<low - 1
	return func(b *buffer, y int, to []uint16) {
		first := y * b.w
		for x := range to {
			i := first + x
			base := i / 2 * 3
			if b.stride != 0 {
				i, base = x, y*b.stride+x/2*3
			}
			mid := uint16(next(b.b, base+1))
			if i%2 == 0 {
				to[x] = spread(uint16(b.b[base])<<low|mid&mask, n)
			} else {
				to[x] = spread(uint16(next(b.b, base+2))<<low|mid>>4&mask, n)
			}
		}
	}
}

// next is a byte, or 0 behind the end, where a last sample ends early.
func next(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return 0
}

func mono(read reader) func(*buffer) image.Image {
	return func(b *buffer) image.Image {
		m := gray16(b.w, b.h)
		row := make([]uint16, b.w)
		for y := range b.h {
			read(b, y, row)
			to := m.Pix[y*m.Stride:]
			for x, v := range row {
				to[2*x], to[2*x+1] = byte(v>>8), byte(v)
			}
		}
		return m
	}
}

// colour reads n bytes per pixel with red, green and blue at their places; a
// fourth byte is not looked at.
func colour(n, r, g, bl int) func(*buffer) image.Image {
	return func(b *buffer) image.Image {
		m := rgba(b.w, b.h)
		for y := range b.h {
			row, to := b.row(y, n*b.w), m.Pix[y*m.Stride:]
			for x := range b.w {
				p := row[n*x : n*x+n]
				to[4*x], to[4*x+1], to[4*x+2], to[4*x+3] = p[r], p[g], p[bl], 255
			}
		}
		return m
	}
}

// deepColour reads RGB of 16 bits, low byte first.
func deepColour(b *buffer) image.Image {
	m := rgba64(b.w, b.h)
	for y := range b.h {
		row, to := b.row(y, 6*b.w), m.Pix[y*m.Stride:]
		for x := range b.w {
			for c := range 3 {
				to[8*x+2*c], to[8*x+2*c+1] = row[6*x+2*c+1], row[6*x+2*c]
			}
			to[8*x+6], to[8*x+7] = 255, 255
		}
	}
	return m
}

// yuv reads two pixels in four bytes: the first brightness at y0 and the second
// two after it, the colour of both at u and v. Video has black at 16 and white
// at 235, still cameras use all values; the matrix is BT.601 in both.
func yuv(y0, u, v int, video bool) func(*buffer) image.Image {
	scale, off, rv, gu, gv, bu := int32(65536), int32(0), int32(91881), int32(22554), int32(46802), int32(116130)
	if video {
		scale, off, rv, gu, gv, bu = 76309, 16, 104597, 25675, 53279, 132201
	}
	return func(b *buffer) image.Image {
		m := rgba(b.w, b.h)
		for y := range b.h {
			row, to := b.row(y, 2*b.w), m.Pix[y*m.Stride:]
			for x := 0; x < b.w; x += 2 {
				p := row[2*x : 2*x+4]
				cb, cr := int32(p[u])-128, int32(p[v])-128
				r, g, bl := rv*cr, -gu*cb-gv*cr, bu*cb
				for k := range 2 {
					l := scale*(int32(p[y0+2*k])-off) + 1<<15
					q := to[4*(x+k) : 4*(x+k)+4]
					q[0], q[1], q[2], q[3] = clip(l+r), clip(l+g), clip(l+bl), 255
				}
			}
		}
		return m
	}
}

func clip(v int32) uint8 { return uint8(min(max(v>>16, 0), 255)) }
