package onednn

import "slices"

// interval is a buffer that must exist from step first to step last.
type interval struct {
	bytes       int
	first, last int
	offset      int // result of place
}

const alignment = 64

func align(n int) int { return (n + alignment - 1) / alignment * alignment }

// place gives every interval an offset such that no two that live at the same
// time overlap, and returns the size of the arena. Large buffers go first,
// each to the lowest gap that fits: simple, and within a few per cent of the
// peak of live bytes for networks of this kind.
func place(ivs []*interval) int {
	order := slices.Clone(ivs)
	slices.SortStableFunc(order, func(a, b *interval) int { return b.bytes - a.bytes })
	var placed []*interval
	total := 0
	for _, iv := range order {
		offset := 0
		for _, p := range placed { // ordered by offset
			if p.last < iv.first || iv.last < p.first {
				continue
			}
			if p.offset-offset >= align(iv.bytes) {
				break
			}
			offset = max(offset, p.offset+align(p.bytes))
		}
		iv.offset = offset
		total = max(total, offset+align(iv.bytes))
		i, _ := slices.BinarySearchFunc(placed, iv, func(a, b *interval) int { return a.offset - b.offset })
		placed = slices.Insert(placed, i, iv)
	}
	return total
}
