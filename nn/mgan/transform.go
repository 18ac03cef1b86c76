package mgan

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Transform is the orthonormal 2-D DFT of a plane of h rows and w columns:
// Eq. 15 of the paper over √(w·h), so that energy stays. It is not safe for
// concurrent use.
type Transform struct {
	w, h       int
	rows, cols *fourier.CmplxFFT
	column     []complex128
}

// NewTransform returns the transform of planes w columns wide and h rows high.
func NewTransform(w, h int) *Transform {
	return &Transform{w: w, h: h, rows: fourier.NewCmplxFFT(w), cols: fourier.NewCmplxFFT(h), column: make([]complex128, h)}
}

// Forward writes the coefficients of x (h,w) to dst (h,w), zero frequency first.
func (t *Transform) Forward(x []float32, dst []complex128) {
	norm := 1 / math.Sqrt(float64(t.w*t.h))
	for i, v := range x {
		dst[i] = complex(float64(v)*norm, 0)
	}
	t.apply(dst, t.rows.Coefficients, t.cols.Coefficients)
}

// Inverse writes the real part of the plane with coefficients X (h,w) to dst
// (h,w). X is overwritten.
func (t *Transform) Inverse(X []complex128, dst []float32) {
	t.apply(X, t.rows.Sequence, t.cols.Sequence)
	norm := 1 / math.Sqrt(float64(t.w*t.h))
	for i, v := range X {
		dst[i] = float32(real(v) * norm)
	}
}

// apply transforms all rows of v, then all columns, in place.
func (t *Transform) apply(v []complex128, row, column func(dst, src []complex128) []complex128) {
	for y := range t.h {
		r := v[y*t.w : (y+1)*t.w]
		row(r, r)
	}
	for x := range t.w {
		for y := range t.column {
			t.column[y] = v[y*t.w+x]
		}
		column(t.column, t.column)
		for y, c := range t.column {
			v[y*t.w+x] = c
		}
	}
}
