package viewer

import "fyne.io/fyne/v2"

// keyZoom is the step of the plus and minus keys.
const keyZoom = 1.25

// HandleKey does what a key means to the viewer and reports whether it meant
// anything: F fits, O shows one to one, plus and minus zoom, 1 to 4 enlarge a
// pane or put it back, 0 and Escape go back to the grid, C shows the outlines
// on all panes, W and B show two panes in one, of which 1 to 4 then choose the
// other.
func (v *Viewer) HandleKey(name fyne.KeyName) bool {
	switch name {
	case fyne.KeyF:
		v.Fit()
	case fyne.KeyO:
		v.OneToOne()
	case fyne.KeyC:
		v.ShowOutlines(!v.everywhere)
	case fyne.KeyPlus, fyne.KeyEqual:
		v.ZoomBy(keyZoom)
	case fyne.KeyMinus:
		v.ZoomBy(1 / keyZoom)
	case fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4:
		if v.pair.how != Apart {
			v.pairWith(Pane(name[0] - '1'))
		} else {
			v.toggle(Pane(name[0] - '1'))
		}
	case fyne.KeyW:
		v.togglePair(Wipe)
	case fyne.KeyB:
		v.togglePair(Blink)
	case fyne.Key0:
		v.Grid()
	case fyne.KeyEscape:
		if v.enlarged == paneCount {
			return false // not ours: there is nothing to leave
		}
		v.Grid()
	default:
		return false
	}
	return true
}
