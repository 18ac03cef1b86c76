package tsne

import (
	"context"
	"math"

	"agurscope/nn/internal/team"
	"agurscope/nn/vectors"
)

// pairs computes the forces between all pairs of points.
type pairs struct {
	n    int
	p    []float32 // n x n, symmetric, 1 in all
	plnp float64   // Σ p ln p

	l   *layout // under way
	sum []float64

	forceOf, spreadOf func(worker, piece int) // made once
}

// rows is how many points are one piece of the work over all pairs.
const rows = 16

// leastP keeps logarithms finite.
const leastP = 1e-12

func newPairs(ctx context.Context, s *vectors.Set, perplexity float64) (*pairs, error) {
	n := s.N()
	f := &pairs{n: n, p: make([]float32, n*n), sum: make([]float64, (n+rows-1)/rows)}
	f.forceOf, f.spreadOf = f.force, f.spread
	err := team.Each(ctx, n, rows, func(lo, hi int) {
		d2, p := make([]float32, n-1), make([]float32, n-1)
		for i := lo; i < hi; i++ {
			for j := range n {
				if j != i {
					d2[skip(j, i)] = vectors.Distance2(s.Row(i), s.Row(j))
				}
			}
			conditional(p, d2, perplexity)
			for j := range n {
				if j != i {
					f.p[i*n+j] = p[skip(j, i)]
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range n {
		for j := range i {
			v := max((f.p[i*n+j]+f.p[j*n+i])/float32(2*n), leastP)
			f.p[i*n+j], f.p[j*n+i] = v, v
			f.plnp += 2 * float64(v) * math.Log(float64(v))
		}
	}
	return f, nil
}

// skip is the place of j in a list that leaves out i.
func skip(j, i int) int {
	if j > i {
		return j - 1
	}
	return j
}

func (f *pairs) apply(l *layout) float64 {
	return f.over(l, f.forceOf)
}

// over runs work on all pieces and adds up what they leave in sum.
func (f *pairs) over(l *layout, work func(worker, piece int)) float64 {
	f.l = l
	l.team.Run(len(f.sum), work)
	z := 0.0
	for _, s := range f.sum {
		z += s
	}
	return z
}

func (f *pairs) force(_, piece int) {
	lo, hi := piece*rows, min(piece*rows+rows, f.n)
	z := 0.0
	for i := lo; i < hi; i++ {
		here := f.l.at[i]
		p := f.p[i*f.n:][:f.n]
		var ax, ay, rx, ry, sum float32
		for j, there := range f.l.at[:len(p)] {
			dx, dy := here.X-there.X, here.Y-there.Y
			q := 1 / (1 + dx*dx + dy*dy)
			sum += q
			a, r := p[j]*q, q*q
			ax += a * dx
			ay += a * dy
			rx += r * dx
			ry += r * dy
		}
		f.l.attraction[i], f.l.repulsion[i] = Point{ax, ay}, Point{rx, ry}
		z += float64(sum) - 1 // its own q
	}
	f.sum[piece] = z
}

func (f *pairs) divergence(l *layout, z float64) float64 {
	// Σ p ln(p/q) with q = 1 / ((1+d²) z)
	return f.plnp + f.over(l, f.spreadOf) + math.Log(z)
}

// spread leaves Σ p ln(1+d²) of one piece.
func (f *pairs) spread(_, piece int) {
	lo, hi := piece*rows, min(piece*rows+rows, f.n)
	sum := 0.0
	for i := lo; i < hi; i++ {
		here := f.l.at[i]
		for j, there := range f.l.at {
			dx, dy := float64(here.X-there.X), float64(here.Y-there.Y)
			sum += float64(f.p[i*f.n+j]) * math.Log1p(dx*dx+dy*dy)
		}
	}
	f.sum[piece] = sum
}
