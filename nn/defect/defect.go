// Package defect paints synthetic damage on pictures of good parts.
//
// A reconstruction network that has only ever seen good parts learns to copy
// its input, damage included, unless it is made to repair something. The
// engine here makes the something: it takes a normal picture, damages a small
// part of it in one of several ways, says in a mask which pixels it changed,
// and lays sensor noise over the whole. The network is trained to give back
// the undamaged picture, the scoring network to give back the mask.
//
// The ways are those of the literature, reduced to what carries over to parts
// never seen: noise-shaped patches of foreign texture (DRAEM, Zavrtanik et al.
// 2021), scratches and stains (Collin and De Vleeschouwer 2021), pasted
// rectangles (CutPaste, Li et al. 2021), and three ways in which components go
// wrong. Sizes are stated for a picture of 128 x 128 and grow with the shorter
// side.
//
// Everything follows from the random source that is passed in: same source,
// same picture, same damage.
package defect

import (
	"fmt"
	"image"
	"math/rand/v2"

	"agurscope/nn"
)

const (
	visible   = 0.02 // change of a sample from which a pixel counts as damaged
	attempts  = 4    // draws before damage that changes nothing is given up
	reference = 128  // shorter side for which the sizes are stated
	smallest  = 16   // shortest side the generators are written for
)

// Engine damages pictures. It keeps scratch buffers between calls, so each
// worker needs its own; the pool may be shared.
type Engine struct {
	mix   Mix
	pool  []*nn.Image
	gauss *normals
	grain lattice

	// Of the picture at hand: opacity of the damage (H x W) and what is
	// blended in (C x H x W), both valid inside the box a painter returns.
	c, h, w int
	scale   float64
	opacity []float32
	fill    []float32
	row     []float32
}

// New returns an engine that draws the kinds of damage in the proportions of
// mix. The pool holds normal pictures to take texture from, in any size; with
// an empty pool the picture itself serves.
func New(mix Mix, pool []*nn.Image) *Engine {
	return &Engine{mix: mix.resolve(), pool: pool, gauss: newNormals(), grain: newLattice()}
}

// Corrupt writes a damaged and noisy copy of x to dst, sets mask (H*W) to 1
// where the damage alone changed a sample by more than 0.02 and to 0
// elsewhere, and returns the kind of damage, [Clean] if and only if the mask is all
// zero. The picture must have 1 or 3 planes of at least 16 x 16; dst must have
// its shape and not share its storage. A wrong shape panics with a
// [*nn.ShapeError].
func (e *Engine) Corrupt(rng *rand.Rand, x, dst *nn.Image, mask []float32) Kind {
	e.prepare(x, dst, mask)
	copy(dst.Pix, x.Pix)
	clear(mask)
	kind := e.mix.draw(rng)
	if kind != Clean && !e.damage(rng, kind, x, dst, mask) {
		kind = Clean
	}
	if e.mix.Noise > 0 {
		e.gauss.addClipped(rng, dst.Pix, float32(rng.Float64()*e.mix.Noise))
	}
	return kind
}

// prepare checks the shapes and fits the scratch buffers to the picture.
func (e *Engine) prepare(x, dst *nn.Image, mask []float32) {
	switch {
	case (x.C != 1 && x.C != 3) || min(x.H, x.W) < smallest:
		panic(shapeError("damage", "1 or 3 planes of at least 16 x 16", x))
	case dst.C != x.C || dst.H != x.H || dst.W != x.W:
		panic(shapeError("damage", "a destination of the picture's shape", x, dst))
	case len(mask) != x.H*x.W:
		panic(shapeError("damage", fmt.Sprintf("a mask of %d", x.H*x.W), x))
	}
	e.c, e.h, e.w = x.C, x.H, x.W
	e.scale = float64(min(x.H, x.W)) / reference
	n := x.H * x.W
	if cap(e.opacity) < n {
		e.opacity = make([]float32, n)
	}
	if cap(e.fill) < n*x.C {
		e.fill = make([]float32, n*x.C)
	}
	e.opacity, e.fill = e.opacity[:n], e.fill[:n*x.C]
}

// damage paints one kind on dst, drawing again when nothing visible came of
// it. It reports whether dst and mask were changed.
func (e *Engine) damage(rng *rand.Rand, kind Kind, x, dst *nn.Image, mask []float32) bool {
	for range attempts {
		clear(e.opacity)
		box := e.paint(rng, kind, x)
		if e.blend(x, dst, mask, box) {
			return true
		}
		e.restore(x, dst, box)
	}
	return false
}

// paint fills opacity and fill for one kind and returns the box that holds
// every pixel of non-zero opacity.
func (e *Engine) paint(rng *rand.Rand, kind Kind, x *nn.Image) image.Rectangle {
	switch kind {
	case Perlin:
		return e.perlin(rng, x)
	case Scar:
		return e.scar(rng)
	case CutPaste:
		return e.cutPaste(rng, x)
	case Stain:
		return e.stain(rng, x)
	case Shift:
		return e.shift(rng, x)
	case Erase:
		return e.erase(rng, x)
	case Blur:
		return e.blur(rng, x)
	}
	panic("defect: no painter for kind " + string(kind))
}

// blend lays fill over x inside box and marks the pixels that changed
// visibly. It reports whether there were any.
func (e *Engine) blend(x, dst *nn.Image, mask []float32, box image.Rectangle) bool {
	hit := false
	for y := box.Min.Y; y < box.Max.Y; y++ {
		lo, hi := y*e.w+box.Min.X, y*e.w+box.Max.X
		op, mk := e.opacity[lo:hi], mask[lo:hi]
		for c := range e.c {
			at := c * e.h * e.w
			src, over, out := x.Pix[at+lo:at+hi], e.fill[at+lo:at+hi], dst.Pix[at+lo:at+hi]
			for i, o := range op {
				if o == 0 {
					continue
				}
				v := clip(src[i] + o*(over[i]-src[i]))
				out[i] = v
				if d := v - src[i]; d > visible || d < -visible {
					mk[i] = 1
					hit = true
				}
			}
		}
	}
	return hit
}

// restore undoes blend.
func (e *Engine) restore(x, dst *nn.Image, box image.Rectangle) {
	for c := range e.c {
		for y := box.Min.Y; y < box.Max.Y; y++ {
			lo := (c*e.h + y) * e.w
			copy(dst.Pix[lo+box.Min.X:lo+box.Max.X], x.Pix[lo+box.Min.X:lo+box.Max.X])
		}
	}
}

// bounds returns the rectangle of the picture at hand.
func (e *Engine) bounds() image.Rectangle { return image.Rect(0, 0, e.w, e.h) }

// source returns a picture of the pool, or x where there is none.
func (e *Engine) source(rng *rand.Rand, x *nn.Image) *nn.Image {
	if len(e.pool) == 0 {
		return x
	}
	return e.pool[rng.IntN(len(e.pool))]
}

func shapeError(op, want string, got ...*nn.Image) error {
	err := &nn.ShapeError{Op: op, Want: want}
	for _, g := range got {
		err.Got = append(err.Got, nn.Shape{1, g.C, g.H, g.W})
	}
	return err
}

func clip(v float32) float32 { return max(0, min(1, v)) }

// uniform draws from [lo, hi).
func uniform(rng *rand.Rand, lo, hi float64) float64 { return lo + rng.Float64()*(hi-lo) }
