package feature

import (
	"fmt"

	"agurscope/nn"
)

// PositionShare returns R²: the share of the variance of the cell features of
// pictures that their position explains, averaged over the features. 1 means
// all pictures are alike, 0 that position says nothing. The features are the
// 17 of [Cells] in cells of 8 pixels, without the surroundings.
//
// Only cells that are inside count, one flag per cell, row by row; nil counts
// all. Of more than a hundred pictures, a hundred are looked at. All are alike
// in size.
func PositionShare(pictures []*nn.Image, inside []bool) float64 {
	if len(pictures) < 2 {
		return 0
	}
	n := min(len(pictures), 100)
	all := make([]*Grid, n)
	parallel(n, func() func(int) {
		return func(i int) { all[i] = tally(pictures[i*len(pictures)/n], 8).grid() }
	})
	cells := all[0].W * all[0].H
	for _, g := range all {
		if g.W*g.H != cells || inside != nil && len(inside) != cells {
			panic(fmt.Sprintf("feature: %d cells, a picture of %dx%d, %d flags", cells, g.W, g.H, len(inside)))
		}
	}
	share, counted := 0.0, 0
	for f := range plain {
		if s, ok := explained(all, inside, f); ok {
			share += s
			counted++
		}
	}
	return share / float64(max(counted, 1))
}

// explained returns the share of the variance of feature f that position
// explains, and false where there is none.
func explained(all []*Grid, inside []bool, f int) (float64, bool) {
	cells := all[0].W * all[0].H
	local, counted, mean := make([]float64, cells), 0, 0.0
	for i := range cells {
		if inside != nil && !inside[i] {
			continue
		}
		for _, g := range all {
			local[i] += float64(g.At(i)[f]) / float64(len(all))
		}
		mean += local[i]
		counted++
	}
	mean /= float64(max(counted, 1))
	within, total := 0.0, 0.0
	for i := range cells {
		if inside != nil && !inside[i] {
			continue
		}
		for _, g := range all {
			v := float64(g.At(i)[f])
			within += (v - local[i]) * (v - local[i])
			total += (v - mean) * (v - mean)
		}
	}
	if total <= 1e-12 {
		return 0, false
	}
	return 1 - within/total, true
}
