package defect

import (
	"image"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// region draws a plate at f, a little off its middle, that covers a share
// lo..hi of the picture.
func (e *Engine) region(rng *rand.Rand, f frame, lo, hi float64) plate {
	r := e.rect(rng, lo, hi)
	hu, hv := float64(r.Dx())/2, float64(r.Dy())/2
	f = f.moved(hu*uniform(rng, -0.5, 0.5), hv*uniform(rng, -0.5, 0.5))
	least := min(hu, hv)
	soft := min(least, max(0.7, uniform(rng, 0.3, 2)*e.scale))
	return plate{frame: f, hu: hu, hv: hv, corner: uniform(rng, soft, least), soft: soft}
}

// shift paints a part that was moved by 3 to 10 pixels and perhaps turned a
// little; its old place is healed.
func (e *Engine) shift(rng *rand.Rand, x *nn.Image) image.Rectangle {
	f, ok := e.spot(rng, x)
	if !ok {
		return image.Rectangle{}
	}
	from := e.region(rng, f, 0.004, 0.08)
	d := max(2, uniform(rng, 3, 10)*e.scale)
	s, c := math.Sincos(uniform(rng, 0, 2*math.Pi))
	to := from
	to.frame = from.moved(d*c, d*s)
	if rng.IntN(2) == 0 {
		to.frame = to.turned(uniform(rng, -0.35, 0.35))
	}
	hole := from.box().Intersect(e.bounds())
	box := hole.Union(to.box().Intersect(e.bounds()))
	e.heal(rng, x, hole)
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			px, py := float64(box.Min.X+i-lo), float64(y)
			sx, sy := from.at(to.local(px, py))
			e.layer(x, i, from.cover(px, py), to.cover(px, py), newTap(x, sx, sy))
		}
	})
	return box
}

// layer lays what t reads of x, with opacity top, over the fill of a hole.
func (e *Engine) layer(x *nn.Image, i int, hole, top float32, t tap) {
	o := top + (1-top)*hole
	e.opacity[i] = o
	if top == 0 {
		return
	}
	share := top / o
	for c := range e.c {
		v := t.of(x.Plane(c))
		if hole > 0 {
			under := e.fill[c*e.h*e.w+i]
			v = under + share*(v-under)
		}
		e.fill[c*e.h*e.w+i] = v
	}
}

// erase paints a part that is missing: its place is healed.
func (e *Engine) erase(rng *rand.Rand, x *nn.Image) image.Rectangle {
	f, ok := e.spot(rng, x)
	if !ok {
		return image.Rectangle{}
	}
	box := e.lay(e.region(rng, f, 0.002, 0.06))
	e.heal(rng, x, box)
	return box
}

// lay writes the opacity of a plate.
func (e *Engine) lay(p plate) image.Rectangle {
	box := p.box().Intersect(e.bounds())
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			e.opacity[i] = p.cover(float64(box.Min.X+i-lo), float64(y))
		}
	})
	return box
}

// blur paints a patch out of focus by 1.5 to 4 pixels.
func (e *Engine) blur(rng *rand.Rand, x *nn.Image) image.Rectangle {
	box := e.lay(e.region(rng, e.place(rng, x), 0.004, 0.08))
	sigma := max(1, uniform(rng, 1.5, 4)*e.scale)
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

// solder paints one to three shiny drops: a dome lit from one side, with a
// highlight, that mirrors dark surroundings along its rim.
func (e *Engine) solder(rng *rand.Rand, x *nn.Image) image.Rectangle {
	side := float64(min(e.h, e.w))
	base, light := uniform(rng, 0.45, 0.75), uniform(rng, 0, 2*math.Pi)
	ls, lc := math.Sincos(light)
	var tint [3]float32
	for c := range tint {
		tint[c] = float32(uniform(rng, -0.02, 0.02))
	}
	home := e.place(rng, x)
	first := max(1.5, side*uniform(rng, 0.012, 0.08))
	var box image.Rectangle
	for k := range 1 + rng.IntN(3)*rng.IntN(2) {
		a, at := first, home
		if k > 0 { // spatter around it
			a = max(1, first*uniform(rng, 0.2, 0.5))
			at = home.turned(uniform(rng, 0, 2*math.Pi)).moved(first*uniform(rng, 1.6, 3), 0)
		}
		b := max(1, a*uniform(rng, 0.55, 1))
		f, drop := e.ellipse(rng, a, b, func() frame { return at })
		box = box.Union(drop)
		each(drop, e.w, func(y, lo, hi int) {
			for i := lo; i < hi; i++ {
				u, v := f.local(float64(drop.Min.X+i-lo), float64(y))
				u, v = u/a, v/b
				if e.opacity[i] == 0 || k > 0 && u*u+v*v > 2 {
					continue // nothing here, or an earlier drop's
				}
				height := float32(math.Sqrt(max(0, 1-u*u-v*v)))
				// The light's direction turned into the drop's frame.
				du, dv := u-0.4*(lc*f.cos+ls*f.sin), v-0.4*(ls*f.cos-lc*f.sin)
				shade := float32(base)*(0.25+0.75*smooth(1.6*height)) + 0.7*float32(math.Exp(-(du*du+dv*dv)/0.06))
				for c := range e.c {
					e.fill[c*e.h*e.w+i] = shade + tint[c]
				}
			}
		})
	}
	e.speckle(rng, box, 0.02, 1)
	return box
}
