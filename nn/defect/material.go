package defect

import (
	"image"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// perlin paints a patch of foreign texture in the shape of thresholded
// gradient noise (DRAEM, whose threshold of 0.5 is 1.6 standard deviations of
// its noise), cut to a disc so that most patches are small.
func (e *Engine) perlin(rng *rand.Rand, x *nn.Image) image.Rectangle {
	least := max(4, int(12*e.scale*e.scale))
	most := e.h * e.w / 5
	var box image.Rectangle
	for range 8 {
		var area int
		box, area = e.blob(rng)
		if area >= least && area <= most {
			break
		}
		e.wipe(box)
	}
	e.scaleOpacity(box, float32(uniform(rng, 0.2, 1)))
	e.texture(rng, x, box)
	return box
}

// blob writes the opacity of one noise-shaped patch and returns its box and
// the number of pixels more than half covered.
func (e *Engine) blob(rng *rand.Rand) (image.Rectangle, int) {
	r := max(3, uniform(rng, 8, 40)*e.scale)
	cx, cy := rng.Float64()*float64(e.w), rng.Float64()*float64(e.h)
	box := around(cx, cy, r).Intersect(e.bounds())
	cell := func(side int) float64 { // 1 to 32 cells along a side, of at least 2 pixels
		return max(2, float64(side)/float64(int(1)<<rng.IntN(6)))
	}
	grid := newWave(rng, cell(e.w), cell(e.h), uniform(rng, -math.Pi/2, math.Pi/2))
	e.grain.shuffle(rng)
	level := float32(uniform(rng, 1, 1.8) * latticeStd)
	soft := float32(uniform(rng, 0.01, 0.1))
	rr, area := float32(r*r), 0
	each(box, e.w, func(y, lo, hi int) {
		dy := float32(y) - float32(cy)
		for i := lo; i < hi; i++ {
			px := box.Min.X + i - lo
			dx := float32(px) - float32(cx)
			if dx*dx+dy*dy >= rr {
				continue
			}
			o := clip((e.grain.at(grid.point(px, y))-level)/soft + 0.5)
			if o > 0.5 {
				area++
			}
			e.opacity[i] = o
		}
	})
	return box, area
}

// scar paints a scratch or fibre: a thick line along a random walk.
func (e *Engine) scar(rng *rand.Rand) image.Rectangle {
	width := max(1, uniform(rng, 1, 4)*e.scale)
	n := 10 + rng.IntN(51)
	kink := uniform(rng, 0.05, 0.4)
	box := e.walk(rng, e.anywhere(rng, min(4, float64(min(e.w, e.h))/8)), n, width, kink)
	e.scaleOpacity(box, float32(uniform(rng, 0.3, 1)))
	e.solid(rng, box, rng.Float64() < 0.5)
	if rng.Float64() < 0.4 {
		e.speckle(rng, box, float32(uniform(rng, 0.05, 0.2)), 1)
	}
	return box
}

// walk strokes a random walk of n steps of one reference pixel along the frame,
// turning by kink radians (standard deviation) at each, and returns its box.
func (e *Engine) walk(rng *rand.Rand, f frame, n int, width, kink float64) image.Rectangle {
	var box image.Rectangle
	for range n {
		f = f.turned(rng.NormFloat64() * kink)
		next := f.moved(e.scale, 0)
		box = box.Union(e.stroke(f.x, f.y, next.x, next.y, width))
		f = next
	}
	return box
}

// stroke draws one line segment with round ends and smooth edges and returns
// its box, empty where it lies outside the picture.
func (e *Engine) stroke(x0, y0, x1, y1, width float64) image.Rectangle {
	r := width/2 + 0.5
	box := around(x0, y0, r).Union(around(x1, y1, r)).Intersect(e.bounds())
	dx, dy := x1-x0, y1-y0
	norm := max(dx*dx+dy*dy, 1e-12)
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			px, py := float64(box.Min.X+i-lo)-x0, float64(y)-y0
			t := max(0, min(1, (px*dx+py*dy)/norm))
			d := math.Hypot(px-t*dx, py-t*dy)
			e.opacity[i] = max(e.opacity[i], clip(float32(r-d)))
		}
	})
	return box
}

// cutPaste paints a rectangle taken from another place of a normal picture
// (Li et al. 2021), a little brighter, darker or tinted.
func (e *Engine) cutPaste(rng *rand.Rand, x *nn.Image) image.Rectangle {
	box := e.rect(rng, 0.002, 0.08)
	src := e.source(rng, x)
	if src.W < box.Dx() || src.H < box.Dy() {
		src = x
	}
	ox, oy := rng.IntN(src.W-box.Dx()+1), rng.IntN(src.H-box.Dy()+1)
	gain := uniform(rng, 0.8, 1.2)
	for c := range e.c {
		g := float32(gain * uniform(rng, 0.95, 1.05))
		plane := src.Plane(min(c, src.C-1))
		each(box, e.w, func(y, lo, hi int) {
			from := plane[(oy+y-box.Min.Y)*src.W+ox:]
			to := e.fill[c*e.h*e.w+lo : c*e.h*e.w+hi]
			for i := range to {
				to[i] = from[i] * g
			}
		})
	}
	e.cover(box)
	return box
}

