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
// rectangles (CutPaste, Li et al. 2021). To these come fine damage of surfaces
// and the ways in which components go wrong: moved, missing, bent, cut or
// splashed with solder. Those look for the places where structure stands out
// from the background, and leave a picture that is all texture undamaged.
// Sizes are stated for a picture of 128 x 128 and grow with the shorter side.
//
// Everything follows from the random source that is passed in: same source,
// same picture and same pool, same damage.
package defect

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

const (
	visible   = 0.02 // change of a sample from which a pixel counts as damaged
	grainy    = 0.04 // mean change of a 3 x 3 from which moved grain counts as damage
	fewest    = 3    // pixels from which damage counts, chance apart
	attempts  = 4    // draws before damage that does not show is given up
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

	known survey // the structure of the picture at hand, as far as asked for

	// Of the picture at hand, valid inside the box a painter returns: opacity
	// of the damage and the change it makes (H x W), what is blended in
	// (C x H x W).
	c, h, w int
	scale   float64
	opacity []float32
	change  []float32
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
// where the damage alone changed a sample by more than 0.02 (and, where it
// consists of a moved piece of a picture, the 3 x 3 around by more than 0.04 on
// average, so that grain exchanged for grain is no damage) and to 0 elsewhere,
// and returns the kind of damage: [Clean] if and only if the mask is all zero,
// which also happens where a kind finds nothing that it could damage.
// The picture must have 1 or 3 planes of at least 16 x 16; dst must have
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
	e.known.done = false
	n := x.H * x.W
	if cap(e.fill) < n*x.C || cap(e.opacity) < n {
		e.opacity, e.change, e.fill = make([]float32, n), make([]float32, n), make([]float32, n*x.C)
	}
	e.opacity, e.change, e.fill = e.opacity[:n], e.change[:n], e.fill[:n*x.C]
}

// damage paints one kind on dst, drawing again when next to nothing visible
// came of it. It reports whether dst and mask were changed.
func (e *Engine) damage(rng *rand.Rand, kind Kind, x, dst *nn.Image, mask []float32) bool {
	for range attempts {
		clear(e.opacity)
		box := e.paint(rng, kind, x)
		e.blend(x, dst, box)
		if e.mark(kind, mask, box) >= fewest {
			return true
		}
		e.restore(x, dst, box)
		clear(mask)
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
	case Crack:
		return e.crack(rng, x)
	case Scratch:
		return e.scratch(rng, x)
	case Pit:
		return e.pit(rng, x)
	case Smear:
		return e.smear(rng, x)
	case Shift:
		return e.shift(rng, x)
	case Erase:
		return e.erase(rng, x)
	case Bend:
		return e.bend(rng, x)
	case Cut:
		return e.cut(rng, x)
	case Solder:
		return e.solder(rng, x)
	case Blur:
		return e.blur(rng, x)
	}
	panic("defect: no painter for kind " + string(kind))
}

// blend lays fill over x inside box and notes in change by how much each pixel
// differs, in the plane where it differs most.
func (e *Engine) blend(x, dst *nn.Image, box image.Rectangle) {
	each(box, e.w, func(_, lo, hi int) {
		op, change := e.opacity[lo:hi], e.change[lo:hi]
		clear(change)
		for c := range e.c {
			at := c * e.h * e.w
			src, over, out := x.Pix[at+lo:at+hi], e.fill[at+lo:at+hi], dst.Pix[at+lo:at+hi]
			for i, o := range op {
				if o == 0 {
					continue
				}
				v := clip(src[i] + o*(over[i]-src[i]))
				out[i] = v
				d := v - src[i]
				change[i] = max(change[i], d, -d)
			}
		}
	})
}

// mark sets mask where the damage shows and returns the number of such pixels.
// Kinds that move a piece of a picture exchange its grain for other grain,
// which is no damage; they show only where the neighbourhood changed too.
func (e *Engine) mark(kind Kind, mask []float32, box image.Rectangle) (n int) {
	moved := kind.rearranges()
	each(box, e.w, func(y, lo, hi int) {
		for i := lo; i < hi; i++ {
			if e.change[i] > visible && (!moved || e.meanChange(box, box.Min.X+i-lo, y) > grainy) {
				mask[i] = 1
				n++
			}
		}
	})
	return n
}

// meanChange returns the mean change over the 3 x 3 of a pixel; outside box
// nothing changed.
func (e *Engine) meanChange(box image.Rectangle, x, y int) float32 {
	x0, x1 := max(box.Min.X, x-1), min(box.Max.X, x+2)
	var sum float32
	for v := max(box.Min.Y, y-1); v < min(box.Max.Y, y+2); v++ {
		for _, d := range e.change[v*e.w+x0 : v*e.w+x1] {
			sum += d
		}
	}
	return sum / 9
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

// anywhere draws a frame of any direction, at least margin from the borders.
func (e *Engine) anywhere(rng *rand.Rand, margin float64) frame {
	x := uniform(rng, margin, float64(e.w)-margin)
	y := uniform(rng, margin, float64(e.h)-margin)
	return newFrame(x, y, uniform(rng, 0, 2*math.Pi))
}

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
