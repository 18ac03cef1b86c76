package widgets

import (
	"image/color"
	"slices"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Keys receives keys that a focused control has no use for, so that shortcuts
// go on working after a click on it.
type Keys struct {
	Key  func(*fyne.KeyEvent)
	Rune func(rune)
}

func (k *Keys) key(e *fyne.KeyEvent) {
	if k != nil && k.Key != nil {
		k.Key(e)
	}
}

func (k *Keys) rune(r rune) {
	if k != nil && k.Rune != nil {
		k.Rune(r)
	}
}

// Button is a button that explains itself when pointed at.
type Button struct {
	widget.Button
	Tip     string
	tips    *Tips
	focused bool
}

// NewButton returns a button with text, icon or both.
func (t *Tips) NewButton(text string, icon fyne.Resource, tip string, tapped func()) *Button {
	b := &Button{Tip: tip, tips: t}
	b.Text, b.Icon, b.OnTapped = text, icon, tapped
	b.ExtendBaseWidget(b)
	return b
}

// NewFlatButton returns a button without a ground of its own, for toolbars.
func (t *Tips) NewFlatButton(text string, icon fyne.Resource, tip string, tapped func()) *Button {
	b := t.NewButton(text, icon, tip, tapped)
	b.Importance = widget.LowImportance
	return b
}

// SetEnabled makes the button usable or not.
func (b *Button) SetEnabled(on bool) {
	if on == !b.Disabled() {
		return
	}
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// FocusGained implements fyne.Focusable.
func (b *Button) FocusGained() {
	b.focused = true
	b.Button.FocusGained()
}

// FocusLost implements fyne.Focusable.
func (b *Button) FocusLost() {
	b.focused = false
	b.Button.FocusLost()
}

// CreateRenderer shows the toolkit's button, with a ring around it while it has the
// focus: on a ground of the primary colour the toolkit's own sign is hardly seen.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	ring := canvas.NewRectangle(color.Transparent)
	ring.StrokeWidth = 2
	return &ringed{b.Button.CreateRenderer(), b, ring}
}

type ringed struct {
	fyne.WidgetRenderer
	b    *Button
	ring *canvas.Rectangle
}

func (r *ringed) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.ring.Resize(size)
	r.mark()
}

func (r *ringed) Refresh() {
	r.WidgetRenderer.Refresh()
	r.mark()
}

func (r *ringed) mark() {
	r.ring.Hidden = !r.b.focused
	r.ring.StrokeColor, r.ring.CornerRadius = themes.Color(theme.ColorNameForeground), theme.Size(theme.SizeNameInputRadius)
	r.ring.Refresh()
}

func (r *ringed) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.ring)
}

// MouseIn implements desktop.Hoverable.
func (b *Button) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	b.tips.enter(b, func() string { return b.Tip })
}

// MouseOut implements desktop.Hoverable.
func (b *Button) MouseOut() {
	b.Button.MouseOut()
	b.tips.leave(b)
}

// Tapped implements fyne.Tappable.
func (b *Button) Tapped(e *fyne.PointEvent) {
	b.tips.leave(b)
	b.Button.Tapped(e)
}

// Slider is a slider that explains itself and passes on keys that it has no
// use for.
type Slider struct {
	widget.Slider
	Tip  string
	tips *Tips
	keys *Keys
}

// NewSlider returns a slider from low to high.
func (t *Tips) NewSlider(low, high float64, tip string, keys *Keys) *Slider {
	s := &Slider{Tip: tip, tips: t, keys: keys}
	s.Min, s.Max, s.Step = low, high, (high-low)/1000
	s.ExtendBaseWidget(s)
	return s
}

// SetRange changes the ends.
func (s *Slider) SetRange(low, high float64) {
	s.Min, s.Max, s.Step = low, high, (high-low)/1000
}

// MouseIn implements desktop.Hoverable.
func (s *Slider) MouseIn(e *desktop.MouseEvent) {
	s.Slider.MouseIn(e)
	s.tips.enter(s, func() string { return s.Tip })
}

// MouseOut implements desktop.Hoverable.
func (s *Slider) MouseOut() {
	s.Slider.MouseOut()
	s.tips.leave(s)
}

// Dragged implements fyne.Draggable.
func (s *Slider) Dragged(e *fyne.DragEvent) {
	s.tips.leave(s)
	s.Slider.Dragged(e)
}

// TypedKey implements fyne.Focusable: arrows move the slider by a hundredth,
// everything else is a shortcut.
func (s *Slider) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyRight:
		step := s.Step
		s.Step = (s.Max - s.Min) / 100
		s.Slider.TypedKey(e)
		s.Step = step
	default:
		s.keys.key(e)
	}
}

// TypedRune implements fyne.Focusable.
func (s *Slider) TypedRune(r rune) { s.keys.rune(r) }

