package feature

import (
	"math"
	"slices"
)

// several is the share of the variance along its main direction that two means
// must explain for a place to count as having several looks. Of a Gaussian they
// explain 2/π = 0.64, of an even spread 0.75, of a pattern that turns 0.81.
const several = .78

// Modes returns the share of the cells at which good parts have several looks,
// such as a thread that lies in any phase: there a Gaussian is a poor model. The
// grids are alike in shape. With fewer than ten it cannot be told and is 0.
func Modes(grids []*Grid) float64 {
	if len(grids) < 10 {
		return 0
	}
	_, unit := moments(grids)
	unit = inverse(unit)
	cells := grids[0].W * grids[0].H
	found := make([]bool, cells)
	parallel(cells, func() func(int) {
		rows := make([]float64, len(grids)*grids[0].D)
		return func(i int) { found[i] = split(project(rows, grids, unit, i)) > several }
	})
	n := 0
	for _, f := range found {
		if f {
			n++
		}
	}
	return float64(n) / float64(cells)
}

// project returns the vectors of cell i along the direction in which they vary
// most, found by the power method.
func project(rows []float64, grids []*Grid, unit []float32, i int) []float64 {
	d := grids[0].D
	mean := make([]float64, d)
	for k, g := range grids {
		for j, v := range g.At(i) {
			rows[k*d+j] = float64(v * unit[j])
			mean[j] += rows[k*d+j] / float64(len(grids))
		}
	}
	axis := make([]float64, d)
	for k := range grids {
		for j := range d {
			rows[k*d+j] -= mean[j]
			axis[j] += rows[k*d+j] * rows[(k*d)] // any start that is not orthogonal
		}
	}
	axis[0]++
	along := make([]float64, len(grids))
	for range 12 {
		next := make([]float64, d)
		for k := range grids {
			row := rows[k*d : (k+1)*d]
			along[k] = 0
			for j, v := range row {
				along[k] += v * axis[j]
			}
			for j, v := range row {
				next[j] += along[k] * v
			}
		}
		length := 0.0
		for _, v := range next {
			length += v * v
		}
		if length == 0 {
			return along
		}
		for j := range next {
			axis[j] = next[j] / math.Sqrt(length)
		}
	}
	return along
}

// fewest is the share of the values that each of two looks must have: fewer
// are odd ones out.
const fewest = .15

// split returns the share of the variance of v that the best two means
// explain; 0 if there is none.
func split(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	sum, square := 0.0, 0.0
	for _, x := range s {
		sum += x
		square += x * x
	}
	n := float64(len(s))
	total := square - sum*sum/n
	if !(total > 1e-12*square) {
		return 0
	}
	best, left := 0.0, 0.0
	for i, x := range s[:len(s)-1] {
		left += x
		a, b := float64(i+1), n-float64(i+1)
		if min(a, b) < fewest*n {
			continue
		}
		m := left/a - (sum-left)/b
		best = max(best, a*b/n*m*m)
	}
	return best / total
}
