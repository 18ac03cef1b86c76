package viewer

func (v *Viewer) hover(at Point, size Size, inside bool) {
	if !inside || size.Empty() {
		v.endProbe()
		return
	}
	v.probeAt(v.view.ToImage(at, size))
	v.mark()
}

func (v *Viewer) click(at Point, size Size) {
	if v.frame.original == nil {
		return
	}
	region := v.frame.Segmentation.At(v.view.ToImage(at, size), v.frame.extent())
	v.Select(region)
	if v.OnSelect != nil {
		v.OnSelect(region)
	}
}

// ProbeAt reads all panes at a pixel of the original; false outside of it.
func (v *Viewer) ProbeAt(x, y int) (Probe, bool) {
	return v.frame.probe(Point{float64(x) + 0.5, float64(y) + 0.5})
}

func (v *Viewer) probeAt(p Point) {
	found, ok := v.frame.probe(p)
	if !ok {
		v.endProbe()
		return
	}
	v.probed, v.probing = p, true
	v.say(found)
	if v.OnProbe != nil {
		v.OnProbe(found.X, found.Y, true)
	}
}

func (v *Viewer) say(p Probe) {
	for i, pane := range v.panes {
		pane.header.setValue(p.text(Pane(i)))
	}
	v.bar.setReadout(p.line(v.frame.Low, v.frame.High))
}

// reprobe reads the probed place again after the frame changed under it.
func (v *Viewer) reprobe() {
	if !v.probing {
		return
	}
	found, ok := v.frame.probe(v.probed)
	if !ok {
		v.endProbe()
		return
	}
	v.say(found)
}

func (v *Viewer) endProbe() {
	if !v.probing {
		return
	}
	v.probing = false
	for _, p := range v.panes {
		p.cross.hide()
		p.header.setValue("")
	}
	v.bar.setReadout("")
	if v.OnProbe != nil {
		v.OnProbe(0, 0, false)
	}
}

// mark draws the crosshair at the probed place in every pane.
func (v *Viewer) mark() {
	if !v.probing {
		return
	}
	for _, p := range v.panes {
		if p.Visible() && p.layer.Picture != nil {
			p.mark(v.view.ToScreen(v.probed, p.estimate()))
		}
	}
}
