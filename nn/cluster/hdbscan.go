package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"agurscope/nn/internal/team"
	"agurscope/nn/vectors"
)

// Options say what counts as a group. The zero value is the usual way.
type Options struct {
	MinSize    int // members that a group has at least; 0: a quarter of the root of the number of vectors, at least 5
	MinSamples int // vectors, itself among them, that make a place dense; 0: MinSize, at most 10
}

func (o Options) complete(n int) Options {
	if o.MinSize == 0 {
		o.MinSize = max(5, int(math.Sqrt(float64(n))/4))
	}
	if o.MinSamples == 0 {
		o.MinSamples = min(o.MinSize, 10)
	}
	return o
}

// Find returns for each vector of s its group, from 0 on in the order of size,
// or Noise. The groups are those that persist longest while the demanded density
// rises (excess of mass); all of s is never one group.
func Find(ctx context.Context, s *vectors.Set, o Options) ([]int, error) {
	if o.MinSize < 0 || o.MinSize == 1 || o.MinSamples < 0 {
		return nil, fmt.Errorf("find groups: a group of %d, dense from %d on, is none", o.MinSize, o.MinSamples)
	}
	if s.D == 0 && len(s.V) > 0 {
		return nil, errors.New("find groups: the vectors are empty")
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("find groups: %w", err)
	}
	n := s.N()
	o = o.complete(n)
	labels := make([]int, n)
	for i := range labels {
		labels[i] = Noise
	}
	if n < 2*o.MinSize { // two groups at least
		return labels, ctx.Err()
	}
	core, err := coreDistances(ctx, s, o.MinSamples)
	if err != nil {
		return nil, err
	}
	edges, err := spanningTree(ctx, s, core)
	if err != nil {
		return nil, err
	}
	condense(merge(edges, n), n, o.MinSize).label(labels)
	bySize(labels)
	return labels, nil
}

// coreDistances returns how far from each vector its samples-th nearest is, the
// vector itself being the first.
func coreDistances(ctx context.Context, s *vectors.Set, samples int) ([]float32, error) {
	core := make([]float32, s.N())
	if samples <= 1 {
		return core, ctx.Err()
	}
	g, err := vectors.Nearest(ctx, s, samples-1)
	if err != nil {
		return nil, err
	}
	for i := range core {
		core[i] = g.Row(i)[g.K-1].Distance2
	}
	return core, nil
}

// edge joins two vectors, or later two groups, at a squared distance.
type edge struct {
	a, b int32
	d2   float32
}

// spanningTree returns the edges of the minimum spanning tree under the mutual
// reachability distance, max(core a, core b, |a - b|), the shortest first: Prim's
// algorithm over all pairs.
func spanningTree(ctx context.Context, s *vectors.Set, core []float32) ([]edge, error) {
	const piece = 2048
	n := s.N()
	best := make([]edge, n) // the way from each vector outside into the tree
	for i := range best {
		best[i] = edge{0, int32(i), float32(math.Inf(1))} // also where a square is too large for a float32
	}
	inside := make([]bool, n)
	pieces := (n + piece - 1) / piece
	nearest := make([]int32, pieces)
	t := team.New()
	defer t.Close()
	at := int32(0)
	reach := func(_, p int) {
		here, c, least := s.Row(int(at)), core[at], int32(-1)
		for i := p * piece; i < min(p*piece+piece, n); i++ {
			if inside[i] {
				continue
			}
			b := &best[i]
			// The core distances alone often tell that the way is no shorter.
			if far := max(c, core[i]); far < b.d2 {
				if d := max(far, vectors.Distance2(here, s.Row(i))); d < b.d2 {
					b.a, b.d2 = at, d
				}
			}
			if least < 0 || b.d2 < best[least].d2 {
				least = int32(i)
			}
		}
		nearest[p] = least
	}
	tree := make([]edge, 0, n-1)
	inside[0] = true
	for len(tree) < n-1 {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		t.Run(pieces, reach)
		next := int32(-1)
		for _, i := range nearest {
			if i >= 0 && (next < 0 || best[i].d2 < best[next].d2) {
				next = i
			}
		}
		tree = append(tree, best[next])
		inside[next], at = true, next
	}
	slices.SortStableFunc(tree, func(a, b edge) int { return cmp.Compare(a.d2, b.d2) })
	return tree, nil
}

// joint is one node of the dendrogram: what its two parts, vectors below n and
// joints from n on, are joined at.
type joint struct {
	left, right int32
	size        int32
	lambda      float64 // density: 1 / distance
}

