package vectors

import (
	"context"
	"errors"
	"math"

	"agurscope/nn/internal/team"
)

// Basis turns vectors into coordinates along the principal axes of the set that
// it was fitted to, the axis of largest variance first.
type Basis struct {
	Mean     []float32
	Scale    []float32 // by which each number is divided; nil: by nothing
	Axes     *Set      // orthonormal, one a row
	Variance []float64 // along each axis
}

// Fit returns at most dims principal axes of s. With standardise every number is
// first brought to variance 1; one that never varies stays out. The sign of an
// axis is such that its largest component is positive.
func Fit(ctx context.Context, s *Set, dims int, standardise bool) (*Basis, error) {
	n, d := s.N(), s.D
	if n == 0 {
		return nil, errors.New("find the principal axes: there are no vectors")
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	mean, cov, err := moments(ctx, s)
	if err != nil {
		return nil, err
	}
	b := &Basis{Mean: make([]float32, d)}
	for j := range mean {
		b.Mean[j] = float32(mean[j])
	}
	if standardise {
		b.Scale = make([]float32, d)
		inv := make([]float64, d)
		for j := range inv {
			// Below a float32's precision a deviation is noise of the summation.
			sd := math.Sqrt(cov[j*d+j])
			if sd > 1e-6*math.Max(math.Abs(mean[j]), 1e-12) {
				b.Scale[j], inv[j] = float32(sd), 1/sd
			} else {
				b.Scale[j] = float32(math.Inf(1))
			}
		}
		for i := range d {
			for j := range d {
				cov[i*d+j] *= inv[i] * inv[j]
			}
		}
	}
	values, axes := eigenSymmetric(cov, d)
	dims = min(dims, d)
	b.Axes, b.Variance = New(dims, d), values[:dims]
	for a := range dims {
		axis := axes[a*d:][:d]
		sign := 1.0
		if largest(axis) < 0 {
			sign = -1
		}
		for j, v := range axis {
			b.Axes.Row(a)[j] = float32(sign * v)
		}
	}
	return b, nil
}

// largest returns the component of largest magnitude, the first of equals.
func largest(v []float64) float64 {
	out := 0.0
	for _, x := range v {
		if math.Abs(x) > math.Abs(out) {
			out = x
		}
	}
	return out
}

// Dims returns the number of axes.
func (b *Basis) Dims() int { return b.Axes.N() }

// Project writes the coordinates of v to out, which has Dims numbers.
func (b *Basis) Project(out, v []float32) {
	c := make([]float32, len(v))
	b.project(out, v, c)
}

func (b *Basis) project(out, v, c []float32) {
	for j := range v {
		c[j] = v[j] - b.Mean[j]
		if b.Scale != nil {
			c[j] /= b.Scale[j]
		}
	}
	for a := range out {
		axis, sum := b.Axes.Row(a), float32(0)
		for j, x := range c {
			sum += axis[j] * x
		}
		out[a] = sum
	}
}

// Apply returns the coordinates of every vector of s.
func (b *Basis) Apply(ctx context.Context, s *Set) (*Set, error) {
	out := New(s.N(), b.Dims())
	err := team.Each(ctx, s.N(), 64, func(lo, hi int) {
		c := make([]float32, s.D)
		for i := lo; i < hi; i++ {
			b.project(out.Row(i), s.Row(i), c)
		}
	})
	return out, err
}

// moments returns mean and covariance (divided by n) of s in double precision.
func moments(ctx context.Context, s *Set) (mean, cov []float64, err error) {
	const rows = 256
	n, d := s.N(), s.D
	mean = make([]float64, d)
	for i := range n {
		for j, v := range s.Row(i) {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= float64(n)
	}
	// A row of the covariance is a piece: nothing has to be joined.
	cov = make([]float64, d*d)
	centred := make([]float64, rows*d)
	t := team.New()
	defer t.Close()
	for lo := 0; lo < n; lo += rows {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		hi := min(lo+rows, n)
		for i := lo; i < hi; i++ {
			for j, v := range s.Row(i) {
				centred[(i-lo)*d+j] = float64(v) - mean[j]
			}
		}
		t.Run(d, func(_, a int) {
			sum := cov[a*d:][: a+1 : a+1]
			for i := range hi - lo {
				row := centred[i*d:][:d]
				x := row[a]
				for j, v := range row[:a+1] {
					sum[j] += x * v
				}
			}
		})
	}
	for a := range d {
		for j := range a + 1 {
			v := cov[a*d+j] / float64(n)
			cov[a*d+j], cov[j*d+a] = v, v
		}
	}
	return mean, cov, nil
}
