package segment

import (
	"math"
	"math/rand/v2"

	"agurscope/nn"
)

// grid is a mask as plainly as it can be written: the oracle of these tests
// works on it pixel by pixel and shares nothing with the package.
type grid struct {
	w, h int
	on   []bool
}

func newGrid(w, h int) grid { return grid{w, h, make([]bool, w*h)} }

func (g grid) at(x, y int) bool {
	return x >= 0 && y >= 0 && x < g.w && y < g.h && g.on[y*g.w+x]
}

func (g grid) inside(x, y int) bool { return x >= 0 && y >= 0 && x < g.w && y < g.h }

// flood returns the connected components as lists of pixels, by depth-first
// search, in reading order of their first pixels.
func (g grid) flood(conn Connectivity) (comps [][]int) {
	seen := make([]bool, len(g.on))
	for start := range g.on {
		if !g.on[start] || seen[start] {
			continue
		}
		seen[start] = true
		stack, comp := []int{start}, []int(nil)
		for len(stack) > 0 {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			comp = append(comp, p)
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					if conn == Four && dx*dy != 0 {
						continue
					}
					x, y := p%g.w+dx, p/g.w+dy
					if q := y*g.w + x; g.at(x, y) && !seen[q] {
						seen[q] = true
						stack = append(stack, q)
					}
				}
			}
		}
		comps = append(comps, comp)
	}
	return comps
}

func (g grid) filter(f func(x, y int) bool) grid {
	out := newGrid(g.w, g.h)
	for i := range out.on {
		out.on[i] = f(i%g.w, i/g.w)
	}
	return out
}

func (g grid) dilate() grid {
	return g.filter(func(x, y int) bool {
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				if g.at(x+dx, y+dy) {
					return true
				}
			}
		}
		return false
	})
}

func (g grid) erode() grid {
	return g.filter(func(x, y int) bool {
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				if g.inside(x+dx, y+dy) && !g.at(x+dx, y+dy) {
					return false
				}
			}
		}
		return true
	})
}

// close works on the endless plane on which everything outside is clear: a
// pixel is set if each pixel of its 3 x 3 has a set one within its own.
func (g grid) close() grid {
	near := func(x, y int) bool {
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				if g.at(x+dx, y+dy) {
					return true
				}
			}
		}
		return false
	}
	return g.filter(func(x, y int) bool {
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				if !near(x+dx, y+dy) {
					return false
				}
			}
		}
		return true
	})
}

func (g grid) fillHoles() grid {
	back := g.filter(func(x, y int) bool { return !g.at(x, y) })
	out := g.filter(g.at)
	for _, comp := range back.flood(Four) {
		edge := false
		for _, p := range comp {
			x, y := p%g.w, p/g.w
			edge = edge || x == 0 || y == 0 || x == g.w-1 || y == g.h-1
		}
		for _, p := range comp {
			out.on[p] = !edge
		}
	}
	return out
}

// thin is the method of Zhang and Suen written out from the paper.
func (g grid) thin() grid {
	g = g.filter(g.at)
	for changed := true; changed; {
		changed = false
		for step := range 2 {
			var gone []int
			for i, on := range g.on {
				if !on {
					continue
				}
				x, y := i%g.w, i/g.w
				p := [9]bool{
					g.at(x, y-1), g.at(x+1, y-1), g.at(x+1, y), g.at(x+1, y+1),
					g.at(x, y+1), g.at(x-1, y+1), g.at(x-1, y), g.at(x-1, y-1), g.at(x, y-1),
				}
				b, a := 0, 0
				for k := range 8 {
					if p[k] {
						b++
					}
					if !p[k] && p[k+1] {
						a++
					}
				}
				n, e, s, w := p[0], p[2], p[4], p[6]
				ok := !(n && e && s) && !(e && s && w)
				if step == 1 {
					ok = !(n && e && w) && !(n && s && w)
				}
				if b >= 2 && b <= 6 && a == 1 && ok {
					gone = append(gone, i)
				}
			}
			for _, i := range gone {
				g.on[i] = false
			}
			changed = changed || len(gone) > 0
		}
	}
	return g
}

