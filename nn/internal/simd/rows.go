package simd

import "math"

// Rows holds vectors of D numbers for many owners, in blocks of eight that lie
// side by side number by number, so that eight products are made at a time.
// Where every number is exact in half precision, as in tables that come from a
// recipe's file, they are kept so: reading them is what takes the time.
type Rows struct {
	D     int
	start []int32 // owner, and the end: blocks
	count []int32 // owner: vectors
	group int     // blocks that lie side by side
	half  []uint16
	full  []float32
}

const block = 8

// newRows packs data, rows of d numbers one after the other, of which owner i has
// those from start[i] to start[i+1].
func newRows(data []float32, d int, start []int, group int) Rows {
	r := Rows{D: d, group: group, start: []int32{0}}
	for i := range len(start) - 1 {
		n := start[i+1] - start[i]
		r.count = append(r.count, int32(n))
		r.start = append(r.start, r.start[i]+int32((n+block-1)/block))
	}
	exact := true
	for _, v := range data {
		if fromHalf(toHalf(v)) != v {
			exact = false
			break
		}
	}
	size := int(r.start[len(r.start)-1]) * block * d
	if exact {
		r.half = make([]uint16, size)
	} else {
		r.full = make([]float32, size)
	}
	r.each(func(row, number, at int) {
		v := data[row*d+number]
		if exact {
			r.half[at] = toHalf(v)
		} else {
			r.full[at] = v
		}
	})
	return r
}

// each calls f with every number's row, place in the row, and place in memory.
func (r *Rows) each(f func(row, number, at int)) {
	row := 0
	for i, n := range r.count {
		for k := range int(n) {
			b := int(r.start[i]) + k/block
			wide := r.side(i, b)
			first := b - int(r.start[i])
			first = int(r.start[i]) + first/r.group*r.group
			for number := range r.D {
				f(row, number, first*block*r.D+(number*wide+b-first)*block+k%block)
			}
			row++
		}
	}
}

// side returns how many blocks lie side by side with block b of owner i.
func (r *Rows) side(i, b int) int {
	first := (b - int(r.start[i])) / r.group * r.group
	return min(r.group, int(r.start[i+1]-r.start[i])-first)
}

// Data returns the vectors one after the other.
func (r *Rows) Data() []float32 {
	out := make([]float32, r.Len()*r.D)
	r.each(func(row, number, at int) { out[row*r.D+number] = r.at(at) })
	return out
}

// Counts returns how many vectors each owner has.
func (r *Rows) Counts() []int32 { return r.count }

// Len returns the number of vectors.
func (r *Rows) Len() int {
	n := 0
	for _, c := range r.count {
		n += int(c)
	}
	return n
}

func (r *Rows) at(i int) float32 {
	if r.half != nil {
		return fromHalf(r.half[i])
	}
	return r.full[i]
}

// toHalf rounds to IEEE 754 half precision towards zero, which is exact where it
// matters; what is too large or small becomes something else.
func toHalf(v float32) uint16 {
	b := math.Float32bits(v)
	sign, e := uint16(b>>16&0x8000), int(b>>23&0xff)-112
	frac := b&(1<<23-1) | 1<<23
	switch {
	case e <= 0 && e > -11:
		return sign | uint16(frac>>(14-e))
	case e > 0 && e < 31:
		return sign | uint16(e)<<10 | uint16(frac>>13&0x3ff)
	}
	return sign
}

// fromHalf is exact.
func fromHalf(h uint16) float32 {
	sign, e, frac := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&0x3ff)
	if e == 0 {
		v := float32(frac) * 0x1p-24
		return math.Float32frombits(math.Float32bits(v) | sign)
	}
	return math.Float32frombits(sign | (e+112)<<23 | frac<<13)
}
