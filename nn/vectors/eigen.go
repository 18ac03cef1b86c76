package vectors

import (
	"cmp"
	"math"
	"slices"
)

// eigenSymmetric returns the eigenvalues of the symmetric n x n matrix a, the
// largest first, and their eigenvectors, one a row. a is used up. It is
// Householder's reduction to three diagonals followed by QL steps with implicit
// shifts (Golub and Van Loan, Matrix Computations, 8.3). It sums in one order
// only, which gonum's vector instructions do not.
func eigenSymmetric(a []float64, n int) (values, vectors []float64) {
	d, e := make([]float64, n), make([]float64, n)
	tridiagonal(a, d, e, n)
	diagonal(a, d, e, n)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(d[j], d[i]) })
	values, vectors = make([]float64, n), make([]float64, n*n)
	for k, i := range order {
		values[k] = math.Max(d[i], 0)
		copy(vectors[k*n:][:n], a[i*n:][:n])
	}
	return values, vectors
}

// tridiagonal reduces a to the diagonal d and e below it, and leaves in the rows
// of a the rotation that does it.
func tridiagonal(a, d, e []float64, n int) {
	for i := n - 1; i > 0; i-- {
		row := a[i*n:][:i]
		scale := 0.0
		for _, v := range row {
			scale += math.Abs(v)
		}
		if i == 1 || scale == 0 {
			e[i] = row[i-1]
			d[i] = 0
			continue
		}
		h := 0.0
		for k := range row {
			row[k] /= scale
			h += row[k] * row[k]
		}
		f := row[i-1]
		g := -math.Copysign(math.Sqrt(h), f)
		e[i] = scale * g
		h -= f * g
		row[i-1] = f - g
		// e[:i] becomes p = A u / h, then q = p - u (u.p / 2h); A becomes A - u q' - q u'.
		for j := range i {
			e[j] = 0
		}
		for j := range i {
			below, u := a[j*n:][:i], row[j]
			sum := below[j] * u
			for k := range j {
				sum += below[k] * row[k]
				e[k] += below[k] * u
			}
			e[j] += sum
		}
		f = 0
		for j := range i {
			e[j] /= h
			f += e[j] * row[j]
		}
		hh := f / (h + h)
		for j := range i {
			e[j] -= hh * row[j]
		}
		for j := range i {
			r, u, q := a[j*n:][:j+1], row[j], e[j]
			for k := range r {
				r[k] -= u*e[k] + q*row[k]
			}
		}
		d[i] = h
	}
	d[0], e[0] = 0, 0
	accumulate(a, d, n)
}

// accumulate multiplies the reflections that tridiagonal has left behind. Rows
// and columns are exchanged, so that the inner loops run along rows.
func accumulate(a, d []float64, n int) {
	q := make([]float64, n*n) // q[j][k]: component k of vector j
	for i := range n {
		q[i*n+i] = 1
	}
	diag := make([]float64, n)
	for i := range n {
		diag[i] = a[i*n+i]
	}
	for i := 1; i < n; i++ {
		h := d[i]
		if h == 0 {
			continue
		}
		u := a[i*n:][:i]
		for j := range i {
			r := q[j*n:][:i]
			sum := 0.0
			for k, v := range u {
				sum += v * r[k]
			}
			sum /= h
			for k, v := range u {
				r[k] -= sum * v
			}
		}
	}
	copy(d, diag)
	copy(a, q)
}

// diagonal turns the three diagonals into one, rotating the rows of z along.
func diagonal(z, d, e []float64, n int) {
	copy(e, e[1:])
	e[n-1] = 0
	for l := range n {
		for range 60 {
			m := l
			for ; m < n-1; m++ {
				if math.Abs(e[m]) <= 1e-16*(math.Abs(d[m])+math.Abs(d[m+1])) {
					break
				}
			}
			if m == l {
				break
			}
			g := (d[l+1] - d[l]) / (2 * e[l])
			r := math.Hypot(g, 1)
			g = d[m] - d[l] + e[l]/(g+math.Copysign(r, g))
			s, c, p := 1.0, 1.0, 0.0
			i := m - 1
			for ; i >= l; i-- {
				f, b := s*e[i], c*e[i]
				r = math.Hypot(f, g)
				e[i+1] = r
				if r == 0 {
					d[i+1] -= p
					e[m] = 0
					break
				}
				s, c = f/r, g/r
				g = d[i+1] - p
				r = (d[i]-g)*s + 2*c*b
				p = s * r
				d[i+1] = g + p
				g = c*r - b
				x, y := z[i*n:][:n], z[(i+1)*n:][:n]
				for k, v := range y {
					y[k] = s*x[k] + c*v
					x[k] = c*x[k] - s*v
				}
			}
			if r == 0 && i >= l {
				continue
			}
			d[l] -= p
			e[l] = g
			e[m] = 0
		}
	}
}
