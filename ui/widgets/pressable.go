package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// pressable is what all that can be pressed has in common: a click, Enter or Space
// does it, the mouse over it brings the tip, and its look tells both states.
type pressable struct {
	OnTapped func()
	Tip      string

	tips             *Tips
	of               painted // the widget that this is part of
	hovered, focused bool
}

type painted interface {
	fyne.CanvasObject
	paint()
}

// Tapped implements fyne.Tappable.
func (p *pressable) Tapped(*fyne.PointEvent) {
	p.tips.leave(p.of)
	if p.OnTapped != nil {
		p.OnTapped()
	}
}

// MouseIn implements desktop.Hoverable.
func (p *pressable) MouseIn(*desktop.MouseEvent) {
	p.hovered = true
	p.of.paint()
	p.tips.enter(p.of, func() string { return p.Tip })
}

// MouseMoved implements desktop.Hoverable.
func (p *pressable) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (p *pressable) MouseOut() {
	p.hovered = false
	p.of.paint()
	p.tips.leave(p.of)
}

// FocusGained implements fyne.Focusable.
func (p *pressable) FocusGained() { p.focused = true; p.of.paint() }

// FocusLost implements fyne.Focusable.
func (p *pressable) FocusLost() { p.focused = false; p.of.paint() }

// TypedRune implements fyne.Focusable: Space is a click.
func (p *pressable) TypedRune(r rune) {
	if r != ' ' {
		p.tips.Keys.rune(r)
	}
}

// TypedKey implements fyne.Focusable: Enter and Space are a click, everything
// else is a shortcut.
func (p *pressable) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.Tapped(nil)
	default:
		p.tips.Keys.key(e)
	}
}
