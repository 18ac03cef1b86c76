// Package spectrum computes the log-amplitude distance of two images and its
// gradient: the term L_spec of the reconstruction loss.
package spectrum

import (
	"math"
	"math/cmplx"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Loss compares planes of one size.
type Loss struct {
	h, w    int
	workers []*worker
}

// worker holds what one goroutine needs. Two real planes travel through one
// complex transform: as its real and its imaginary part.
type worker struct {
	rows, cols *fourier.CmplxFFT
	z, g       []complex128 // h*w
	col        []complex128
}

// New prepares for planes of h rows and w columns.
func New(h, w int) *Loss {
	l := &Loss{h: h, w: w}
	for range max(1, min(runtime.GOMAXPROCS(0), 8)) {
		l.workers = append(l.workers, &worker{
			rows: fourier.NewCmplxFFT(w), cols: fourier.NewCmplxFFT(h),
			z: make([]complex128, h*w), g: make([]complex128, h*w), col: make([]complex128, h),
		})
	}
	return l
}

// Value returns mean|log(1+|F(x)|) − log(1+|F(t)|)| over all planes of x and
// t, with the orthonormal 2-D DFT F, and adds weight times the gradient with
// respect to x to grad when that is not nil. The planes are summed in order,
// so the result does not depend on the number of workers.
func (l *Loss) Value(x, t []float32, weight float32, grad []float32) float64 {
	n := l.h * l.w
	planes := len(x) / n
	sums := make([]float64, planes)
	var wg sync.WaitGroup
	for k, w := range l.workers {
		wg.Go(func() {
			for p := k; p < planes; p += len(l.workers) {
				var g []float32
				if grad != nil {
					g = grad[p*n : (p+1)*n]
				}
				sums[p] = w.plane(l.h, l.w, x[p*n:(p+1)*n], t[p*n:(p+1)*n], weight/float32(len(x)), g)
			}
		})
	}
	wg.Wait()
	total := 0.0
	for _, s := range sums {
		total += s
	}
	return total / float64(len(x))
}

func (k *worker) plane(h, w int, x, t []float32, weight float32, grad []float32) float64 {
	for i := range x {
		k.z[i] = complex(float64(x[i]), float64(t[i]))
	}
	k.transform(h, w, k.z, false)
	scale := 1 / math.Sqrt(float64(h*w))
	sum := 0.0
	for r := range h {
		// Amplitudes are the same at (r,c) and at its mirror: one of each pair
		// is enough.
		mr := (h - r) % h
		for c := range w {
			mc := (w - c) % w
			i, j := r*w+c, mr*w+mc
			if j < i {
				continue
			}
			// Of z = x + i·t: F(x) is the Hermitian part, F(t) the rest.
			a, b := k.z[i], cmplx.Conj(k.z[j])
			fx, ft := (a+b)*complex(scale/2, 0), (a-b)*complex(0, -scale/2)
			ax, at := abs(fx), abs(ft)
			d := math.Log((1 + ax) / (1 + at))
			sum += math.Abs(d)
			if i != j {
				sum += math.Abs(d)
			}
			// A gradient through 0/0 or |0| is taken as 0.
			g := complex128(0)
			if d != 0 && ax >= 1e-8 {
				g = fx * complex(math.Copysign(1/((1+ax)*ax), d), 0)
			}
			k.g[i], k.g[j] = g, cmplx.Conj(g)
		}
	}
	if grad == nil {
		return sum
	}
	k.transform(h, w, k.g, true)
	f := float64(weight) * scale
	for i := range grad {
		grad[i] += float32(f * real(k.g[i]))
	}
	return sum
}

// transform is the unnormalised 2-D DFT, or its inverse, in place.
func (k *worker) transform(h, w int, z []complex128, inverse bool) {
	run := func(f *fourier.CmplxFFT, s []complex128) {
		if inverse {
			f.Sequence(s, s)
		} else {
			f.Coefficients(s, s)
		}
	}
	for r := range h {
		run(k.rows, z[r*w:(r+1)*w])
	}
	for c := range w {
		for r := range h {
			k.col[r] = z[r*w+c]
		}
		run(k.cols, k.col)
		for r := range h {
			z[r*w+c] = k.col[r]
		}
	}
}

// abs is |z| without the care for overflow that pictures do not need.
func abs(z complex128) float64 { return math.Sqrt(real(z)*real(z) + imag(z)*imag(z)) }
