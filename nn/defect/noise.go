package defect

import (
	"image"
	"math"
	"math/rand/v2"
)

// tableBits sets the resolution of the table of normal quantiles.
const tableBits = 12

// normals draws approximately normal numbers from a table of equally likely
// quantiles. It is several times as fast as the exact method; the tails end at
// 3.7 standard deviations, which sensor noise can spare.
type normals [1 << tableBits]float32

func newNormals() *normals {
	var t normals
	var square float64
	for i := range t {
		p := (float64(i) + 0.5) / float64(len(t))
		q := math.Sqrt2 * math.Erfinv(2*p-1)
		t[i] = float32(q)
		square += q * q
	}
	// The missing tails would cost a little variance.
	up := float32(math.Sqrt(float64(len(t)) / square))
	for i := range t {
		t[i] *= up
	}
	return &t
}

// add adds noise of standard deviation sigma to every sample of p.
func (t *normals) add(rng *rand.Rand, p []float32, sigma float32) {
	state := rng.Uint64()
	for len(p) > 0 {
		state += splitStep
		bits := splitMix(state)
		n := min(len(p), 64/tableBits)
		for i := range p[:n] {
			p[i] += sigma * t[bits&(1<<tableBits-1)]
			bits >>= tableBits
		}
		p = p[n:]
	}
}

// addClipped is add followed by a clip to [0, 1].
func (t *normals) addClipped(rng *rand.Rand, p []float32, sigma float32) {
	state := rng.Uint64()
	for len(p) >= 5 {
		state += splitStep
		b := splitMix(state)
		q := p[:5:5]
		q[0] = clip(q[0] + sigma*t[b&(1<<tableBits-1)])
		q[1] = clip(q[1] + sigma*t[b>>12&(1<<tableBits-1)])
		q[2] = clip(q[2] + sigma*t[b>>24&(1<<tableBits-1)])
		q[3] = clip(q[3] + sigma*t[b>>36&(1<<tableBits-1)])
		q[4] = clip(q[4] + sigma*t[b>>48&(1<<tableBits-1)])
		p = p[5:]
	}
	bits := splitMix(state + splitStep)
	for i := range p {
		p[i] = clip(p[i] + sigma*t[bits&(1<<tableBits-1)])
		bits >>= tableBits
	}
}

// splitStep and splitMix are the SplitMix64 generator (Steele, Lea, Flood
// 2014), inlined here because noise is most of the engine's work.
const splitStep = 0x9e3779b97f4a7c15

func splitMix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

const (
	latticeBits = 6 // the lattice repeats after 64 cells
	latticeSide = 1 << latticeBits
	directions  = 64
)

// lattice is gradient noise (Perlin 1985): random directions on the points of
// a grid, interpolated smoothly in between. Values lie within ±0.71 with a
// standard deviation near 0.22.
type lattice struct {
	dir   [directions][2]float32
	index [latticeSide * latticeSide]uint8
}

// latticeStd is the standard deviation of the noise, rounded.
const latticeStd = 0.22

func newLattice() lattice {
	var l lattice
	for i := range l.dir {
		s, c := math.Sincos(2 * math.Pi * float64(i) / directions)
		l.dir[i] = [2]float32{float32(c), float32(s)}
	}
	return l
}

// shuffle draws new directions.
func (l *lattice) shuffle(rng *rand.Rand) {
	for i := 0; i < len(l.index); i += 8 {
		r := rng.Uint64()
		for j := range 8 {
			l.index[i+j] = uint8(r) % directions
			r >>= 8
		}
	}
}

// at returns the noise at (u, v) in cells.
func (l *lattice) at(u, v float32) float32 {
	iu, iv := floor(u), floor(v)
	fu, fv := u-float32(iu), v-float32(iv)
	a, b := fade(fu), fade(fv)
	n00, n10 := l.corner(iu, iv, fu, fv), l.corner(iu+1, iv, fu-1, fv)
	n01, n11 := l.corner(iu, iv+1, fu, fv-1), l.corner(iu+1, iv+1, fu-1, fv-1)
	top, bottom := n00+a*(n10-n00), n01+a*(n11-n01)
	return top + b*(bottom-top)
}

func (l *lattice) corner(iu, iv int, du, dv float32) float32 {
	d := &l.dir[l.index[(iv&(latticeSide-1))<<latticeBits|iu&(latticeSide-1)]%directions]
	return d[0]*du + d[1]*dv
}

func floor(v float32) int {
	i := int(v)
	if v < float32(i) {
		i--
	}
	return i
}

func fade(t float32) float32 { return t * t * t * (t*(t*6-15) + 10) }

// smooth is the cubic step from 0 to 1 on [0, 1], constant outside.
func smooth(t float32) float32 {
	t = clip(t)
	return t * t * (3 - 2*t)
}

// wave is a rotated grid with its own cell size along each axis.
type wave struct{ ux, uy, vx, vy, u0, v0 float32 }

// newWave returns a grid with cells of cu x cv pixels, turned by angle, with a
// random origin.
func newWave(rng *rand.Rand, cu, cv, angle float64) wave {
	s, c := math.Sincos(angle)
	return wave{
		ux: float32(c / cu), uy: float32(-s / cu),
		vx: float32(s / cv), vy: float32(c / cv),
		u0: float32(rng.Float64() * latticeSide), v0: float32(rng.Float64() * latticeSide),
	}
}

// point returns the grid coordinates of a pixel.
func (w wave) point(x, y int) (u, v float32) {
	fx, fy := float32(x), float32(y)
	return w.u0 + w.ux*fx + w.uy*fy, w.v0 + w.vx*fx + w.vy*fy
}

// each calls f with the row, the first and the past-the-last index of every
// row of box in a plane of width w.
func each(box image.Rectangle, w int, f func(y, lo, hi int)) {
	for y := box.Min.Y; y < box.Max.Y; y++ {
		f(y, y*w+box.Min.X, y*w+box.Max.X)
	}
}