// open skips line-like components.
func (g grid) open() grid {
	thick, lines := newGrid(g.w, g.h), newGrid(g.w, g.h)
	for _, comp := range g.flood(Eight) {
		alone := newGrid(g.w, g.h)
		for _, p := range comp {
			alone.on[p] = true
		}
		skeleton, to := 0, thick
		for _, on := range alone.thin().on {
			if on {
				skeleton++
			}
		}
		if float64(skeleton) > 0.3*float64(len(comp)) {
			to = lines
		}
		for _, p := range comp {
			to.on[p] = true
		}
	}
	thick = thick.erode().dilate()
	return g.filter(func(x, y int) bool { return thick.at(x, y) || lines.at(x, y) })
}

// oracle is the whole of Segment down to the mask.
func oracle(m, signed *nn.Image, o Options) grid {
	g := oracleThreshold(m, signed, o)
	if !o.NoMorphology {
		g = g.open().close().fillHoles()
	}
	out := newGrid(g.w, g.h)
	for _, comp := range g.flood(Eight) {
		if len(comp) >= o.MinArea {
			for _, p := range comp {
				out.on[p] = true
			}
		}
	}
	return out
}

func oracleThreshold(m, signed *nn.Image, o Options) grid {
	at := func(t float64) grid {
		g := newGrid(m.W, m.H)
		for i, v := range m.Pix {
			g.on[i] = float64(v) >= t
		}
		return g
	}
	out := newGrid(m.W, m.H)
	low, high := o.Low, o.High
	switch o.Mode {
	case HalfPeak:
		for _, comp := range at(high).flood(Eight) {
			peak := math.Inf(-1)
			for _, p := range comp {
				peak = max(peak, float64(m.Pix[p]))
			}
			for _, p := range comp {
				out.on[p] = len(comp) >= 3 && float64(m.Pix[p]) >= low/high*peak
			}
		}
		return out
	case Hysteresis, Both:
		for _, comp := range at(low).flood(Eight) {
			strong := 0
			for _, p := range comp {
				if float64(m.Pix[p]) >= high {
					strong++
				}
			}
			for _, p := range comp {
				out.on[p] = strong >= 3
			}
		}
		low, high = o.Dark, o.Bright
	}
	if o.Mode != Hysteresis {
		for i, v := range signed.Pix {
			out.on[i] = out.on[i] || float64(v) >= high || float64(v) <= -low
		}
	}
	return out
}

// randomMap returns a map of blobs on noise whose values are multiples of
// 1/16, so that many are exactly at a threshold.
func randomMap(rng *rand.Rand, w, h int, signed bool) *nn.Image {
	m := nn.NewImage(1, w, h)
	m.W, m.H = w, h
	type blob struct{ x, y, r, v float64 }
	blobs := make([]blob, rng.IntN(5))
	for i := range blobs {
		blobs[i] = blob{rng.Float64() * float64(w), rng.Float64() * float64(h), 1 + rng.Float64()*6, rng.Float64() * 3}
		if signed && rng.IntN(2) == 0 {
			blobs[i].v *= -1
		}
	}
	noise := rng.Float64()
	for i := range m.Pix {
		v := noise * rng.NormFloat64() / 2
		for _, b := range blobs {
			d := math.Hypot(float64(i%w)-b.x, float64(i/w)-b.y)
			v += b.v * math.Exp(-d*d/(b.r*b.r))
		}
		if !signed {
			v = math.Abs(v)
		}
		m.Pix[i] = float32(math.Round(v*16) / 16)
	}
	return m
}

func bitmapOf(g grid) *bitmap {
	var b bitmap
	b.resize(g.w, g.h)
	b.clear()
	for i, on := range g.on {
		if on {
			b.words[i/g.w*b.stride+i%g.w/64] |= 1 << (i % g.w % 64)
		}
	}
	return &b
}

func randomGrid(rng *rand.Rand) grid {
	g := newGrid(1+rng.IntN(150), 1+rng.IntN(24))
	share := rng.Float64()
	for i := range g.on {
		g.on[i] = rng.Float64() < share
	}
	if rng.IntN(2) == 0 { // thicker structures
		g = g.dilate()
	}
	return g
}
