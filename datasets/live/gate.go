package live

import (
	"context"
	"image"
	"iter"
	"sync/atomic"
	"time"

	"agurscope/datasets"
)

// Gate lets one picture pass for every part that is laid down: something moved,
// then the scene stands still and is not the empty bench. It takes the place of a
// trigger where parts are fed by hand. The bench must be empty when it starts.
type Gate struct {
	*Source
	Hold time.Duration // how long the scene must stand still; 0: 300 ms

	passed atomic.Uint64
}

const defaultHold = 300 * time.Millisecond

// Status is the source's, but only what passed counts as delivered.
func (g *Gate) Status() Status {
	st := g.Source.Status()
	st.Delivered = g.passed.Load()
	return st
}

// Frames implements datasets.Source. Errors pass always.
func (g *Gate) Frames(ctx context.Context) iter.Seq2[datasets.Frame, error] {
	return func(yield func(datasets.Frame, error) bool) {
		scene := scene{hold: or(g.Hold, defaultHold)}
		for f, err := range g.Source.Frames(ctx) {
			if err == nil {
				if !scene.part(f.Image, f.Time) {
					continue
				}
				g.passed.Add(1)
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// scene is what lies in front of a camera, in blocks.
type scene struct {
	hold        time.Duration
	empty, last *blocks
	still       time.Time // since when
	shown       bool      // this part has passed
}

// blocks are mean grey values of a picture.
type blocks [side * side]uint8

const (
	side    = 32
	changed = 10                // grey values between two blocks that are not the same
	enough  = side * side / 200 // blocks: half a percent of the picture
)

// part reports whether a picture is the one of a new part.
func (s *scene) part(m image.Image, at time.Time) bool {
	now := blocksOf(m)
	moved := s.last == nil || differ(now, s.last) > enough
	s.last = now
	if moved {
		s.still, s.shown = at, false
		return false
	}
	if at.Sub(s.still) < s.hold || s.shown {
		return false
	}
	if s.empty == nil || differ(now, s.empty) <= enough {
		s.empty, s.shown = now, true // light changes slowly: the newest empty bench counts
		return false
	}
	s.shown = true
	return true
}

// differ counts blocks that are not the same.
func differ(a, b *blocks) int {
	n := 0
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > changed || d < -changed {
			n++
		}
	}
	return n
}

// blocksOf means over a few samples of each block, which is enough against noise.
func blocksOf(m image.Image) *blocks {
	const per = 4 // samples along a side
	var out blocks
	b := m.Bounds()
	for by := range side {
		for bx := range side {
			sum := 0
			for k := range per * per {
				x := b.Min.X + ((bx*per+k%per)*2+1)*b.Dx()/(2*side*per)
				y := b.Min.Y + ((by*per+k/per)*2+1)*b.Dy()/(2*side*per)
				sum += int(brightness(m, x, y))
			}
			out[by*side+bx] = uint8(sum / (per * per))
		}
	}
	return &out
}

func brightness(m image.Image, x, y int) uint8 {
	switch m := m.(type) {
	case *image.Gray:
		return m.Pix[y*m.Stride+x]
	case *image.Gray16:
		return m.Pix[y*m.Stride+2*x]
	case *image.RGBA:
		p := m.Pix[y*m.Stride+4*x:]
		return uint8((int(p[0]) + 2*int(p[1]) + int(p[2])) / 4)
	case *image.RGBA64:
		p := m.Pix[y*m.Stride+8*x:]
		return uint8((int(p[0]) + 2*int(p[2]) + int(p[4])) / 4)
	}
	return 0
}
