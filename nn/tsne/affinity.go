package tsne

import (
	"context"
	"math"
	"slices"

	"agurscope/nn/internal/team"
	"agurscope/nn/vectors"
)

// conditional writes to p the neighbourhood of one vector with the given squared
// distances: a Gaussian whose width gives the wished perplexity. It sums to 1.
func conditional(p []float32, d2 []float32, perplexity float64) {
	if len(d2) == 0 {
		return
	}
	want := math.Log(math.Min(perplexity, float64(len(d2))))
	least := float64(slices.Min(d2))
	beta, low, high := 1/math.Max(median(p, d2), 1e-30), 0.0, math.Inf(1)
	var sum float64
	for range 100 {
		// H = ln Σ e^(-β(d-d₀)) + β Σ (d-d₀) e^(-β(d-d₀)) / Σ e^(-β(d-d₀))
		sum = 0
		weighted := 0.0
		for j, d := range d2 {
			d := float64(d) - least
			e := math.Exp(-beta * d)
			p[j] = float32(e)
			sum += e
			weighted += d * e
		}
		h := math.Log(sum) + beta*weighted/sum
		if math.Abs(h-want) < 1e-5 {
			break
		}
		if h > want {
			low = beta
			if math.IsInf(high, 1) {
				beta *= 2
			} else {
				beta = (beta + high) / 2
			}
		} else {
			high = beta
			beta = (beta + low) / 2
		}
		if math.IsInf(beta, 1) { // more equal vectors than the perplexity wishes for
			break
		}
	}
	for j := range p {
		p[j] = float32(float64(p[j]) / sum)
	}
}

// median returns the middle one of d2, using scratch.
func median(scratch, d2 []float32) float64 {
	s := scratch[:len(d2)]
	copy(s, d2)
	slices.Sort(s)
	return float64(s[len(s)/2])
}

// sparse holds how strongly each vector is attracted by which others; symmetric,
// and 1 in all.
type sparse struct {
	row []int32 // n+1: where the entries of a vector begin
	col []int32
	p   []float32
}

// neighbourhoods returns the symmetric affinities of s, over the 3 perplexity
// nearest neighbours of each vector.
func neighbourhoods(ctx context.Context, s *vectors.Set, perplexity float64) (*sparse, error) {
	g, err := vectors.Nearest(ctx, s, int(3*perplexity))
	if err != nil {
		return nil, err
	}
	n, k := s.N(), g.K
	p := make([]float32, n*k)
	err = team.Each(ctx, n, 64, func(lo, hi int) {
		d2 := make([]float32, k)
		for i := lo; i < hi; i++ {
			for j, near := range g.Row(i) {
				d2[j] = near.Distance2
			}
			conditional(p[i*k:][:k], d2, perplexity)
		}
	})
	if err != nil {
		return nil, err
	}
	return symmetric(g, p), nil
}

// symmetric returns (P + P') / 2n of the neighbours in g with weights p.
func symmetric(g *vectors.Graph, p []float32) *sparse {
	n, k := g.N(), g.K
	// The transposed entries, by vector; each list ascends by itself.
	from := make([]int32, n+1)
	for _, near := range g.Near {
		from[near.ID+1]++
	}
	for i := range n {
		from[i+1] += from[i]
	}
	type entry struct {
		col int32
		p   float32
	}
	back := make([]entry, n*k)
	next := slices.Clone(from[:n])
	for i := range n {
		for j, near := range g.Row(i) {
			back[next[near.ID]] = entry{int32(i), p[i*k+j]}
			next[near.ID]++
		}
	}
	out := &sparse{row: make([]int32, n+1)}
	own := make([]entry, k)
	half := float32(1 / (2 * float64(n)))
	for i := range n {
		for j, near := range g.Row(i) {
			own[j] = entry{near.ID, p[i*k+j]}
		}
		slices.SortFunc(own, func(a, b entry) int { return int(a.col) - int(b.col) })
		a, b := own, back[from[i]:from[i+1]]
		for len(a) > 0 || len(b) > 0 {
			var e entry
			switch {
			case len(b) == 0 || len(a) > 0 && a[0].col < b[0].col:
				e, a = a[0], a[1:]
			case len(a) == 0 || b[0].col < a[0].col:
				e, b = b[0], b[1:]
			default:
				e = entry{a[0].col, a[0].p + b[0].p}
				a, b = a[1:], b[1:]
			}
			out.col = append(out.col, e.col)
			out.p = append(out.p, e.p*half)
		}
		out.row[i+1] = int32(len(out.col))
	}
	return out
}
