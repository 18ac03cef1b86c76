package simd

import "math"

// Gaussian computes Mahalanobis distances, see feature.Gaussian: Rows has the
// scaled directions of every position, or of one for all.
type Gaussian struct {
	Rows
	Mean, Inverse, Floor []float32 // position x D; D: 1/deviation; position
	Global               bool
}

// NewGaussian packs basis, rows of len(inverse) numbers, of which position i
// has those from start[i] to start[i+1].
func NewGaussian(basis, mean, inverse, floor []float32, start []int, global bool) *Gaussian {
	return &Gaussian{newRows(basis, len(inverse), start, block), mean, inverse, floor, global}
}

// Distances sets out[i] for cells from to to-1 of x, whose vectors begin pitch
// numbers apart. scratch has room for D.
func (g *Gaussian) Distances(out, x []float32, pitch int, scratch []float32, from, to int) {
	if to > from {
		_, _, _ = x[(to-1)*pitch+g.D-1], out[to-1], scratch[g.D-1]
	}
	if to > from && !g.distancesC(out, x, pitch, scratch, from, to) {
		g.distances(out, x, pitch, scratch, from, to)
	}
}

func (g *Gaussian) distances(out, x []float32, pitch int, z []float32, from, to int) {
	for i := from; i < to; i++ {
		p := i
		if g.Global {
			p = 0
		}
		mean, all := g.Mean[p*g.D:], 0.0
		for k, v := range x[i*pitch : i*pitch+g.D] {
			z[k] = (v - mean[k]) * g.Inverse[k]
			all += float64(z[k]) * float64(z[k])
		}
		d2, known := all/float64(g.Floor[p]), 0.0
		for b := int(g.start[p]); b < int(g.start[p+1]); b += g.group {
			wide := g.side(p, b)
			for k := range wide {
				known += g.square(b, k, wide, z)
			}
		}
		if d2 -= known; math.IsInf(known, 1) {
			d2 = known // overflown: far, not near
		}
		out[i] = float32(math.Sqrt(max(d2, 0)))
	}
}

// square returns the sum of the squared products of z with block k of those
// that begin with b.
func (g *Gaussian) square(b, k, wide int, z []float32) float64 {
	s := g.products(b*block*g.D+k*block, wide*block, z)
	sum := 0.0
	for _, v := range s {
		sum += float64(v) * float64(v)
	}
	return sum
}

// products returns those of z with eight vectors, whose first numbers are at at
// and the next ones step later.
func (r *Rows) products(at, step int, z []float32) (s [block]float32) {
	if r.half == nil {
		for k, v := range z[:r.D] {
			for l, w := range r.full[at+k*step:][:block] {
				s[l] += w * v
			}
		}
		return s
	}
	for k, v := range z[:r.D] {
		for l, w := range r.half[at+k*step:][:block] {
			s[l] += fromHalf(w) * v
		}
	}
	return s
}

// Memory finds the nearest of good vectors, see feature.Memory: Rows has those
// of every cell of a grid of W x H, or of one heap for all.
type Memory struct {
	Rows
	Centre, Unit             []float32 // D
	W, H, Radius, Neighbours int
	Global                   bool
	norms                    []float32 // of the packed vectors; +Inf where there is none
}

// NewMemory packs vectors, of which cell i has those from start[i] to
// start[i+1].
func NewMemory(vectors, centre, unit []float32, start []int, w, h, radius, neighbours int, global bool) *Memory {
	m := &Memory{
		Rows: newRows(vectors, len(unit), start, 1), Centre: centre, Unit: unit,
		W: w, H: h, Radius: radius, Neighbours: neighbours, Global: global,
	}
	m.norms = make([]float32, int(m.start[len(m.start)-1])*block)
	sums := make([]float64, len(m.norms))
	for i := range m.norms {
		m.norms[i] = float32(math.Inf(1))
	}
	m.each(func(_, _, at int) {
		i := at/(block*m.D)*block + at%block
		v := float64(m.at(at))
		sums[i] += v * v
		m.norms[i] = float32(sums[i])
	})
	return m
}

// Scratch is the memory that one caller of [Memory.Distances] needs.
type Scratch struct {
	z, keys []float32
	rows    []int32
}

// NewScratch returns it.
func (m *Memory) NewScratch() *Scratch {
	return &Scratch{make([]float32, m.D), make([]float32, m.Neighbours), make([]int32, m.Neighbours)}
}

// Distances sets out[i] for cells from to to-1 of x, whose vectors begin pitch
// numbers apart, to the mean of the distances to the nearest good vectors.
func (m *Memory) Distances(out, x []float32, pitch int, s *Scratch, from, to int) {
	if to > from {
		_, _ = x[(to-1)*pitch+m.D-1], out[to-1]
	}
	if to > from && !m.distancesC(out, x, pitch, s, from, to) {
		m.distances(out, x, pitch, s, from, to)
	}
}

func (m *Memory) distances(out, x []float32, pitch int, s *Scratch, from, to int) {
	for i := from; i < to; i++ {
		for k, v := range x[i*pitch : i*pitch+m.D] {
			s.z[k] = (v - m.Centre[k]) / m.Unit[k]
		}
		n := 0
		look := func(first, last int32) {
			for b := int(first); b < int(last); b++ {
				for l, p := range m.products(b*block*m.D, block, s.z) {
					if norm := m.norms[b*block+l]; !math.IsInf(float64(norm), 1) {
						n = s.offer(n, m.Neighbours, norm-2*p, int32(b*block+l))
					}
				}
			}
		}
		if m.Global {
			look(0, m.start[1])
		} else {
			cx, cy := i%m.W, i/m.W
			left, right := max(cx-m.Radius, 0), min(cx+m.Radius, m.W-1)
			for row := max(cy-m.Radius, 0); row <= min(cy+m.Radius, m.H-1); row++ {
				look(m.start[row*m.W+left], m.start[row*m.W+right+1])
			}
		}
		// The products find the neighbours; their distances are computed
		// anew, for a difference of large numbers cannot tell small ones.
		sum := 0.0
		for _, row := range s.rows[:n] {
			sum += m.distance(int(row), s.z)
		}
		out[i] = float32(sum / float64(n))
	}
}

func (m *Memory) distance(row int, z []float32) float64 {
	at, sum := row/block*block*m.D+row%block, float32(0)
	for k, v := range z {
		e := v - m.at(at+k*block)
		sum += e * e
	}
	return math.Sqrt(float64(sum))
}

// offer keeps the rows with the smallest keys, in ascending order.
func (s *Scratch) offer(n, most int, key float32, row int32) int {
	if n == most {
		if !(key < s.keys[n-1]) {
			return n
		}
		n--
	}
	i := n
	for ; i > 0 && key < s.keys[i-1]; i-- {
		s.keys[i], s.rows[i] = s.keys[i-1], s.rows[i-1]
	}
	s.keys[i], s.rows[i] = key, row
	return n + 1
}
