package defect

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"

	"agurscope/nn"
)

// shift paints a patch displaced by 3 to 10 pixels, of the same picture or of
// another one.
func (e *Engine) shift(rng *rand.Rand, x *nn.Image) image.Rectangle {
	src := x
	if other := e.source(rng, x); rng.Float64() < 0.4 && other.H == x.H && other.W == x.W {
		src = other
	}
	d := max(2, uniform(rng, 3, 10)*e.scale)
	s, c := math.Sincos(uniform(rng, 0, 2*math.Pi))
	dx, dy := int(math.Round(d*c)), int(math.Round(d*s))
	box := e.rect(rng, 0.004, 0.08)
	e.feather(box, max(0.5, uniform(rng, 0.3, 2)*e.scale))
	for c := range e.c {
		plane, at := src.Plane(min(c, src.C-1)), c*e.h*e.w
		each(box, e.w, func(y, lo, hi int) {
			from := plane[max(0, min(e.h-1, y+dy))*e.w:]
			for i := lo; i < hi; i++ {
				e.fill[at+i] = from[max(0, min(e.w-1, box.Min.X+i-lo+dx))]
			}
		})
	}
	return box
}

// erase paints over a rectangle or a thick line with the median colour of its
// surroundings: a part that is missing.
func (e *Engine) erase(rng *rand.Rand, x *nn.Image) image.Rectangle {
	var box image.Rectangle
	if rng.Float64() < 0.5 {
		box = e.rect(rng, 0.002, 0.06)
		e.feather(box, max(0.5, uniform(rng, 0.3, 1.2)*e.scale))
	} else {
		box = e.walk(rng, 6+rng.IntN(35), max(2, uniform(rng, 4, 12)*e.scale), 0.1)
	}
	ring := box.Inset(-max(2, int(3*e.scale))).Intersect(e.bounds())
	for c := range e.c {
		m, at := e.surrounding(x.Plane(c), ring), c*e.h*e.w
		each(box, e.w, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				e.fill[at+i] = m
			}
		})
	}
	return box
}

// surrounding returns the median of the plane's untouched pixels inside box.
// A few hundred of them are enough.
func (e *Engine) surrounding(plane []float32, box image.Rectangle) float32 {
	const enough = 512
	e.row = e.row[:0]
	stride, seen := max(1, box.Dx()*box.Dy()/(4*enough)), 0
	each(box, e.w, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			if e.opacity[i] != 0 {
				continue
			}
			if seen++; seen%stride == 0 {
				e.row = append(e.row, plane[i])
			}
		}
	})
	if len(e.row) == 0 {
		return 0.5
	}
	slices.Sort(e.row)
	return e.row[len(e.row)/2]
}

// blur paints a patch out of focus by 1.5 to 4 pixels.
func (e *Engine) blur(rng *rand.Rand, x *nn.Image) image.Rectangle {
	box := e.rect(rng, 0.004, 0.08)
	sigma := max(1, uniform(rng, 1.5, 4)*e.scale)
	e.feather(box, max(0.5, 1.5*e.scale))
	// Three passes of a box of half-width r have a variance of r(r+1).
	r := max(1, int(math.Round(math.Sqrt(sigma*sigma+0.25)-0.5)))
	wide := box.Inset(-3 * r).Intersect(e.bounds())
	for c := range e.c {
		at := c * e.h * e.w
		plane := e.fill[at : at+e.h*e.w]
		each(wide, e.w, func(_, lo, hi int) { copy(plane[lo:hi], x.Pix[at+lo:at+hi]) })
		for range 3 {
			each(wide, e.w, func(_, lo, hi int) { e.boxMean(plane, lo, 1, hi-lo, r) })
			for i := wide.Min.X; i < wide.Max.X; i++ {
				e.boxMean(plane, wide.Min.Y*e.w+i, e.w, wide.Dy(), r)
			}
		}
	}
	return box
}

// boxMean replaces n samples of p, step apart, by the means over 2r+1 of them,
// repeating the first and the last beyond the ends.
func (e *Engine) boxMean(p []float32, first, step, n, r int) {
	e.row = e.row[:0]
	for i := range n {
		e.row = append(e.row, p[first+i*step])
	}
	at := func(i int) float32 { return e.row[max(0, min(n-1, i))] }
	var sum float32
	for i := -r; i <= r; i++ {
		sum += at(i)
	}
	for i := range n {
		p[first+i*step] = sum / float32(2*r+1)
		sum += at(i+r+1) - at(i-r)
	}
}

// feather makes the damage opaque inside box, falling off to its edges over
// that many pixels.
func (e *Engine) feather(box image.Rectangle, soft float64) {
	ramp := func(i, n int) float32 { return smooth(float32((float64(min(i, n-1-i)) + 0.5) / soft)) }
	each(box, e.w, func(y, lo, hi int) {
		v := ramp(y-box.Min.Y, box.Dy())
		for i := lo; i < hi; i++ {
			e.opacity[i] = v * ramp(i-lo, hi-lo)
		}
	})
}
