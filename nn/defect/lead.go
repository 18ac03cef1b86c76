package defect

import (
	"image"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// cut paints a lead that is interrupted over 3 to 20 pixels or ends early.
func (e *Engine) cut(rng *rand.Rand, x *nn.Image) image.Rectangle {
	b, ok := e.bar(rng, x)
	if !ok {
		return image.Rectangle{}
	}
	gap := max(2, uniform(rng, 3, 20)*e.scale)
	over := 2 * e.fine() // past the end, so that nothing is left of it
	var centre float64
	switch rng.IntN(4) {
	case 0:
		centre = b.hi + over - gap/2
	case 1:
		centre = b.lo - over + gap/2
	default:
		centre = uniform(rng, b.lo/2, b.hi/2)
	}
	p := e.strip(b, centre, gap/2)
	p.frame = p.turned(uniform(rng, -0.15, 0.15))
	e.bridge(x, p)
	return e.lay(p)
}

// bend paints a lead that is bent sideways by 2 to 9 pixels: in the middle, or
// more and more towards one of its ends. The background stays where it is.
func (e *Engine) bend(rng *rand.Rand, x *nn.Image) image.Rectangle {
	b, ok := e.bar(rng, x)
	if !ok {
		return image.Rectangle{}
	}
	over := 2 * e.fine()
	hu := max(4, min(uniform(rng, 6, 20)*e.scale, (b.hi-b.lo)/2+over))
	off := max(1, min(0.7*hu, uniform(rng, 2, 9)*e.scale)) * float64(1-2*rng.IntN(2))
	peak := uniform(rng, -0.5, 0.5)
	centre := uniform(rng, b.lo/2, b.hi/2)
	way := 0.0 // towards a loose end
	reach := barReach * e.fine()
	switch rng.IntN(4) {
	case 0:
		if b.hi < reach {
			way, centre = 1, b.hi+over-hu
		}
	case 1:
		if -b.lo < reach {
			way, centre = -1, b.lo-over+hu
		}
	}
	aside := func(u float64) float64 { // displacement along the piece, u in [-1, 1]
		if way != 0 {
			t := (1 + way*u) / 2
			return off * t * t
		}
		if u < peak {
			return off * float64(smooth(float32((u+1)/(peak+1))))
		}
		return off * float64(smooth(float32((1-u)/(1-peak))))
	}
	hole := e.strip(b, centre, hu)
	e.bridge(x, hole)
	wide := hole
	wide.hv += math.Abs(off)
	box := wide.box().Intersect(e.bounds())
	half := b.half + 0.5*e.fine()
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			px, py := float64(box.Min.X+i-lo), float64(y)
			u, v := hole.local(px, py)
			if math.Abs(u) > hu {
				continue
			}
			v -= aside(u / hu)
			top := clip(float32((half-math.Abs(v))/e.fine() + 0.5))
			sx, sy := hole.at(u, v)
			e.layer(x, i, hole.cover(px, py), top, newTap(x, sx, sy))
		}
	})
	return box
}

// strip returns a plate over a piece of a bar, wide enough to hide it.
func (e *Engine) strip(b bar, centre, hu float64) plate {
	p := plate{frame: b.moved(centre, 0), hu: hu, hv: b.half + 1.7*e.fine()}
	p.soft = min(hu, p.hv, max(0.7, 0.8*e.scale))
	p.corner = p.soft
	return p
}

// bridge fills a plate along v from what lies on both sides of it, mirrored
// back and forth so that the grain stays what it is.
func (e *Engine) bridge(x *nn.Image, p plate) {
	depth := max(1, 3*e.scale)
	box := p.box().Intersect(e.bounds())
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			px, py := float64(box.Min.X+i-lo), float64(y)
			u, v := p.local(px, py)
			if math.Abs(u) > p.hu || math.Abs(v) > p.hv {
				continue
			}
			lx, ly := p.at(u, -p.hv-fold(v+p.hv, depth))
			rx, ry := p.at(u, p.hv+fold(p.hv-v, depth))
			left, right := newTap(x, lx, ly), newTap(x, rx, ry)
			w := smooth(float32((v + p.hv) / (2 * p.hv)))
			for c := range e.c {
				plane := x.Plane(c)
				a, b := left.of(plane), right.of(plane)
				e.fill[c*e.h*e.w+i] = a + w*(b-a)
			}
		}
	})
}

// fold maps distance to a walk back and forth within [0, depth].
func fold(d, depth float64) float64 {
	d = math.Mod(d, 2*depth)
	return min(d, 2*depth-d)
}
