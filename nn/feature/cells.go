package feature

import (
	"fmt"
	"math"

	"agurscope/nn"
	"agurscope/nn/internal/simd"
)

// Numbers of a cell before its surroundings are added: 8 bins of gradient
// orientation, then mean, mean square root and deviation of three planes.
const (
	bins   = 8
	planes = 3
	plain  = bins + 3*planes
)

// HandcraftedNumbers is how many numbers [Handcrafted] describes a cell by, and
// SurroundNumbers how many [Cells] does.
const (
	HandcraftedNumbers = 4 * plain
	SurroundNumbers    = 2 * plain
)

// Cells describes m in cells of size x size pixels by 34 numbers each: 17 of
// the cell itself and the same averaged over its 3 x 3 surroundings. The 17
// are a histogram of the gradient's direction, weighted by its magnitude, of
// log(grey + 0.05) in 8 bins; the means of red, green and blue; the means of
// their square roots; and their standard deviations. Cells at the right and
// the lower border may be ragged. A picture of one plane counts as grey.
func Cells(m *nn.Image, size int) *Grid {
	g := tally(m, size).grid()
	return Stack(g, g.Blur3())
}

// Handcrafted describes m in cells of 8 x 8 pixels by 68 numbers each: Cells
// of 4 pixels averaged to 8, then Cells of 8 pixels.
func Handcrafted(m *nn.Image) *Grid {
	g := NewGrid((m.W+7)/8, (m.H+7)/8, HandcraftedNumbers)
	NewDescriber().Describe(g, 0, m, false)
	return g
}

// Describer describes pictures over and over in memory of its own. It serves
// one goroutine and has several help it.
type Describer struct {
	of                 *nn.Image
	grey               []float32 // log grey, with a border of one pixel
	fine, coarse, wide tallied   // cells of 4, 8 and 16 pixels
	grid, blurred      [3]Grid
	columns            []float32
	light, count       func(lo, hi int)
}

// NewDescriber returns a describer; it grows with the pictures.
func NewDescriber() *Describer {
	d := &Describer{}
	d.light = func(lo, hi int) { d.logGrey(lo, hi) }
	d.count = func(lo, hi int) { d.fine.count(d.of, d.grey, lo, hi) }
	return d
}

// Describe writes what [Handcrafted] says of m, and if surround is set what Cells
// of 16 pixels say, brought to cells of 8, into the vectors of g from number at
// on.
func (d *Describer) Describe(g *Grid, at int, m *nn.Image, surround bool) {
	d.tally(m, 4)
	d.fine.halve(&d.coarse)
	for i, t := range []*tallied{&d.fine, &d.coarse} {
		t.fill(&d.grid[i])
		d.grid[i].blurTo(&d.blurred[i], &d.columns)
		d.grid[i].poolTo(g, at+2*i*plain, 2-i)
		d.blurred[i].poolTo(g, at+(2*i+1)*plain, 2-i)
	}
	if surround {
		d.coarse.halve(&d.wide)
		d.wide.fill(&d.grid[2])
		d.grid[2].blurTo(&d.blurred[2], &d.columns)
		d.grid[2].resizeTo(g, at+HandcraftedNumbers)
		d.blurred[2].resizeTo(g, at+HandcraftedNumbers+plain)
	}
}

// tally counts the pixels of m in cells of size x size.
func tally(m *nn.Image, size int) *tallied {
	d := NewDescriber()
	d.tally(m, size)
	return &d.fine
}

func (d *Describer) tally(m *nn.Image, size int) {
	if size < 1 || m.C != 1 && m.C != planes {
		panic(fmt.Sprintf("feature: cells of %d pixels of %d planes", size, m.C))
	}
	d.of = m
	d.fine.shape(m.W, m.H, size)
	d.grey = grown(d.grey, (m.W+2)*(m.H+2))
	if m.W == 0 || m.H == 0 {
		return
	}
	simd.Do(m.H, 32, d.light)
	stride := m.W + 2
	copy(d.grey, d.grey[stride:2*stride])
	copy(d.grey[(m.H+1)*stride:], d.grey[m.H*stride:(m.H+1)*stride])
	simd.Do(d.fine.h, max(1, 32/size), d.count)
}

// logGrey fills rows lo to hi-1 of log(grey + 0.05), with a border of one pixel
// that repeats the outermost ones.
func (d *Describer) logGrey(lo, hi int) {
	m, stride := d.of, d.of.W+2
	r, g, b := m.Plane(0), m.Plane(min(1, m.C-1)), m.Plane(min(2, m.C-1))
	for y := lo; y < hi; y++ {
		row := d.grey[(y+1)*stride:][:stride]
		simd.LogGrey(row[1:m.W+1], r[y*m.W:], g[y*m.W:], b[y*m.W:])
		row[0], row[m.W+1] = row[1], row[m.W]
	}
}

// turn is the place of each octant in the histogram, counted from the
// direction (1, 0) towards (0, 1).
var turn = [bins]int{0, 3, 7, 4, 1, 2, 6, 5}

// tallied holds the counts of w x h cells.
type tallied struct {
	w, h, size int
	cells      []simd.Count
}

// shape prepares for a picture of w x h in cells of size x size.
func (t *tallied) shape(w, h, size int) {
	t.w, t.h, t.size = (w+size-1)/size, (h+size-1)/size, size
	if n := t.w * t.h; cap(t.cells) < n {
		t.cells = make([]simd.Count, n)
	} else {
		t.cells = t.cells[:n]
	}
}

// count fills rows lo to hi-1 of cells.
func (t *tallied) count(m *nn.Image, grey []float32, lo, hi int) {
	for i := lo; i < hi; i++ {
		y := i * t.size
		high := min(t.size, m.H-y)
		var rgb [planes][]float32
		for c := range rgb {
			rgb[c] = m.Plane(min(c, m.C-1))[y*m.W:]
		}
		simd.CountCells(t.cells[i*t.w:(i+1)*t.w], grey[y*(m.W+2):], rgb, m.W, high, t.size)
	}
}

// halve joins 2 x 2 cells.
func (t *tallied) halve(out *tallied) {
	out.shape(t.w, t.h, 2)
	clear(out.cells)
	for y := range t.h {
		row := out.cells[y/2*out.w:]
		for x := range t.w {
			from, to := &t.cells[y*t.w+x], &row[x/2]
			for b, v := range from.Gradient {
				to.Gradient[b] += v
			}
			for c := range planes {
				to.Root[c] += from.Root[c]
				to.Sum[c] += from.Sum[c]
				to.Square[c] += from.Square[c]
			}
			to.Pixels += from.Pixels
		}
	}
}

// grid turns counts into the 17 numbers.
func (t *tallied) grid() *Grid {
	g := &Grid{}
	t.fill(g)
	return g
}

func (t *tallied) fill(g *Grid) {
	g.Reshape(t.w, t.h, plain)
	for i := range t.cells {
		n, f := &t.cells[i], g.At(i)
		share := 1 / float64(n.Pixels)
		for b, v := range n.Gradient {
			f[turn[b]] = v * float32(share)
		}
		for c := range planes {
			mean := n.Sum[c] * share
			f[bins+c] = float32(mean)
			f[bins+planes+c] = n.Root[c] * float32(share)
			f[bins+2*planes+c] = float32(math.Sqrt(max(n.Square[c]*share-mean*mean, 0)))
		}
	}
}
