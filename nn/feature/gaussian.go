package feature

import (
	"errors"
	"fmt"

	"agurscope/nn"
	"agurscope/nn/internal/simd"
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

	unit   []float32 // D: deviation of each number over all positions
	packed *simd.Gaussian
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
	var mean, floor []float32 // position x D; position: λ'
	var basis []float32       // row x D: u sqrt(1/λ' − 1/(l+λ))
	start := []int{0}         // position, and the end: rows of basis
	for _, s := range fits {
		if s.failed {
			return nil, errors.New("fitting a Gaussian: the eigenvalues of a covariance did not converge")
		}
		mean = append(mean, s.mean...)
		floor = append(floor, s.floor)
		basis = append(basis, s.basis...)
		start = append(start, len(basis)/g.D)
	}
	g.pack(basis, mean, floor, start)
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
	g.Meter().Measure(out.Pix, x, 0)
	return out
}

// pack keeps the tables in the order in which they are read.
func (g *Gaussian) pack(basis, mean, floor []float32, start []int) {
	g.packed = simd.NewGaussian(basis, mean, inverse(g.unit), floor, start, g.Global)
	for _, n := range g.packed.Counts() {
		g.Rank = max(g.Rank, int(n))
	}
}

// Tensors returns the tables of the model; they must not be written to.
func (g *Gaussian) Tensors() map[string]Tensor {
	mean := []int{g.H, g.W, g.D}
	if g.Global {
		mean = []int{g.D}
	}
	p := g.packed
	tables := map[string]Tensor{
		"mean":  {mean, p.Mean},
		"unit":  {[]int{g.D}, g.unit},
		"floor": {[]int{len(p.Floor)}, p.Floor},
		"rank":  {[]int{len(p.Floor)}, floats(p.Counts())},
	}
	if n := p.Len(); n > 0 { // good parts that are all equal have none
		tables["basis"] = Tensor{[]int{n, g.D}, p.Data()}
	}
	return tables
}

// GaussianFrom returns the model of the tables of [Gaussian.Tensors]. It trusts
// none of them and keeps the smaller ones.
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
	g := &Gaussian{W: 1, H: 1, D: mean.Shape[len(mean.Shape)-1], Global: len(mean.Shape) == 1}
	if !g.Global {
		g.H, g.W = mean.Shape[0], mean.Shape[1]
	}
	if g.unit, err = positive(t, "unit", g.D); err != nil {
		return nil, err
	}
	floor, err := positive(t, "floor", g.W*g.H)
	if err != nil {
		return nil, err
	}
	rank, err := read(t, "rank", 1)
	if err != nil {
		return nil, err
	}
	if len(rank.Data) != g.W*g.H {
		return nil, fmt.Errorf("ranks of %d of %d positions", len(rank.Data), g.W*g.H)
	}
	var basis Tensor
	if _, ok := t["basis"]; ok {
		if basis, err = read(t, "basis", 2); err != nil {
			return nil, err
		}
		if basis.Shape[1] != g.D {
			return nil, fmt.Errorf("basis of %d numbers, mean of %d", basis.Shape[1], g.D)
		}
	}
	start, err := starts(rank.Data, g.D, len(basis.Data)/g.D)
	if err != nil {
		return nil, err
	}
	g.pack(basis.Data, mean.Data, floor, start)
	return g, nil
}
