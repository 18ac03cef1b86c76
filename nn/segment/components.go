package segment

import "math/bits"

// Connectivity says which pixels touch.
type Connectivity int

// The two neighbourhoods of a square grid.
const (
	Four  Connectivity = 4 // sides
	Eight Connectivity = 8 // sides and corners
)

// run is a stretch of set bits lo..hi-1 in row y that belongs to component id.
type run struct{ y, lo, hi, id int32 }

// components is the labelling of a bitmap: its runs in reading order and the
// number of components. Components are numbered in the order of their first
// pixels.
type components struct {
	runs   []run
	parent []int32
	n      int
}

// find labels the connected components of b: the first pass links each run to
// those it touches in the row above, the second numbers the roots.
func (c *components) find(b *bitmap, conn Connectivity) {
	c.runs = c.runs[:0]
	reach := int32(0)
	if conn == Eight {
		reach = 1
	}
	above := 0
	for y := range b.h {
		start := len(c.runs)
		c.scan(b.row(y), int32(y), int32(b.w))
		c.link(above, start, reach)
		above = start
	}
	c.number()
}

// scan appends the runs of one row.
func (c *components) scan(row []uint64, y, w int32) {
	inside := false
	var lo int32
	for i, word := range row {
		if word == 0 && !inside || word == ^uint64(0) && inside {
			continue
		}
		base, at := int32(i)*64, int32(0)
		for at < 64 {
			rest := word >> at
			if inside {
				rest = ^rest
			}
			step := int32(bits.TrailingZeros64(rest))
			if at += step; at >= 64 {
				break
			}
			if inside {
				c.runs = append(c.runs, run{y, lo, base + at, 0})
			} else {
				lo = base + at
			}
			inside = !inside
		}
	}
	if inside {
		c.runs = append(c.runs, run{y, lo, w, 0})
	}
}

// link joins the runs from start on with the runs of the row before, which
// begin at above. Runs touch when they overlap after growing by reach.
func (c *components) link(above, start int, reach int32) {
	c.parent = resizeKeep(c.parent, len(c.runs))
	for i := start; i < len(c.runs); i++ {
		c.parent[i] = int32(i)
	}
	i, j := above, start
	for i < start && j < len(c.runs) {
		a, b := c.runs[i], c.runs[j]
		if a.lo < b.hi+reach && b.lo < a.hi+reach {
			c.union(int32(i), int32(j))
		}
		if a.hi < b.hi {
			i++
		} else {
			j++
		}
	}
}

func (c *components) root(i int32) int32 {
	for c.parent[i] != i {
		c.parent[i] = c.parent[c.parent[i]]
		i = c.parent[i]
	}
	return i
}

// union keeps the earlier root, so that numbering follows reading order.
func (c *components) union(i, j int32) {
	i, j = c.root(i), c.root(j)
	c.parent[max(i, j)] = min(i, j)
}

// number gives each run the number of its component.
func (c *components) number() {
	c.n = 0
	for i := range c.runs {
		r := c.root(int32(i))
		if r == int32(i) {
			c.runs[i].id = int32(c.n)
			c.n++
		} else {
			c.runs[i].id = c.runs[r].id
		}
	}
}

func resizeKeep[T any](s []T, n int) []T {
	for cap(s) < n {
		s = append(s[:cap(s)], *new(T))
	}
	return s[:n]
}
