package tsne

import (
	"context"
	"math"

	"agurscope/nn/vectors"
)

// barnesHut computes attraction along the nearest neighbours and repulsion by a
// quadtree.
type barnesHut struct {
	n      int
	p      *sparse
	plnp   float64 // Σ p ln p
	psum   float64
	tree   *quadtree
	theta2 float32

	l       *layout // under way
	masses  [][]mass
	sum     []float64 // of each piece of leaves; or of points
	forceOf func(worker, piece int)
	sumOf   func(worker, piece int)
}

// leavesApiece is how many leaves are one piece of work.
const leavesApiece = 32

func newBarnesHut(ctx context.Context, s *vectors.Set, o Options) (*barnesHut, error) {
	p, err := neighbourhoods(ctx, s, o.Perplexity)
	if err != nil {
		return nil, err
	}
	n := s.N()
	f := &barnesHut{n: n, p: p, tree: newQuadtree(n), theta2: float32(o.Theta * o.Theta)}
	f.sum = make([]float64, max((n+chunk-1)/chunk, (n+leavesApiece-1)/leavesApiece))
	f.forceOf, f.sumOf = f.force, f.spread
	for _, v := range p.p {
		if v > 0 {
			f.plnp += float64(v) * math.Log(float64(v))
			f.psum += float64(v)
		}
	}
	return f, nil
}

// pieces of points and of leaves.
func (f *barnesHut) pieces() (points, leaves int) {
	return (f.n + chunk - 1) / chunk, (len(f.tree.leaves) + leavesApiece - 1) / leavesApiece
}

func (f *barnesHut) apply(l *layout) float64 {
	f.l = l
	for len(f.masses) < l.team.Size() {
		f.masses = append(f.masses, make([]mass, 0, f.n))
	}
	f.tree.build(l.at)
	points, leaves := f.pieces()
	l.team.Run(points+leaves, f.forceOf)
	z := 0.0
	for _, s := range f.sum[:leaves] {
		z += s
	}
	return z - float64(f.n) // every point has seen itself
}

// force is a piece of the repulsion, which takes longer, or of the attraction.
func (f *barnesHut) force(worker, piece int) {
	if _, leaves := f.pieces(); piece < leaves {
		f.repel(worker, piece)
	} else {
		f.attract(piece - leaves)
	}
}

func (f *barnesHut) repel(worker, piece int) {
	t := f.tree
	lo := piece * leavesApiece
	sum := 0.0
	for _, leaf := range t.leaves[lo:min(lo+leavesApiece, len(t.leaves))] {
		n := &t.nodes[leaf]
		masses := t.seen(f.masses[worker], n, f.theta2)
		for i := n.lo; i < n.hi; i++ {
			force, z := repulse(t.sorted[i], masses)
			f.l.repulsion[t.order[i]] = force
			sum += float64(z)
		}
	}
	f.sum[piece] = sum
}

func (f *barnesHut) attract(piece int) {
	at := f.l.at
	for i := piece * chunk; i < min(piece*chunk+chunk, f.n); i++ {
		from, to := f.p.row[i], f.p.row[i+1]
		col := f.p.col[from:to]
		p := f.p.p[from:to][:len(col)]
		here := at[i]
		var x, y float32
		for k, j := range col {
			there := at[j]
			dx, dy := here.X-there.X, here.Y-there.Y
			a := p[k] / (1 + dx*dx + dy*dy)
			x += a * dx
			y += a * dy
		}
		f.l.attraction[i] = Point{x, y}
	}
}

func (f *barnesHut) divergence(l *layout, z float64) float64 {
	f.l = l
	points, _ := f.pieces()
	l.team.Run(points, f.sumOf)
	sum := 0.0
	for _, s := range f.sum[:points] {
		sum += s
	}
	return f.plnp + sum + f.psum*math.Log(z)
}

// spread leaves Σ p ln(1+d²) of one piece.
func (f *barnesHut) spread(_, piece int) {
	at, sum := f.l.at, 0.0
	for i := piece * chunk; i < min(piece*chunk+chunk, f.n); i++ {
		here := at[i]
		for k := f.p.row[i]; k < f.p.row[i+1]; k++ {
			there := at[f.p.col[k]]
			dx, dy := float64(here.X-there.X), float64(here.Y-there.Y)
			sum += float64(f.p.p[k]) * math.Log1p(dx*dx+dy*dy)
		}
	}
	f.sum[piece] = sum
}
