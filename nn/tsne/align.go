package tsne

import "math"

// Align turns, mirrors and moves a map so that points lie as near as possible to
// where they were in an earlier one (orthogonal Procrustes): pairs holds for each
// common point its place in points and where it was. A map that is drawn anew
// then does not jump. With fewer than three common points it stays as it is.
func Align(points []Point, pairs map[int]Point) {
	if len(pairs) < 3 {
		return
	}
	var ax, ay, bx, by float64
	for i := range points { // in order, for the same sums every time
		if was, ok := pairs[i]; ok {
			ax, ay = ax+float64(points[i].X), ay+float64(points[i].Y)
			bx, by = bx+float64(was.X), by+float64(was.Y)
		}
	}
	n := float64(len(pairs))
	ax, ay, bx, by = ax/n, ay/n, bx/n, by/n
	var xx, xy, yx, yy float64
	for i := range points {
		if was, ok := pairs[i]; ok {
			x, y := float64(points[i].X)-ax, float64(points[i].Y)-ay
			u, v := float64(was.X)-bx, float64(was.Y)-by
			xx, xy, yx, yy = xx+x*u, xy+x*v, yx+y*u, yy+y*v
		}
	}
	// The rotation and the rotation after mirroring y, whichever fits better.
	c, s, flip := xx+yy, xy-yx, 1.0
	if fc, fs := xx-yy, xy+yx; math.Hypot(fc, fs) > math.Hypot(c, s) {
		c, s, flip = fc, fs, -1
	}
	r := math.Hypot(c, s)
	if r == 0 {
		return
	}
	c, s = c/r, s/r
	for i, p := range points {
		x, y := float64(p.X)-ax, flip*(float64(p.Y)-ay)
		points[i] = Point{float32(c*x - s*y + bx), float32(s*x + c*y + by)}
	}
}
