package mgan

import "math"

// View is a form's side on the host: what the frequency generator sees of a
// picture, and how its answer becomes a picture again. It serves one goroutine.
type View interface {
	// Channels returns the generator's channels. Its target in training is the
	// first out of the in channels that Prepare makes of the clean picture.
	Channels() (in, out int)
	// Prepare splits x (3,h,w) into the generator's input (in,h,w) and a rest
	// (3,h,w) that passes by.
	Prepare(x, in, rest []float32)
	// Finish joins the generator's answer out (out,h,w) and the rest of the
	// same picture to Î_F (3,h,w). Given the target as out, it returns the
	// picture.
	Finish(in, out, rest, dst []float32)
}

// View returns the host's side for pictures w columns wide and h rows high.
func (c Config) View(w, h int) View {
	if c.Form == BySpectrum {
		return newSpectrum(w, h)
	}
	return NewBand(w, h)
}

// spectrum is the literal form of the frequency branch: the generator sees
// log(1+|X|) and the phase of the luminance's DFT X, zero frequency in the
// centre, and predicts the former. Colour passes by. A convolution means little
// across frequencies and the phase holds most of a defect, so [ByBand] is the
// default.
type spectrum struct {
	w, h int
	t    *Transform
	x    []complex128
	y    []float32
}

func newSpectrum(w, h int) *spectrum {
	return &spectrum{w: w, h: h, t: NewTransform(w, h), x: make([]complex128, w*h), y: make([]float32, w*h)}
}

// Channels implements [View].
func (s *spectrum) Channels() (in, out int) { return 2, 1 }

// Prepare implements [View]. The rest is the picture without its luminance.
func (s *spectrum) Prepare(x, in, rest []float32) {
	n := s.w * s.h
	r, g, b := x[:n], x[n:2*n], x[2*n:3*n]
	for i := range n {
		y := .299*r[i] + .587*g[i] + .114*b[i] // ITU-R BT.601
		s.y[i] = y
		rest[i], rest[n+i], rest[2*n+i] = r[i]-y, g[i]-y, b[i]-y
	}
	s.t.Forward(s.y, s.x)
	for i, v := range s.x {
		j := s.centred(i)
		if s.real(i) {
			v = complex(real(v), 0) // what rounding left there would turn a phase of π into −π
		}
		in[j] = float32(math.Log1p(math.Hypot(real(v), imag(v))))
		in[n+j] = float32(math.Atan2(imag(v), real(v)))
	}
}

// Finish implements [View].
func (s *spectrum) Finish(in, out, rest, dst []float32) {
	n := s.w * s.h
	for i := range s.x {
		j := s.centred(i)
		a := max(0, math.Expm1(float64(out[j])))
		sin, cos := math.Sincos(float64(in[n+j]))
		s.x[i] = complex(a*cos, a*sin)
	}
	s.t.Inverse(s.x, s.y)
	for i, v := range rest {
		dst[i] = v + s.y[i%n]
	}
}

// real reports whether the coefficient i is its own mirror: it has no imaginary
// part.
func (s *spectrum) real(i int) bool { return 2*(i/s.w)%s.h == 0 && 2*(i%s.w)%s.w == 0 }

// centred returns where the coefficient i lies when the zero frequency is moved
// to the middle.
func (s *spectrum) centred(i int) int {
	y, x := i/s.w, i%s.w
	return (y+s.h/2)%s.h*s.w + (x+s.w/2)%s.w
}
