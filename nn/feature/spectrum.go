package feature

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// spectrum is what is kept of one covariance, see [Gaussian].
type spectrum struct {
	mean   []float32
	floor  float32
	basis  []float32
	failed bool
}

// perPosition fits a covariance to each position.
func perPosition(grids []*Grid, unit []float32, o GaussianOptions) []spectrum {
	n, d := len(grids), grids[0].D
	out := make([]spectrum, grids[0].W*grids[0].H)
	parallel(len(out), func() func(int) {
		x := mat.NewDense(n, d, nil)
		return func(p int) {
			for i, g := range grids {
				standardise(x.RawRowView(i), g.At(p), unit)
			}
			mean := centre(x)
			out[p] = decompose(x, o)
			out[p].mean = rescale(mean, unit)
		}
	})
	return out
}

// mostVectors bounds what one covariance over all positions is estimated
// from: it has far fewer numbers.
const mostVectors = 1 << 15

// together fits one covariance to all positions.
func together(grids []*Grid, unit []float32, o GaussianOptions) spectrum {
	cells := grids[0].W * grids[0].H
	n := min(len(grids)*cells, mostVectors)
	x := mat.NewDense(n, grids[0].D, nil)
	for i := range n {
		k := i * len(grids) * cells / n
		standardise(x.RawRowView(i), grids[k/cells].At(k%cells), unit)
	}
	mean := centre(x)
	s := decompose(x, o)
	s.mean = rescale(mean, unit)
	return s
}

// standardise sets to to the vector v in the given units.
func standardise(to []float64, v, unit []float32) {
	for d := range to {
		to[d] = float64(v[d]) / float64(unit[d])
	}
}

// rescale is the inverse of standardise.
func rescale(v []float64, unit []float32) []float32 {
	out := make([]float32, len(v))
	for d := range v {
		out[d] = float32(v[d] * float64(unit[d]))
	}
	return out
}

// centre subtracts the mean row of x and returns it.
func centre(x *mat.Dense) []float64 {
	n, d := x.Dims()
	mean := make([]float64, d)
	for i := range n {
		for j, v := range x.RawRowView(i) {
			mean[j] += v / float64(n)
		}
	}
	for i := range n {
		row := x.RawRowView(i)
		for j := range row {
			row[j] -= mean[j]
		}
	}
	return mean
}

// decompose finds the eigenvalues of the covariance of the centred rows of x
// and keeps the largest. With fewer rows than numbers it takes those of the
// smaller Gram matrix, which are the same: XᵀXu = lu for u = Xᵀv and XXᵀv = lv.
func decompose(x *mat.Dense, o GaussianOptions) spectrum {
	n, d := x.Dims()
	gram := n < d
	size := min(n, d)
	product := mat.NewSymDense(size, nil)
	if gram {
		product.SymOuterK(1/float64(n-1), x)
	} else {
		product.SymOuterK(1/float64(n-1), x.T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(product, true) {
		return spectrum{failed: true}
	}
	values := eigen.Values(nil) // ascending
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)

	keep := kept(values, min(n-1, d), o)
	rest := 0.0
	for _, l := range values[:size-keep] {
		rest += max(l, 0)
	}
	floor := o.Shrink + rest/float64(max(d-keep, 1))
	s := spectrum{floor: float32(floor), basis: make([]float32, keep*d)}
	u := mat.NewVecDense(d, nil)
	for k := range keep {
		l, v := values[size-1-k], vectors.ColView(size-1-k)
		scale := math.Sqrt(max(1/floor-1/(l+o.Shrink), 0))
		if gram {
			u.MulVec(x.T(), v)
			scale /= math.Sqrt(l * float64(n-1))
		} else {
			u.CopyVec(v)
		}
		for j := range d {
			s.basis[k*d+j] = float32(scale * u.AtVec(j))
		}
	}
	return s
}

// kept returns how many of the ascending eigenvalues are kept, most at most.
func kept(values []float64, most int, o GaussianOptions) int {
	enough := 0.0
	if o.Rank > 0 {
		most = min(most, o.Rank)
	} else {
		most = min(most, DefaultRank)
		enough = o.Shrink / 4
	}
	k := 0
	for k < most && values[len(values)-1-k] > max(enough, 1e-9) {
		k++
	}
	return k
}
