package tsne

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"agurscope/nn/vectors"
)

var background = context.Background()

// blobs returns n vectors around k centres, and which belongs to which.
func blobs(n, d, k int, apart float64) (*vectors.Set, []int) {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(k)))
	centres := make([]float64, k*d)
	for i := range centres {
		centres[i] = apart * rng.NormFloat64()
	}
	s, label := vectors.New(n, d), make([]int, n)
	for i := range n {
		label[i] = i % k
		for j := range d {
			s.Row(i)[j] = float32(centres[label[i]*d+j] + rng.NormFloat64())
		}
	}
	return s, label
}

// scatter puts the points of l anywhere.
func scatter(l *layout, spread float64) {
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range l.at {
		l.at[i] = Point{float32(spread * rng.NormFloat64()), float32(spread * rng.NormFloat64())}
	}
}

func layoutOf(t testing.TB, s *vectors.Set, o Options) *layout {
	t.Helper()
	l, err := newLayout(background, s, o.complete(s.N()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.team.Close)
	return l
}

// affinity returns the matrix P of a layout.
func affinity(l *layout) []float64 {
	p := make([]float64, l.n*l.n)
	switch f := l.forces.(type) {
	case *pairs:
		for i, v := range f.p {
			p[i] = float64(v)
		}
	case *barnesHut:
		for i := range l.n {
			for k := f.p.row[i]; k < f.p.row[i+1]; k++ {
				p[i*l.n+int(f.p.col[k])] = float64(f.p.p[k])
			}
		}
	}
	return p
}

// divergence is the definition in plain loops.
func divergence(p []float64, y []float64) float64 {
	n, z := len(y)/2, 0.0
	q := make([]float64, len(p))
	for i := range n {
		for j := range n {
			if i != j {
				q[i*n+j] = 1 / (1 + math.Pow(y[2*i]-y[2*j], 2) + math.Pow(y[2*i+1]-y[2*j+1], 2))
				z += q[i*n+j]
			}
		}
	}
	kl := 0.0
	for i, v := range p {
		if v > 0 {
			kl += v * math.Log(v*z/q[i])
		}
	}
	return kl
}

func TestGradientByFiniteDifferences(t *testing.T) {
	s, _ := blobs(20, 5, 3, 2)
	for name, exact := range map[string]int{"pairs": 2000, "Barnes-Hut": -1} {
		l := layoutOf(t, s, Options{Perplexity: 4, Exact: exact, Theta: 1e-9})
		scatter(l, 1.5)
		p, y := affinity(l), make([]float64, 2*l.n)
		for i, at := range l.at {
			y[2*i], y[2*i+1] = float64(at.X), float64(at.Y)
		}
		z := l.forces.apply(l)
		if got, want := l.forces.divergence(l, z), divergence(p, y); math.Abs(got-want) > 1e-5*want {
			t.Errorf("%s: KL is %g instead of %g", name, got, want)
		}
		for i := range y {
			const h = 1e-4
			old := y[i]
			y[i] = old + h
			up := divergence(p, y)
			y[i] = old - h
			down := divergence(p, y)
			y[i] = old
			a, r := l.attraction[i/2], l.repulsion[i/2]
			got := 4 * (float64(a.X) - float64(r.X)/z)
			if i%2 == 1 {
				got = 4 * (float64(a.Y) - float64(r.Y)/z)
			}
			if want := (up - down) / (2 * h); math.Abs(got-want) > 1e-3*math.Max(math.Abs(want), 1e-3) {
				t.Errorf("%s: slope %d is %g instead of %g", name, i, got, want)
			}
		}
	}
}

func TestPerplexity(t *testing.T) {
	s, _ := blobs(200, 10, 3, 3)
	d2, p := make([]float32, 199), make([]float32, 199)
	for _, perplexity := range []float64{2, 5, 30, 60} {
		for i := range 50 {
			for j := range 200 {
				if j != i {
					d2[skip(j, i)] = vectors.Distance2(s.Row(i), s.Row(j))
				}
			}
			conditional(p, d2, perplexity)
			h, sum := 0.0, 0.0
			for _, v := range p {
				sum += float64(v)
				if v > 0 {
					h -= float64(v) * math.Log(float64(v))
				}
			}
			if math.Abs(h-math.Log(perplexity)) > 1e-4 || math.Abs(sum-1) > 1e-5 {
				t.Errorf("perplexity %v: entropy %g instead of %g, sum %g", perplexity, h, math.Log(perplexity), sum)
			}
		}
	}
}

func TestAffinitiesAreSymmetricAndOne(t *testing.T) {
	s, _ := blobs(400, 6, 4, 3)
	for _, exact := range []int{2000, -1} {
		p := affinity(layoutOf(t, s, Options{Exact: exact, Perplexity: 10}))
		sum := 0.0
		for i := range 400 {
			for j := range 400 {
				sum += p[i*400+j]
				if p[i*400+j] != p[j*400+i] {
					t.Fatalf("p(%d,%d) is %g, p(%d,%d) is %g", i, j, p[i*400+j], j, i, p[j*400+i])
				}
			}
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Errorf("sum %g", sum)
		}
	}
}

// TestBarnesHutApproachesPairs compares the repulsion by the tree with that of
// all pairs.
func TestBarnesHutApproachesPairs(t *testing.T) {
	s, _ := blobs(1500, 8, 5, 4)
	for i := range 30 { // more equal points than a leaf holds
		copy(s.Row(i), s.Row(0))
	}
	exact := layoutOf(t, s, Options{})
	for _, spread := range []float64{1e-4, 1, 30} {
		scatter(exact, spread)
		for i := range 30 {
			exact.at[i] = exact.at[0]
		}
		z := exact.forces.apply(exact)
		for theta, most := range map[float64]float64{1e-9: 1e-4, 0.2: 2e-3, 0.5: 0.02} {
			l := layoutOf(t, s, Options{Exact: -1, Theta: theta})
			copy(l.at, exact.at)
			zl := l.forces.apply(l)
			if math.Abs(zl-z) > most*z {
				t.Errorf("theta %g, spread %g: Z is %g instead of %g", theta, spread, zl, z)
			}
			err2, all2 := 0.0, 0.0
			for i, r := range exact.repulsion {
				err2 += math.Pow(float64(r.X-l.repulsion[i].X), 2) + math.Pow(float64(r.Y-l.repulsion[i].Y), 2)
				all2 += math.Pow(float64(r.X), 2) + math.Pow(float64(r.Y), 2)
			}
			if e := math.Sqrt(err2 / all2); e > most {
				t.Errorf("theta %g, spread %g: the repulsion is off by %.2g", theta, spread, e)
			}
		}
	}
}

func TestQuadtree(t *testing.T) {
	s, _ := blobs(3000, 2, 4, 4)
	l := layoutOf(t, s, Options{Exact: -1})
	scatter(l, 3)
	tree := l.forces.(*barnesHut).tree
	tree.build(l.at)
	seen := make([]int, l.n)
	for _, i := range tree.leaves {
		n := tree.nodes[i]
		if int(n.next) != int(i)+1 || n.hi <= n.lo {
			t.Fatalf("leaf %d: %+v", i, n)
		}
		for _, at := range tree.order[n.lo:n.hi] {
			seen[at]++
			p := l.at[at]
			if p.X < n.left || p.X > n.right || p.Y < n.low || p.Y > n.high {
				t.Errorf("point %v outside its leaf", p)
			}
		}
	}
	for i, c := range seen {
		if c != 1 {
			t.Fatalf("point %d is in %d leaves", i, c)
		}
	}
	if n := tree.nodes[0]; n.mass != 3000 || int(n.next) != len(tree.nodes) {
		t.Errorf("root %+v", n)
	}
}

// agreement is the mean share of the k nearest points in the map that have the
// same label.
func agreement(at []Point, label []int, k int) float64 {
	s := vectors.New(len(at), 2)
	for i, p := range at {
		s.Row(i)[0], s.Row(i)[1] = p.X, p.Y
	}
	g, _ := vectors.Nearest(background, s, k)
	same := 0
	for i := range at {
		for _, n := range g.Row(i) {
			if label[n.ID] == label[i] {
				same++
			}
		}
	}
	return float64(same) / float64(len(at)*k)
}

func TestBlobsStayTogether(t *testing.T) {
	s, label := blobs(300, 10, 3, 4)
	for name, o := range map[string]Options{"pairs": {}, "Barnes-Hut": {Exact: -1}} {
		var kls []float64
		o.Progress = func(p Progress) {
			if p.Iteration%measureEvery == 0 && p.Iteration > 250 {
				kls = append(kls, p.KL)
			}
		}
		m, err := Run(background, s, o)
		if err != nil {
			t.Fatal(err)
		}
		if a := agreement(m.Points, label, 10); a < 0.99 {
			t.Errorf("%s: neighbours agree to %g", name, a)
		}
		if len(kls) != 10 || kls[9] > kls[0] || kls[9] > 1 || m.KL != kls[9] {
			t.Errorf("%s: KL went %v, ended at %v", name, kls, m.KL)
		}
		for i := 1; i < len(kls); i++ {
			if kls[i] > kls[i-1]+0.01 {
				t.Errorf("%s: KL rose: %v", name, kls)
			}
		}
	}
}

func TestAnyProcessors(t *testing.T) {
	s, _ := blobs(700, 12, 5, 3)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, o := range map[string]Options{"pairs": {Iterations: 60, Early: 30}, "Barnes-Hut": {Exact: -1, Iterations: 300}} {
		var first *Map
		for _, procs := range []int{1, 2, 3, 8} {
			runtime.GOMAXPROCS(procs)
			m, err := Run(background, s, o)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = m
			}
			if !slices.Equal(m.Points, first.Points) || m.KL != first.KL {
				t.Errorf("%s: another map with %d processors", name, procs)
			}
		}
	}
}

