package feature

import (
	"fmt"
	"math"

	"agurscope/nn"
)

// Numbers of a cell before its surroundings are added: 8 bins of gradient
// orientation, then mean, mean square root and deviation of three planes.
const (
	bins   = 8
	planes = 3
	plain  = bins + 3*planes
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
	t := tally(m, 4)
	fine, coarse := t.grid(), t.halved().grid()
	return Stack(fine.Pool(2), fine.Blur3().Pool(2), coarse, coarse.Blur3())
}

// count is what is summed over the pixels of a cell. Sums and squares are
// subtracted from each other later, which takes more than 24 bits.
type count struct {
	gradient    [bins]float32 // by octant
	root        [planes]float32
	sum, square [planes]float64
	pixels      int
}

// tallied holds the counts of w x h cells.
type tallied struct {
	w, h  int
	cells []count
}

// tally counts the pixels of m in cells of size x size.
func tally(m *nn.Image, size int) *tallied {
	if size < 1 || m.C != 1 && m.C != planes {
		panic(fmt.Sprintf("feature: cells of %d pixels of %d planes", size, m.C))
	}
	t := &tallied{w: (m.W + size - 1) / size, h: (m.H + size - 1) / size}
	t.cells = make([]count, t.w*t.h)
	grey, stride := logGrey(m), m.W+2
	var rgb [planes][]float32
	for c := range rgb {
		rgb[c] = m.Plane(min(c, m.C-1))
	}
	for i := range t.cells {
		n := &t.cells[i]
		x0, y0 := i%t.w*size, i/t.w*size
		wide, high := min(size, m.W-x0), min(size, m.H-y0)
		n.pixels = wide * high
		for y := y0; y < y0+high; y++ {
			at := (y+1)*stride + x0
			n.addGradients(grey[at-stride+1:][:wide], grey[at:][:wide+2], grey[at+stride+1:][:wide])
			for c := range rgb {
				n.addColours(c, rgb[c][y*m.W+x0:][:wide])
			}
		}
	}
	return t
}

// addGradients adds a row of pixels of log grey values to the histogram. above
// and below are the rows beside it; here holds one pixel more at either end.
func (n *count) addGradients(above, here, below []float32) {
	below = below[:len(above)]
	here = here[:len(above)+2]
	for i := range above {
		x, y := here[i]-here[i+2], above[i]-below[i]
		n.gradient[octant(x, y)] += float32(math.Sqrt(float64(x*x + y*y)))
	}
}

// octant tells eighths of a turn apart without a branch: by the signs of x and
// y, and by which is larger. A tilt far below any that matters decides what
// lies between two eighths, as lines along the rows and columns do.
func octant(x, y float32) uint32 {
	const tilt, size = 0x1p-20, 1<<31 - 1
	a, b := math.Float32bits(x-tilt*y), math.Float32bits(y+tilt*x)
	return a>>31 | b>>31<<1 | (a&size-b&size)>>31<<2
}

// turn is the place of each octant in the histogram, counted from the
// direction (1, 0) towards (0, 1).
var turn = [bins]int{0, 3, 7, 4, 1, 2, 6, 5}

// addColours adds a row of pixels of plane c.
func (n *count) addColours(c int, row []float32) {
	root, sum, square := n.root[c], n.sum[c], n.square[c]
	for _, v := range row {
		if v > 0 { // enlarging may overshoot
			root += float32(math.Sqrt(float64(v)))
		}
		d := float64(v)
		sum += d
		square += d * d
	}
	n.root[c], n.sum[c], n.square[c] = root, sum, square
}

// halved joins 2 x 2 cells.
func (t *tallied) halved() *tallied {
	out := &tallied{w: (t.w + 1) / 2, h: (t.h + 1) / 2}
	out.cells = make([]count, out.w*out.h)
	for i := range t.cells {
		from, to := &t.cells[i], &out.cells[i/t.w/2*out.w+i%t.w/2]
		for b, v := range from.gradient {
			to.gradient[b] += v
		}
		for c := range planes {
			to.root[c] += from.root[c]
			to.sum[c] += from.sum[c]
			to.square[c] += from.square[c]
		}
		to.pixels += from.pixels
	}
	return out
}

// grid turns counts into the 17 numbers.
func (t *tallied) grid() *Grid {
	g := NewGrid(t.w, t.h, plain)
	for i := range t.cells {
		n, f := &t.cells[i], g.At(i)
		share := 1 / float64(n.pixels)
		for b, v := range n.gradient {
			f[turn[b]] = v * float32(share)
		}
		for c := range planes {
			mean := n.sum[c] * share
			f[bins+c] = float32(mean)
			f[bins+planes+c] = n.root[c] * float32(share)
			f[bins+2*planes+c] = float32(math.Sqrt(max(n.square[c]*share-mean*mean, 0)))
		}
	}
	return g
}

// logGrey returns log(grey + 0.05) of every pixel, with a border of one pixel
// that repeats the outermost ones.
func logGrey(m *nn.Image) []float32 {
	stride := m.W + 2
	out := make([]float32, stride*(m.H+2))
	if m.W == 0 || m.H == 0 {
		return out
	}
	r, g, b := m.Plane(0), m.Plane(min(1, m.C-1)), m.Plane(min(2, m.C-1))
	for y := range m.H {
		row := out[(y+1)*stride:][:stride]
		r, g, b := r[y*m.W:][:m.W], g[y*m.W:][:m.W], b[y*m.W:][:m.W]
		for x, v := range r {
			row[x+1] = log((v+g[x]+b[x])*(1./3) + .05)
		}
		row[0], row[m.W+1] = row[1], row[m.W]
	}
	copy(out, out[stride:2*stride])
	copy(out[(m.H+1)*stride:], out[m.H*stride:(m.H+1)*stride])
	return out
}

// log returns the natural logarithm of v to 24 bits; v below 2^-20 counts as
// that. With v = m·2^e and s = (m-1)/(m+1), ln m = 2(s + s³/3 + s⁵/5 + …),
// which converges fast for m in [√½, √2).
func log(v float32) float32 {
	if !(v > 0x1p-20) {
		v = 0x1p-20
	}
	const root = 0x3f3504f3 // √½
	bits := math.Float32bits(v) - root
	e := int32(bits) >> 23
	m := math.Float32frombits(bits&(1<<23-1) + root)
	s := (m - 1) / (m + 1)
	q := s * s
	return float32(e)*math.Ln2 + s*(2+q*(2./3+q*(2./5+q*(2./7))))
}
