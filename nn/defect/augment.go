package defect

import (
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// Jitter says how far [Augment] may move a picture away from the original.
type Jitter struct {
	// Shift is the largest displacement along each axis in pixels: 0 stands
	// for 3 per 128 pixels of the shorter side, a negative number for none.
	Shift int
	// Brightness is the largest relative change: 0 stands for 0.05, a
	// negative number for none.
	Brightness float64
	// FlipX and FlipY mirror every second picture left to right and top to
	// bottom. Leave them off where a mirrored part is a wrong part.
	FlipX, FlipY bool
}

// Augment writes a copy of x to dst that is shifted, brightened or darkened
// and perhaps mirrored, all within the bounds of o: normal variation that is no
// defect. Pixels that come into view at an edge repeat it. The pictures must
// have the same shape and not share storage; a wrong shape panics with a
// [*nn.ShapeError].
func Augment(rng *rand.Rand, x, dst *nn.Image, o Jitter) {
	if dst.C != x.C || dst.H != x.H || dst.W != x.W {
		panic(shapeError("augment", "a destination of the picture's shape", x, dst))
	}
	o = o.resolve(x)
	dx, dy := rng.IntN(2*o.Shift+1)-o.Shift, rng.IntN(2*o.Shift+1)-o.Shift
	gain := float32(uniform(rng, 1-o.Brightness, 1+o.Brightness))
	flipX, flipY := rng.IntN(2) == 1 && o.FlipX, rng.IntN(2) == 1 && o.FlipY
	for c := range x.C {
		from, to := x.Plane(c), dst.Plane(c)
		for y := range x.H {
			sy := max(0, min(x.H-1, y-dy))
			if flipY {
				sy = x.H - 1 - sy
			}
			move(to[y*x.W:(y+1)*x.W], from[sy*x.W:(sy+1)*x.W], dx, flipX, gain)
		}
	}
}

// move writes one row, shifted by dx, perhaps mirrored, times gain.
func move(to, from []float32, dx int, flip bool, gain float32) {
	n := len(from)
	for i := range to {
		s := max(0, min(n-1, i-dx))
		if flip {
			s = n - 1 - s
		}
		to[i] = clip(gain * from[s])
	}
}

func (o Jitter) resolve(x *nn.Image) Jitter {
	if o.Shift == 0 {
		o.Shift = max(1, int(math.Round(3*float64(min(x.H, x.W))/reference)))
	}
	if o.Brightness == 0 {
		o.Brightness = 0.05
	}
	o.Shift, o.Brightness = max(0, o.Shift), max(0, o.Brightness)
	return o
}
