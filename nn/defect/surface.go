package defect

import (
	"image"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// crack paints a thin line that zigzags, branches and fades, mostly dark.
func (e *Engine) crack(rng *rand.Rand, x *nn.Image) image.Rectangle {
	length, width := uniform(rng, 12, 80)*e.scale, uniform(rng, 0.8, 2)*max(1, e.scale)
	box := e.branch(rng, e.place(rng, x), length, width, 2)
	e.fade(rng, box, newWave(rng, 10*e.scale, 10*e.scale, 0), 0.7)
	e.tint(rng, x, box, offset(rng, 0.75), 0.85)
	return box
}

// branch strokes one branch of a crack, and its own branches down to depth.
func (e *Engine) branch(rng *rand.Rand, f frame, length, width float64, depth int) image.Rectangle {
	var box image.Rectangle
	step := 2 * e.scale
	for left := length; left > 0; left -= step {
		turn := rng.NormFloat64() * 0.12
		if rng.Float64() < 0.2 {
			turn += rng.NormFloat64() * 0.5
		}
		f = f.turned(turn)
		next := f.moved(step, 0)
		thin := width * (0.4 + 0.6*left/length) * uniform(rng, 0.7, 1.2)
		box = box.Union(e.stroke(f.x, f.y, next.x, next.y, thin))
		f = next
		if depth > 0 && rng.Float64() < 0.06 {
			aside := uniform(rng, 0.4, 1.1) * float64(1-2*rng.IntN(2))
			box = box.Union(e.branch(rng, f.turned(aside), left*uniform(rng, 0.3, 0.7), 0.8*width, depth-1))
		}
	}
	return box
}

// scratch paints one to three faint hairlines side by side, nearly straight,
// bright or dark.
func (e *Engine) scratch(rng *rand.Rand, x *nn.Image) image.Rectangle {
	f := e.place(rng, x)
	length, width := uniform(rng, 10, 60), uniform(rng, 0.6, 1.8)*max(1, e.scale)
	var box image.Rectangle
	for range 1 + rng.IntN(3)*rng.IntN(2) {
		at := f.moved(uniform(rng, -8, 8)*e.scale, uniform(rng, -4, 4)*e.scale)
		n := max(4, int(length*uniform(rng, 0.5, 1)))
		box = box.Union(e.walk(rng, at, n, width*uniform(rng, 0.7, 1), 0.015))
	}
	e.fade(rng, box, newWave(rng, 16*e.scale, 16*e.scale, 0), 0.8)
	e.tint(rng, x, box, 0.6*offset(rng, 0.4), 0.85)
	return box
}

// pit paints a group of two to nine small dots, mostly dark.
func (e *Engine) pit(rng *rand.Rand, x *nn.Image) image.Rectangle {
	f := e.place(rng, x)
	spread, width := uniform(rng, 2, 9)*e.scale, uniform(rng, 1, 3.5)*max(1, e.scale)
	var box image.Rectangle
	for range 2 + rng.IntN(8) {
		dot := f.moved(rng.NormFloat64()*spread, rng.NormFloat64()*spread)
		box = box.Union(e.stroke(dot.x, dot.y, dot.x, dot.y, width*uniform(rng, 0.5, 1)))
	}
	e.tint(rng, x, box, offset(rng, 0.85), 0.85)
	return box
}

// smear paints a film that was wiped over the surface: a long soft blob in
// which the surface is dragged along, brighter and darker in streaks.
func (e *Engine) smear(rng *rand.Rand, x *nn.Image) image.Rectangle {
	side := float64(min(e.h, e.w))
	a := max(3, side*uniform(rng, 0.05, 0.2))
	b := max(1.5, a*uniform(rng, 0.2, 0.45))
	f, box := e.ellipse(rng, a, b, func() frame { return e.place(rng, x) })
	streaks := newWave(rng, a, max(1.5, 2*e.scale), -math.Atan2(f.sin, f.cos))
	e.fade(rng, box, streaks, 0.6)
	e.drag(x, box, f, uniform(rng, 2, 7)*e.scale)
	shade := 0.5 * offset(rng, 0.5)
	for c := range e.c {
		d, at := float32(shade*uniform(rng, 0.85, 1)), c*e.h*e.w
		each(box, e.w, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				e.fill[at+i] += d
			}
		})
	}
	return box
}

// drag fills box with the means of x over that many pixels to both sides along
// the frame.
func (e *Engine) drag(x *nn.Image, box image.Rectangle, f frame, reach float64) {
	const samples = 7
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			if e.opacity[i] == 0 {
				continue
			}
			var sum [3]float32
			for k := range samples {
				d := reach * (2*float64(k)/(samples-1) - 1)
				t := newTap(x, float64(box.Min.X+i-lo)+d*f.cos, float64(y)+d*f.sin)
				for c := range e.c {
					sum[c] += t.of(x.Plane(c))
				}
			}
			for c := range e.c {
				e.fill[c*e.h*e.w+i] = sum[c] / samples
			}
		}
	})
}

// fade lowers the opacity by up to depth, unevenly.
func (e *Engine) fade(rng *rand.Rand, box image.Rectangle, grid wave, depth float32) {
	e.grain.shuffle(rng)
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			if e.opacity[i] > 0 {
				n := e.grain.at(grid.point(box.Min.X+i-lo, y))
				e.opacity[i] *= 1 - depth*clip(0.5+n/(4*latticeStd))
			}
		}
	})
}
