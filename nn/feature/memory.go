package feature

import (
	"cmp"
	"fmt"
	"math"

	"agurscope/nn"
)

// MemoryOptions tunes [FitMemory]; the zero value is the default.
type MemoryOptions struct {
	Radius     int  // in cells: how far a good vector may lie from the place; 0: 1
	Neighbours int  // how many of the nearest vectors the distance is the mean of; 0: 3
	PerCell    int  // good vectors kept per cell at most; 0: 64
	Global     bool // good vectors count anywhere
	Total      int  // good vectors kept at most if Global; 0: 2048
}

// Memory holds vectors of good parts, per cell or in one heap.
type Memory struct {
	W, H, D    int  // shape of the grids; W and H are 1 if Global
	Radius     int  // see MemoryOptions
	Neighbours int  // see MemoryOptions
	Global     bool // one heap for all positions

	centre  []float32 // D: mean of each number over all positions
	unit    []float32 // D: deviation of each number over all positions
	start   []int     // cell, and the end: rows of vectors
	vectors []float32 // row x D, standardised
	norms   []float32 // row: |vector|²
}

// mostNeighbours bounds the work of one cell.
const mostNeighbours = 1 << 10

// FitMemory returns the memory of the grids of good parts, which are alike in
// shape. It fails with fewer than two grids, or where they hold numbers that
// are not finite.
func FitMemory(grids []*Grid, o MemoryOptions) (*Memory, error) {
	if err := check(grids); err != nil {
		return nil, fmt.Errorf("fitting a memory: %w", err)
	}
	o = MemoryOptions{
		Global: o.Global,
		Radius: cmp.Or(o.Radius, 1), Neighbours: cmp.Or(o.Neighbours, 3),
		PerCell: cmp.Or(o.PerCell, 64), Total: cmp.Or(o.Total, 2048),
	}
	if min(o.Radius, o.Neighbours, o.PerCell, o.Total) < 0 || o.Neighbours > mostNeighbours {
		return nil, fmt.Errorf("fitting a memory: options %+v", o)
	}
	first := grids[0]
	m := &Memory{W: first.W, H: first.H, D: first.D, Neighbours: o.Neighbours, Global: o.Global}
	m.centre, m.unit = moments(grids)
	var heaps [][]float32
	if m.Global {
		heaps = [][]float32{m.everywhere(grids, o.Total)}
		m.W, m.H = 1, 1
	} else {
		heaps = m.perCell(grids, o.PerCell)
	}
	m.Radius = min(o.Radius, max(m.W, m.H))
	m.start = []int{0}
	for _, h := range heaps {
		m.vectors = append(m.vectors, h...)
		m.start = append(m.start, len(m.vectors)/m.D)
	}
	m.norms = norms(m.vectors, m.D)
	return m, nil
}

// Distance returns, for every cell of x, the mean of the distances to the
// nearest good vectors in reach, in one plane of a pixel per cell. x has the
// shape the memory was fitted to; a global one takes any W and H.
func (m *Memory) Distance(x *Grid) *nn.Image {
	if x.D != m.D || !m.Global && (x.W != m.W || x.H != m.H) {
		panic(fmt.Sprintf("feature: memory of %dx%d cells of %d numbers, grid of %dx%d of %d", m.W, m.H, m.D, x.W, x.H, x.D))
	}
	out := nn.NewImage(1, x.H, x.W)
	z := make([]float32, 0, m.D)
	products := make([]float32, len(m.norms))
	best := nearest{most: m.Neighbours}
	for i := range out.Pix {
		z = m.standardised(z[:0], x.At(i))
		best.reset()
		m.reach(i, func(from, to int) {
			y := products[:to-from]
			multiply(y, m.vectors[from*m.D:to*m.D], z)
			for k, p := range y {
				best.offer(m.norms[from+k]-2*p, from+k)
			}
		})
		// The products find the neighbours; their distances are computed
		// anew, for a difference of large numbers cannot tell small ones.
		sum := 0.0
		for _, k := range best.row {
			sum += distance(z, m.vectors[k*m.D:(k+1)*m.D])
		}
		out.Pix[i] = float32(sum / float64(len(best.row)))
	}
	return out
}

