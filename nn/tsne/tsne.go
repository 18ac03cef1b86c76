package tsne

import (
	"context"
	"errors"
	"fmt"
	"math"

	"agurscope/nn/internal/team"
	"agurscope/nn/vectors"
)

// Options say how a map is made. The zero value is the usual way.
type Options struct {
	Perplexity   float64 // effective number of neighbours; 0: 30. At most a third of the other vectors.
	Exaggeration float64 // of the attraction at first; 0: 12
	Early        int     // iterations with exaggeration; 0: 250
	Iterations   int     // in all; 0: 750
	LearningRate float64 // 0: number of vectors / exaggeration, at least 50
	Theta        float64 // how wide a cell may seem to count as one point, from 0 (exact) on; 0: 0.5
	Exact        int     // up to so many vectors every pair is looked at; 0: 2000, negative: none
	// Progress, if set, is told about every iteration and must not block.
	Progress func(Progress)
}

// Progress is how far a map is.
type Progress struct {
	Iteration, Iterations int
	KL                    float64 // as of the last time it was measured; NaN before
}

// Point is a place in the map.
type Point struct{ X, Y float32 }

// Map is a finished layout.
type Map struct {
	Points     []Point
	Perplexity float64 // that was possible
	KL         float64 // Kullback-Leibler divergence of the map from the vectors' neighbourhoods
	Iterations int
}

// measureEvery is after how many iterations the divergence is measured.
const measureEvery = 50

func (o Options) complete(n int) Options {
	def := func(v *float64, to float64) {
		if *v == 0 {
			*v = to
		}
	}
	def(&o.Perplexity, 30)
	def(&o.Exaggeration, 12)
	def(&o.Theta, 0.5)
	o.Perplexity = math.Min(o.Perplexity, math.Max(1, float64(n-1)/3))
	if o.Early == 0 {
		o.Early = 250
	}
	if o.Iterations == 0 {
		o.Iterations = 750
	}
	o.Early = min(o.Early, o.Iterations)
	if o.Exact == 0 {
		o.Exact = 2000
	}
	return o
}

func (o Options) check() error {
	for _, f := range []float64{o.Perplexity, o.Exaggeration, o.LearningRate, o.Theta} {
		if !(f >= 0) || math.IsInf(f, 1) {
			return fmt.Errorf("an option is %v", f)
		}
	}
	if o.Perplexity != 0 && o.Perplexity < 1 {
		return fmt.Errorf("the perplexity %v is below 1", o.Perplexity)
	}
	if o.Early < 0 || o.Iterations < 0 {
		return errors.New("a number of iterations is negative")
	}
	return nil
}

// Run lays out the vectors of s. It stops with the error of ctx when that ends.
func Run(ctx context.Context, s *vectors.Set, o Options) (*Map, error) {
	if s.N() == 0 {
		return nil, errors.New("make a map: there are no vectors")
	}
	if err := errors.Join(o.check(), s.Check()); err != nil {
		return nil, fmt.Errorf("make a map: %w", err)
	}
	o = o.complete(s.N())
	l, err := newLayout(ctx, s, o)
	if err != nil {
		return nil, err
	}
	defer l.team.Close()
	if err := l.optimise(ctx); err != nil {
		return nil, err
	}
	return &Map{Points: l.at, Perplexity: o.Perplexity, KL: l.kl, Iterations: o.Iterations}, nil
}

// layout is a map in the making.
type layout struct {
	o      Options
	n      int
	forces forces
	team   *team.Team

	at         []Point // where each vector is
	velocity   []Point // its last step
	gain       []Point // by how much each coordinate's step is stretched
	attraction []Point // sum of p q (y - y'), see forces
	repulsion  []Point // sum of q² (y - y')

	exaggeration, momentum, rate float32
	z                            float64 // sum of q over all pairs
	kl                           float64
	centre                       []sums // of each piece of points
	step                         func(worker, piece int)
}

type sums struct{ x, y float64 }

// forces computes attraction and repulsion of a layout.
type forces interface {
	// apply fills attraction and repulsion and returns the sum of q.
	apply(l *layout) (z float64)
	// divergence returns the KL divergence for the sum of q at the present places.
	divergence(l *layout, z float64) float64
}

// chunk is how many points are one piece of work.
const chunk = 256