// most bounds densities, so that equal vectors do not make them infinite.
const most = 1e12

// merge joins vectors along ascending edges.
func merge(edges []edge, n int) []joint {
	parent := make([]int32, 2*n-1)
	for i := range parent {
		parent[i] = int32(i)
	}
	find := func(i int32) int32 {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	out := make([]joint, 0, n-1)
	size := func(i int32) int32 {
		if int(i) < n {
			return 1
		}
		return out[int(i)-n].size
	}
	for _, e := range edges {
		a, b := find(e.a), find(e.b)
		id := int32(n + len(out))
		lambda := most
		if d := math.Sqrt(float64(e.d2)); d > 1/most {
			lambda = 1 / d
		}
		out = append(out, joint{a, b, size(a) + size(b), lambda})
		parent[a], parent[b] = id, id
	}
	return out
}

// condensed is the dendrogram without what is smaller than a group: vectors
// leave a branch one by one until it parts into two groups or dissolves.
type condensed struct {
	parent    []int32   // of each branch; -1 for the root
	birth     []float64 // density at which each begins
	stability []float64
	of        []int32 // branch that each vector leaves
}

// condense walks the dendrogram from the root.
func condense(joints []joint, n, minSize int) *condensed {
	c := &condensed{parent: []int32{-1}, birth: []float64{0}, stability: []float64{0}, of: make([]int32, n)}
	size := func(i int32) int {
		if int(i) < n {
			return 1
		}
		return int(joints[int(i)-n].size)
	}
	// drop lets everything below i leave the branch at a density.
	var stack []int32
	drop := func(i, branch int32, lambda float64) {
		stack = append(stack[:0], i)
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if int(i) < n {
				c.of[i] = branch
				c.stability[branch] += lambda - c.birth[branch]
				continue
			}
			j := joints[int(i)-n]
			stack = append(stack, j.right, j.left)
		}
	}
	type visit struct{ joint, branch int32 }
	todo := []visit{{int32(n + len(joints) - 1), 0}}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		j := joints[int(v.joint)-n]
		l, r := size(j.left), size(j.right)
		switch {
		case l >= minSize && r >= minSize:
			for _, side := range []int32{j.left, j.right} {
				c.stability[v.branch] += float64(size(side)) * (j.lambda - c.birth[v.branch])
				todo = append(todo, visit{side, int32(len(c.parent))})
				c.parent = append(c.parent, v.branch)
				c.birth = append(c.birth, j.lambda)
				c.stability = append(c.stability, 0)
			}
		case l < minSize && r < minSize:
			drop(j.left, v.branch, j.lambda)
			drop(j.right, v.branch, j.lambda)
		case l < minSize:
			drop(j.left, v.branch, j.lambda)
			todo = append(todo, visit{j.right, v.branch})
		default:
			drop(j.right, v.branch, j.lambda)
			todo = append(todo, visit{j.left, v.branch})
		}
	}
	return c
}

// label chooses the branches that are groups and labels the vectors.
func (c *condensed) label(labels []int) {
	// Branches come after their parents.
	below := make([]float64, len(c.parent))
	chosen := make([]bool, len(c.parent))
	for b := len(c.parent) - 1; b > 0; b-- {
		chosen[b] = below[b] <= c.stability[b]
		below[c.parent[b]] += max(below[b], c.stability[b])
	}
	group := make([]int, len(c.parent))
	group[0] = Noise
	for b := 1; b < len(group); b++ {
		switch up := group[c.parent[b]]; {
		case up != Noise:
			group[b] = up // inside a group that was chosen higher up
		case chosen[b]:
			group[b] = b
		default:
			group[b] = Noise
		}
	}
	for i, b := range c.of {
		labels[i] = group[b]
	}
}

// bySize renumbers the groups, the largest first and the first member of equals
// first.
func bySize(labels []int) {
	type group struct{ label, first, size int }
	at := map[int]int{}
	var groups []group
	for i, l := range labels {
		if l == Noise {
			continue
		}
		k, ok := at[l]
		if !ok {
			k = len(groups)
			at[l] = k
			groups = append(groups, group{l, i, 0})
		}
		groups[k].size++
	}
	slices.SortFunc(groups, func(a, b group) int { return cmp.Or(b.size-a.size, a.first-b.first) })
	for k, g := range groups {
		at[g.label] = k
	}
	for i, l := range labels {
		if l != Noise {
			labels[i] = at[l]
		}
	}
}

// Count returns the number of groups that labels tells apart.
func Count(labels []int) int {
	n := 0
	for _, l := range labels {
		n = max(n, l+1)
	}
	return n
}
