package feature

import "math"

// perCell returns, for each cell, at most most of the good vectors that stand
// for all there.
func (m *Memory) perCell(grids []*Grid, most int) [][]float32 {
	heaps := make([][]float32, m.W*m.H)
	parallel(len(heaps), func() func(int) {
		all := make([]float32, 0, len(grids)*m.D)
		return func(p int) {
			all = all[:0]
			for _, g := range grids {
				all = m.standardised(all, g.At(p))
			}
			heaps[p] = coreset(all, m.D, most)
		}
	})
	return heaps
}

// everywhere returns at most most good vectors that stand for those of all
// cells. Farthest-first looks at every vector once for each that it keeps, so
// it is given a bounded number of them, evenly spread.
func (m *Memory) everywhere(grids []*Grid, most int) []float32 {
	cells := m.W * m.H
	n := min(len(grids)*cells, 8*most)
	all := make([]float32, 0, n*m.D)
	for i := range n {
		k := i * len(grids) * cells / n
		all = m.standardised(all, grids[k/cells].At(k%cells))
	}
	return coreset(all, m.D, most)
}

// standardised appends v to to, in units of the deviation from the mean.
func (m *Memory) standardised(to, v []float32) []float32 {
	for d, x := range v {
		to = append(to, (x-m.centre[d])/m.unit[d])
	}
	return to
}

// norms returns |v|² of the vectors of d numbers in all.
func norms(all []float32, d int) []float32 {
	out := make([]float32, len(all)/d)
	for i := range out {
		out[i] = float32(square(all[i*d : (i+1)*d]))
	}
	return out
}

// coreset returns at most most of the vectors of d numbers in all, such that
// every other is near one of them: farthest-first traversal (Gonzalez 1985),
// as in PatchCore, from the vector nearest to the mean.
func coreset(all []float32, d, most int) []float32 {
	n := len(all) / d
	if n <= most {
		return append([]float32(nil), all...)
	}
	mean := make([]float32, d)
	for i := range n {
		add(mean, all[i*d:(i+1)*d])
	}
	scale(mean, 1/float32(n))
	norms := norms(all, d)
	far, products := make([]float32, n), make([]float32, n)
	for i := range far {
		far[i] = float32(math.Inf(1))
	}
	multiply(products, all, mean)
	next := 0
	for i, p := range products {
		if norms[i]-2*p < norms[next]-2*products[next] {
			next = i
		}
	}
	out := make([]float32, 0, most*d)
	for range most {
		v := all[next*d : (next+1)*d]
		out = append(out, v...)
		multiply(products, all, v)
		here := norms[next]
		far[next] = -1
		next = 0
		for i, p := range products {
			far[i] = min(far[i], norms[i]-2*p+here)
			if far[i] > far[next] {
				next = i
			}
		}
	}
	return out
}