func newLayout(ctx context.Context, s *vectors.Set, o Options) (*layout, error) {
	n := s.N()
	l := &layout{
		o: o, n: n, kl: math.NaN(),
		velocity: make([]Point, n), gain: make([]Point, n),
		attraction: make([]Point, n), repulsion: make([]Point, n),
		centre: make([]sums, (n+chunk-1)/chunk),
	}
	for i := range l.gain {
		l.gain[i] = Point{1, 1}
	}
	l.step = l.move
	var err error
	if l.at, err = start(ctx, s); err != nil {
		return nil, err
	}
	if n <= o.Exact {
		l.forces, err = newPairs(ctx, s, o.Perplexity)
	} else {
		l.forces, err = newBarnesHut(ctx, s, o)
	}
	if err != nil {
		return nil, err
	}
	l.team = team.New()
	return l, nil
}

// start places the vectors by their first two principal axes, small enough that
// all attract each other, with a trifle added that tells equal ones apart.
func start(ctx context.Context, s *vectors.Set) ([]Point, error) {
	const spread, trifle = 1e-4, 1e-7
	b, err := vectors.Fit(ctx, s, 2, false)
	if err != nil {
		return nil, err
	}
	scale := 0.0
	if b.Variance[0] > 0 {
		scale = spread / math.Sqrt(b.Variance[0])
	}
	at := make([]Point, s.N())
	row := make([]float32, b.Dims())
	for i := range at {
		b.Project(row, s.Row(i))
		at[i].X = float32(scale*float64(row[0]) + trifle*noise(2*i))
		at[i].Y = float32(trifle * noise(2*i+1))
		if len(row) > 1 {
			at[i].Y += float32(scale * float64(row[1]))
		}
	}
	return at, nil
}

// noise returns a number in -1..1 that depends on i alone (splitmix64).
func noise(i int) float64 {
	z := uint64(i+1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11)/(1<<52) - 1
}

// optimise runs all iterations.
func (l *layout) optimise(ctx context.Context) error {
	if l.n < 3 {
		l.kl = 0
		return ctx.Err()
	}
	for i := range l.o.Iterations {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.phase(i)
		l.iterate()
		last := i+1 == l.o.Iterations
		if (i+1)%measureEvery == 0 || last {
			if last {
				l.z = l.forces.apply(l)
			}
			l.kl = l.forces.divergence(l, l.z)
		}
		if l.o.Progress != nil {
			l.o.Progress(Progress{i + 1, l.o.Iterations, l.kl})
		}
	}
	return nil
}

// phase sets exaggeration, momentum and learning rate for iteration i.
func (l *layout) phase(i int) {
	l.exaggeration, l.momentum = float32(l.o.Exaggeration), 0.5
	if i >= l.o.Early {
		l.exaggeration, l.momentum = 1, 0.8
	}
	rate := l.o.LearningRate
	if rate == 0 {
		rate = math.Max(float64(l.n)/float64(l.exaggeration), 50)
	}
	l.rate = float32(rate)
}

// iterate moves every point once. Nothing is allocated.
func (l *layout) iterate() {
	l.z = l.forces.apply(l)
	l.team.Run(len(l.centre), l.step)
	var c sums
	for _, s := range l.centre {
		c.x += s.x
		c.y += s.y
	}
	x, y := float32(c.x/float64(l.n)), float32(c.y/float64(l.n))
	for i := range l.at {
		l.at[i].X -= x
		l.at[i].Y -= y
	}
}

// longestStep bounds how far a point moves at a time.
const longestStep = 5

// move moves one piece of points along their gradient: gains grow where it keeps
// pointing the same way (Jacobs' delta-bar-delta), and steps have momentum.
func (l *layout) move(_, piece int) {
	lo, hi := piece*chunk, min(piece*chunk+chunk, l.n)
	invZ := float32(1 / l.z)
	var c sums
	for i := lo; i < hi; i++ {
		a, r, v, g, p := l.attraction[i], l.repulsion[i], &l.velocity[i], &l.gain[i], &l.at[i]
		dx := l.exaggeration*a.X - r.X*invZ
		dy := l.exaggeration*a.Y - r.Y*invZ
		g.X, g.Y = gain(g.X, v.X, dx), gain(g.Y, v.Y, dy)
		v.X = l.momentum*v.X - l.rate*g.X*dx
		v.Y = l.momentum*v.Y - l.rate*g.Y*dy
		if length := v.X*v.X + v.Y*v.Y; length > longestStep*longestStep {
			s := longestStep / float32(math.Sqrt(float64(length)))
			v.X *= s
			v.Y *= s
		}
		p.X += v.X
		p.Y += v.Y
		c.x += float64(p.X)
		c.y += float64(p.Y)
	}
	l.centre[piece] = c
}

func gain(g, velocity, slope float32) float32 {
	if (velocity > 0) != (slope > 0) { // downhill goes on
		return g + 0.2
	}
	return g*0.8 + 0.01
}
