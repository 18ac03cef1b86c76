package feature

import (
	"fmt"

	"agurscope/nn/internal/simd"
)

// Meter measures with one model over and over, in memory of its own. It serves
// one goroutine and has several help it.
type Meter struct {
	d    int
	w, h int // of the grids; 0 for any
	out  []float32
	x    *Grid
	from int
	one  func(slot, lo, hi int)
	grow func(slots int) // scratch for so many chunks
	run  func(lo, hi int)
}

// chunk is how many cells are measured at once.
const chunk = 64

func newMeter(d, w, h int, global bool) *Meter {
	m := &Meter{d: d, w: w, h: h}
	if global {
		m.w, m.h = 0, 0
	}
	m.run = func(lo, hi int) { m.one(lo/chunk, lo, hi) }
	return m
}

// Meter returns a meter of Mahalanobis distances.
func (g *Gaussian) Meter() *Meter {
	m := newMeter(g.D, g.W, g.H, g.Global)
	var scratch []float32
	m.grow = func(slots int) { scratch = grown(scratch, slots*g.D) }
	m.one = func(slot, lo, hi int) {
		g.packed.Distances(m.out, m.x.Data[m.from:], m.x.D, scratch[slot*g.D:(slot+1)*g.D], lo, hi)
	}
	return m
}

// Meter returns a meter of distances to the nearest good vectors.
func (g *Memory) Meter() *Meter {
	m := newMeter(g.D, g.W, g.H, g.Global)
	var scratch []*simd.Scratch
	m.grow = func(slots int) {
		for len(scratch) < slots {
			scratch = append(scratch, g.packed.NewScratch())
		}
	}
	m.one = func(slot, lo, hi int) { g.packed.Distances(m.out, m.x.Data[m.from:], m.x.D, scratch[slot], lo, hi) }
	return m
}

// Measure sets out, a number per cell of x, to the distances of the vectors
// that begin with number from. x has the shape the model was fitted to; a
// global one takes any W and H.
func (m *Meter) Measure(out []float32, x *Grid, from int) {
	if x.D < from+m.d || m.w > 0 && (x.W != m.w || x.H != m.h) || len(out) != x.W*x.H {
		panic(fmt.Sprintf("feature: model of %dx%d cells of %d numbers, grid of %dx%d of %d from %d", m.w, m.h, m.d, x.W, x.H, x.D, from))
	}
	m.out, m.x, m.from = out, x, from
	m.grow((len(out) + chunk - 1) / chunk)
	simd.Do(len(out), chunk, m.run)
}
