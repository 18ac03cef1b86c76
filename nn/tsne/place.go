package tsne

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"agurscope/nn/vectors"
)

// Placer puts new vectors into a finished map. The map itself stays as it is.
// A Placer belongs to one goroutine.
type Placer struct {
	index *vectors.Index
	d     int
	at    []Point
	tree  *quadtree

	near   []vectors.Neighbour
	p, d2  []float32
	masses []mass
}

// Placement is where a new vector belongs.
type Placement struct {
	Point
	Nearest  int     // the vector of the map nearest to it
	Distance float64 // to that, in the space of the vectors
}

// The settings of placing, as in openTSNE's transform: a few neighbours attract,
// the whole map repels, and the start among the neighbours is nearly right.
const (
	placePerplexity   = 5
	placeAround       = 25 // neighbours whose median is the start
	placeIterations   = 250
	placeExaggeration = 1.5
	placeRate         = 0.1
	placeMomentum     = 0.8
	placeClip         = 0.25 // of the slope
	placeTheta        = 0.5
)

// NewPlacer returns a Placer for the map that has vector i of s at points[i].
func NewPlacer(s *vectors.Set, points []Point) (*Placer, error) {
	if s.N() != len(points) || s.N() == 0 {
		return nil, fmt.Errorf("place into a map: %d vectors have %d places", s.N(), len(points))
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("place into a map: %w", err)
	}
	for i, p := range points {
		if f := float64(p.X - p.X + p.Y - p.Y); f != 0 {
			return nil, fmt.Errorf("place into a map: point %d is at %v", i+1, p)
		}
	}
	k := min(3*placePerplexity, s.N())
	p := &Placer{
		index: vectors.NewIndex(s), d: s.D, at: points, tree: newQuadtree(s.N()),
		p: make([]float32, k), d2: make([]float32, k), masses: make([]mass, 0, s.N()),
	}
	p.tree.build(points)
	return p, nil
}

// Place returns where v belongs.
func (p *Placer) Place(v []float32) (Placement, error) {
	if len(v) != p.d {
		return Placement{}, fmt.Errorf("place into a map: the vector has %d numbers, those of the map %d", len(v), p.d)
	}
	for _, f := range v {
		if f-f != 0 {
			return Placement{}, errors.New("place into a map: the vector holds something else than numbers")
		}
	}
	p.near = p.index.Near(p.near, v, placeAround, -1)
	out := Placement{Point: p.median(), Nearest: int(p.near[0].ID), Distance: math.Sqrt(float64(p.near[0].Distance2))}
	pulling := p.near[:len(p.p)]
	for i, n := range pulling {
		p.d2[i] = n.Distance2
	}
	conditional(p.p, p.d2, placePerplexity)
	var step Point
	for range placeIterations {
		g := p.slope(out.Point, pulling)
		if length := float32(math.Hypot(float64(g.X), float64(g.Y))); length > placeClip {
			g.X *= placeClip / length
			g.Y *= placeClip / length
		}
		step.X = placeMomentum*step.X - placeRate*g.X
		step.Y = placeMomentum*step.Y - placeRate*g.Y
		out.X += step.X
		out.Y += step.Y
	}
	return out, nil
}

// slope is the gradient for a point at here.
func (p *Placer) slope(here Point, pulling []vectors.Neighbour) Point {
	box := node{left: here.X, right: here.X, low: here.Y, high: here.Y}
	r, z := repulse(here, p.tree.seen(p.masses, &box, placeTheta*placeTheta))
	g := Point{-r.X / z, -r.Y / z}
	for i, n := range pulling {
		there := p.at[n.ID]
		dx, dy := here.X-there.X, here.Y-there.Y
		a := placeExaggeration * p.p[i] / (1 + dx*dx + dy*dy)
		g.X += a * dx
		g.Y += a * dy
	}
	return g
}

// median returns the median place of the neighbours.
func (p *Placer) median() Point {
	var x, y [placeAround]float32
	for i, n := range p.near {
		x[i], y[i] = p.at[n.ID].X, p.at[n.ID].Y
	}
	k := len(p.near)
	slices.Sort(x[:k])
	slices.Sort(y[:k])
	return Point{(x[(k-1)/2] + x[k/2]) / 2, (y[(k-1)/2] + y[k/2]) / 2}
}

// Outside is how many times farther from the map than Scale a vector must be to
// be called unlike anything mapped.
const Outside = 1.5

// Scale returns how far from its nearest neighbour a vector of a map usually is
// at most: the 95 % quantile, over the vectors that among names and among all
// for nil. It is 0 where there are none.
func Scale(nearest *vectors.Graph, among []bool) float64 {
	var d []float64
	for i := range nearest.N() {
		if among == nil || among[i] {
			d = append(d, math.Sqrt(float64(nearest.Row(i)[0].Distance2)))
		}
	}
	if len(d) == 0 {
		return 0
	}
	slices.SortFunc(d, cmp.Compare[float64])
	return d[min(int(math.Ceil(0.95*float64(len(d))))-1, len(d)-1)]
}
