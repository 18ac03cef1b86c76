package vectors

import (
	"encoding/binary"
	"errors"
	"math"
)

// maxBasis bounds the numbers of a stored basis: 2,000 axes of 4,000.
const maxBasis = 8_000_000

// MarshalBinary writes the basis as little-endian numbers.
func (b *Basis) MarshalBinary() ([]byte, error) {
	d, dims := len(b.Mean), b.Dims()
	out := binary.LittleEndian.AppendUint32(nil, uint32(d))
	out = binary.LittleEndian.AppendUint32(out, uint32(dims))
	scale := b.Scale
	if scale == nil {
		scale = make([]float32, d)
		for j := range scale {
			scale[j] = 1
		}
	}
	for _, part := range [][]float32{b.Mean, scale, b.Axes.V} {
		for _, v := range part {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	for _, v := range b.Variance {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out, nil
}

var errBasis = errors.New("read principal axes: the data are damaged")

// UnmarshalBinary is the inverse of MarshalBinary.
func (b *Basis) UnmarshalBinary(data []byte) error {
	if len(data) < 8 {
		return errBasis
	}
	d, dims := int(binary.LittleEndian.Uint32(data)), int(binary.LittleEndian.Uint32(data[4:]))
	data = data[8:]
	if d < 1 || dims < 1 || dims > d || d > maxBasis/dims || len(data) != 4*(2*d+d*dims)+8*dims {
		return errBasis
	}
	take := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		data = data[4*n:]
		return out
	}
	out := Basis{Mean: take(d), Scale: take(d), Axes: &Set{d, take(d * dims)}, Variance: make([]float64, dims)}
	for i := range out.Variance {
		out.Variance[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	for _, v := range [][]float32{out.Mean, out.Axes.V} {
		if (&Set{1, v}).Check() != nil {
			return errBasis
		}
	}
	for _, v := range out.Scale { // infinite for numbers that never varied
		if !(v > 0) {
			return errBasis
		}
	}
	*b = out
	return nil
}
