package defect

import (
	"math"
	"math/rand/v2"
	"slices"

	"agurscope/nn"
)

// survey tells where in a picture there is structure: the gradient's structure
// tensor, summed over cells of 4 reference pixels.
type survey struct {
	done   bool
	luma   []float32 // mean of the planes, H x W
	side   int       // of a cell, in pixels
	nx, ny int       // cells
	tensor [][3]float32
	upTo   []float32 // cumulative weights of the cells
}

// standsOut is how many times the energy of a plain cell is structure.
const standsOut = 6

// survey looks at x once; later calls for the same picture cost nothing.
func (e *Engine) survey(x *nn.Image) *survey {
	s := &e.known
	if s.done {
		return s
	}
	s.done = true
	s.side = max(4, int(4*e.scale))
	s.nx, s.ny = (e.w+s.side-1)/s.side, (e.h+s.side-1)/s.side
	if n := e.w * e.h; cap(s.luma) < n {
		s.luma = make([]float32, n)
	}
	if n := s.nx * s.ny; cap(s.tensor) < n {
		s.tensor, s.upTo = make([][3]float32, n), make([]float32, n)
	}
	s.luma, s.tensor, s.upTo = s.luma[:e.w*e.h], s.tensor[:s.nx*s.ny], s.upTo[:s.nx*s.ny]
	copy(s.luma, x.Plane(0))
	if e.c == 3 {
		g, b := x.Plane(1), x.Plane(2)
		for i := range s.luma {
			s.luma[i] = (s.luma[i] + g[i] + b[i]) / 3
		}
	}
	clear(s.tensor)
	for y := 1; y < e.h-1; y++ {
		above, row, below := s.luma[(y-1)*e.w:], s.luma[y*e.w:], s.luma[(y+1)*e.w:]
		cells := s.tensor[y/s.side*s.nx:]
		for i := 1; i < e.w-1; i++ {
			gx, gy := row[i+1]-row[i-1], below[i]-above[i]
			t := &cells[i/s.side]
			t[0] += gx * gx
			t[1] += gy * gy
			t[2] += gx * gy
		}
	}
	s.weigh()
	return s
}

// weigh gives every cell the energy by which it stands out from the picture's
// plainer cells. On parts that is nine tenths of all energy, on a texture next
// to nothing, and then no cell has any weight.
func (s *survey) weigh() {
	for i, t := range s.tensor {
		s.upTo[i] = t[0] + t[1]
	}
	slices.Sort(s.upTo)
	plain := s.upTo[len(s.upTo)/4]
	var sum, total float32
	for i, t := range s.tensor {
		total += t[0] + t[1]
		sum += max(0, t[0]+t[1]-standsOut*plain)
		s.upTo[i] = sum
	}
	if sum < total/3 {
		clear(s.upTo)
	}
}

// site draws a point where structure stands out, if it does anywhere.
func (e *Engine) site(rng *rand.Rand, x *nn.Image) (px, py float64, ok bool) {
	s := e.survey(x)
	sum := s.upTo[len(s.upTo)-1]
	if sum == 0 {
		return 0, 0, false
	}
	at := rng.Float32() * sum
	i := 0
	for i < len(s.upTo)-1 && s.upTo[i] <= at {
		i++
	}
	px = (float64(i%s.nx) + rng.Float64()) * float64(s.side)
	py = (float64(i/s.nx) + rng.Float64()) * float64(s.side)
	return min(px, float64(e.w-1)), min(py, float64(e.h-1)), true
}

// spot is site with a direction: the frame runs along the structure.
func (e *Engine) spot(rng *rand.Rand, x *nn.Image) (frame, bool) {
	px, py, ok := e.site(rng, x)
	if !ok {
		return frame{}, false
	}
	return newFrame(px, py, e.known.along(px, py)), true
}

// place returns a frame of any direction, every second time where structure
// stands out.
func (e *Engine) place(rng *rand.Rand, x *nn.Image) frame {
	f := e.anywhere(rng, 0)
	if rng.IntN(2) == 0 {
		if px, py, ok := e.site(rng, x); ok {
			f.x, f.y = px, py
		}
	}
	return f
}

