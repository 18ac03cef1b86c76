package vectors

import (
	"cmp"
	"context"
	"math"
	"slices"

	"agurscope/nn/internal/team"
)

// Index finds the nearest vectors of a set, exactly. It has the vectors in the
// order of their first coordinate and looks at them outwards from the one that
// is asked for: sums of squares end as soon as they exceed the farthest
// neighbour so far, and the search where the first coordinate alone does. That
// pays where the first coordinates vary most, as along principal axes.
type Index struct {
	set   *Set      // sorted by first coordinate
	heads []float32 // the first head coordinates of each, close together
	ids   []int32   // place in the set that was given
	place []int32   // the inverse
}

// head is how many coordinates are compared first.
const head = 8

// Neighbour is one vector near another.
type Neighbour struct {
	ID        int32
	Distance2 float32 // squared
}

// NewIndex returns an index over a copy of s.
func NewIndex(s *Set) *Index {
	n, h := s.N(), min(head, s.D)
	x := &Index{set: New(n, s.D), heads: make([]float32, n*h), ids: make([]int32, n), place: make([]int32, n)}
	for i := range x.ids {
		x.ids[i] = int32(i)
	}
	slices.SortFunc(x.ids, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.Row(int(a))[0], s.Row(int(b))[0]), cmp.Compare(a, b))
	})
	for at, id := range x.ids {
		x.place[id] = int32(at)
		copy(x.set.Row(at), s.Row(int(id)))
		copy(x.heads[at*h:][:h], s.Row(int(id)))
	}
	return x
}

// N returns the number of vectors.
func (x *Index) N() int { return len(x.ids) }

// Near returns the k vectors nearest to v, the nearest first and the first of
// equals first, in the memory of buf. Vector skip of the set is left out; -1
// leaves out none.
func (x *Index) Near(buf []Neighbour, v []float32, k, skip int) []Neighbour {
	at, _ := slices.BinarySearchFunc(x.ids, v[0], func(id int32, f float32) int {
		return cmp.Compare(x.set.V[int(x.place[id])*x.set.D], f)
	})
	near := heap{buf[:0], min(k, len(x.ids))}
	if near.k == 0 {
		return near.v
	}
	up, down := at, at-1
	for up < len(x.ids) || down >= 0 {
		// The nearer side by first coordinate goes next.
		dUp, dDown := float32(math.Inf(1)), float32(math.Inf(1))
		if up < len(x.ids) {
			dUp = square(x.set.V[up*x.set.D] - v[0])
		}
		if down >= 0 {
			dDown = square(x.set.V[down*x.set.D] - v[0])
		}
		i := up
		if dDown < dUp {
			i, dUp = down, dDown
			down--
		} else {
			up++
		}
		if dUp > near.limit() {
			break
		}
		if int(x.ids[i]) != skip {
			x.consider(&near, v, i)
		}
	}
	near.sort()
	return near.v
}

func square(f float32) float32 { return f * f }

// consider puts vector i into the heap if it is near enough.
func (x *Index) consider(near *heap, v []float32, i int) {
	limit := near.limit()
	d := len(v)
	var sum float32
	j := 0
	if d >= head {
		a, b := x.heads[i*head:][:head:head], v[:head:head]
		d0, d1, d2, d3 := a[0]-b[0], a[1]-b[1], a[2]-b[2], a[3]-b[3]
		d4, d5, d6, d7 := a[4]-b[4], a[5]-b[5], a[6]-b[6], a[7]-b[7]
		sum = (d0*d0 + d1*d1) + (d2*d2 + d3*d3) + ((d4*d4 + d5*d5) + (d6*d6 + d7*d7))
		if sum > limit {
			return
		}
		j = head
		row := x.set.V[i*d:][:d]
		for ; j+8 <= d; j += 8 {
			a, b := row[j:j+8:j+8], v[j:j+8:j+8]
			d0, d1, d2, d3 := a[0]-b[0], a[1]-b[1], a[2]-b[2], a[3]-b[3]
			d4, d5, d6, d7 := a[4]-b[4], a[5]-b[5], a[6]-b[6], a[7]-b[7]
			sum += (d0*d0 + d1*d1) + (d2*d2 + d3*d3) + ((d4*d4 + d5*d5) + (d6*d6 + d7*d7))
			if sum > limit {
				return
			}
		}
	}
	row := x.set.V[i*d:][:d]
	for ; j < d; j++ {
		sum += square(row[j] - v[j])
	}
	near.offer(Neighbour{x.ids[i], sum})
}

// Graph holds the k nearest neighbours of each of n vectors, the nearest first.
type Graph struct {
	K    int
	Near []Neighbour // n x K
}

// N returns the number of vectors.
func (g *Graph) N() int {
	if g.K == 0 {
		return 0
	}
	return len(g.Near) / g.K
}

// Row returns the neighbours of vector i.
func (g *Graph) Row(i int) []Neighbour { return g.Near[i*g.K:][:g.K] }

// Nearest returns the k nearest other vectors of each vector of s; fewer where
// there are no more.
func Nearest(ctx context.Context, s *Set, k int) (*Graph, error) {
	n := s.N()
	k = max(min(k, n-1), 0)
	g := &Graph{K: k, Near: make([]Neighbour, n*k)}
	if k == 0 {
		return g, ctx.Err()
	}
	x := NewIndex(s)
	err := team.Each(ctx, n, 32, func(lo, hi int) {
		buf := make([]Neighbour, 0, k)
		// In the order of the index: neighbouring searches read the same memory.
		for _, id := range x.ids[lo:hi] {
			copy(g.Row(int(id)), x.Near(buf, s.Row(int(id)), k, int(id)))
		}
	})
	return g, err
}

// heap keeps the k nearest seen so far, the farthest on top.
type heap struct {
	v []Neighbour
	k int
}

// limit is the distance beyond which nothing is of interest.
func (h *heap) limit() float32 {
	if len(h.v) < h.k {
		return float32(math.Inf(1))
	}
	return h.v[0].Distance2
}

// before orders by distance, and equal ones by number.
func (a Neighbour) before(b Neighbour) bool {
	return a.Distance2 < b.Distance2 || a.Distance2 == b.Distance2 && a.ID < b.ID
}

func (h *heap) offer(n Neighbour) {
	if len(h.v) < h.k {
		h.v = append(h.v, n)
		for i := len(h.v) - 1; i > 0; {
			up := (i - 1) / 2
			if !h.v[up].before(h.v[i]) {
				break
			}
			h.v[up], h.v[i] = h.v[i], h.v[up]
			i = up
		}
		return
	}
	if !n.before(h.v[0]) {
		return
	}
	i, v := 0, h.v
	for {
		child := 2*i + 1
		if child >= len(v) {
			break
		}
		if child+1 < len(v) && v[child].before(v[child+1]) {
			child++
		}
		if !n.before(v[child]) {
			break
		}
		v[i] = v[child]
		i = child
	}
	v[i] = n
}

func (h *heap) sort() {
	slices.SortFunc(h.v, func(a, b Neighbour) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
}