// reach calls f with the ranges of rows of the good vectors around cell i.
func (m *Memory) reach(i int, f func(from, to int)) {
	if m.Global {
		f(0, len(m.norms))
		return
	}
	x, y := i%m.W, i/m.W
	left, right := max(x-m.Radius, 0), min(x+m.Radius, m.W-1)
	for row := max(y-m.Radius, 0); row <= min(y+m.Radius, m.H-1); row++ {
		if from, to := m.start[row*m.W+left], m.start[row*m.W+right+1]; to > from {
			f(from, to)
		}
	}
}

// distance returns |a-b|.
func distance(a, b []float32) float64 {
	sum := float32(0)
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return math.Sqrt(float64(sum))
}

// nearest keeps the rows with the smallest keys, in ascending order.
type nearest struct {
	most int
	key  []float32
	row  []int
}

func (n *nearest) reset() { n.key, n.row = n.key[:0], n.row[:0] }

func (n *nearest) offer(key float32, row int) {
	if len(n.key) == n.most {
		if !(key < n.key[n.most-1]) {
			return
		}
		n.key, n.row = n.key[:n.most-1], n.row[:n.most-1]
	}
	n.key, n.row = append(n.key, key), append(n.row, row)
	for i := len(n.key) - 1; i > 0 && n.key[i] < n.key[i-1]; i-- {
		n.key[i], n.key[i-1] = n.key[i-1], n.key[i]
		n.row[i], n.row[i-1] = n.row[i-1], n.row[i]
	}
}

// Tensors returns the tables of the model, which share its storage.
func (m *Memory) Tensors() map[string]Tensor {
	count := []int{m.H, m.W}
	if m.Global {
		count = []int{1}
	}
	return map[string]Tensor{
		"search":  {[]int{2}, []float32{float32(m.Radius), float32(m.Neighbours)}},
		"centre":  {[]int{m.D}, m.centre},
		"unit":    {[]int{m.D}, m.unit},
		"count":   {count, lengths(m.start)},
		"vectors": {[]int{len(m.norms), m.D}, m.vectors},
	}
}

// MemoryFrom returns the model of the tables of [Memory.Tensors], whose
// storage it shares. It trusts none of them.
func MemoryFrom(t map[string]Tensor) (*Memory, error) {
	m, err := memoryFrom(t)
	if err != nil {
		return nil, fmt.Errorf("reading a memory: %w", err)
	}
	return m, nil
}

func memoryFrom(t map[string]Tensor) (*Memory, error) {
	vectors, err := read(t, "vectors", 2)
	if err != nil {
		return nil, err
	}
	count, err := read(t, "count", 1, 2)
	if err != nil {
		return nil, err
	}
	search, err := read(t, "search", 1)
	if err != nil {
		return nil, err
	}
	m := &Memory{W: 1, H: 1, D: vectors.Shape[1], Global: len(count.Shape) == 1, vectors: vectors.Data}
	if !m.Global {
		m.H, m.W = count.Shape[0], count.Shape[1]
	}
	if m.Global && len(count.Data) != 1 {
		return nil, fmt.Errorf("%d heaps of good vectors for all positions", len(count.Data))
	}
	centre, err := read(t, "centre", 1)
	if err != nil {
		return nil, err
	}
	if m.centre = centre.Data; len(m.centre) != m.D {
		return nil, fmt.Errorf("centre of %d numbers, vectors of %d", len(m.centre), m.D)
	}
	if m.unit, err = positive(t, "unit", m.D); err != nil {
		return nil, err
	}
	if m.start, err = starts(count.Data, vectors.Shape[0], vectors.Shape[0]); err != nil {
		return nil, err
	}
	for _, c := range count.Data {
		if c == 0 {
			return nil, fmt.Errorf("a cell without good vectors")
		}
	}
	if len(search.Data) != 2 {
		return nil, fmt.Errorf("table %q has %d numbers", "search", len(search.Data))
	}
	if m.Radius, err = whole(search.Data[0], max(m.W, m.H)); err != nil {
		return nil, fmt.Errorf("radius: %w", err)
	}
	if m.Neighbours, err = whole(search.Data[1], mostNeighbours); err != nil {
		return nil, fmt.Errorf("neighbours: %w", err)
	}
	m.norms = norms(m.vectors, m.D)
	return m, nil
}
