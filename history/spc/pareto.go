package spc

import (
	"cmp"
	"fmt"
	"slices"
)

// Bar is one cause on a Pareto chart.
type Bar struct {
	Label      string
	Count      int
	Share      float64 // of all
	Cumulative float64 // with all before it
}

// Pareto orders causes by how often they occur, the most frequent first.
func Pareto(counts map[string]int) []Bar {
	out, all := make([]Bar, 0, len(counts)), 0
	for label, n := range counts {
		if n > 0 {
			out, all = append(out, Bar{Label: label, Count: n}), all+n
		}
	}
	slices.SortFunc(out, func(a, b Bar) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label)) })
	sum := 0
	for i := range out {
		sum += out[i].Count
		out[i].Share, out[i].Cumulative = share(out[i].Count, all), share(sum, all)
	}
	return out
}

// SizeClass names the class of an area in pixels: each holds areas four times
// as large as the one before.
func SizeClass(area int) string {
	low := 0
	for high := 16; ; high *= 4 {
		if area < high {
			return fmt.Sprintf("%d–%d px", low, high-1)
		}
		if high >= 1<<20 {
			return fmt.Sprintf("from %d px", high)
		}
		low = high
	}
}
