package synthec

import "math"

// rgb is a colour, each channel from 0 to 1.
type rgb struct{ r, g, b float64 }

func grey(v float64) rgb { return rgb{v, v, v} }

// over lays d over c with opacity a.
func (c rgb) over(d rgb, a float64) rgb {
	return rgb{c.r + (d.r-c.r)*a, c.g + (d.g-c.g)*a, c.b + (d.b-c.b)*a}
}

// lit scales a colour.
func (c rgb) lit(f float64) rgb { return rgb{c.r * f, c.g * f, c.b * f} }

// plus adds the same to each channel.
func (c rgb) plus(v float64) rgb { return rgb{c.r + v, c.g + v, c.b + v} }

// cover turns a signed distance, negative inside, into how much of a pixel is
// covered: a soft step as wide as twice soft.
func cover(d, soft float64) float64 {
	t := 0.5 - 0.5*d/soft
	if t <= 0 {
		return 0
	}
	if t >= 1 {
		return 1
	}
	return t * t * (3 - 2*t)
}

// box is the signed distance to a rectangle about 0,0 with rounded corners.
func box(x, y, halfW, halfH, round float64) float64 {
	qx, qy := math.Abs(x)-halfW+round, math.Abs(y)-halfH+round
	if qx <= 0 || qy <= 0 {
		return max(qx, qy) - round
	}
	return math.Sqrt(qx*qx+qy*qy) - round
}

// disc is the signed distance to a circle about 0,0.
func disc(x, y, r float64) float64 { return math.Sqrt(x*x+y*y) - r }

// stroke is a line from a to b.
type stroke struct{ ax, ay, bx, by float64 }

// distance returns how far a point is from the stroke, and where along it.
func (s stroke) distance(x, y float64) (d, along float64) {
	vx, vy := s.bx-s.ax, s.by-s.ay
	t := ((x-s.ax)*vx + (y-s.ay)*vy) / (vx*vx + vy*vy + 1e-9)
	t = min(max(t, 0), 1)
	ex, ey := x-s.ax-t*vx, y-s.ay-t*vy
	return math.Sqrt(ex*ex + ey*ey), t
}

// lattice returns a number from -1 to 1 for a place on a grid.
func lattice(x, y int32, seed uint32) float64 {
	h := uint32(x)*0x8da6b343 ^ uint32(y)*0xd8163841 ^ seed*0xcb1ab31f
	h = (h ^ h>>15) * 0x2c1b3c6d
	h = (h ^ h>>12) * 0x297a2d39
	h ^= h >> 15
	return float64(int32(h)) / (1 << 31)
}

// valueNoise returns smooth noise from -1 to 1 that changes over cells of the
// given size.
func valueNoise(x, y, cell float64, seed uint32) float64 {
	x, y = x/cell, y/cell
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int32(fx), int32(fy)
	tx, ty := x-fx, y-fy
	tx, ty = tx*tx*(3-2*tx), ty*ty*(3-2*ty)
	a, b := lattice(ix, iy, seed), lattice(ix+1, iy, seed)
	c, d := lattice(ix, iy+1, seed), lattice(ix+1, iy+1, seed)
	top := a + (b-a)*tx
	return top + (c+(d-c)*tx-top)*ty
}
