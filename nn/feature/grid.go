package feature

import (
	"fmt"
	"math"

	"agurscope/nn"
)

// Grid holds a vector of D numbers for each of W x H cells, row by row, cell
// after cell: number d of the cell at column x and row y is
// Data[(y*W+x)*D+d].
type Grid struct {
	W, H, D int
	Data    []float32 // len W*H*D
}

// NewGrid returns a zeroed grid of w x h cells of d numbers.
func NewGrid(w, h, d int) *Grid {
	return &Grid{W: w, H: h, D: d, Data: make([]float32, w*h*d)}
}

// At returns the vector of cell i = y*W+x, sharing the grid's storage.
func (g *Grid) At(i int) []float32 { return g.Data[i*g.D : (i+1)*g.D : (i+1)*g.D] }

// FromPlanes returns the grid whose vectors are the pixels of m: C planes
// become D = C numbers, every pixel a cell.
func FromPlanes(m *nn.Image) *Grid {
	g := NewGrid(m.W, m.H, m.C)
	for c := range m.C {
		for i, v := range m.Plane(c) {
			g.Data[i*g.D+c] = v
		}
	}
	return g
}

// Pool returns the mean over blocks of k x k cells. The last column and row
// of blocks may be ragged; they are the mean of the cells that are there.
func (g *Grid) Pool(k int) *Grid {
	if k < 1 {
		panic(fmt.Sprintf("feature: pooling over blocks of %d cells", k))
	}
	out := NewGrid((g.W+k-1)/k, (g.H+k-1)/k, g.D)
	for y := range g.H {
		for x := range g.W {
			add(out.At(y/k*out.W+x/k), g.At(y*g.W+x))
		}
	}
	for i := range out.W * out.H {
		w, h := min(k, g.W-i%out.W*k), min(k, g.H-i/out.W*k)
		scale(out.At(i), 1/float32(w*h))
	}
	return out
}

// Resize returns the grid brought to w x h cells, bilinearly between the
// centres of cells; what lies outside the outermost centres repeats them.
func (g *Grid) Resize(w, h int) *Grid {
	if w == g.W && h == g.H {
		return &Grid{W: w, H: h, D: g.D, Data: append([]float32(nil), g.Data...)}
	}
	cols, rows := taps(g.W, w), taps(g.H, h)
	out := NewGrid(w, h, g.D)
	for y, r := range rows {
		for x, c := range cols {
			a, b := g.At(r.lo*g.W+c.lo), g.At(r.lo*g.W+c.hi)
			e, f := g.At(r.hi*g.W+c.lo), g.At(r.hi*g.W+c.hi)
			to := out.At(y*w + x)
			for d := range to {
				top := a[d] + c.t*(b[d]-a[d])
				bottom := e[d] + c.t*(f[d]-e[d])
				to[d] = top + r.t*(bottom-top)
			}
		}
	}
	return out
}

// tap names the two source samples of one sample, and the share of the second.
type tap struct {
	lo, hi int
	t      float32
}

// taps returns the taps of a bilinear resize from n to m samples.
func taps(n, m int) []tap {
	out := make([]tap, m)
	for i := range out {
		at := (float64(i)+.5)*float64(n)/float64(m) - .5
		lo := math.Floor(at)
		out[i] = tap{
			lo: min(max(int(lo), 0), n-1),
			hi: min(max(int(lo)+1, 0), n-1),
			t:  float32(at - lo),
		}
	}
	return out
}

// Stack returns the grid whose vectors are those of gs joined. All have the
// same W and H.
func Stack(gs ...*Grid) *Grid {
	d := 0
	for _, g := range gs {
		if g.W != gs[0].W || g.H != gs[0].H {
			panic(fmt.Sprintf("feature: stacking %dx%d cells on %dx%d", g.W, g.H, gs[0].W, gs[0].H))
		}
		d += g.D
	}
	if len(gs) == 0 {
		return NewGrid(0, 0, 0)
	}
	out := NewGrid(gs[0].W, gs[0].H, d)
	from := 0
	for _, g := range gs {
		for i := range g.W * g.H {
			copy(out.At(i)[from:], g.At(i))
		}
		from += g.D
	}
	return out
}

// Blur3 returns, for every cell, the mean of the 3 x 3 cells around it; at the
// borders of those that are inside.
func (g *Grid) Blur3() *Grid {
	out := NewGrid(g.W, g.H, g.D)
	stride := g.W * g.D
	column := make([]float32, stride) // sums of up to three rows
	for y := range g.H {
		top, bottom := max(y-1, 0), min(y+1, g.H-1)
		clear(column)
		for k := top; k <= bottom; k++ {
			add(column, g.Data[k*stride:(k+1)*stride])
		}
		to := out.Data[y*stride : (y+1)*stride]
		copy(to, column)
		add(to[g.D:], column) // the left neighbour
		add(to, column[g.D:]) // the right one
		scale(to, 1/float32(3*(bottom-top+1)))
		if g.W > 1 { // the first and the last have two columns
			scale(to[:g.D], 3./2)
			scale(to[stride-g.D:], 3./2)
		} else {
			scale(to, 3)
		}
	}
	return out
}

// add adds from to to, as far as both reach.
func add(to, from []float32) {
	from = from[:min(len(to), len(from))]
	to = to[:len(from)]
	for i, v := range from {
		to[i] += v
	}
}

func scale(v []float32, by float32) {
	for i := range v {
		v[i] *= by
	}
}
