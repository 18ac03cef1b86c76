package cluster

import (
	"context"
	"math"

	"agurscope/nn/internal/team"
	"agurscope/nn/vectors"
)

// maxJudged is how many vectors are looked at; of more, every so-manieth is,
// which changes the figures by less than their second digit.
const maxJudged = 10000

// stride is the step through n vectors that looks at maxJudged at most.
func stride(n int) int { return (n + maxJudged - 1) / maxJudged }

// Silhouette returns the mean silhouette of the vectors that have a label
// (Rousseeuw 1987): near 1 where groups are tight and apart, 0 where they touch,
// negative where vectors are nearer to others than to their own. It is NaN with
// fewer than two groups.
func Silhouette(ctx context.Context, s *vectors.Set, labels []int) (float64, error) {
	v, err := Silhouettes(ctx, s, labels)
	if err != nil {
		return 0, err
	}
	sum, n := 0.0, 0
	for _, x := range v {
		if !math.IsNaN(x) {
			sum += x
			n++
		}
	}
	return sum / float64(n), nil
}

// Silhouettes returns the silhouette of each vector, NaN for those without a
// label, those that were not looked at, and all with fewer than two groups.
func Silhouettes(ctx context.Context, s *vectors.Set, labels []int) ([]float64, error) {
	n, k := s.N(), Count(labels)
	step := stride(n)
	size := make([]int, k)
	var members []int // who is looked at
	for i := 0; i < n; i += step {
		if labels[i] != Noise {
			members = append(members, i)
			size[labels[i]]++
		}
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	groups := 0
	for _, c := range size {
		if c > 0 {
			groups++
		}
	}
	if groups < 2 {
		return out, ctx.Err()
	}
	err := team.Each(ctx, len(members), 16, func(lo, hi int) {
		sum := make([]float64, k)
		for _, i := range members[lo:hi] {
			clear(sum)
			for _, j := range members {
				sum[labels[j]] += math.Sqrt(float64(vectors.Distance2(s.Row(i), s.Row(j))))
			}
			own := labels[i]
			if size[own] == 1 {
				out[i] = 0
				continue
			}
			a, b := sum[own]/float64(size[own]-1), math.Inf(1)
			for g, c := range size {
				if g != own && c > 0 {
					b = math.Min(b, sum[g]/float64(c))
				}
			}
			out[i] = 0
			if m := math.Max(a, b); m > 0 {
				out[i] = (b - a) / m
			}
		}
	})
	return out, err
}

// Agreement returns which share of the k nearest neighbours of the vectors with
// a label have the same one; NaN where there are none.
func Agreement(ctx context.Context, s *vectors.Set, labels []int, k int) (float64, error) {
	g, err := vectors.Nearest(ctx, s, k)
	if err != nil {
		return 0, err
	}
	same, all := 0, 0
	for i, l := range labels {
		if l == Noise {
			continue
		}
		for _, near := range g.Row(i) {
			all++
			if labels[near.ID] == l {
				same++
			}
		}
	}
	return float64(same) / float64(all), nil
}

// Trustworthiness says how far the k nearest neighbours in a map are neighbours
// among the vectors it was made of (Venna and Kaski 2001): 1 where all are. It
// is NaN for fewer than 2k vectors.
func Trustworthiness(ctx context.Context, s, mapped *vectors.Set, k int) (float64, error) {
	n := s.N()
	if n < 2*k || k < 1 {
		return math.NaN(), ctx.Err()
	}
	x := vectors.NewIndex(mapped)
	step := stride(n)
	judged := (n + step - 1) / step
	penalty := make([]int64, judged)
	err := team.Each(ctx, judged, 16, func(lo, hi int) {
		d2 := make([]float32, n)
		var near []vectors.Neighbour
		for at := lo; at < hi; at++ {
			i := at * step
			for j := range d2 {
				d2[j] = vectors.Distance2(s.Row(i), s.Row(j))
			}
			near = x.Near(near, mapped.Row(i), k, i)
			for _, m := range near {
				rank, limit := 1, d2[m.ID]
				for j, d := range d2 {
					if j != i && (d < limit || d == limit && j < int(m.ID)) {
						rank++
					}
				}
				penalty[at] += int64(max(rank-k, 0))
			}
		}
	})
	if err != nil {
		return 0, err
	}
	sum := int64(0)
	for _, p := range penalty {
		sum += p
	}
	return 1 - float64(sum)*2/(float64(judged)*float64(k)*(2*float64(n)-3*float64(k)-1)), nil
}
