package feature

import (
	"errors"
	"fmt"
	"math"

	"agurscope/nn"
)

// DefaultRank is how many directions of a covariance a [Gaussian] keeps at
// most, unless told otherwise.
const DefaultRank = 64

// GaussianOptions tunes [FitGaussian]; the zero value is the default.
type GaussianOptions struct {
	Global bool    // one distribution for all positions
	Rank   int     // directions kept per position; 0: those that matter, up to DefaultRank
	Shrink float64 // λ, added to the variance of every standardised number; 0: 0.1
}

// Gaussian holds, per position or for all together, mean and covariance of the
// standardised vectors of good parts.
//
// The covariance is kept as its largest eigenvalues l and their directions u;
// the D-k others count as one, their mean (probabilistic principal components,
// Tipping and Bishop 1999). With λ' = λ + that mean, the inverse of the
// shrunken covariance applied to the standardised z is, by Woodbury,
//
//	d² = |z|²/λ' − Σ (u·z)² (1/λ' − 1/(l+λ)).
type Gaussian struct {
	W, H, D int  // shape of the grids; W and H are 1 if Global
	Rank    int  // most directions kept at any position
	Global  bool // one distribution for all positions

	mean  []float32 // position x D
	unit  []float32 // D: deviation of each number over all positions
	floor []float32 // position: λ'
	start []int     // position, and the end: rows of basis
	basis []float32 // row x D: u sqrt(1/λ' − 1/(l+λ))
}

// FitGaussian returns the Gaussian of the grids of good parts, which are alike
// in shape. It fails with fewer than two grids, or where they hold numbers
// that are not finite.
func FitGaussian(grids []*Grid, o GaussianOptions) (*Gaussian, error) {
	if err := check(grids); err != nil {
		return nil, fmt.Errorf("fitting a Gaussian: %w", err)
	}
	if o.Shrink == 0 {
		o.Shrink = .1
	}
	// Below this, single precision cannot tell d² from rounding.
	if o.Rank < 0 || !(o.Shrink >= 1e-4 && o.Shrink <= 1e4) {
		return nil, fmt.Errorf("fitting a Gaussian: rank %d, shrinkage %g", o.Rank, o.Shrink)
	}
	first := grids[0]
	g := &Gaussian{W: first.W, H: first.H, D: first.D, Global: o.Global}
	_, g.unit = moments(grids)
	var fits []spectrum
	if g.Global {
		g.W, g.H = 1, 1
		fits = []spectrum{together(grids, g.unit, o)}
	} else {
		fits = perPosition(grids, g.unit, o)
	}
	g.start = []int{0}
	for _, s := range fits {
		if s.failed {
			return nil, errors.New("fitting a Gaussian: the eigenvalues of a covariance did not converge")
		}
		g.mean = append(g.mean, s.mean...)
		g.floor = append(g.floor, s.floor)
		g.basis = append(g.basis, s.basis...)
		g.start = append(g.start, len(g.basis)/g.D)
		g.Rank = max(g.Rank, len(s.basis)/g.D)
	}
	return g, nil
}

// Distance returns the Mahalanobis distance of every cell of x to the good
// ones, in one plane of a pixel per cell. x has the shape the Gaussian was
// fitted to; a global one takes any W and H.
func (g *Gaussian) Distance(x *Grid) *nn.Image {
	if x.D != g.D || !g.Global && (x.W != g.W || x.H != g.H) {
		panic(fmt.Sprintf("feature: Gaussian of %dx%d cells of %d numbers, grid of %dx%d of %d", g.W, g.H, g.D, x.W, x.H, x.D))
	}
	out := nn.NewImage(1, x.H, x.W)
	z, projected := make([]float32, g.D), make([]float32, g.Rank)
	inv := inverse(g.unit)
	for i := range out.Pix {
		p := i
		if g.Global {
			p = 0
		}
		mean := g.mean[p*g.D:][:g.D]
		for d, v := range x.At(i) {
			z[d] = (v - mean[d]) * inv[d]
		}
		d2 := square(z) / float64(g.floor[p])
		if k := g.start[p+1] - g.start[p]; k > 0 {
			y := projected[:k]
			multiply(y, g.basis[g.start[p]*g.D:g.start[p+1]*g.D], z)
			if known := square(y); math.IsInf(known, 1) {
				d2 = known // overflown: far, not near
			} else {
				d2 -= known
			}
		}
		out.Pix[i] = float32(math.Sqrt(max(d2, 0)))
	}
	return out
}

// Tensors returns the tables of the model, which share its storage.
func (g *Gaussian) Tensors() map[string]Tensor {
	mean := []int{g.H, g.W, g.D}
	if g.Global {
		mean = []int{g.D}
	}
	tables := map[string]Tensor{
		"mean":  {mean, g.mean},
		"unit":  {[]int{g.D}, g.unit},
		"floor": {[]int{len(g.floor)}, g.floor},
		"rank":  {[]int{len(g.floor)}, lengths(g.start)},
	}
	if len(g.basis) > 0 { // good parts that are all equal have none
		tables["basis"] = Tensor{[]int{len(g.basis) / g.D, g.D}, g.basis}
	}
	return tables
}

// GaussianFrom returns the model of the tables of [Gaussian.Tensors], whose
// storage it shares. It trusts none of them.
func GaussianFrom(t map[string]Tensor) (*Gaussian, error) {
	g, err := gaussianFrom(t)
	if err != nil {
		return nil, fmt.Errorf("reading a Gaussian: %w", err)
	}
	return g, nil
}

func gaussianFrom(t map[string]Tensor) (*Gaussian, error) {
	mean, err := read(t, "mean", 1, 3)
	if err != nil {
		return nil, err
	}
	g := &Gaussian{W: 1, H: 1, D: mean.Shape[len(mean.Shape)-1], Global: len(mean.Shape) == 1, mean: mean.Data}
	if !g.Global {
		g.H, g.W = mean.Shape[0], mean.Shape[1]
	}
	if g.unit, err = positive(t, "unit", g.D); err != nil {
		return nil, err
	}
	if g.floor, err = positive(t, "floor", g.W*g.H); err != nil {
		return nil, err
	}
	rank, err := read(t, "rank", 1)
	if err != nil {
		return nil, err
	}
	if len(rank.Data) != g.W*g.H {
		return nil, fmt.Errorf("ranks of %d of %d positions", len(rank.Data), g.W*g.H)
	}
	if _, ok := t["basis"]; ok {
		basis, err := read(t, "basis", 2)
		if err != nil {
			return nil, err
		}
		if basis.Shape[1] != g.D {
			return nil, fmt.Errorf("basis of %d numbers, mean of %d", basis.Shape[1], g.D)
		}
		g.basis = basis.Data
	}
	if g.start, err = starts(rank.Data, g.D, len(g.basis)/g.D); err != nil {
		return nil, err
	}
	for _, r := range rank.Data {
		g.Rank = max(g.Rank, int(r))
	}
	return g, nil
}
