package mgan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// noise returns n values in [0,1).
func noise(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32()
	}
	return x
}

// furthest is the largest absolute difference.
func furthest(a, b []float32) float64 {
	m := 0.0
	for i := range a {
		m = max(m, math.Abs(float64(a[i])-float64(b[i])))
	}
	return m
}

// extents are powers of two, other numbers, primes, strips, and sides shorter
// than the kernel.
var extents = [][2]int{{256, 256}, {128, 352}, {64, 48}, {37, 101}, {30, 25}, {24, 26}, {16, 16}, {7, 5}, {1, 9}, {2, 2}, {1, 1}}

// signed returns the signed frequency of coefficient i of n.
func signed(i, n int) float64 {
	if i > n/2 {
		i -= n
	}
	return float64(i)
}

func TestBandIsTheGaussianHighPassOfTheDFT(t *testing.T) {
	for _, e := range extents {
		w, h := e[0], e[1]
		t.Run(fmt.Sprintf("%dx%d", w, h), func(t *testing.T) {
			const c = 2
			n := w * h
			x := noise(3, c*n)
			low, high := make([]float32, c*n), make([]float32, c*n)
			NewBand(w, h).Split(x, c, low, high)

			short := float64(min(w, h))
			d0 := short / 16
			tr := NewTransform(w, h)
			X, want := make([]complex128, n), make([]float32, n)
			for k := range c {
				tr.Forward(x[k*n:(k+1)*n], X)
				for i := range X {
					u, v := signed(i%w, w)*short/float64(w), signed(i/w, h)*short/float64(h)
					X[i] *= complex(1-math.Exp(-(u*u+v*v)/(2*d0*d0)), 0)
				}
				tr.Inverse(X, want)
				if d := furthest(high[k*n:(k+1)*n], want); d > 1e-5 {
					t.Errorf("plane %d differs from the definition by %.2g", k, d)
				}
			}
			sum := make([]float32, c*n)
			for i := range sum {
				sum[i] = low[i] + high[i]
			}
			if d := furthest(sum, x); d > 1e-6 {
				t.Errorf("the bands miss the picture by %.2g", d)
			}
		})
	}
}

func TestBandOfAFlatPictureIsLow(t *testing.T) {
	x := make([]float32, 40*24)
	for i := range x {
		x[i] = .7
	}
	low, high := make([]float32, len(x)), make([]float32, len(x))
	NewBand(40, 24).Split(x, 1, low, high)
	if d := furthest(low, x); d > 1e-6 {
		t.Errorf("the low band is off by %.2g", d)
	}
}

func TestTransformKeepsEnergy(t *testing.T) {
	for _, e := range extents {
		x := noise(4, e[0]*e[1])
		X := make([]complex128, len(x))
		NewTransform(e[0], e[1]).Forward(x, X)
		var space, frequency float64
		for i, v := range x {
			space += float64(v) * float64(v)
			frequency += real(X[i])*real(X[i]) + imag(X[i])*imag(X[i])
		}
		if math.Abs(space-frequency) > 1e-5*space {
			t.Errorf("%v: energy %g becomes %g", e, space, frequency)
		}
	}
}

func TestTransformShiftKeepsMagnitude(t *testing.T) {
	const w, h = 12, 35
	x, moved := noise(5, w*h), make([]float32, w*h)
	for i, v := range x {
		moved[(i/w+9)%h*w+(i%w+5)%w] = v
	}
	X, Y := make([]complex128, w*h), make([]complex128, w*h)
	tr := NewTransform(w, h)
	tr.Forward(x, X)
	tr.Forward(moved, Y)
	for i := range X {
		a, b := math.Hypot(real(X[i]), imag(X[i])), math.Hypot(real(Y[i]), imag(Y[i]))
		if math.Abs(a-b) > 1e-9 {
			t.Fatalf("coefficient %d: magnitude %g becomes %g", i, a, b)
		}
	}
}

// TestTransformIsTheDefinition compares with Eq. 15 summed term by term.
func TestTransformIsTheDefinition(t *testing.T) {
	const w, h = 6, 5
	x := noise(6, w*h)
	X := make([]complex128, w*h)
	NewTransform(w, h).Forward(x, X)
	for v := range h {
		for u := range w {
			var re, im float64
			for i, f := range x {
				sin, cos := math.Sincos(-2 * math.Pi * (float64(u*(i%w))/w + float64(v*(i/w))/h))
				re, im = re+float64(f)*cos, im+float64(f)*sin
			}
			got, norm := X[v*w+u], math.Sqrt(w*h)
			if math.Abs(real(got)-re/norm) > 1e-9 || math.Abs(imag(got)-im/norm) > 1e-9 {
				t.Errorf("(%d,%d): %v, want %g%+gi", u, v, got, re/norm, im/norm)
			}
		}
	}
}

func BenchmarkBand(b *testing.B) {
	const side = 256
	band := NewBand(side, side)
	x := noise(1, 3*side*side)
	low, high := make([]float32, len(x)), make([]float32, len(x))
	for b.Loop() {
		band.Split(x, 3, low, high)
	}
}