// contour is the number of displaced points on a stain's outline.
const contour = 20

// stain paints a soft ellipse with an uneven outline (Collin and De
// Vleeschouwer 2021): opaque with grain, or as a discoloration.
func (e *Engine) stain(rng *rand.Rand, x *nn.Image) image.Rectangle {
	side := float64(min(e.h, e.w))
	a, b := max(1, side*uniform(rng, 0.01, 0.12)), max(1, side*uniform(rng, 0.01, 0.12))
	_, box := e.ellipse(rng, a, b, func() frame {
		return newFrame(rng.Float64()*float64(e.w), rng.Float64()*float64(e.h), uniform(rng, 0, math.Pi))
	})
	if rng.Float64() < 1.0/3 {
		e.scaleOpacity(box, float32(uniform(rng, 0.5, 1)))
		e.solid(rng, box, true)
		e.speckle(rng, box, float32(uniform(rng, 0, 0.08)), 1)
		return box
	}
	e.tint(rng, x, box, offset(rng, 0.5), 0.4)
	return box
}

// A discoloration changes brightness by so much.
const (
	faintest  = 0.08
	strongest = 0.5
)

// offset draws a change of brightness, darker in that share of the cases.
func offset(rng *rand.Rand, darker float64) float64 {
	d := uniform(rng, faintest, strongest)
	if rng.Float64() < darker {
		return -d
	}
	return d
}

// tint fills box with x made brighter by offset, in some planes by as little as
// that share of it.
func (e *Engine) tint(rng *rand.Rand, x *nn.Image, box image.Rectangle, offset, share float64) {
	for c := range e.c {
		d := float32(offset * uniform(rng, share, 1))
		at := c * e.h * e.w
		each(box, e.w, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				e.fill[at+i] = x.Pix[at+i] + d
			}
		})
	}
}

// ellipse writes the opacity of an uneven ellipse with half-axes a along and b
// across the frame that place draws. It returns the frame and the box.
func (e *Engine) ellipse(rng *rand.Rand, a, b float64, place func() frame) (frame, image.Rectangle) {
	var knot [contour]float64
	for i := range knot {
		knot[i] = uniform(rng, 0.9, 1.1)
	}
	var radius [128]float32 // outline by angle
	for i := range radius {
		radius[i] = float32(closedSpline(&knot, float64(i)/float64(len(radius))*contour))
	}
	edge := float32(max(0.5, 0.15*max(a, b)))
	mean := float32(math.Sqrt(a * b)) // turns relative radius into pixels
	f := place()
	box := around(f.x, f.y, 1.2*max(a, b)+2*float64(edge)).Intersect(e.bounds())
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			u, v := f.local(float64(box.Min.X+i-lo), float64(y))
			u, v = u/a, v/b
			rho := float32(math.Sqrt(u*u + v*v))
			if (rho-1.15)*mean > edge {
				continue
			}
			turn := math.Atan2(v, u)/(2*math.Pi) + 1
			r := radius[int(turn*float64(len(radius)))%len(radius)]
			e.opacity[i] = max(e.opacity[i], smooth((r-rho)*mean/(2*edge)+0.5))
		}
	})
	return f, box
}

// closedSpline evaluates the closed Catmull-Rom cubic through the knots at t
// in [0, contour).
func closedSpline(knot *[contour]float64, t float64) float64 {
	i := int(t)
	f := t - float64(i)
	p0, p1 := knot[(i+contour-1)%contour], knot[i%contour]
	p2, p3 := knot[(i+1)%contour], knot[(i+2)%contour]
	return p1 + f/2*(p2-p0+f*(2*p0-5*p1+4*p2-p3+f*(3*(p1-p2)+p3-p0)))
}

// rect draws a rectangle that covers a share lo..hi of the picture and lies
// inside it.
func (e *Engine) rect(rng *rand.Rand, lo, hi float64) image.Rectangle {
	area := uniform(rng, lo, hi) * float64(e.h*e.w)
	aspect := math.Exp(uniform(rng, math.Log(0.3), math.Log(3.3)))
	h := max(3, min(e.h-2, int(math.Sqrt(area*aspect))))
	w := max(3, min(e.w-2, int(math.Sqrt(area/aspect))))
	x, y := rng.IntN(e.w-w+1), rng.IntN(e.h-h+1)
	return image.Rect(x, y, x+w, y+h)
}

// cover makes the damage opaque inside box.
func (e *Engine) cover(box image.Rectangle) {
	each(box, e.w, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			e.opacity[i] = 1
		}
	})
}

// wipe makes the damage transparent inside box.
func (e *Engine) wipe(box image.Rectangle) {
	each(box, e.w, func(_, lo, hi int) { clear(e.opacity[lo:hi]) })
}

func (e *Engine) scaleOpacity(box image.Rectangle, by float32) {
	each(box, e.w, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			e.opacity[i] *= by
		}
	})
}

// around returns the box of the pixels within r of a point.
func around(x, y, r float64) image.Rectangle {
	return image.Rect(int(math.Floor(x-r)), int(math.Floor(y-r)), int(math.Ceil(x+r))+1, int(math.Ceil(y+r))+1)
}
