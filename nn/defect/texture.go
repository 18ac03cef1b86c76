package defect

import (
	"image"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// texture fills box with a random texture: a piece of a normal picture in
// true or exchanged colours, a plain colour, coloured speckle, stripes or a
// checker board.
func (e *Engine) texture(rng *rand.Rand, x *nn.Image, box image.Rectangle) {
	switch rng.IntN(6) {
	case 0:
		e.rolled(rng, e.source(rng, x), box, false)
	case 1:
		e.rolled(rng, e.source(rng, x), box, true)
	case 2:
		e.solid(rng, box, false)
	case 3:
		e.solid(rng, box, false)
		cell := float64(int(1)<<rng.IntN(4)) * max(1, e.scale)
		e.speckle(rng, box, float32(uniform(rng, 0.03, 0.25)), cell)
	case 4:
		e.solid(rng, box, false)
		e.stripes(rng, box)
	default:
		e.solid(rng, box, false)
		e.checker(rng, box)
	}
}

// rolled fills box from a picture that is shifted around its edges and perhaps
// mirrored; strange also exchanges the colours and changes the brightness.
func (e *Engine) rolled(rng *rand.Rand, src *nn.Image, box image.Rectangle, strange bool) {
	ox, oy := rng.IntN(src.W), rng.IntN(src.H)
	flipX, flipY := rng.IntN(4) == 0, rng.IntN(4) == 0
	perm, gain := [3]int{0, 1, 2}, float32(1)
	if strange {
		rng.Shuffle(3, func(i, j int) { perm[i], perm[j] = perm[j], perm[i] })
		gain = float32(uniform(rng, 0.6, 1.5))
	}
	for c := range e.c {
		plane := src.Plane(min(perm[c], src.C-1))
		at := c * e.h * e.w
		each(box, e.w, func(y, lo, hi int) {
			sy := (y + oy) % src.H
			if flipY {
				sy = src.H - 1 - sy
			}
			row := plane[sy*src.W : (sy+1)*src.W]
			sx := (box.Min.X + ox) % src.W
			for i := lo; i < hi; i++ {
				if flipX {
					e.fill[at+i] = gain * row[src.W-1-sx]
				} else {
					e.fill[at+i] = gain * row[sx]
				}
				if sx++; sx == src.W {
					sx = 0
				}
			}
		})
	}
}

// solid fills box with one random colour, or grey between 10 and 220 of 255.
func (e *Engine) solid(rng *rand.Rand, box image.Rectangle, grey bool) {
	shade := float32(uniform(rng, 10, 220) / 255)
	for c := range e.c {
		v := shade
		if !grey {
			v = rng.Float32()
		}
		at := c * e.h * e.w
		each(box, e.w, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				e.fill[at+i] = v
			}
		})
	}
}

// speckle adds noise of standard deviation amp with cells of that many pixels
// to the fill, more strongly in some planes than in others.
func (e *Engine) speckle(rng *rand.Rand, box image.Rectangle, amp float32, cell float64) {
	if cell > 1 {
		grid := newWave(rng, cell, cell, 0)
		e.grain.shuffle(rng)
		e.modulate(rng, box, amp/latticeStd, func(x, y int) float32 { return e.grain.at(grid.point(x, y)) })
		return
	}
	for c := range e.c {
		at, a := c*e.h*e.w, amp*float32(uniform(rng, 0.3, 1))
		each(box, e.w, func(_, lo, hi int) { e.gauss.add(rng, e.fill[at+lo:at+hi], a) })
	}
}

// stripes adds a sine grating of any direction with a period of 3 to 20
// pixels.
func (e *Engine) stripes(rng *rand.Rand, box image.Rectangle) {
	period := max(2.5, uniform(rng, 3, 20)*e.scale)
	s, c := math.Sincos(uniform(rng, 0, math.Pi))
	u, v := 2*math.Pi*c/period, 2*math.Pi*s/period
	e.modulate(rng, box, float32(uniform(rng, 0.1, 0.4)), func(x, y int) float32 {
		return float32(math.Sin(float64(x)*u + float64(y)*v))
	})
}

// checker adds a turned checker board with squares of 2 to 12 pixels.
func (e *Engine) checker(rng *rand.Rand, box image.Rectangle) {
	side := max(2, uniform(rng, 2, 12)*e.scale)
	grid := newWave(rng, side, side, uniform(rng, 0, math.Pi/2))
	e.modulate(rng, box, float32(uniform(rng, 0.1, 0.4)), func(x, y int) float32 {
		u, v := grid.point(x, y)
		return 1 - 2*float32((floor(u)+floor(v))&1)
	})
}

// modulate adds a pattern to the fill, once per pixel and more strongly in
// some planes than in others.
func (e *Engine) modulate(rng *rand.Rand, box image.Rectangle, amp float32, pattern func(x, y int) float32) {
	var gain [3]float32
	for c := range e.c {
		gain[c] = amp * float32(uniform(rng, 0.3, 1))
	}
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			if e.opacity[i] == 0 {
				continue
			}
			p := pattern(box.Min.X+i-lo, y)
			for c := range e.c {
				e.fill[c*e.h*e.w+i] += gain[c] * p
			}
		}
	})
}
