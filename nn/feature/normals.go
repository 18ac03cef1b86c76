package feature

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// check says why no model can be fitted to grids: they must be alike in shape,
// and their numbers finite.
func check(grids []*Grid) error {
	if len(grids) < 2 {
		return errors.New("at least two good pictures are needed")
	}
	first := grids[0]
	for i, g := range grids {
		switch {
		case g.W < 1 || g.H < 1 || g.D < 1:
			return fmt.Errorf("picture %d: %dx%d cells of %d numbers", i, g.W, g.H, g.D)
		case g.W != first.W || g.H != first.H || g.D != first.D:
			return fmt.Errorf("picture %d has %dx%d cells of %d numbers, the first %dx%d of %d",
				i, g.W, g.H, g.D, first.W, first.H, first.D)
		case len(g.Data) != g.W*g.H*g.D || !finite(g.Data):
			return fmt.Errorf("picture %d: its numbers are not finite", i)
		}
	}
	return nil
}

// moments returns the mean of each number over all cells of all grids, and its
// standard deviation: the unit in which it is compared. A number that never
// changes has no unit of its own and keeps 1.
func moments(grids []*Grid) (mean, unit []float32) {
	d := grids[0].D
	first, second := make([]float64, d), make([]float64, d)
	n := float64(len(grids) * grids[0].W * grids[0].H)
	each := func(f func(d int, v float64)) {
		for _, g := range grids {
			for i := range g.W * g.H {
				for d, v := range g.At(i) {
					f(d, float64(v))
				}
			}
		}
	}
	each(func(d int, v float64) { first[d] += v / n })
	each(func(d int, v float64) { second[d] += (v - first[d]) * (v - first[d]) / n })
	mean, unit = make([]float32, d), make([]float32, d)
	for i := range d {
		mean[i] = float32(first[i])
		if unit[i] = float32(math.Sqrt(second[i])); unit[i] < 1e-6 {
			unit[i] = 1
		}
	}
	return mean, unit
}

// inverse returns 1/v of each number.
func inverse(v []float32) []float32 {
	out := make([]float32, len(v))
	for i := range v {
		out[i] = 1 / v[i]
	}
	return out
}

// parallel calls one(i) for i in [0,n) on all processors. worker makes the
// function of one goroutine, with scratch memory of its own; what it computes
// for an i must depend on i alone.
func parallel(n int, worker func() (one func(i int))) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		all.Go(func() {
			one := worker()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				one(i)
			}
		})
	}
	all.Wait()
}
