package viewer

import (
	"math"

	"agurscope/themes"

	"fyne.io/fyne/v2"
)

// Enlarge shows one pane alone.
func (v *Viewer) Enlarge(which Pane) {
	if which < 0 || which > paneCount {
		return
	}
	v.unpair()
	v.enlarge(which)
}

func (v *Viewer) enlarge(which Pane) {
	v.enlarged = which
	for i, p := range v.panes {
		p.header.setEnlarged(Pane(i) == which)
		if which == paneCount || Pane(i) == which {
			p.Show()
		} else {
			p.Hide()
		}
	}
	v.Refresh()
}

// ShowToolbar shows or hides the strip below the panes, for viewers that are a
// part of something else.
func (v *Viewer) ShowToolbar(on bool) {
	v.bare = !on
	if on {
		v.bar.root.Show()
	} else {
		v.bar.root.Hide()
	}
	v.Refresh()
}

// Fix leaves it to the program which panes are seen: they have no numbers, and
// nothing enlarges them or puts them back.
func (v *Viewer) Fix() {
	v.fixed = true
	for _, p := range v.panes {
		p.header.fix()
	}
}

func (v *Viewer) barSize() fyne.Size {
	if v.bare {
		return fyne.Size{}
	}
	return v.bar.root.MinSize()
}

// Grid shows all four panes.
func (v *Viewer) Grid() { v.Enlarge(paneCount) }

// Enlarged returns the pane that is shown alone; ok is false for the grid.
func (v *Viewer) Enlarged() (which Pane, ok bool) { return v.enlarged, v.enlarged < paneCount }

func (v *Viewer) toggle(which Pane) {
	if v.fixed {
		return
	}
	if v.enlarged == which {
		which = paneCount
	}
	v.Enlarge(which)
}

// CreateRenderer returns the layout of the viewer.
func (v *Viewer) CreateRenderer() fyne.WidgetRenderer {
	objects := make([]fyne.CanvasObject, 0, paneCount+1)
	for _, p := range v.panes {
		objects = append(objects, p)
	}
	return &viewerRenderer{v: v, all: append(objects, v.bar.root)}
}

type viewerRenderer struct {
	v   *Viewer
	all []fyne.CanvasObject
}

func (r *viewerRenderer) Layout(s fyne.Size) {
	bar := r.v.barSize().Height
	gap := themes.Size(themes.SizeNameGap)
	area := fyne.NewSize(s.Width, max(s.Height-bar, 0))
	r.v.bar.root.Move(fyne.NewPos(0, area.Height))
	r.v.bar.root.Resize(fyne.NewSize(s.Width, bar))
	// Whole units, so that all panes get the same number of pixels.
	w := float32(math.Floor(float64(area.Width-gap) / 2))
	h := float32(math.Floor(float64(area.Height-gap) / 2))
	for i, p := range r.v.panes {
		if r.v.enlarged == Pane(i) {
			p.Move(fyne.NewPos(0, 0))
			p.Resize(area)
			continue
		}
		p.Move(fyne.NewPos(float32(i%2)*(w+gap), float32(i/2)*(h+gap)))
		p.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
	}
	r.v.moved()
}

func (r *viewerRenderer) MinSize() fyne.Size {
	one := r.v.panes[0].MinSize()
	if r.v.bare && r.v.enlarged < paneCount {
		return one
	}
	gap := themes.Size(themes.SizeNameGap)
	bar := r.v.barSize()
	return fyne.NewSize(max(2*one.Width+gap, bar.Width), 2*one.Height+gap+bar.Height)
}

func (r *viewerRenderer) Refresh() {
	r.v.compose()
	r.Layout(r.v.Size())
	for _, o := range r.all {
		o.Refresh()
	}
}

func (r *viewerRenderer) Objects() []fyne.CanvasObject { return r.all }

func (r *viewerRenderer) Destroy() {}
