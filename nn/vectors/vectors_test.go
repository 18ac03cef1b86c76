package vectors

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

func random(n, d int) *Set {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	s := New(n, d)
	for i := range s.V {
		s.V[i] = float32(rng.NormFloat64() / float64(1+i%d))
	}
	return s
}

func TestFromRows(t *testing.T) {
	if _, err := FromRows([][]float32{{1, 2}, {3}}); err == nil {
		t.Error("rows of different length")
	}
	if _, err := FromRows([][]float32{{1, float32(math.NaN())}}); err == nil {
		t.Error("NaN")
	}
	s, err := FromRows(nil)
	if err != nil || s.N() != 0 {
		t.Error(s, err)
	}
}

func TestNearestIsBruteForce(t *testing.T) {
	for _, shape := range [][2]int{{1, 3}, {2, 1}, {40, 3}, {300, 8}, {300, 21}} {
		s := random(shape[0], shape[1])
		for i := range s.N() / 5 { // equal vectors have distance 0 and an order
			copy(s.Row(i), s.Row(s.N()-1-i))
		}
		const k = 7
		g, err := Nearest(context.Background(), s, k)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.N() {
			var all []Neighbour
			for j := range s.N() {
				if j != i {
					var sum float64
					for c := range s.D {
						sum += math.Pow(float64(s.Row(i)[c])-float64(s.Row(j)[c]), 2)
					}
					all = append(all, Neighbour{int32(j), float32(sum)})
				}
			}
			slices.SortFunc(all, func(a, b Neighbour) int {
				if a.before(b) {
					return -1
				}
				return 1
			})
			got := g.Row(i)
			if len(got) != min(k, s.N()-1) {
				t.Fatalf("%d neighbours of %d", len(got), s.N())
			}
			for c, n := range got {
				if math.Abs(float64(n.Distance2-all[c].Distance2)) > 1e-5*(1+float64(n.Distance2)) {
					t.Fatalf("%v: neighbour %d of %d is %v, not %v", shape, c, i, n, all[c])
				}
				if c > 0 && !got[c-1].before(n) {
					t.Fatalf("out of order: %v", got)
				}
			}
		}
	}
}

func TestNearestAnyProcessors(t *testing.T) {
	s := random(500, 20)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, _ := Nearest(context.Background(), s, 10)
	runtime.GOMAXPROCS(5)
	five, _ := Nearest(context.Background(), s, 10)
	if !slices.Equal(one.Near, five.Near) {
		t.Error("neighbours depend on the number of processors")
	}
	b5, _ := Fit(context.Background(), s, 20, true)
	runtime.GOMAXPROCS(1)
	b1, _ := Fit(context.Background(), s, 20, true)
	if !slices.Equal(b1.Axes.V, b5.Axes.V) {
		t.Error("axes depend on the number of processors")
	}
}

func TestEigenSymmetric(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 10, 57} {
		a := make([]float64, n*n)
		for i := range n {
			for j := range i + 1 {
				v := rng.NormFloat64()
				if n == 10 && i != j {
					v = 0
				}
				a[i*n+j], a[j*n+i] = v, v
			}
		}
		b := make([]float64, n*n) // a a', which has no negative eigenvalues
		for i := range n {
			for j := range n {
				for k := range n {
					b[i*n+j] += a[i*n+k] * a[j*n+k]
				}
			}
		}
		values, vectors := eigenSymmetric(slices.Clone(b), n)
		for k := range n {
			v := vectors[k*n:][:n]
			for i := range n {
				sum := 0.0
				for j := range n {
					sum += b[i*n+j] * v[j]
				}
				if math.Abs(sum-values[k]*v[i]) > 1e-9*(1+values[0]) {
					t.Fatalf("n %d: A v is %g instead of %g", n, sum, values[k]*v[i])
				}
			}
			for m := range k + 1 {
				dot, want := 0.0, 0.0
				for i := range n {
					dot += v[i] * vectors[m*n+i]
				}
				if m == k {
					want = 1
				}
				if math.Abs(dot-want) > 1e-9 {
					t.Fatalf("n %d: vectors %d and %d multiply to %g", n, k, m, dot)
				}
			}
			if k > 0 && values[k] > values[k-1] {
				t.Fatal("not in order")
			}
		}
	}
}

func TestBasis(t *testing.T) {
	s := random(200, 6)
	for i := range s.N() {
		s.Row(i)[4] = 3 // never varies
		s.Row(i)[5] = 2*s.Row(i)[0] + 1
	}
	for _, standardise := range []bool{false, true} {
		b, err := Fit(context.Background(), s, 50, standardise)
		if err != nil || b.Dims() != 6 {
			t.Fatal(b, err)
		}
		p, err := b.Apply(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		for a := range 6 {
			mean, variance := 0.0, 0.0
			for i := range s.N() {
				mean += float64(p.Row(i)[a]) / 200
			}
			for i := range s.N() {
				variance += math.Pow(float64(p.Row(i)[a])-mean, 2) / 200
			}
			if math.Abs(mean) > 1e-5 || math.Abs(variance-b.Variance[a]) > 1e-5*(1+variance) {
				t.Errorf("axis %d: mean %g, variance %g instead of %g", a, mean, variance, b.Variance[a])
			}
		}
		if b.Variance[4] > 1e-9 || b.Variance[5] > 1e-9 {
			t.Errorf("a number that depends on another varies by itself: %v", b.Variance)
		}
	}
	if _, err := Fit(context.Background(), &Set{}, 2, true); err == nil {
		t.Error("no vectors")
	}
	s.V[3] = float32(math.Inf(1))
	if _, err := Fit(context.Background(), s, 2, true); err == nil {
		t.Error("infinite")
	}
}

func BenchmarkNearest(b *testing.B) {
	s := random(10000, 50)
	for b.Loop() {
		if _, err := Nearest(context.Background(), s, 90); err != nil {
			b.Fatal(err)
		}
	}
}