// along returns the direction in which the structure around a point runs,
// which is across its gradient.
func (s *survey) along(px, py float64) float64 {
	cx, cy := int(px)/s.side, int(py)/s.side
	var xx, yy, xy float32
	for j := max(0, cy-1); j <= min(s.ny-1, cy+1); j++ {
		for i := max(0, cx-1); i <= min(s.nx-1, cx+1); i++ {
			t := s.tensor[j*s.nx+i]
			xx, yy, xy = xx+t[0], yy+t[1], xy+t[2]
		}
	}
	return math.Atan2(2*float64(xy), float64(xx-yy))/2 + math.Pi/2
}

// bar is an elongated structure, such as a lead: a frame that runs along its
// middle, half its width, and how far it goes on both ways.
type bar struct {
	frame
	half   float64
	lo, hi float64 // lo <= 0 <= hi; at most the reach
}

const (
	barTries = 6    // places looked at
	barReach = 40.0 // reference pixels a bar is followed each way
	barShows = 0.05 // least prominence
	beside   = 1.2  // reference pixels from a bar's edge to what counts as its side
)

// bar looks for an elongated structure near a few places and returns the one
// that stands out most from both sides, if one does.
func (e *Engine) bar(rng *rand.Rand, x *nn.Image) (best bar, ok bool) {
	most := float32(barShows)
	for range barTries {
		f, found := e.spot(rng, x)
		if !found {
			break
		}
		for v := -8.0; v <= 8; v++ {
			g := f.moved(0, v*e.fine())
			for _, half := range [...]float64{1, 1.5, 2, 3, 4.5, 6} {
				// Of equal ones the narrowest: wider ones take background in.
				shows := e.prominence(g, half*e.fine()) * float32(1-0.02*half)
				if shows > most {
					// The edge lies between what was seen inside and at the side.
					best, most, ok = bar{frame: g, half: (half + 0.5*beside) * e.fine()}, shows, true
				}
			}
		}
	}
	if ok {
		best.lo, best.hi = -e.follow(best, -1, most/2), e.follow(best, 1, most/2)
	}
	return best, ok
}

// fine returns the pixels of a reference pixel, as far as pixels can show it.
func (e *Engine) fine() float64 { return max(0.5, e.scale) }

// prominence returns by how much a bar is brighter, or darker, than both its
// sides everywhere along a few pixels.
func (e *Engine) prominence(f frame, half float64) float32 {
	bright, dark := float32(1), float32(1)
	for u := -3.0; u <= 3; u += 3 {
		b, d := e.profile(f, u*e.fine(), half)
		bright, dark = min(bright, b), min(dark, d)
		if bright <= 0 && dark <= 0 {
			return 0
		}
	}
	return max(bright, dark)
}

// profile returns by how much a bar is brighter and darker than both its sides
// at one place along it.
func (e *Engine) profile(f frame, u, half float64) (bright, dark float32) {
	side := half + beside*e.fine()
	mid, left, right := e.luma(f.at(u, 0)), e.luma(f.at(u, -side)), e.luma(f.at(u, side))
	return mid - max(left, right), min(left, right) - mid
}

// luma returns the nearest sample of the surveyed picture.
func (e *Engine) luma(x, y float64) float32 {
	px, py := max(0, min(e.w-1, int(x+0.5))), max(0, min(e.h-1, int(y+0.5)))
	return e.known.luma[py*e.w+px]
}

// follow returns how far a bar goes on in a direction while it keeps that
// prominence.
func (e *Engine) follow(b bar, way float64, least float32) float64 {
	u := 0.0
	for u < barReach*e.fine() {
		x, y := b.at(way*(u+e.fine()), 0)
		bright, dark := e.profile(b.frame, way*(u+e.fine()), b.half)
		if x < 0 || y < 0 || x >= float64(e.w) || y >= float64(e.h) || max(bright, dark) < least {
			break
		}
		u += e.fine()
	}
	return u
}
