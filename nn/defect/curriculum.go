package defect

import (
	"image"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// The curriculum: damage is large and strong at first, small and faint later.
// Every kind keeps its own range of sizes (areas span 8 % to 0.3 % of the
// picture); training moves a window over that range, and over one range of
// contrast for all painted kinds, from the upper end to the lower. Size and
// contrast of a picture are independent, so faint does not come to mean small.
const (
	strongest = 0.5  // mean change of a sample at the upper end
	faintest  = 0.08 // and at the lower
	window    = 0.25 // width of the window as a share of the range
	revision  = 0.25 // share of pictures whose window reaches to the upper end
	amplify   = 3    // at most, lest exchanged grain becomes damage
)

// lesson is what the curriculum asks of one picture. The zero lesson asks
// nothing: every kind then draws from its ranges evenly.
type lesson struct {
	lo, hi   float64 // window of sizes, as shares of each kind's range
	contrast float64 // mean change of a sample
}

// newLesson draws the lesson of a picture when that share of the training is
// done.
func newLesson(rng *rand.Rand, share float64) lesson {
	if !(share > 0) {
		return lesson{}
	}
	lo := (1 - window) * (1 - min(1, share))
	hi := lo + window
	if rng.Float64() < revision {
		hi = 1
	}
	return lesson{lo, hi, between(faintest, strongest, uniform(rng, lo, hi))}
}

// size moves v, drawn evenly from [lo, hi], into the window.
func (l lesson) size(v, lo, hi float64) float64 {
	if l == (lesson{}) {
		return v
	}
	return between(lo, hi, l.lo+(l.hi-l.lo)*(v-lo)/(hi-lo))
}

// between goes from lo to hi by equal factors as t goes from 0 to 1.
func between(lo, hi, t float64) float64 { return lo * math.Pow(hi/lo, t) }

// size draws a size from [lo, hi], as the lesson wants it.
func (e *Engine) size(rng *rand.Rand, lo, hi float64) float64 {
	return e.lesson.size(uniform(rng, lo, hi), lo, hi)
}

// tone gives the damage inside box the contrast of the lesson, by moving fill
// away from or towards x. The contrast is taken where the damage is at least
// half as opaque as anywhere.
func (e *Engine) tone(x *nn.Image, box image.Rectangle) {
	if e.lesson.contrast == 0 {
		return
	}
	var most float32
	each(box, e.w, func(_, lo, hi int) {
		for _, o := range e.opacity[lo:hi] {
			most = max(most, o)
		}
	})
	var sum float64
	n, hw := 0, e.h*e.w
	each(box, e.w, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			o := e.opacity[i]
			if o == 0 || 2*o < most {
				continue
			}
			var d float32
			for j := i; j < len(x.Pix); j += hw {
				v := clip(e.fill[j]) - x.Pix[j]
				d = max(d, v, -v)
			}
			sum += float64(o * d)
			n++
		}
	})
	if sum == 0 {
		return
	}
	by := float32(min(amplify, e.lesson.contrast*float64(n)/sum))
	for c := range e.c {
		at := c * hw
		each(box, e.w, func(_, lo, hi int) {
			src, over := x.Pix[at+lo:at+hi], e.fill[at+lo:at+hi]
			for i, s := range src {
				over[i] = s + by*(clip(over[i])-s)
			}
		})
	}
}
