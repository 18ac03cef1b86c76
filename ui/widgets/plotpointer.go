package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// lookAt looks at another slot.
func (p *Plot) lookAt(slot int) {
	if slot = max(min(slot, len(p.d.Slots)-1), -1); slot == p.at {
		return
	}
	p.at = slot
	if p.drawn != nil {
		p.drawn.again()
	}
}

// slotAt is the slot at a position, -1 for none.
func (p *Plot) slotAt(at fyne.Position) int {
	if p.drawn == nil || len(p.d.Slots) == 0 {
		return -1
	}
	a := p.drawn.a
	share := (at.X - a.x) / max(a.w, 1)
	if share < 0 || share >= 1 {
		return -1
	}
	return int(share * float32(len(p.d.Slots)))
}

// MouseIn implements desktop.Hoverable.
func (p *Plot) MouseIn(e *desktop.MouseEvent) { p.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (p *Plot) MouseMoved(e *desktop.MouseEvent) { p.lookAt(p.slotAt(e.Position)) }

// MouseOut implements desktop.Hoverable.
func (p *Plot) MouseOut() {
	if !p.focus {
		p.lookAt(-1)
	}
}

// Cursor implements desktop.Cursorable.
func (p *Plot) Cursor() desktop.Cursor {
	if p.OnChosen != nil && len(p.d.Slots) > 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// Tapped implements fyne.Tappable.
func (p *Plot) Tapped(e *fyne.PointEvent) {
	p.lookAt(p.slotAt(e.Position))
	p.choose()
}

func (p *Plot) choose() {
	if p.OnChosen != nil && p.at >= 0 && p.at < len(p.d.Slots) {
		p.OnChosen(p.at)
	}
}

// FocusGained implements fyne.Focusable.
func (p *Plot) FocusGained() {
	p.focus = true
	if p.at < 0 {
		p.at = len(p.d.Slots) - 1 // the newest
	}
	if p.drawn != nil {
		p.drawn.again()
	}
}

// FocusLost implements fyne.Focusable.
func (p *Plot) FocusLost() {
	p.focus, p.at = false, -1
	if p.drawn != nil {
		p.drawn.again()
	}
}

// TypedRune implements fyne.Focusable.
func (p *Plot) TypedRune(r rune) {
	if r != ' ' {
		p.keys.rune(r)
	}
}

// TypedKey implements fyne.Focusable: the arrows look at one slot after the other,
// Enter chooses it.
func (p *Plot) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		p.lookAt(max(p.at-1, 0))
	case fyne.KeyRight:
		p.lookAt(p.at + 1)
	case fyne.KeyHome:
		p.lookAt(0)
	case fyne.KeyEnd:
		p.lookAt(len(p.d.Slots) - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.choose()
	default:
		p.keys.key(e)
	}
}
