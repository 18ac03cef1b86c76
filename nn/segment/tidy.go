package segment

const (
	// lineShare is the share of skeleton pixels above which a region is a
	// line, which opening would tear apart.
	lineShare = 0.3
	// coreShare is the share of pixels that survive erosion above which a
	// region cannot be a line: a mixture of a line one pixel wide, all
	// skeleton and no core, with a broad body, no skeleton and all core, has
	// at most 0.7 core when it has 0.3 skeleton. It saves thinning large
	// regions.
	coreShare = 0.7
)

// tidy opens, closes and fills s.mask.
func (s *Segmenter) tidy() {
	s.open()
	s.close()
	s.fillHoles()
}

// close fills gaps narrower than 3 pixels. A margin lets dilation step over
// the map's edge, or else every region one pixel away would grow to touch it.
func (s *Segmenter) close() {
	s.spare.pad(&s.mask)
	s.spare.dilate()
	s.spare.erode()
	s.mask.crop(&s.spare)
}

// open removes from s.mask what is narrower than 3 pixels, except from
// line-like components.
func (s *Segmenter) open() {
	s.parts.find(&s.mask, Eight)
	s.splitLines()
	s.thick.erode()
	s.thick.dilate()
	s.mask.copy(&s.thick)
	s.mask.or(&s.lines)
}

// splitLines sorts the components of s.mask into lines and thick ones.
func (s *Segmenter) splitLines() {
	s.thick.copy(&s.mask)
	s.thick.erode()
	s.thick.clearFrame() // the map's edge is an outline too
	s.spare.resize(s.mask.w, s.mask.h)
	s.spare.clear()
	s.markParts(&s.thick, &s.spare, func(core, area int) bool { return float64(core) <= coreShare*float64(area) })

	s.thinned.copy(&s.spare)
	s.thinned.thin(&s.next)
	s.lines.resize(s.mask.w, s.mask.h)
	s.lines.clear()
	s.markParts(&s.thinned, &s.lines, func(skeleton, area int) bool { return float64(skeleton) > lineShare*float64(area) })

	s.thick.copy(&s.mask)
	for i, w := range s.lines.words {
		s.thick.words[i] &^= w
	}
}

// markParts sets in out the components of s.parts for which pass approves the
// number of their pixels that are set in sub, and their area.
func (s *Segmenter) markParts(sub, out *bitmap, pass func(count, area int) bool) {
	s.tally = resize(s.tally, 2*s.parts.n)
	clear(s.tally)
	for _, r := range s.parts.runs {
		s.tally[2*r.id] += int32(sub.countRun(r))
		s.tally[2*r.id+1] += r.hi - r.lo
	}
	for _, r := range s.parts.runs {
		if pass(int(s.tally[2*r.id]), int(s.tally[2*r.id+1])) {
			out.setRun(r)
		}
	}
}

// fillHoles sets the background that cannot reach the map's edge over sides.
func (s *Segmenter) fillHoles() {
	s.spare.copy(&s.mask)
	s.spare.invert()
	s.parts.find(&s.spare, Four)
	s.tally = resize(s.tally, s.parts.n)
	clear(s.tally)
	for _, r := range s.parts.runs {
		if r.lo == 0 || int(r.hi) == s.mask.w || r.y == 0 || int(r.y) == s.mask.h-1 {
			s.tally[r.id] = 1
		}
	}
	for _, r := range s.parts.runs {
		if s.tally[r.id] == 0 {
			s.mask.setRun(r)
		}
	}
}

// thin reduces b to a skeleton one pixel wide (Zhang and Suen 1984), 64 pixels
// at a time; next is scratch.
func (b *bitmap) thin(next *bitmap) {
	next.copy(b)
	for more := true; more; {
		first := b.peel(next, false)
		second := b.peel(next, true)
		more = first || second
	}
}

// peel removes the contour pixels of one half-step at once and reports whether
// there were any. Both maps are equal before and after.
func (b *bitmap) peel(next *bitmap, second bool) bool {
	changed := false
	for y := range b.h {
		for i, w := range b.row(y) {
			if w == 0 {
				continue
			}
			if gone := w & b.removable(i, y, second); gone != 0 {
				next.words[y*b.stride+i] &^= gone
				changed = true
			}
		}
	}
	if changed {
		copy(b.words, next.words)
	}
	return changed
}

// removable evaluates the conditions of Zhang and Suen for the 64 pixels of
// word i in row y. Their neighbours go clockwise from the north.
func (b *bitmap) removable(i, y int, second bool) uint64 {
	p := b.neighbours(i, y)
	var turns, manyTurns uint64 // steps from clear to set around the pixel: one, more
	var on, manyOn uint64       // set neighbours: one, more
	var off, manyOff uint64     // clear neighbours: one, more
	for k, q := range p {
		step := ^q & p[(k+1)%8]
		manyTurns |= turns & step
		turns |= step
		manyOn |= on & q
		on |= q
		manyOff |= off & ^q
		off |= ^q
	}
	north, east, south, west := p[0], p[2], p[4], p[6]
	outer := ^(north & east & south) & ^(east & south & west)
	if second {
		outer = ^(north & east & west) & ^(north & south & west)
	}
	return turns & ^manyTurns & manyOn & manyOff & outer
}

// neighbours returns the eight shifted copies of word i of row y, clockwise
// from the north.
func (b *bitmap) neighbours(i, y int) (p [8]uint64) {
	row := b.row(y)
	p[2], p[6] = east(row, i), west(row, i)
	if y > 0 {
		up := b.row(y - 1)
		p[7], p[0], p[1] = west(up, i), up[i], east(up, i)
	}
	if y < b.h-1 {
		down := b.row(y + 1)
		p[5], p[4], p[3] = west(down, i), down[i], east(down, i)
	}
	return p
}
