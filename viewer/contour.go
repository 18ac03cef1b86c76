package viewer

import "image"

// Contour is one closed border of a region, along the edges of its cells. Outer
// borders run clockwise on the screen, holes the other way.
type Contour struct {
	Label  int32
	Points []image.Point // the corners; the last joins the first
	Hole   bool
}

// Contours traces the borders of all non-zero labels of a grid of w x h cells
// in rows. Cells of one label that touch only at a corner belong together. The
// order is that of the topmost, leftmost cell of each border.
func Contours[T ~uint8 | ~int32](grid []T, w, h int) []Contour {
	if w <= 0 || h <= 0 || len(grid) < w*h {
		return nil
	}
	t := tracer[T]{grid: grid, w: w, h: h, seen: make([]bool, w*h)}
	var all []Contour
	for y := range h {
		for x := range w {
			i := y*w + x
			// Every border, of a hole too, runs at least once along the top of a cell.
			if grid[i] == 0 || t.seen[i] || t.is(x, y-1, grid[i]) {
				continue
			}
			all = append(all, t.trace(x, y))
		}
	}
	return all
}

// tracer walks with the region on its right hand.
type tracer[T ~uint8 | ~int32] struct {
	grid []T
	w, h int
	seen []bool // the top edge of this cell is part of a border already traced
}

func (t *tracer[T]) is(x, y int, label T) bool {
	return x >= 0 && y >= 0 && x < t.w && y < t.h && t.grid[y*t.w+x] == label
}

// headings are right, down, left, up. For each: the step, and the cells ahead
// to the left and to the right of the next corner, relative to that corner.
var headings = [4]struct{ step, left, right image.Point }{
	{image.Pt(1, 0), image.Pt(0, -1), image.Pt(0, 0)},
	{image.Pt(0, 1), image.Pt(0, 0), image.Pt(-1, 0)},
	{image.Pt(-1, 0), image.Pt(-1, 0), image.Pt(-1, -1)},
	{image.Pt(0, -1), image.Pt(-1, -1), image.Pt(0, -1)},
}

// trace starts along the top edge of the cell x, y and follows the border until
// it is back.
func (t *tracer[T]) trace(x, y int) Contour {
	label := t.grid[y*t.w+x]
	c := Contour{Label: int32(label)}
	at, heading, area := image.Pt(x, y), 0, 0
	for {
		if heading == 0 {
			if t.seen[at.Y*t.w+at.X] {
				break
			}
			t.seen[at.Y*t.w+at.X] = true
		}
		d := headings[heading]
		next := at.Add(d.step)
		area += at.X*next.Y - next.X*at.Y
		turn := 0
		switch {
		case t.is(next.X+d.left.X, next.Y+d.left.Y, label):
			turn = 3
		case !t.is(next.X+d.right.X, next.Y+d.right.Y, label):
			turn = 1
		}
		if turn != 0 {
			c.Points = append(c.Points, next)
			heading = (heading + turn) % 4
		}
		at = next
	}
	c.Hole = area < 0
	return c
}
