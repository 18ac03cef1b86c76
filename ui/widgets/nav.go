package widgets

import (
	"image/color"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// NavItem is one place to go to in the navigation rail.
type NavItem struct {
	widget.BaseWidget
	OnTapped func()

	label           string
	icon            fyne.Resource
	tip             string
	tips            *Tips
	chosen, hovered bool
}

// NewNavItem returns an item of the rail.
func (t *Tips) NewNavItem(label string, icon fyne.Resource, tip string, tapped func()) *NavItem {
	n := &NavItem{label: label, icon: icon, tip: tip, tips: t, OnTapped: tapped}
	n.ExtendBaseWidget(n)
	return n
}

// SetChosen marks the item as the place where one is.
func (n *NavItem) SetChosen(on bool) {
	if n.chosen != on {
		n.chosen = on
		n.Refresh()
	}
}

// SetIcon changes the icon, and the tip with it.
func (n *NavItem) SetIcon(icon fyne.Resource, tip string) {
	n.icon, n.tip = icon, tip
	n.Refresh()
}

// Tapped implements fyne.Tappable.
func (n *NavItem) Tapped(*fyne.PointEvent) {
	n.tips.leave(n)
	if n.OnTapped != nil {
		n.OnTapped()
	}
}

// MouseIn implements desktop.Hoverable.
func (n *NavItem) MouseIn(*desktop.MouseEvent) {
	n.hovered = true
	n.Refresh()
	n.tips.enter(n, func() string { return n.tip })
}

// MouseMoved implements desktop.Hoverable.
func (n *NavItem) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (n *NavItem) MouseOut() {
	n.hovered = false
	n.Refresh()
	n.tips.leave(n)
}

// CreateRenderer returns the drawing of the item.
func (n *NavItem) CreateRenderer() fyne.WidgetRenderer {
	r := &navRenderer{n: n, ground: canvas.NewRectangle(color.Transparent), bar: canvas.NewRectangle(color.Transparent), icon: canvas.NewImageFromResource(n.icon), text: canvas.NewText(n.label, color.Transparent)}
	r.icon.FillMode = canvas.ImageFillContain
	r.text.Alignment = fyne.TextAlignCenter
	r.ground.CornerRadius = 7
	r.bar.CornerRadius = 1.5
	r.Refresh()
	return r
}

type navRenderer struct {
	n           *NavItem
	ground, bar *canvas.Rectangle
	icon        *canvas.Image
	text        *canvas.Text
}

func (r *navRenderer) MinSize() fyne.Size {
	w, h := float32(64), float32(40)
	if r.n.label != "" {
		text := r.text.MinSize()
		w, h = max(w, text.Width+8), h+text.Height
	}
	return fyne.NewSize(w, h)
}

func (r *navRenderer) Layout(s fyne.Size) {
	r.ground.Move(fyne.NewPos(5, 1))
	r.ground.Resize(fyne.NewSize(s.Width-10, s.Height-2))
	r.bar.Move(fyne.NewPos(0, 10))
	r.bar.Resize(fyne.NewSize(3, s.Height-20))
	r.icon.Resize(fyne.NewSquareSize(22))
	r.icon.Move(fyne.NewPos((s.Width-22)/2, 9))
	r.text.Move(fyne.NewPos(0, 33))
	r.text.Resize(fyne.NewSize(s.Width, r.text.MinSize().Height))
}

func (r *navRenderer) Refresh() {
	ink := themes.ColorNameMuted
	ground := fyne.ThemeColorName("")
	r.bar.Hidden = !r.n.chosen
	switch {
	case r.n.chosen:
		ink = theme.ColorNameForeground
		ground = themes.ColorNameRaised
	case r.n.hovered:
		ground = theme.ColorNameHover
	}
	if r.ground.Hidden = ground == ""; ground != "" {
		r.ground.FillColor = themes.Color(ground)
	}
	r.bar.FillColor = themes.Color(theme.ColorNamePrimary)
	name := ink
	if r.n.chosen {
		name = theme.ColorNamePrimary
	}
	r.icon.Resource = theme.NewColoredResource(r.n.icon, name)
	r.icon.Refresh()
	r.text.Color, r.text.TextSize = themes.Color(ink), theme.Size(theme.SizeNameCaptionText)
	r.Layout(r.n.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *navRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.bar, r.icon, r.text}
}
func (r *navRenderer) Destroy() {}

// Picker shows which thing is chosen, with a caption above its name; a tap
// offers others.
type Picker struct {
	widget.BaseWidget
	pressable

	icon    fyne.Resource
	caption *Text
	name    *Text
	least   float32
	ground  *Ground
	all     *fyne.Container
}

// NewPicker returns a picker that asks for the given width.
func (t *Tips) NewPicker(caption string, icon fyne.Resource, width float32, tip string, tapped func()) *Picker {
	p := &Picker{icon: icon, least: width, ground: NewGround(theme.ColorNameButton)}
	p.pressable = pressable{OnTapped: tapped, Tip: tip, tips: t, of: p}
	p.caption = NewCaption(caption)
	p.name = NewStyled(&Text{Elide: ElideMiddle, Style: fyne.TextStyle{Bold: true}})
	p.ground.Radius = 5
	img := widget.NewIcon(theme.NewThemedResource(icon))
	words := container.New(&stackedLines{}, p.caption, p.name)
	arrow := widget.NewIcon(theme.MenuDropDownIcon())
	p.all = container.NewStack(p.ground, container.NewBorder(nil, nil, Inset(img, 0, 8), Inset(arrow, 0, 4), words))
	p.ExtendBaseWidget(p)
	return p
}

// SetName changes the name shown.
func (p *Picker) SetName(s string) { p.name.Set(s) }

func (p *Picker) paint() {
	fill := theme.ColorNameButton
	p.ground.Stroke = ""
	if p.hovered {
		fill = themes.ColorNameRaised
	}
	if p.focused {
		fill = theme.ColorNameFocus
		p.ground.Stroke = theme.ColorNameForeground
	}
	p.ground.Fill = fill
	p.ground.Refresh()
}

// MinSize is as wide as was asked for.
func (p *Picker) MinSize() fyne.Size {
	p.ExtendBaseWidget(p)
	m := p.BaseWidget.MinSize()
	m.Width = p.least
	return m
}

// CreateRenderer shows caption and name.
func (p *Picker) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.all) }

