package defect

import (
	"fmt"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// Jitter says how far [Augment] and [Crop] may move a picture away from the
// original.
type Jitter struct {
	// Shift is the largest displacement along each axis in pixels: 0 stands
	// for 3 per 128 pixels of the result's shorter side, a negative number for
	// none.
	Shift int
	// Brightness is the largest relative change: 0 stands for 0.05, a
	// negative number for none.
	Brightness float64
	// FlipX and FlipY mirror every second picture left to right and top to
	// bottom. Leave them off where a mirrored part is a wrong part.
	FlipX, FlipY bool
	// Turn turns every second picture by a quarter. With both flips that makes
	// all eight poses of a texture equally likely. It does nothing where the
	// turned window does not fit into the original.
	Turn bool
}

// Augment writes a copy of x to dst that is shifted, brightened or darkened
// and perhaps mirrored and turned, all within the bounds of o: normal variation
// that is no defect. Pixels that come into view at an edge repeat it. The
// pictures must have the same shape and not share storage; a wrong shape panics
// with a [*nn.ShapeError].
func Augment(rng *rand.Rand, x, dst *nn.Image, o Jitter) {
	if dst.C != x.C || dst.H != x.H || dst.W != x.W {
		panic(shapeError("augment", "a destination of the picture's shape", x, dst))
	}
	Crop(rng, x, dst, o)
}

// Crop is [Augment] for a random window of x: dst has as many planes and says
// how large the window is, at most as large as x.
func Crop(rng *rand.Rand, x, dst *nn.Image, o Jitter) {
	if dst.C != x.C || dst.H > x.H || dst.W > x.W {
		panic(shapeError("crop", fmt.Sprintf("a destination of %d planes, not larger than the picture", x.C), x, dst))
	}
	o = o.resolve(dst)
	dx, dy := rng.IntN(2*o.Shift+1)-o.Shift, rng.IntN(2*o.Shift+1)-o.Shift
	gain := float32(uniform(rng, 1-o.Brightness, 1+o.Brightness))
	flipX, flipY := rng.IntN(2) == 1 && o.FlipX, rng.IntN(2) == 1 && o.FlipY
	w, h := dst.W, dst.H // of the window
	turn := o.Turn && rng.IntN(2) == 1 && h <= x.W && w <= x.H
	if turn {
		w, h = h, w
	}
	left, top := 0, 0
	if w < x.W {
		left = rng.IntN(x.W - w + 1)
	}
	if h < x.H {
		top = rng.IntN(x.H - h + 1)
	}
	// The sample for (i, j) of the window lies at column[i] + row[j].
	column, row := trace(w, x.W, left, dx, flipX, 1), trace(h, x.H, top, dy, flipY, x.W)
	if turn {
		column, row = row, column
	}
	for c := range x.C {
		from, to := x.Plane(c), dst.Plane(c)
		for j, at := range row {
			line := to[j*dst.W : (j+1)*dst.W]
			for i, d := range column {
				line[i] = clip(gain * from[at+d])
			}
		}
	}
}

// trace returns, for each of n pixels of a window that begins at first, which
// of the size pixels of the picture it shows, times stride. The window is
// mirrored, then shifted; the picture's ends repeat.
func trace(n, size, first, shift int, flip bool, stride int) []int {
	at := make([]int, n)
	for i := range at {
		s := i - shift
		if flip {
			s = n - 1 - s
		}
		at[i] = max(0, min(size-1, first+s)) * stride
	}
	return at
}

func (o Jitter) resolve(dst *nn.Image) Jitter {
	if o.Shift == 0 {
		o.Shift = max(1, int(math.Round(3*float64(min(dst.H, dst.W))/reference)))
	}
	if o.Brightness == 0 {
		o.Brightness = 0.05
	}
	o.Shift, o.Brightness = max(0, o.Shift), max(0, o.Brightness)
	return o
}
