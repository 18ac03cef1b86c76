package viewer

import (
	"fmt"
)

// moved shows a changed view.
func (v *Viewer) moved() {
	v.settle(v.paneSize())
	v.bar.setZoom(fmt.Sprintf("%.0f %%", v.view.Zoom*100))
	v.mark()
	v.repaintAll()
}

// settle keeps the view valid for panes of the given size.
func (v *Viewer) settle(pane Size) {
	img := v.frame.extent()
	if img.Empty() || pane.Empty() {
		return
	}
	if v.fitted {
		v.view.Fit(img, pane)
		return
	}
	v.view.Clamp(img, pane)
}

// paneSize is the size of the pictures in screen pixels.
func (v *Viewer) paneSize() Size {
	if v.enlarged < paneCount {
		return v.panes[v.enlarged].estimate()
	}
	return v.panes[0].estimate()
}

// View returns the part of the image that all panes show.
func (v *Viewer) View() Viewport { return v.view }

// SetView shows another part of the image.
func (v *Viewer) SetView(view Viewport) {
	v.view, v.fitted = view, false
	v.moved()
}

// Fit shows the whole picture and keeps doing so while the panes change size.
func (v *Viewer) Fit() {
	v.fitted = true
	v.moved()
}

// OneToOne shows one pixel of the picture as one pixel of the screen.
func (v *Viewer) OneToOne() {
	v.fitted = false
	v.view.OneToOne()
	v.moved()
}

// ZoomBy zooms about the probed place, or else about the middle.
func (v *Viewer) ZoomBy(factor float64) {
	size := v.paneSize()
	at := Point{size.W / 2, size.H / 2}
	if v.probing {
		at = v.view.ToScreen(v.probed, size)
	}
	v.zoomAt(at, factor, size)
}

func (v *Viewer) zoomAt(at Point, factor float64, size Size) {
	if v.frame.original == nil || size.Empty() {
		return
	}
	v.fitted = false
	v.view.ZoomAt(at, factor, size)
	v.view.Clamp(v.frame.extent(), size)
	if v.probing { // another place may lie under the pointer at the ends of the zoom
		v.probeAt(v.view.ToImage(at, size))
	}
	v.moved()
	v.tellMoved()
}

func (v *Viewer) pan(dx, dy float64) {
	if v.frame.original == nil {
		return
	}
	v.fitted = false
	v.view.Pan(dx, dy)
	v.moved()
	v.tellMoved()
}

func (v *Viewer) tellMoved() {
	if v.OnMoved != nil {
		v.OnMoved(v.view)
	}
}
