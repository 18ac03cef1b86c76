package viewer

import "math"

// MaxZoom is the largest zoom, in screen pixels per image pixel.
const MaxZoom = 64

// Point is a place in image or screen coordinates.
type Point struct{ X, Y float64 }

// Size is a width and height in image or screen pixels.
type Size struct{ W, H float64 }

// Empty reports whether the size holds no pixel.
func (s Size) Empty() bool { return s.W < 1 || s.H < 1 }

// Viewport is the part of an image that is looked at: the image point in the
// middle of the pane and the zoom. It knows no toolkit. Methods that depend on
// the pane take its size in screen pixels.
type Viewport struct {
	Center Point   // in image coordinates
	Zoom   float64 // screen pixels per image pixel
}

// ToImage returns the image point shown at the screen point s.
func (v Viewport) ToImage(s Point, pane Size) Point {
	return Point{
		X: v.Center.X + (s.X-pane.W/2)/v.Zoom,
		Y: v.Center.Y + (s.Y-pane.H/2)/v.Zoom,
	}
}

// ToScreen returns the screen point at which the image point p is shown.
func (v Viewport) ToScreen(p Point, pane Size) Point {
	return Point{
		X: (p.X-v.Center.X)*v.Zoom + pane.W/2,
		Y: (p.Y-v.Center.Y)*v.Zoom + pane.H/2,
	}
}

// ZoomAt multiplies the zoom by factor and keeps the image point under the
// screen point s where it is. The zoom ends at MaxZoom.
func (v *Viewport) ZoomAt(s Point, factor float64, pane Size) {
	under := v.ToImage(s, pane)
	v.Zoom = min(v.Zoom*factor, MaxZoom)
	v.Center.X = under.X - (s.X-pane.W/2)/v.Zoom
	v.Center.Y = under.Y - (s.Y-pane.H/2)/v.Zoom
}

// Pan moves the picture by dx, dy screen pixels.
func (v *Viewport) Pan(dx, dy float64) {
	v.Center.X -= dx / v.Zoom
	v.Center.Y -= dy / v.Zoom
}

// Fit shows the whole image, as large as the pane allows.
func (v *Viewport) Fit(img, pane Size) {
	v.Zoom = fitZoom(img, pane)
	v.Center = Point{img.W / 2, img.H / 2}
}

// OneToOne shows one image pixel on one screen pixel, about the same middle.
func (v *Viewport) OneToOne() { v.Zoom = 1 }

// Show centres the image rectangle with the corners a and b and zooms so that
// it fills at most the share of the pane (0..1), for example to bring a region
// into view.
func (v *Viewport) Show(a, b Point, share float64, pane Size) {
	v.Center = Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2}
	w, h := max(math.Abs(b.X-a.X), 1), max(math.Abs(b.Y-a.Y), 1)
	v.Zoom = min(pane.W*share/w, pane.H*share/h, MaxZoom)
}

// Clamp keeps the image from getting lost: it cannot be smaller than the pane
// and its own size both, a direction in which all of it is visible is centred,
// and in the other direction the picture reaches over most of the pane.
func (v *Viewport) Clamp(img, pane Size) {
	if img.Empty() || pane.Empty() {
		return
	}
	if !(v.Zoom > 0) { // also mends NaN
		v.Fit(img, pane)
	}
	v.Zoom = min(max(v.Zoom, min(fitZoom(img, pane), 1)), MaxZoom)
	v.Center.X = clampAxis(v.Center.X, img.W, pane.W/v.Zoom)
	v.Center.Y = clampAxis(v.Center.Y, img.H, pane.H/v.Zoom)
}

// clampAxis bounds a centre for an image of length n of which visible is shown.
// The slack past the border grows from zero with the hidden length, so that
// zooming never makes the picture jump.
func clampAxis(c, n, visible float64) float64 {
	hidden := n - visible
	if hidden <= 0 || math.IsNaN(c) {
		return n / 2
	}
	slack := min(visible/4, hidden)
	return min(max(c, visible/2-slack), n-visible/2+slack)
}

func fitZoom(img, pane Size) float64 {
	if img.Empty() || pane.Empty() {
		return 1
	}
	return min(pane.W/img.W, pane.H/img.H, MaxZoom)
}
