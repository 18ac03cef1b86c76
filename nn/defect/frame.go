package defect

import (
	"image"
	"math"

	"agurscope/nn"
)

// frame is a place in the picture with a direction: u runs along it, v across.
type frame struct{ x, y, cos, sin float64 }

func newFrame(x, y, angle float64) frame {
	s, c := math.Sincos(angle)
	return frame{x, y, c, s}
}

// local returns a point of the picture in the frame.
func (f frame) local(x, y float64) (u, v float64) {
	dx, dy := x-f.x, y-f.y
	return dx*f.cos + dy*f.sin, dy*f.cos - dx*f.sin
}

// at returns a point of the frame in the picture.
func (f frame) at(u, v float64) (x, y float64) {
	return f.x + u*f.cos - v*f.sin, f.y + u*f.sin + v*f.cos
}

// moved returns the frame moved to the point (u, v) of itself.
func (f frame) moved(u, v float64) frame {
	f.x, f.y = f.at(u, v)
	return f
}

// turned returns the frame turned by an angle about its own place.
func (f frame) turned(angle float64) frame {
	s, c := math.Sincos(angle)
	f.cos, f.sin = f.cos*c-f.sin*s, f.sin*c+f.cos*s
	return f
}

// plate is a rectangle with round corners in a frame: half its length along u
// and v, the corners' radius and the width of its soft edge, which lies inside
// and is not wider than the radius.
type plate struct {
	frame
	hu, hv       float64
	corner, soft float64
}

// cover returns how much of the plate's opacity a point of the picture gets.
func (p plate) cover(x, y float64) float32 {
	u, v := p.local(x, y)
	u, v = max(0, math.Abs(u)-p.hu+p.corner), max(0, math.Abs(v)-p.hv+p.corner)
	return smooth(float32((p.corner - math.Sqrt(u*u+v*v)) / p.soft))
}

// box returns the pixels that the plate may touch.
func (p plate) box() image.Rectangle {
	rx := p.hu*math.Abs(p.cos) + p.hv*math.Abs(p.sin)
	ry := p.hu*math.Abs(p.sin) + p.hv*math.Abs(p.cos)
	return image.Rect(int(math.Floor(p.x-rx)), int(math.Floor(p.y-ry)), int(math.Ceil(p.x+rx))+1, int(math.Ceil(p.y+ry))+1)
}

// tap reads a plane between its pixels.
type tap struct {
	i0, i1 int // the pixels left, in the upper and the lower row
	right  int // 1, or 0 where there is none to the right
	a, b   float32
}

// newTap returns the bilinear tap at a point of x, moved inside where the point
// lies outside.
func newTap(x *nn.Image, px, py float64) tap {
	px, py = max(0, min(float64(x.W-1), px)), max(0, min(float64(x.H-1), py))
	ix, iy := int(px), int(py)
	return tap{
		i0: iy*x.W + ix, i1: min(x.H-1, iy+1)*x.W + ix, right: min(1, x.W-1-ix),
		a: float32(px - float64(ix)), b: float32(py - float64(iy)),
	}
}

func (t tap) of(plane []float32) float32 {
	top := plane[t.i0] + t.a*(plane[t.i0+t.right]-plane[t.i0])
	bottom := plane[t.i1] + t.a*(plane[t.i1+t.right]-plane[t.i1])
	return top + t.b*(bottom-top)
}
