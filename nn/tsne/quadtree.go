package tsne

import (
	"math"
	"math/bits"
)

// quadtree is Barnes and Hut's tree over points in the order of Morton's curve,
// in flat arrays: nodes come before their children, and every node knows where
// its subtree ends, so that walking needs no stack. Cells that hold one subcell
// only are left out.
type quadtree struct {
	nodes  []node
	leaves []int32 // nodes without children, along the curve
	order  []int32 // points along the curve
	sorted []Point // their places

	keys, keys2 []uint32
	order2      []int32
}

// node is one cell.
type node struct {
	x, y, mass             float32 // centre and number of its points
	width2                 float32 // square of the longer side of the box around its points
	next                   int32   // the node after its subtree
	lo, hi                 int32   // its points along the curve
	left, right, low, high float32 // the box around its points
}

// bucket is how many points a leaf has at most, as long as they can be told
// apart. One walk through the tree serves all points of a leaf.
const bucket = 8

func newQuadtree(n int) *quadtree {
	return &quadtree{
		nodes: make([]node, 0, 2*n), leaves: make([]int32, 0, n),
		order: make([]int32, n), order2: make([]int32, n), sorted: make([]Point, n),
		keys: make([]uint32, n), keys2: make([]uint32, n),
	}
}

// build makes the tree over points anew. Nothing is allocated.
func (t *quadtree) build(at []Point) {
	inf := float32(math.Inf(1))
	left, low, right, high := inf, inf, -inf, -inf
	for _, p := range at {
		left, right = min(left, p.X), max(right, p.X)
		low, high = min(low, p.Y), max(high, p.Y)
	}
	side := max(right-left, high-low)
	scale := float32(0)
	if side > 0 {
		scale = math.MaxUint16 / side
	}
	for i, p := range at {
		t.keys[i] = spreadBits(uint32((p.X-left)*scale)) | spreadBits(uint32((p.Y-low)*scale))<<1
		t.order[i] = int32(i)
	}
	t.sort()
	for i, at0 := range t.order {
		t.sorted[i] = at[at0]
	}
	t.nodes, t.leaves = t.nodes[:0], t.leaves[:0]
	t.grow(0, int32(len(at)))
}

// spreadBits puts a zero before each of the lower 16 bits.
func spreadBits(v uint32) uint32 {
	v = min(v, math.MaxUint16)
	v = (v | v<<8) & 0x00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f
	v = (v | v<<2) & 0x33333333
	return (v | v<<1) & 0x55555555
}

// sort orders the points by key, equal keys by number: radix sort.
func (t *quadtree) sort() {
	const digit = 11
	var count [1 << digit]int32
	for shift := 0; shift < 32; shift += digit {
		clear(count[:])
		for _, k := range t.keys {
			count[k>>shift&(1<<digit-1)]++
		}
		sum := int32(0)
		for i, c := range count {
			count[i] = sum
			sum += c
		}
		for i, k := range t.keys {
			d := k >> shift & (1<<digit - 1)
			t.keys2[count[d]], t.order2[count[d]] = k, t.order[i]
			count[d]++
		}
		t.keys, t.keys2 = t.keys2, t.keys
		t.order, t.order2 = t.order2, t.order
	}
}

// grow adds the node of points lo to hi and its subtree.
func (t *quadtree) grow(lo, hi int32) {
	at := len(t.nodes)
	t.nodes = append(t.nodes, node{lo: lo, hi: hi})
	differ := t.keys[lo] ^ t.keys[hi-1]
	if hi-lo <= bucket || differ == 0 {
		t.leaves = append(t.leaves, int32(at))
		t.fill(&t.nodes[at])
		t.nodes[at].next = int32(len(t.nodes))
		return
	}
	// The level at which the points part; its two bits name the four children.
	shift := (31 - bits.LeadingZeros32(differ)) &^ 1
	inf := float32(math.Inf(1))
	n := node{lo: lo, hi: hi, left: inf, low: inf, right: -inf, high: -inf}
	for from := lo; from < hi; {
		to := t.end(from, hi, shift)
		child := len(t.nodes)
		t.grow(from, to)
		n.gather(&t.nodes[child])
		from = to
	}
	n.next = int32(len(t.nodes))
	n.close()
	t.nodes[at] = n
}

// end returns where the points that share with lo the bits from shift on end.
func (t *quadtree) end(lo, hi int32, shift int) int32 {
	prefix := t.keys[lo] >> shift
	a, b := lo, hi
	for a < b {
		m := (a + b) / 2
		if t.keys[m]>>shift == prefix {
			a = m + 1
		} else {
			b = m
		}
	}
	return a
}

// fill describes the points of a leaf.
func (t *quadtree) fill(n *node) {
	inf := float32(math.Inf(1))
	n.left, n.low, n.right, n.high = inf, inf, -inf, -inf
	for _, p := range t.sorted[n.lo:n.hi] {
		n.x += p.X
		n.y += p.Y
		n.left, n.right = min(n.left, p.X), max(n.right, p.X)
		n.low, n.high = min(n.low, p.Y), max(n.high, p.Y)
	}
	n.mass = float32(n.hi - n.lo)
	n.close()
}

// gather adds a child.
func (n *node) gather(c *node) {
	n.mass += c.mass
	n.x += c.mass * c.x
	n.y += c.mass * c.y
	n.left, n.right = min(n.left, c.left), max(n.right, c.right)
	n.low, n.high = min(n.low, c.low), max(n.high, c.high)
}

// close turns sums into means. Rounding must not put the centre of equal points
// beside them, where it would push them.
func (n *node) close() {
	n.x = min(max(n.x/n.mass, n.left), n.right)
	n.y = min(max(n.y/n.mass, n.low), n.high)
	w := max(n.right-n.left, n.high-n.low)
	n.width2 = w * w
}

// mass is a number of points seen as one.
type mass struct{ x, y, n float32 }

// seen appends to out what the points in box b see of the tree: cells that seem
// narrower than theta from everywhere in b, and the points of all others.
func (t *quadtree) seen(out []mass, b *node, theta2 float32) []mass {
	nodes := t.nodes
	for i := 0; i < len(nodes); {
		n := &nodes[i]
		dx := max(b.left-n.x, n.x-b.right, 0)
		dy := max(b.low-n.y, n.y-b.high, 0)
		switch {
		case n.width2 < theta2*(dx*dx+dy*dy):
			out = append(out, mass{n.x, n.y, n.mass})
			i = int(n.next)
		case int(n.next) == i+1: // a leaf
			for _, p := range t.sorted[n.lo:n.hi] {
				out = append(out, mass{p.X, p.Y, 1})
			}
			i++
		default:
			i++
		}
	}
	return out
}

// repulse returns Σ m q² (y - y') and Σ m q for a point among masses.
func repulse(p Point, masses []mass) (force Point, z float32) {
	var fx, fy float32
	for i := range masses {
		m := &masses[i]
		dx, dy := p.X-m.x, p.Y-m.y
		q := 1 / (1 + dx*dx + dy*dy)
		mq := m.n * q
		z += mq
		mq *= q
		fx += mq * dx
		fy += mq * dy
	}
	return Point{fx, fy}, z
}
