package synthec

import (
	"math"
	"math/rand/v2"
)

// damage is one defect, placed on the part in units.
type damage struct {
	kind string
	seed uint32 // of its texture

	pin  int     // row, for a missing pin or the upper end of a bridge
	side float64 // -1 left, 1 right

	x, y   float64 // where, for a stain, a bridge or a corner
	reach  float64 // how far it extends
	lean   float64 // how much longer one way than the other
	turn   float64
	tint   rgb
	weight float64 // opacity

	path  []stroke // of a scratch or fibre
	halfW float64  // half its width
	minX  float64  // what the path fits in
	minY  float64
	maxX  float64
	maxY  float64
}

// newDamage draws the lots for a defect; nil for a good part.
func newDamage(kind string, rng *rand.Rand) *damage {
	d := &damage{kind: kind, seed: rng.Uint32()}
	switch kind {
	case "", "good":
		return nil
	case Scratch:
		d.scratch(rng)
	case MissingPin:
		d.pin, d.side = rng.IntN(pinsPerSide), sign(rng)
	case Stain:
		d.stain(rng)
	case ChippedCorner:
		d.x, d.y = sign(rng)*bodyHalfW, sign(rng)*bodyHalfH
		d.reach, d.lean = between(rng, 10, 18), between(rng, 0.6, 1.4)
	case SolderBridge:
		d.pin, d.side = rng.IntN(pinsPerSide-1), sign(rng)
		d.x = d.side * between(rng, pinX-1, pinX+7)
		d.y = pinY(d.pin) + pinPitch/2
		d.reach = between(rng, 2, 3.4)
	case ForeignFibre:
		d.fibre(rng)
	default:
		panic(unknownDefect(kind))
	}
	return d
}

func sign(rng *rand.Rand) float64 {
	if rng.IntN(2) == 0 {
		return -1
	}
	return 1
}

// between returns a number from a to b.
func between(rng *rand.Rand, a, b float64) float64 { return a + (b-a)*rng.Float64() }

func (d *damage) scratch(rng *rand.Rand) {
	x, y := between(rng, -20, 20), between(rng, -30, 30)
	length, turn := between(rng, 18, 44), between(rng, 0, 2*math.Pi)
	bend := between(rng, -0.25, 0.25)
	d.trace(x, y, turn, length, 14, func(float64) float64 { return bend / 14 })
	d.halfW = between(rng, 0.45, 0.85)
	d.weight = between(rng, 0.6, 0.95)
	d.tint = grey(between(rng, 0.5, 0.74))
}

// fibreTints are the threads that lie about in a workshop.
var fibreTints = []rgb{{0.82, 0.83, 0.86}, {0.62, 0.16, 0.15}, {0.16, 0.25, 0.55}, {0.06, 0.06, 0.07}, {0.76, 0.66, 0.48}}

func (d *damage) fibre(rng *rand.Rand) {
	x, y := between(rng, -40, 40), between(rng, -40, 40)
	length, turn := between(rng, 34, 72), between(rng, 0, 2*math.Pi)
	a, f, p := between(rng, 0.5, 1.6), between(rng, 0.8, 2.2), between(rng, 0, 2*math.Pi)
	const pieces = 28
	d.trace(x, y, turn, length, pieces, func(t float64) float64 {
		return a * f * 2 * math.Pi * math.Cos(2*math.Pi*f*t+p) / pieces
	})
	d.halfW = between(rng, 0.42, 0.7)
	d.weight = between(rng, 0.75, 0.95)
	d.tint = fibreTints[rng.IntN(len(fibreTints))]
}

// trace lays a path of equal pieces with its middle at x,y; bend says how much
// it turns, in radians, at each place from 0 to 1. The path is moved so that
// its middle stays on the part.
func (d *damage) trace(x, y, turn, length float64, pieces int, bend func(t float64) float64) {
	step := length / float64(pieces)
	px, py := 0.0, 0.0
	pts := make([][2]float64, pieces+1)
	for i := range pieces {
		turn += bend(float64(i) / float64(pieces))
		px, py = px+step*math.Cos(turn), py+step*math.Sin(turn)
		pts[i+1] = [2]float64{px, py}
	}
	mid := pts[pieces/2]
	x, y = x-mid[0], y-mid[1]
	d.minX, d.minY, d.maxX, d.maxY = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i, p := range pts {
		p = [2]float64{p[0] + x, p[1] + y}
		pts[i] = p
		d.minX, d.maxX = min(d.minX, p[0]), max(d.maxX, p[0])
		d.minY, d.maxY = min(d.minY, p[1]), max(d.maxY, p[1])
		if i > 0 {
			d.path = append(d.path, stroke{pts[i-1][0], pts[i-1][1], p[0], p[1]})
		}
	}
}

func (d *damage) stain(rng *rand.Rand) {
	d.x, d.y = between(rng, -44, 44), between(rng, -44, 44)
	d.reach, d.lean = between(rng, 7, 15), between(rng, 0.6, 1)
	d.turn = between(rng, 0, math.Pi)
	d.weight = between(rng, 0.18, 0.5)
	d.tint = rgb{0.46, 0.33, 0.14} // burnt flux
	if math.Abs(d.x) < bodyHalfW && math.Abs(d.y) < bodyHalfH {
		d.tint = rgb{0.56, 0.55, 0.49} // residue that has dried white
		d.weight *= 0.8
	} else if rng.IntN(3) == 0 {
		d.tint = rgb{0.10, 0.09, 0.06} // oil
	}
}