func TestCancel(t *testing.T) {
	s, _ := blobs(600, 4, 2, 3)
	ctx, cancel := context.WithCancel(background)
	n := 0
	m, err := Run(ctx, s, Options{Exact: -1, Progress: func(p Progress) {
		if n++; n == 5 {
			cancel()
		}
	}})
	if m != nil || !errors.Is(err, context.Canceled) || n != 5 {
		t.Errorf("%v, %v after %d iterations", m, err, n)
	}
	if _, err := Run(ctx, s, Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestDegenerate(t *testing.T) {
	same, few := vectors.New(40, 3), vectors.New(5, 3)
	for i := range few.V {
		few.V[i] = float32(i * i)
	}
	line := vectors.New(100, 1)
	for i := range line.V {
		line.V[i] = float32(i)
	}
	twice, _ := blobs(300, 4, 2, 2)
	for i := range 120 {
		copy(twice.Row(i+120), twice.Row(i))
		copy(twice.Row(i), twice.Row(i%3))
	}
	for name, s := range map[string]*vectors.Set{
		"one": vectors.New(1, 3), "two": vectors.New(2, 3), "three equal": vectors.New(3, 3),
		"equal": same, "few": few, "line": line, "duplicates": twice,
	} {
		for _, exact := range []int{0, -1} {
			m, err := Run(background, s, Options{Exact: exact, Iterations: 300})
			if err != nil || len(m.Points) != s.N() {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for i, p := range m.Points {
				if f := float64(p.X + p.Y); math.IsNaN(f) || math.Abs(f) > 1e4 {
					t.Errorf("%s, exact %d: point %d is at %v", name, exact, i, p)
					break
				}
			}
			if math.IsNaN(m.KL) || m.Perplexity > math.Max(1, float64(s.N())/3) {
				t.Errorf("%s: KL %v, perplexity %v", name, m.KL, m.Perplexity)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	bad := vectors.New(10, 2)
	bad.V[7] = float32(math.NaN())
	good := vectors.New(10, 2)
	for name, run := range map[string]func() (*Map, error){
		"NaN":        func() (*Map, error) { return Run(background, bad, Options{}) },
		"empty":      func() (*Map, error) { return Run(background, &vectors.Set{}, Options{}) },
		"perplexity": func() (*Map, error) { return Run(background, good, Options{Perplexity: 0.5}) },
		"theta":      func() (*Map, error) { return Run(background, good, Options{Theta: math.NaN()}) },
		"iterations": func() (*Map, error) { return Run(background, good, Options{Iterations: -1}) },
	} {
		if m, err := run(); err == nil || m != nil {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
}

func TestIterationsAllocateNothing(t *testing.T) {
	s, _ := blobs(1200, 6, 3, 3)
	for name, exact := range map[string]int{"pairs": 0, "Barnes-Hut": -1} {
		l := layoutOf(t, s, Options{Exact: exact})
		l.phase(0)
		l.iterate()
		if n := testing.AllocsPerRun(20, l.iterate); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func benchmarkIterate(b *testing.B, n, exact int) {
	s, _ := blobs(n, 20, 10, 3)
	l, err := newLayout(background, s, Options{Exact: exact}.complete(n))
	if err != nil {
		b.Fatal(err)
	}
	defer l.team.Close()
	for i := range 400 {
		l.phase(i)
		l.iterate()
	}
	b.ResetTimer()
	for b.Loop() {
		l.iterate()
	}
}

func BenchmarkIteratePairs(b *testing.B)     { benchmarkIterate(b, 2000, 0) }
func BenchmarkIterateBarnesHut(b *testing.B) { benchmarkIterate(b, 10000, -1) }
