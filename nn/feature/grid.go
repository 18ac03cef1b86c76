package feature

import (
	"fmt"
	"math"

	"agurscope/nn"
	"agurscope/nn/internal/simd"
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

// Reshape makes g a grid of w x h cells of d numbers, keeping its memory where it
// suffices. Its numbers are what they were.
func (g *Grid) Reshape(w, h, d int) {
	g.W, g.H, g.D = w, h, d
	g.Data = grown(g.Data, w*h*d)
}

// grown returns s with n numbers, in the same memory where it suffices.
func grown(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}

// Part returns numbers from to to-1 of every vector.
func (g *Grid) Part(from, to int) *Grid {
	out := NewGrid(g.W, g.H, to-from)
	for i := range g.W * g.H {
		copy(out.At(i), g.At(i)[from:to])
	}
	return out
}

// Pool returns the mean over blocks of k x k cells. The last column and row
// of blocks may be ragged; they are the mean of the cells that are there.
func (g *Grid) Pool(k int) *Grid {
	out := &Grid{}
	g.PoolTo(out, k)
	return out
}

// PoolTo is Pool into a grid whose memory is used where it suffices.
func (g *Grid) PoolTo(out *Grid, k int) {
	if k < 1 {
		panic(fmt.Sprintf("feature: pooling over blocks of %d cells", k))
	}
	out.Reshape((g.W+k-1)/k, (g.H+k-1)/k, g.D)
	g.poolTo(out, 0, k)
}

// poolTo writes what Pool returns into the vectors of out from number at on.
func (g *Grid) poolTo(out *Grid, at, k int) {
	for i := range out.W * out.H {
		x, y := i%out.W*k, i/out.W*k
		w, h := min(k, g.W-x), min(k, g.H-y)
		to := out.At(i)[at : at+g.D]
		copy(to, g.At(y*g.W+x))
		for j := 1; j < w*h; j++ {
			add(to, g.At((y+j/w)*g.W+x+j%w))
		}
		if w*h > 1 {
			scale(to, 1/float32(w*h))
		}
	}
}

// Resize returns the grid brought to w x h cells, bilinearly between the
// centres of cells; what lies outside the outermost centres repeats them.
func (g *Grid) Resize(w, h int) *Grid {
	if w == g.W && h == g.H {
		return &Grid{W: w, H: h, D: g.D, Data: append([]float32(nil), g.Data...)}
	}
	out := NewGrid(w, h, g.D)
	g.resizeTo(out, 0)
	return out
}

// resizeTo writes what Resize returns into the vectors of out from number at on.
func (g *Grid) resizeTo(out *Grid, at int) {
	for y := range out.H {
		r := tapAt(y, g.H, out.H)
		for x := range out.W {
			c := tapAt(x, g.W, out.W)
			a, b := g.At(r.lo*g.W+c.lo), g.At(r.lo*g.W+c.hi)
			e, f := g.At(r.hi*g.W+c.lo), g.At(r.hi*g.W+c.hi)
			to := out.At(y*out.W + x)[at : at+g.D]
			b, e, f = b[:len(a)], e[:len(a)], f[:len(a)]
			for d, v := range a {
				top := v + c.t*(b[d]-v)
				bottom := e[d] + c.t*(f[d]-e[d])
				to[d] = top + r.t*(bottom-top)
			}
		}
	}
}

// tap names the two source samples of one sample, and the share of the second.
type tap struct {
	lo, hi int
	t      float32
}

// tapAt returns tap i of a bilinear resize from n to m samples.
func tapAt(i, n, m int) tap {
	at := (float64(i)+.5)*float64(n)/float64(m) - .5
	lo := math.Floor(at)
	return tap{
		lo: min(max(int(lo), 0), n-1),
		hi: min(max(int(lo)+1, 0), n-1),
		t:  float32(at - lo),
	}
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
	out, columns := &Grid{}, []float32(nil)
	g.blurTo(out, &columns)
	return out
}

// ones sum up to three rows.
var ones = []float32{1, 1, 1}

// blurTo is Blur3 into a grid, with scratch for a row of cells.
func (g *Grid) blurTo(out *Grid, columns *[]float32) {
	out.Reshape(g.W, g.H, g.D)
	stride := g.W * g.D
	*columns = grown(*columns, stride)
	column := *columns
	if stride == 0 {
		return
	}
	for y := range g.H {
		top, bottom := max(y-1, 0), min(y+1, g.H-1)
		simd.Combine(column, g.Data[top*stride:], ones[:bottom-top+1])
		to := out.Data[y*stride : (y+1)*stride]
		share := 1 / float32(3*(bottom-top+1))
		clear(to)
		simd.Accumulate(to, column, 0, share, false)
		simd.Accumulate(to[g.D:], column[:stride-g.D], 0, share, false) // the left neighbour
		simd.Accumulate(to[:stride-g.D], column[g.D:], 0, share, false) // the right one
		if g.W > 1 {                                                    // the first and the last have two columns
			scale(to[:g.D], 3./2)
			scale(to[stride-g.D:], 3./2)
		} else {
			scale(to, 3)
		}
	}
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