// Select is a choice that explains itself.
type Select struct {
	widget.Select
	Tip  string
	tips *Tips
	keys *Keys
}

// NewSelect returns a choice among options.
func (t *Tips) NewSelect(options []string, tip string, keys *Keys, changed func(string)) *Select {
	s := &Select{Tip: tip, tips: t, keys: keys}
	s.Options, s.OnChanged = options, changed
	s.ExtendBaseWidget(s)
	return s
}

// MouseIn implements desktop.Hoverable.
func (s *Select) MouseIn(e *desktop.MouseEvent) {
	s.Select.MouseIn(e)
	s.tips.enter(s, func() string { return s.Tip })
}

// MouseOut implements desktop.Hoverable.
func (s *Select) MouseOut() {
	s.Select.MouseOut()
	s.tips.leave(s)
}

// Tapped implements fyne.Tappable.
func (s *Select) Tapped(e *fyne.PointEvent) {
	s.tips.leave(s)
	s.Select.Tapped(e)
}

// TypedKey implements fyne.Focusable.
func (s *Select) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown:
		s.Select.TypedKey(e)
	default:
		s.keys.key(e)
	}
}

// TypedRune implements fyne.Focusable.
func (s *Select) TypedRune(r rune) { s.keys.rune(r) }

// Check is a switch that explains itself.
type Check struct {
	widget.Check
	Tip    string
	tips   *Tips
	silent bool
}

// NewCheck returns a switch that is off; changed is told what a person does.
func (t *Tips) NewCheck(text, tip string, changed func(on bool)) *Check {
	c := &Check{Tip: tip, tips: t}
	c.Text = text
	c.OnChanged = func(on bool) {
		if !c.silent {
			changed(on)
		}
	}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows a state without telling anybody.
func (c *Check) Set(on, enabled bool) {
	c.silent = true
	defer func() { c.silent = false }()
	c.SetChecked(on)
	if enabled == c.Disabled() {
		if enabled {
			c.Enable()
		} else {
			c.Disable()
		}
	}
}

// MouseIn implements desktop.Hoverable.
func (c *Check) MouseIn(e *desktop.MouseEvent) {
	c.Check.MouseIn(e)
	c.tips.enter(c, func() string { return c.Tip })
}

// MouseOut implements desktop.Hoverable.
func (c *Check) MouseOut() {
	c.Check.MouseOut()
	c.tips.leave(c)
}

// Entry is a text field that can be left with Escape and explains itself.
type Entry struct {
	widget.Entry
	OnEscape func()
	OnLeave  func() // the focus went elsewhere
	Tip      string
	tips     *Tips
	focused  bool
}

// NewEntry returns an empty field.
func (t *Tips) NewEntry(placeholder, tip string) *Entry {
	e := &Entry{Tip: tip, tips: t}
	e.PlaceHolder, e.Wrapping = placeholder, fyne.TextWrapOff
	e.ExtendBaseWidget(e)
	return e
}

// SetPath shows the end of a path: it says more than its beginning.
func (e *Entry) SetPath(path string) {
	e.SetText(path)
	e.CursorColumn = len([]rune(path))
	e.Refresh()
}

// TypedKey implements fyne.Focusable.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape && e.OnEscape != nil {
		e.OnEscape()
		return
	}
	e.tips.leave(e)
	e.Entry.TypedKey(k)
}

// TypedRune implements fyne.Focusable.
func (e *Entry) TypedRune(r rune) {
	e.tips.leave(e)
	e.Entry.TypedRune(r)
}

// FocusGained implements fyne.Focusable.
func (e *Entry) FocusGained() {
	e.focused = true
	e.Entry.FocusGained()
}

// Focused reports whether a person may be typing here.
func (e *Entry) Focused() bool { return e.focused }

// FocusLost implements fyne.Focusable.
func (e *Entry) FocusLost() {
	e.focused = false
	e.Entry.FocusLost()
	if e.OnLeave != nil {
		e.OnLeave()
	}
}

// MouseIn implements desktop.Hoverable.
func (e *Entry) MouseIn(*desktop.MouseEvent) {
	e.tips.enter(e, func() string { return e.Tip })
}

// MouseMoved implements desktop.Hoverable.
func (e *Entry) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (e *Entry) MouseOut() {
	e.tips.leave(e)
}

// List is a list whose keys are shortcuts of the screen.
type List struct {
	widget.List
	keys *Keys
}

// NewList returns a list without separators; see widget.List.
func NewList(keys *Keys, length func() int, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject)) *List {
	l := &List{keys: keys}
	l.Length, l.CreateItem, l.UpdateItem = length, create, update
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey implements fyne.Focusable.
func (l *List) TypedKey(e *fyne.KeyEvent) { l.keys.key(e) }

// TypedRune implements fyne.Focusable.
func (l *List) TypedRune(r rune) { l.keys.rune(r) }
