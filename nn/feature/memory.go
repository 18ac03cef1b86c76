package feature

import (
	"cmp"
	"fmt"

	"agurscope/nn"
	"agurscope/nn/internal/simd"
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

	centre []float32 // D: mean of each number over all positions
	unit   []float32 // D: deviation of each number over all positions
	packed *simd.Memory
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
	var vectors []float32 // row x D, standardised
	start := []int{0}     // cell, and the end: rows of vectors
	for _, h := range heaps {
		vectors = append(vectors, h...)
		start = append(start, len(vectors)/m.D)
	}
	m.pack(vectors, start)
	return m, nil
}

// pack keeps the vectors in the order in which they are read.
func (m *Memory) pack(vectors []float32, start []int) {
	m.packed = simd.NewMemory(vectors, m.centre, m.unit, start, m.W, m.H, m.Radius, m.Neighbours, m.Global)
}

// Distance returns, for every cell of x, the mean of the distances to the
// nearest good vectors in reach, in one plane of a pixel per cell. x has the
// shape the memory was fitted to; a global one takes any W and H.
func (m *Memory) Distance(x *Grid) *nn.Image {
	if x.D != m.D || !m.Global && (x.W != m.W || x.H != m.H) {
		panic(fmt.Sprintf("feature: memory of %dx%d cells of %d numbers, grid of %dx%d of %d", m.W, m.H, m.D, x.W, x.H, x.D))
	}
	out := nn.NewImage(1, x.H, x.W)
	m.Meter().Measure(out.Pix, x, 0)
	return out
}

// Tensors returns the tables of the model; they must not be written to.
func (m *Memory) Tensors() map[string]Tensor {
	count := []int{m.H, m.W}
	if m.Global {
		count = []int{1}
	}
	return map[string]Tensor{
		"search":  {[]int{2}, []float32{float32(m.Radius), float32(m.Neighbours)}},
		"centre":  {[]int{m.D}, m.centre},
		"unit":    {[]int{m.D}, m.unit},
		"count":   {count, floats(m.packed.Counts())},
		"vectors": {[]int{m.packed.Len(), m.D}, m.packed.Data()},
	}
}

// MemoryFrom returns the model of the tables of [Memory.Tensors]. It trusts none
// of them and keeps the smaller ones.
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
	m := &Memory{W: 1, H: 1, D: vectors.Shape[1], Global: len(count.Shape) == 1}
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
	start, err := starts(count.Data, vectors.Shape[0], vectors.Shape[0])
	if err != nil {
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
	m.pack(vectors.Data, start)
	return m, nil
}
