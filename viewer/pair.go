package viewer

import (
	"image"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
)

// Pair is a way of seeing two panes in the place of one.
type Pair int

// The ways of seeing two panes in one.
const (
	Apart Pair = iota // each in its own place
	Wipe              // one left of a line that is dragged, the other right of it
	Blink             // one after the other
)

// blinkEvery is long enough to see each picture, and short enough to see what
// jumps between them.
var blinkEvery = 600 * time.Millisecond

// pair is two panes in the place of the first.
type pair struct {
	how         Pair
	left, right Pane
	stop        chan struct{} // ends the blinking
}

// SetPair shows two panes in the place of the first, or, with Apart, each in its
// own again. A pane with itself is nothing to compare.
func (v *Viewer) SetPair(how Pair, left, right Pane) {
	if how != Apart && (left == right || left < 0 || right < 0 || left >= paneCount || right >= paneCount) {
		return
	}
	if v.pair.how == Apart && how == Apart {
		return
	}
	v.unpair()
	if how == Apart {
		v.Grid()
		return
	}
	v.pair = pair{how: how, left: left, right: right}
	p := v.panes[left]
	p.beside, p.cut = v.panes[right], .5
	p.header.setTitle(v.titles[left] + " │ " + v.titles[right])
	if how == Blink {
		v.blink()
	}
	v.enlarge(left)
	v.tellPaired()
}

// Paired returns how two panes are seen in one, and which.
func (v *Viewer) Paired() (how Pair, left, right Pane) {
	return v.pair.how, v.pair.left, v.pair.right
}

// unpair forgets the pair without showing anything else.
func (v *Viewer) unpair() {
	if v.pair.how == Apart {
		return
	}
	if v.pair.stop != nil {
		close(v.pair.stop)
	}
	p := v.panes[v.pair.left]
	p.beside = nil
	p.header.setTitle(v.titles[v.pair.left])
	v.pair = pair{}
	v.tellPaired()
}

func (v *Viewer) tellPaired() {
	if v.OnPaired != nil {
		v.OnPaired()
	}
}

// blink shows one of the pair after the other until the pair is given up.
func (v *Viewer) blink() {
	stop, left := make(chan struct{}), v.panes[v.pair.left]
	v.pair.stop = stop
	left.cut = 1
	tick := time.NewTicker(blinkEvery)
	go func() {
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				fyne.Do(func() {
					if v.pair.stop == stop { // not one that came after
						v.flip()
					}
				})
			}
		}
	}()
}

// flip shows the other one of a pair that blinks.
func (v *Viewer) flip() {
	p := v.panes[v.pair.left]
	p.cut = 1 - p.cut
	p.header.setTitle(v.titles[v.pair.left])
	if p.cut == 0 {
		p.header.setTitle(v.titles[v.pair.right])
	}
	p.raster.Refresh()
}

// wipe moves the line between the two.
func (v *Viewer) wipe(at float64) {
	p := v.panes[v.pair.left]
	p.cut = min(max(at, 0.02), 0.98)
	p.raster.Refresh()
}

// pairWith shows another pane on the right of the pair.
func (v *Viewer) pairWith(which Pane) {
	how, left, right := v.Paired()
	if which == left { // the two change places
		left, right = right, left
		which = right
	}
	v.SetPair(how, left, which)
}

// onLine reports whether a screen position lies on the line of a wipe.
func (p *pane) onLine(x float64) bool {
	const reach = 10
	if p.beside == nil || p.cut <= 0 || p.cut >= 1 {
		return false
	}
	d := x - p.cut*p.size.W
	return d > -reach*p.scale && d < reach*p.scale
}

// paintBeside draws the other one of the pair over the right of what is painted,
// and the line between them.
func (p *pane) paintBeside(dst *image.RGBA) {
	if p.beside == nil || p.cut >= 1 {
		return
	}
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if p.second == nil || p.second.Rect != dst.Rect {
		p.second = image.NewRGBA(dst.Rect)
	}
	l := p.dressed(p.beside.layer)
	p.renderer.Render(p.second, *p.view, &l)
	from := int(p.cut*float64(w) + .5)
	for y := range h {
		copy(dst.Pix[y*dst.Stride+4*from:y*dst.Stride+4*w], p.second.Pix[y*dst.Stride+4*from:])
	}
	if from == 0 {
		return
	}
	half := max(1, int(p.scale))
	for y := range h {
		for x := max(from-2*half, 0); x < min(from+2*half, w); x++ {
			c := color.RGBA{A: 255}
			if x >= from-half && x < from+half {
				c = color.RGBA{255, 255, 255, 255}
			}
			dst.SetRGBA(x, y, c)
		}
	}
}

// togglePair shows the enlarged pane together with another one, or ends that.
func (v *Viewer) togglePair(how Pair) {
	was, left, right := v.Paired()
	switch {
	case was == how:
		v.SetPair(Apart, 0, 0)
		return
	case was == Apart:
		left, right = PaneOriginal, PaneReconstruction
		if v.frame.reconstruction == nil {
			right = PaneHeat
		}
		if which, ok := v.Enlarged(); ok && which != left {
			right = which
		}
	}
	v.SetPair(how, left, right)
}
