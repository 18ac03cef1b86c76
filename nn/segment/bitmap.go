package segment

import "math/bits"

// bitmap is a mask of w x h bits. Each row starts on a word; the bits of the
// last word beyond the width are always zero.
type bitmap struct {
	w, h, stride int
	tail         uint64 // the valid bits of a row's last word
	words        []uint64
	work         []uint64 // for the rows of a separable filter
}

// resize fits the bitmap to w x h without keeping its contents.
func (b *bitmap) resize(w, h int) {
	b.w, b.h, b.stride = w, h, (w+63)/64
	b.tail = ^uint64(0) >> (b.stride*64 - w)
	b.words = resize(b.words, b.stride*h)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func (b *bitmap) clear() { clear(b.words) }

// row returns the words of row y.
func (b *bitmap) row(y int) []uint64 { return b.words[y*b.stride : (y+1)*b.stride] }

func (b *bitmap) clearBit(x, y int) { b.words[y*b.stride+x>>6] &^= 1 << (x & 63) }

// atLeast sets the bits whose value is at or above t.
func (b *bitmap) atLeast(v []float32, t float32) {
	at := 0
	for y := range b.h {
		for i := range b.row(y) {
			n := min(64, b.w-i*64)
			var word uint64
			for j, x := range v[at : at+n] {
				var bit uint64
				if x >= t {
					bit = 1
				}
				word |= bit << j
			}
			b.words[y*b.stride+i] = word
			at += n
		}
	}
}

// fill sets the bits whose value passes.
func (b *bitmap) fill(v []float32, pass func(float32) bool) {
	b.clear()
	for y := range b.h {
		for x, val := range v[y*b.w : (y+1)*b.w] {
			if pass(val) {
				b.words[y*b.stride+x>>6] |= 1 << (x & 63)
			}
		}
	}
}

// copy makes b equal to a.
func (b *bitmap) copy(a *bitmap) {
	b.resize(a.w, a.h)
	copy(b.words, a.words)
}

// pad makes b equal to a with a margin of one clear bit all around.
func (b *bitmap) pad(a *bitmap) {
	b.resize(a.w+2, a.h+2)
	b.clear()
	for y := range a.h {
		out := b.row(y + 1)
		for i, w := range a.row(y) {
			out[i] |= w << 1
			if i+1 < len(out) {
				out[i+1] = w >> 63
			}
		}
	}
}

// crop makes b equal to the inside of a, its margin of one bit left out.
func (b *bitmap) crop(a *bitmap) {
	b.resize(a.w-2, a.h-2)
	for y := range b.h {
		out := b.row(y)
		for i := range out {
			out[i] = east(a.row(y+1), i)
		}
		out[b.stride-1] &= b.tail
	}
}

func (b *bitmap) or(a *bitmap) {
	for i, w := range a.words {
		b.words[i] |= w
	}
}

// invert turns every bit of the mask over.
func (b *bitmap) invert() {
	for y := range b.h {
		row := b.row(y)
		for i := range row {
			row[i] = ^row[i]
		}
		row[b.stride-1] &= b.tail
	}
}

// setRun and clearRun change the bits of one run.
func (b *bitmap) setRun(r run) { b.eachWord(r, func(w *uint64, m uint64) { *w |= m }) }

func (b *bitmap) clearRun(r run) { b.eachWord(r, func(w *uint64, m uint64) { *w &^= m }) }

func (b *bitmap) countRun(r run) (n int) {
	b.eachWord(r, func(w *uint64, m uint64) { n += bits.OnesCount64(*w & m) })
	return n
}

func (b *bitmap) eachWord(r run, f func(w *uint64, m uint64)) {
	row := b.row(int(r.y))
	first, last := int(r.lo)>>6, int(r.hi-1)>>6
	for i := first; i <= last; i++ {
		m := ^uint64(0)
		if i == first {
			m &= ^uint64(0) << (r.lo & 63)
		}
		if i == last {
			m &= ^uint64(0) >> (63 - (r.hi-1)&63)
		}
		f(&row[i], m)
	}
}

// dilate sets every bit with a set bit among its 3 x 3.
func (b *bitmap) dilate() {
	b.work = resize(b.work, len(b.words))
	for y := range b.h {
		row, out := b.row(y), b.work[y*b.stride:(y+1)*b.stride]
		for i, w := range row {
			out[i] = w | west(row, i) | east(row, i)
		}
		out[b.stride-1] &= b.tail
	}
	for y := range b.h {
		for i := y * b.stride; i < (y+1)*b.stride; i++ {
			w := b.work[i]
			if y > 0 {
				w |= b.work[i-b.stride]
			}
			if y < b.h-1 {
				w |= b.work[i+b.stride]
			}
			b.words[i] = w
		}
	}
}

// erode clears every bit with a clear bit among its 3 x 3; what lies outside
// the map clears nothing, so that a region is not eaten from the map's edge.
func (b *bitmap) erode() {
	b.invert()
	b.dilate()
	b.invert()
}

// clearFrame clears the outermost pixels of the map.
func (b *bitmap) clearFrame() {
	clear(b.row(0))
	clear(b.row(b.h - 1))
	for y := range b.h {
		b.clearBit(0, y)
		b.clearBit(b.w-1, y)
	}
}

// west and east return, for each bit of row[i], its left and right neighbour.
func west(row []uint64, i int) uint64 {
	w := row[i] << 1
	if i > 0 {
		w |= row[i-1] >> 63
	}
	return w
}

func east(row []uint64, i int) uint64 {
	w := row[i] >> 1
	if i < len(row)-1 {
		w |= row[i+1] << 63
	}
	return w
}
