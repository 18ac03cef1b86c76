package defect

import (
	"image"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// heal fills box as if nothing had been there: with a piece of the same
// picture from nearby that fits at the rim of box and is as plain inside as the
// rim, brought to the rim's brightness.
func (e *Engine) heal(rng *rand.Rand, x *nn.Image, box image.Rectangle) {
	const candidates = 32
	rim := e.rimMean(x, box, image.Point{})
	best, from := float32(math.Inf(1)), image.Point{}
	reach := 3 * max(box.Dx(), box.Dy())
	for range candidates {
		by := image.Pt(
			nearby(rng, reach, -box.Min.X, e.w-box.Max.X),
			nearby(rng, reach, -box.Min.Y, e.h-box.Max.Y))
		if m := e.misfit(x, box, by, rim); m < best {
			best, from = m, by
		}
	}
	there := e.rimMean(x, box, from)
	var lift float32 // the same for all planes, which keeps colours
	for c := range e.c {
		lift += (rim[c] - there[c]) / float32(e.c)
	}
	for c := range e.c {
		plane, at, step := x.Plane(c), c*e.h*e.w, from.Y*e.w+from.X
		each(box, e.w, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				e.fill[at+i] = plane[i+step] + lift
			}
		})
	}
}

// nearby draws a displacement of at most reach that keeps within [lo, hi],
// where lo <= 0 <= hi.
func nearby(rng *rand.Rand, reach, lo, hi int) int {
	lo, hi = max(lo, -reach), min(hi, reach)
	return lo + rng.IntN(hi-lo+1)
}

// misfit is the mean square difference between the rim of box and that of the
// piece displaced by by, plus twice that between the piece's inside and the mean
// of the rim.
func (e *Engine) misfit(x *nn.Image, box image.Rectangle, by image.Point, rim [3]float32) float32 {
	const grid = 6 // samples each way
	step, hw := by.Y*e.w+by.X, e.h*e.w
	var edge, inside float32
	n := e.rim(box, func(i int) {
		for j := i; j < len(x.Pix); j += hw {
			d := x.Pix[j+step] - x.Pix[j]
			edge += d * d
		}
	})
	for k := range grid * grid {
		px := box.Min.X + (2*(k%grid)+1)*box.Dx()/(2*grid)
		py := box.Min.Y + (2*(k/grid)+1)*box.Dy()/(2*grid)
		for c := range e.c {
			d := x.Pix[c*hw+py*e.w+px+step] - rim[c]
			inside += d * d
		}
	}
	return edge/float32(n) + 2*inside/(grid*grid)
}

// rimMean returns the mean of each plane over the displaced rim of box.
func (e *Engine) rimMean(x *nn.Image, box image.Rectangle, by image.Point) (mean [3]float32) {
	n := e.rim(box, func(i int) {
		for c := range e.c {
			mean[c] += x.Pix[c*e.h*e.w+i+by.Y*e.w+by.X]
		}
	})
	for c := range mean {
		mean[c] /= float32(n)
	}
	return mean
}

// rim calls f with the index of evenly spaced pixels on the border of box and
// returns their number.
func (e *Engine) rim(box image.Rectangle, f func(i int)) (n int) {
	const enough = 48
	stride := max(1, 2*(box.Dx()+box.Dy())/enough)
	for px := box.Min.X; px < box.Max.X; px += stride {
		f(box.Min.Y*e.w + px)
		f((box.Max.Y-1)*e.w + px)
		n += 2
	}
	for py := box.Min.Y; py < box.Max.Y; py += stride {
		f(py*e.w + box.Min.X)
		f(py*e.w + box.Max.X - 1)
		n += 2
	}
	return n
}
