package feature

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// nearestMean is the mean distance of v to its k nearest vectors of the cells
// within radius of cell i in grids, by looking at all.
func nearestMean(grids []*Grid, v []float32, i, radius, k int) float64 {
	_, unit := moments(grids)
	var all []float64
	for _, g := range grids {
		for c := range g.W * g.H {
			if dx, dy := c%g.W-i%g.W, c/g.W-i/g.W; max(dx, -dx, dy, -dy) > radius {
				continue
			}
			sum := 0.0
			for d, x := range g.At(c) {
				e := (float64(x) - float64(v[d])) / float64(unit[d])
				sum += e * e
			}
			all = append(all, math.Sqrt(sum))
		}
	}
	slices.Sort(all)
	k = min(k, len(all))
	mean := 0.0
	for _, d := range all[:k] {
		mean += d / float64(k)
	}
	return mean
}

func TestMemoryAgainstLookingAtAll(t *testing.T) {
	for _, c := range []struct {
		name      string
		n         int
		o         MemoryOptions
		radius, k int
	}{
		{"default", 9, MemoryOptions{}, 1, 3},
		{"wider", 9, MemoryOptions{Radius: 2}, 2, 3},
		{"nearest alone", 9, MemoryOptions{Neighbours: 1}, 1, 1},
		{"wider than the grid", 4, MemoryOptions{Radius: 99}, 99, 3},
		{"more neighbours than there are", 2, MemoryOptions{Neighbours: 30}, 1, 30},
		{"global", 9, MemoryOptions{Global: true}, 99, 3},
	} {
		all := correlated(rand.New(rand.NewPCG(8, 8)), c.n+2, 5, 4, 7)
		grids := all[:c.n]
		for _, g := range all { // far from zero, as brightness may be
			for i := range g.Data {
				g.Data[i] += 1000
			}
		}
		m, err := FitMemory(grids, c.o)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range append(all[c.n:], grids[0]) {
			for i, got := range m.Distance(x).Pix {
				want := nearestMean(grids, x.At(i), i, c.radius, c.k)
				if math.Abs(float64(got)-want) > 2e-3*(1+want) {
					t.Fatalf("%s, cell %d: %g, want %g", c.name, i, got, want)
				}
			}
		}
	}
}

// Farthest-first covers all vectors within twice the best possible radius; in
// particular, well separated clusters get one vector each.
func TestCoresetCoversEveryCluster(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	const d, clusters, each = 6, 10, 30
	var all []float32
	for i := range clusters * each {
		for k := range d {
			all = append(all, float32(i%clusters*(k+1))*3+.1*rng.Float32())
		}
	}
	kept := coreset(all, d, clusters)
	if len(kept) != clusters*d {
		t.Fatalf("%d numbers kept", len(kept))
	}
	for i := range clusters * each {
		nearest := math.Inf(1)
		for k := range clusters {
			nearest = min(nearest, far(all[i*d:(i+1)*d], kept[k*d:(k+1)*d]))
		}
		if nearest > 1 {
			t.Errorf("vector %d is %g from the nearest that is kept", i, nearest)
		}
	}
	if got := coreset(all, d, clusters*each); !slices.Equal(got, all) {
		t.Error("a heap that fits was thinned out")
	}
}

func TestMemoryKeepsWithinItsBounds(t *testing.T) {
	grids := correlated(rand.New(rand.NewPCG(10, 10)), 20, 3, 2, 5)
	m, err := FitMemory(grids, MemoryOptions{PerCell: 4})
	if err != nil {
		t.Fatal(err)
	}
	if n := m.packed.Len(); n != 4*6 {
		t.Errorf("%d vectors kept of 4 per cell", n)
	}
	if m, err = FitMemory(grids, MemoryOptions{Global: true, Total: 7}); err != nil {
		t.Fatal(err)
	}
	if n := m.packed.Len(); n != 7 {
		t.Errorf("%d vectors kept of 7", n)
	}
}

// far returns |a-b|.
func far(a, b []float32) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v-b[i]) * float64(v-b[i])
	}
	return math.Sqrt(sum)
}
