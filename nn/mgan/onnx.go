package mgan

import (
	"fmt"
	"math"

	"agurscope/nn/onnx"
)

// Trace is a [View] in an ONNX graph.
type Trace struct {
	In     string                     // the generator's input
	Finish func(answer string) string // Î_F from the generator's answer
}

// Trace adds to b what the form's view does with the picture x (N,3,h,w).
func (c Config) Trace(b *onnx.Builder, x string, w, h int) Trace {
	if c.Form == BySpectrum {
		return traceSpectrum(b, x, w, h)
	}
	s := NewBand(w, h)
	low := b.Along(x, s.cols.circulant(b, h), s.rows.circulant(b, w))
	return Trace{In: b.Sub(x, low), Finish: func(answer string) string { return b.Add(low, answer) }}
}

// circulant is the convolution of n values in a circle as a matrix, which is
// symmetric.
func (k kernel) circulant(b *onnx.Builder, n int) string {
	all := make([]float64, n*n)
	for r := range n {
		all[r*n+r] += float64(k[0])
		for i, v := range k[1:] {
			all[r*n+(r+i+1)%n] += float64(v)
			all[r*n+((r-i-1)%n+n)%n] += float64(v)
		}
	}
	return b.Matrix(fmt.Sprintf("circle of %d, %d taps, %g", n, len(k), k[0]), n, n, func(r, c int) float64 { return all[r*n+c] })
}

// traceSpectrum takes the transform by products with cosines and sines, forward
// in double precision: the phase of a small coefficient asks for it.
func traceSpectrum(b *onnx.Builder, x string, w, h int) Trace {
	y := b.Node("luminance", "Conv", nil, x, b.Floats("luminance of red, green, blue", []float32{.299, .587, .114}, 1, 3, 1, 1))
	rest := b.Sub(x, y)

	d := b.Cast(y, onnx.Double)
	ch, sh := waves(b.Doubles, h, true)
	cw, sw := waves(b.Doubles, w, false)
	re := b.Cast(b.Sub(b.Along(d, ch, cw), b.Along(d, sh, sw)), onnx.Float)
	im := b.Cast(b.Op("Neg", b.Add(b.Along(d, sh, cw), b.Along(d, ch, sw))), onnx.Float)

	// Where there is no coefficient, its phase is 0 and (re,im) stands for (1,0).
	size := b.Op("Sqrt", b.Add(b.Mul(re, re), b.Mul(im, im)))
	none := b.Op("Equal", size, b.Scalar(0))
	unless := func(x string) string { return b.Op("Where", none, b.Scalar(1), x) }
	angle := b.Op("Atan", b.Div(im, unless(re)))
	half := b.Op("Where", b.Op("Less", im, b.Scalar(0)), b.Scalar(-math.Pi), b.Scalar(math.Pi))
	phase := b.Add(angle, b.Op("Where", b.Op("Less", re, b.Scalar(0)), half, b.Scalar(0)))

	return Trace{
		In: b.Concat(b.Op("Log", b.Add(size, b.Scalar(1))), phase),
		Finish: func(answer string) string {
			a := b.Op("Relu", b.Sub(b.Op("Exp", answer), b.Scalar(1)))
			re, im := b.Mul(a, b.Div(unless(re), unless(size))), b.Mul(a, b.Div(im, unless(size)))
			ch, sh := waves(b.Narrow, h, false)
			cw, sw := waves(b.Narrow, w, true)
			even := b.Sub(b.Along(re, ch, cw), b.Along(re, sh, sw))
			odd := b.Add(b.Along(im, ch, sw), b.Along(im, sh, cw))
			return b.Add(rest, b.Sub(even, odd))
		},
	}
}

// waves are the orthonormal transform's cosines and sines over n places, the
// zero frequency in the middle, with a frequency in each row or in each column.
func waves(constant func(string, []float64, ...int) string, n int, inRows bool) (cos, sin string) {
	c, s := make([]float64, n*n), make([]float64, n*n)
	for i := range c {
		u, x := i/n, i%n
		if !inRows {
			u, x = x, u
		}
		turn := (u + n - n/2) % n * x % n // of n
		s[i], c[i] = math.Sincos(2 * math.Pi * float64(turn) / float64(n))
		if 2*turn%n == 0 {
			s[i] = 0 // coefficients that are their own mirror are real
		}
		s[i], c[i] = s[i]/math.Sqrt(float64(n)), c[i]/math.Sqrt(float64(n))
	}
	name := fmt.Sprintf("of %d, by rows %v", n, inRows)
	return constant("cosines "+name, c, n, n), constant("sines "+name, s, n, n)
}
