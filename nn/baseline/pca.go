package baseline

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"agurscope/nn"
)

// PCA rebuilds a small copy of the picture from the principal components of
// the normals (Turk and Pentland 1991) and looks at what is left:
//
//	r = mean over planes of |x − µ − V Vᵀ (x − µ)|, enlarged and blurred,
//	m = (r − mean r) / (σ_r + σ_all/4) per pixel.
//
// The statistics of r come from five folds, each rebuilt by a basis that has
// not seen it: a basis flatters what it was computed from.
type PCA struct {
	size
	moments // of r
	basis   *basis
	w, h    int // of the small copy
}

const (
	pcaComponents = 30
	pcaSide       = 64 // side of a square with the small copy's area
	pcaFolds      = 5
	pcaPictures   = 300 // normals that a basis is computed from, at most
)

// newPCA returns an empty one for pictures of an extent.
func newPCA(s size) *PCA {
	d := &PCA{size: s}
	ratio := math.Sqrt(float64(s.w) / float64(s.h))
	d.w = min(max(1, int(math.Round(pcaSide*ratio))), s.w)
	d.h = min(max(1, int(math.Round(pcaSide/ratio))), s.h)
	return d
}

func fitPCA(normals []*nn.Image) (*PCA, error) {
	d := newPCA(sizeOf(normals[0]))
	n := min(len(normals), pcaPictures)
	small := make([][]float32, n)
	for i := range small {
		small[i] = shrink(normals[i*len(normals)/n], d.w, d.h).Pix
	}
	folds := min(pcaFolds, n)
	residuals := make([]*nn.Image, 0, n)
	for k := range folds {
		var seen, unseen [][]float32
		for i, v := range small {
			if i%folds == k {
				unseen = append(unseen, v)
			} else {
				seen = append(seen, v)
			}
		}
		b, err := newBasis(seen, pcaComponents)
		if err != nil {
			return nil, err
		}
		for _, v := range unseen {
			residuals = append(residuals, d.residual(b, v))
		}
	}
	d.moments = fitMoments(n, func(i int) []float32 { return residuals[i].Pix })
	d.widen(d.spread()/4 + 1e-6)
	var err error
	d.basis, err = newBasis(small, pcaComponents)
	return d, err
}

// residual returns r for a small copy.
func (d *PCA) residual(b *basis, small []float32) *nn.Image {
	rest := b.rest(small)
	r := nn.NewImage(1, d.h, d.w)
	n := len(r.Pix)
	for k, v := range rest {
		r.Pix[k%n] += float32(math.Abs(v)) / 3
	}
	return smooth(enlarge(r, d.size.w, d.size.h))
}

// Detect implements [Detector].
func (d *PCA) Detect(x *nn.Image) (float64, *nn.Image) {
	d.check(x)
	m := d.residual(d.basis, shrink(x, d.w, d.h).Pix)
	for k, v := range m.Pix {
		m.Pix[k] = d.z(k, v)
	}
	return topMean(m), m
}

// basis is the mean of vectors and their leading principal directions.
type basis struct {
	mean []float64
	axes *mat.Dense // orthonormal rows; nil when all vectors are equal
}

// newBasis computes at most k directions, and no more than half as many as
// there are vectors: as many as vectors would rebuild anything that is near
// one of them. The vectors are longer than they are many, so the directions
// come from the eigenvectors u of the small matrix X Xᵀ: v = Xᵀu / |Xᵀu|.
func newBasis(vectors [][]float32, k int) (*basis, error) {
	n, length := len(vectors), len(vectors[0])
	b := &basis{mean: make([]float64, length)}
	for _, v := range vectors {
		for i, x := range v {
			b.mean[i] += float64(x) / float64(n)
		}
	}
	x := mat.NewDense(n, length, nil)
	for r, v := range vectors {
		row := x.RawRowView(r)
		for i := range row {
			row[i] = float64(v[i]) - b.mean[i]
		}
	}
	var gram mat.SymDense
	gram.SymOuterK(1, x)
	var eigen mat.EigenSym
	if !eigen.Factorize(&gram, true) {
		return nil, fmt.Errorf("principal components of %d pictures: the eigenvalues do not converge", n)
	}
	values := eigen.Values(nil) // ascending
	total := 0.0
	for _, v := range values {
		total += max(v, 0)
	}
	k = min(k, (n+1)/2)
	for k > 0 && !(values[n-k] > 1e-10*total) {
		k--
	}
	if k == 0 {
		return b, nil
	}
	var u mat.Dense
	eigen.VectorsTo(&u)
	b.axes = mat.NewDense(k, length, nil)
	b.axes.Mul(u.Slice(0, n, n-k, n).T(), x)
	for r := range k {
		row, value := b.axes.RawRowView(r), values[n-k+r]
		for i := range row {
			row[i] /= math.Sqrt(value)
		}
	}
	return b, nil
}

// rest returns what of v − mean the axes do not hold.
func (b *basis) rest(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x) - b.mean[i]
	}
	if b.axes == nil {
		return out
	}
	y := mat.NewVecDense(len(out), out)
	var held, along mat.VecDense
	along.MulVec(b.axes, y)
	held.MulVec(b.axes.T(), &along)
	y.SubVec(y, &held)
	return out
}