// missing reports whether the pin of row k on the side of x is gone.
func (d *damage) missing(k int, x float64) bool {
	return d.kind == MissingPin && k == d.pin && (x < 0) == (d.side < 0)
}

// chipped returns how much of the body is broken away at x,y.
func (d *damage) chipped(x, y float64, s *scene) float64 {
	if d.kind != ChippedCorner {
		return 0
	}
	return cover(d.chipDepth(x, y), s.soft)
}

// chipDepth is the signed distance to the line along which the corner broke.
func (d *damage) chipDepth(x, y float64) float64 {
	inX, inY := (bodyHalfW-x*math.Copysign(1, d.x))*d.lean, bodyHalfH-y*math.Copysign(1, d.y)
	jag := 1.1*valueNoise(x, y, 3.5, d.seed) + 0.5*valueNoise(x, y, 1.2, d.seed+1)
	return (inX+inY-d.reach)/math.Sqrt2 + jag
}

// fracture paints the broken surface: rough, lighter, with a bright lip; at its
// outermost the board shows.
func (d *damage) fracture(x, y float64, s *scene) rgb {
	depth := d.chipDepth(x, y)
	rough := 0.05*valueNoise(x, y, 1.6, d.seed+2) + 0.03*valueNoise(x, y, 0.8, d.seed+3)
	c := grey(0.29 + rough).plus(0.10 * gauss(depth+0.9, 0.7))
	away := cover(depth+0.42*d.reach, 0.8)
	return c.over(s.boardAt(x, y).lit(0.9), away)
}

// bridged lays solder between two pins.
func (d *damage) bridged(c rgb, x, y float64, s *scene) (rgb, float64) {
	if d.kind != SolderBridge || math.Abs(x-d.x) > 8 || math.Abs(y-d.y) > pinPitch {
		return c, 0
	}
	// Waisted in the middle, as surface tension pulls it, and round on the pins.
	t := (y - d.y) / (pinPitch / 2)
	half := d.reach * (0.9 + 0.3*t*t)
	off := x - d.x - 0.7*valueNoise(x, y, 4, d.seed)
	a := cover(box(off, y-d.y, half, pinPitch/2+1.2, min(half, 2)), s.soft)
	u := off / half
	light := 0.78 - 0.16*u + 0.40*gauss(u+0.3, 0.3)*gauss(t, 0.9) - 0.22*smooth((math.Abs(u)-0.6)*2.4)
	return c.over(metal.lit(light), a), a
}

// onTop paints what lies on the finished part.
func (d *damage) onTop(c rgb, x, y float64, s *scene) (rgb, float64) {
	switch d.kind {
	case Stain:
		a := d.stained(x, y)
		dry := 1 + 0.35*gauss(a-0.55, 0.16) // the rim dries darkest
		return c.over(d.tint, min(a*d.weight*dry, 1)), a
	case Scratch, ForeignFibre:
		a, marked := d.lineAt(x, y, s)
		shown := a * d.weight
		if d.kind == Scratch && a > 0 { // a scratch skips
			shown *= 0.75 + 0.25*valueNoise(x, y, 3, d.seed)
		}
		return c.over(d.tint, shown), marked
	}
	return c, 0
}

// stained returns how much of a stain is at x,y.
func (d *damage) stained(x, y float64) float64 {
	x, y = x-d.x, y-d.y
	if math.Abs(x) > 1.6*d.reach || math.Abs(y) > 1.6*d.reach {
		return 0
	}
	sin, cos := math.Sincos(d.turn)
	u, v := x*cos+y*sin, (y*cos-x*sin)/d.lean
	r := math.Sqrt(u*u+v*v) / d.reach
	r += 0.20*valueNoise(x, y, 6, d.seed) + 0.07*valueNoise(x, y, 2.5, d.seed+1)
	return smooth((1.15 - r) / 0.3)
}

// lineAt returns how much of a scratch or fibre is at x,y, and how much of its
// mask, which is nowhere thinner than a pixel: a line does not end where it
// becomes too fine to fill half of one.
func (d *damage) lineAt(x, y float64, s *scene) (a, marked float64) {
	thin := 0.6 * s.unit / s.zoom
	far := max(d.halfW, thin) + s.soft
	if x < d.minX-far || x > d.maxX+far || y < d.minY-far || y > d.maxY+far {
		return 0, 0
	}
	near := math.Inf(1)
	along := 0.0
	for i, p := range d.path {
		if e, t := p.distance(x, y); e < near {
			near, along = e, (float64(i)+t)/float64(len(d.path))
		}
	}
	half := d.halfW
	if d.kind == Scratch { // pressed in, drawn out
		half *= 1 - 0.5*math.Abs(2*along-0.8)
	}
	return cover(near-half, s.soft), cover(near-max(half, thin), s.soft)
}