// stackedLines puts lines close below each other, in the middle of the height.
type stackedLines struct{}

func (stackedLines) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := float32(6)
	for _, o := range objects {
		if o.Visible() {
			h += o.MinSize().Height
		}
	}
	return fyne.NewSize(0, h)
}

func (l stackedLines) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	y := (s.Height - l.MinSize(objects).Height + 6) / 2
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		h := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(s.Width, h))
		y += h
	}
}

// Lines returns texts close below each other, centred in the height.
func Lines(texts ...fyne.CanvasObject) *fyne.Container {
	return container.New(stackedLines{}, texts...)
}

// Chip is one of a row of filters: a shape or word with a count.
type Chip struct {
	widget.BaseWidget
	pressable

	word   *Text
	ground *Ground
	rest   fyne.ThemeColorName // of the ground when not chosen
	all    *fyne.Container
	chosen bool
}

// NewChoice returns a chip of body size, for a choice among a few words.
func (t *Tips) NewChoice(tip string, tapped func()) *Chip {
	c := t.NewChip(nil, tip, tapped)
	c.word.SizeName = theme.SizeNameText
	c.ground.Radius = 5
	c.rest = theme.ColorNameButton
	c.all.Objects[1] = Inset(container.NewCenter(c.word), 6, 12)
	c.paint()
	return c
}

// NewChip returns a filter; icon may be nil.
func (t *Tips) NewChip(icon fyne.Resource, tip string, tapped func()) *Chip {
	c := &Chip{rest: themes.ColorNameSurface, word: NewStyled(&Text{SizeName: theme.SizeNameCaptionText}), ground: NewGround(themes.ColorNameSurface)}
	c.pressable = pressable{OnTapped: tapped, Tip: tip, tips: t, of: c}
	c.ground.Radius = 11
	row := Row(3, c.word)
	if icon != nil {
		img := canvas.NewImageFromResource(icon)
		img.FillMode = canvas.ImageFillContain
		row = Row(3, Fixed(14, 14, img), c.word)
	}
	c.all = container.NewStack(c.ground, Inset(container.NewCenter(row), 4, 6))
	c.ExtendBaseWidget(c)
	return c
}

// Set changes word and state.
func (c *Chip) Set(word string, chosen bool) {
	if c.word.Text == word && c.chosen == chosen {
		return
	}
	c.chosen = chosen
	c.word.Text, c.word.Style.Bold = word, chosen
	c.word.Refresh()
	c.all.Refresh() // another width
	c.paint()
}

func (c *Chip) paint() {
	fill := c.rest
	c.ground.Stroke = ""
	if c.hovered {
		fill = themes.ColorNameRaised
	}
	if c.chosen {
		fill = themes.ColorNameRaised
		c.ground.Stroke = theme.ColorNamePrimary
	}
	if c.focused {
		fill = theme.ColorNameFocus
		c.ground.Stroke = theme.ColorNameForeground
	}
	c.ground.Fill = fill
	c.ground.Refresh()
}

// CreateRenderer shows shape and count.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.all) }

// NewEmpty returns what a screen shows when there is nothing to show: an icon,
// a title, one sentence and the buttons that help.
func NewEmpty(icon fyne.Resource, title, sentence string, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	img := canvas.NewImageFromResource(theme.NewColoredResource(icon, themes.ColorNameMuted))
	img.FillMode = canvas.ImageFillContain
	head := NewTitle(title)
	head.Align = fyne.TextAlignCenter
	text := widget.NewLabelWithStyle(sentence, fyne.TextAlignCenter, fyne.TextStyle{})
	text.Wrapping = fyne.TextWrapWord
	return container.NewCenter(Fixed(440, 0, Rows(10,
		container.NewCenter(Fixed(56, 56, img)), head, text, container.NewCenter(Row(8, buttons...)))))
}
