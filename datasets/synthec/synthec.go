// Package synthec draws SynthEC, a procedural set of electronic component
// parts: a chip with twelve pins on a green board, good or with one of six
// defects whose pixels are known exactly. It is what tests, continuous
// integration and the demonstration learn from and inspect, so that none of
// them needs pictures that belong to somebody.
//
// Everything is laid out on a field of 128 x 128 units with the part's centre
// in the middle; Options.Size says into how many pixels that field is drawn.
// A picture depends on the seed, its number and its defect alone. The part of a
// number is the same with and without its defect: only the defect differs.
package synthec

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
)

// Pose says how much parts differ in place, rotation and exposure.
type Pose int

// The poses, from a good fixture to none.
const (
	Aligned  Pose = iota // shift sd 1.5 units, rotation sd 0.02 rad, gain sd 0.04
	Jittered             // shift sd 5.5 units, rotation sd 0.07 rad, gain sd 0.09
	Free                 // any rotation, shift up to 10 %, exposure up to 1.5-fold; drawn at 0.8 so that it fits
)

// String returns the pose as a lower-case word.
func (p Pose) String() string {
	switch p {
	case Jittered:
		return "jittered"
	case Free:
		return "free"
	default:
		return "aligned"
	}
}

// The names of the defects, as they appear in folders and reports.
const (
	Scratch       = "scratch"        // a bright hairline over the body
	MissingPin    = "missing_pin"    // one of twelve pins is not there
	Stain         = "stain"          // a discoloration, sometimes faint
	ChippedCorner = "chipped_corner" // a corner of the body has broken off
	SolderBridge  = "solder_bridge"  // solder joins two neighbouring pins
	ForeignFibre  = "foreign_fibre"  // a hair or thread lies on the part
)

// Defects returns the names of all defects.
func Defects() []string {
	return []string{Scratch, MissingPin, Stain, ChippedCorner, SolderBridge, ForeignFibre}
}

// DefaultSize is the side of a picture in pixels where Options say nothing.
const DefaultSize = 128

// MaxSize is the largest side that is drawn; Options.Size is cut to it.
const MaxSize = 8192

// Options say how parts are drawn. The zero value draws aligned parts of
// 128 x 128 pixels with seed 0.
type Options struct {
	Size int    // side in pixels; DefaultSize if not positive
	Pose Pose   // how much parts differ
	Seed uint64 // another seed, another set of parts
}

func (o Options) size() int {
	if o.Size <= 0 {
		return DefaultSize
	}
	return min(o.Size, MaxSize)
}

// Part draws part number i: opaque, Size x Size. defect is one of [Defects], or
// "" or "good" for a good part, whose mask is nil; any other word panics. The
// mask is 255 where the defect covers at least half of a pixel's change.
func Part(o Options, i int, defect string) (img *image.RGBA, mask *image.Gray) {
	size := o.size()
	s := newScene(o, i)
	d := newDamage(defect, rand.New(rand.NewPCG(o.Seed^0x9e3779b97f4a7c15*uint64(i+1), hashWord(defect))))
	img = image.NewRGBA(image.Rect(0, 0, size, size))
	if d != nil {
		mask = image.NewGray(img.Rect)
	}
	noise := rand.New(rand.NewPCG(o.Seed, uint64(i)|1<<63))
	for py := range size {
		for px := range size {
			x, y := s.toPart(px, py)
			c, hit := s.colour(x, y, d)
			at := img.PixOffset(px, py)
			out := img.Pix[at : at+4 : at+4]
			out[0] = quantise(c.r*s.gain + s.noise*noise.NormFloat64())
			out[1] = quantise(c.g*s.gain + s.noise*noise.NormFloat64())
			out[2] = quantise(c.b*s.gain + s.noise*noise.NormFloat64())
			out[3] = 255
			if hit >= 0.5 {
				mask.Pix[py*mask.Stride+px] = 255
			}
		}
	}
	return img, mask
}

// field is the side of the drawing in units.
const field = 128

// scene is what a part's number decides before any pixel is drawn: its pose,
// its light and the seeds of its textures.
type scene struct {
	cos, sin float64 // of the rotation
	dx, dy   float64 // shift in units
	unit     float64 // units per pixel
	zoom     float64 // size of the part relative to the field
	soft     float64 // half width of an edge in units
	gain     float64
	noise    float64 // sd of the sensor's noise
	board    uint32  // seed of the board's texture
	grain    uint32  // seed of the body's texture
}

func newScene(o Options, i int) *scene {
	rng := rand.New(rand.NewPCG(o.Seed, uint64(i)))
	s := &scene{unit: field / float64(o.size()), zoom: 1, noise: 0.015, board: rng.Uint32(), grain: rng.Uint32()}
	var turn float64
	switch o.Pose {
	case Jittered:
		s.dx, s.dy = 5.5*rng.NormFloat64(), 5.5*rng.NormFloat64()
		turn, s.gain = 0.07*rng.NormFloat64(), 1+0.09*rng.NormFloat64()
	case Free:
		s.zoom = 0.8
		r, a := 0.1*field*math.Sqrt(rng.Float64()), 2*math.Pi*rng.Float64()
		s.dx, s.dy = r*math.Cos(a), r*math.Sin(a)
		turn, s.gain = 2*math.Pi*rng.Float64(), math.Pow(1.5, 2*rng.Float64()-1)
	default:
		s.dx, s.dy = 1.5*rng.NormFloat64(), 1.5*rng.NormFloat64()
		turn, s.gain = 0.02*rng.NormFloat64(), 1+0.04*rng.NormFloat64()
	}
	s.gain = max(s.gain, 0.4)
	s.sin, s.cos = math.Sincos(turn)
	// An edge is as wide as a pixel and a little lens blur.
	s.soft = (0.6*s.unit + 0.25) / s.zoom
	return s
}

// toPart returns where a pixel's centre lies on the part, in units.
func (s *scene) toPart(px, py int) (x, y float64) {
	x = (float64(px)+0.5)*s.unit - field/2 - s.dx
	y = (float64(py)+0.5)*s.unit - field/2 - s.dy
	return (x*s.cos + y*s.sin) / s.zoom, (y*s.cos - x*s.sin) / s.zoom
}

func quantise(v float64) uint8 { return uint8(min(max(v, 0), 1)*255 + 0.5) }

// hashWord mixes a word into 64 bits (FNV-1a).
func hashWord(w string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(w) {
		h = (h ^ uint64(w[i])) * 1099511628211
	}
	return h
}

func unknownDefect(name string) string {
	return fmt.Sprintf("synthec: no defect is called %q", name)
}
