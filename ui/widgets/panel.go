package widgets

import (
	"image/color"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// NewRule returns a line of one unit between two areas.
func NewRule() *Ground {
	g := NewGround(theme.ColorNameSeparator)
	g.Least = fyne.NewSize(1, 1)
	return g
}

// NewPanel returns content on a flat surface.
func NewPanel(content fyne.CanvasObject) *fyne.Container {
	return container.NewStack(NewGround(themes.ColorNameSurface), content)
}

// NewCard returns content on a raised surface with round corners.
func NewCard(content fyne.CanvasObject) *fyne.Container {
	g := NewGround(themes.ColorNameSurface)
	g.Radius, g.Stroke = 8, theme.ColorNameSeparator
	return container.NewStack(g, Inset(content, 12, 14))
}

// Inset returns content with a margin: v above and below, h at the sides.
func Inset(content fyne.CanvasObject, v, h float32) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(v, v, h, h), content)
}

// NewPara returns wrapped text that lines up with what is above it.
func NewPara(s string) *fyne.Container {
	l := widget.NewLabel(s)
	l.Wrapping = fyne.TextWrapWord
	return Flush(l)
}

// Remark is small secondary text that takes as many lines as it needs.
type Remark struct {
	widget.BaseWidget
	words *widget.RichText
	said  *widget.TextSegment
}

// NewRemark returns one that says nothing.
func NewRemark() *Remark {
	said := &widget.TextSegment{Style: widget.RichTextStyle{ColorName: themes.ColorNameMuted, SizeName: theme.SizeNameCaptionText}}
	r := &Remark{words: widget.NewRichText(said), said: said}
	r.words.Wrapping = fyne.TextWrapWord
	r.ExtendBaseWidget(r)
	return r
}

// Set says something else.
func (r *Remark) Set(s string) {
	if r.said.Text != s {
		r.said.Text = s
		r.words.Refresh()
		r.Refresh()
	}
}

// Text returns what is said now.
func (r *Remark) Text() string { return r.said.Text }

// CreateRenderer shows the text without the margin of Fyne's.
func (r *Remark) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(flushLayout{}, r.words))
}

// Aside is a small wrapped remark behind a stripe, which takes no place while
// it says nothing.
type Aside struct {
	widget.BaseWidget
	label *widget.Label
	all   *fyne.Container
}

// NewAside returns a hidden remark with a stripe in a named colour.
func NewAside(ink fyne.ThemeColorName) *Aside {
	a := &Aside{label: widget.NewLabel("")}
	a.label.Wrapping, a.label.SizeName = fyne.TextWrapWord, theme.SizeNameCaptionText
	stripe := NewGround(ink)
	stripe.Least = fyne.NewSize(3, 1)
	a.all = Dock(nil, nil, stripe, nil, Inset(Flush(a.label), 1, 8))
	a.ExtendBaseWidget(a)
	a.Hide()
	return a
}

// Set says something; "" hides the remark.
func (a *Aside) Set(s string) {
	if s == "" {
		a.Hide()
		return
	}
	if a.label.Text != s {
		a.label.SetText(s)
		a.Refresh()
	}
	a.Show()
}

// Text returns what is said now.
func (a *Aside) Text() string {
	if !a.Visible() {
		return ""
	}
	return a.label.Text
}

// CreateRenderer shows the remark.
func (a *Aside) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(a.all) }

// Flush takes the margin off a label.
func Flush(l *widget.Label) *fyne.Container {
	return container.New(flushLayout{}, l)
}

// flushLayout lets its only object reach over the edges by its own margin.
type flushLayout struct{}

func (flushLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	p := theme.Size(theme.SizeNameInnerPadding)
	m := objects[0].MinSize()
	return fyne.NewSize(max(m.Width-2*p, 0), max(m.Height-2*p, 0))
}

func (flushLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	p := theme.Size(theme.SizeNameInnerPadding)
	objects[0].Move(fyne.NewPos(-p, -p))
	objects[0].Resize(fyne.NewSize(s.Width+2*p, s.Height+2*p))
}

// Rows returns objects below each other with the given space between them.
func Rows(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

// Row returns objects beside each other with the given space between them,
// each centred vertically.
func Row(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&rowLayout{gap: gap}, objects...)
}

// rowLayout puts objects beside each other at their least width and keeps them
// in the middle of the height. A Spacer takes what is left.
type rowLayout struct{ gap float32 }

func (l *rowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	n := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		s.Width += m.Width
		s.Height = max(s.Height, m.Height)
		n++
	}
	s.Width += l.gap * float32(max(n-1, 0))
	return s
}

func (l *rowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	free := size.Width - l.MinSize(objects).Width
	springs := 0
	for _, o := range objects {
		if o.Visible() && springy(o) {
			springs++
		}
	}
	x := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if springs > 0 && springy(o) {
			m.Width = max(m.Width+free/float32(springs), 0)
			if _, ok := o.(*Spring); ok {
				m.Height = size.Height
			}
		}
		o.Move(fyne.NewPos(x, (size.Height-m.Height)/2))
		o.Resize(m)
		x += m.Width + l.gap
	}
}

func springy(o fyne.CanvasObject) bool {
	switch o := o.(type) {
	case *Spring:
		return true
	case *Text:
		return o.Elide != ElideNone
	}
	return false
}

// Spring takes the free width of a Row; its content fills it.
type Spring struct {
	widget.BaseWidget
	content fyne.CanvasObject
}

// NewSpring returns a spring around content, which may be nil.
func NewSpring(content fyne.CanvasObject) *Spring {
	if content == nil {
		content = canvas.NewRectangle(color.Transparent)
	}
	s := &Spring{content: content}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer shows the content.
func (s *Spring) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.content) }

// Fixed returns content in a box of a fixed size; 0 leaves a side as it is.
func Fixed(w, h float32, content fyne.CanvasObject) *fyne.Container {
	return container.New(fixedLayout{w, h}, content)
}

type fixedLayout struct{ w, h float32 }

func (l fixedLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	if l.w > 0 {
		s.Width = l.w
	}
	if l.h > 0 {
		s.Height = l.h
	}
	return s
}

func (l fixedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

// Dock returns content between edges, any of which may be nil, with no gaps.
func Dock(top, bottom, left, right, content fyne.CanvasObject) *fyne.Container {
	c := container.New(dockLayout{top, bottom, left, right})
	// As people read, which is the order in which Tab goes.
	for _, o := range []fyne.CanvasObject{top, left, content, right, bottom} {
		if o != nil {
			c.Add(o)
		}
	}
	return c
}

// dockLayout is Fyne's border layout without its padding.
type dockLayout struct{ top, bottom, left, right fyne.CanvasObject }

func (l dockLayout) edge(o fyne.CanvasObject) fyne.Size {
	if o == nil || !o.Visible() {
		return fyne.Size{}
	}
	return o.MinSize()
}

func (l dockLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	t, b, a, z := l.edge(l.top), l.edge(l.bottom), l.edge(l.left), l.edge(l.right)
	var c fyne.Size
	for _, o := range objects {
		if o != l.top && o != l.bottom && o != l.left && o != l.right && o.Visible() {
			c = c.Max(o.MinSize())
		}
	}
	w := max(t.Width, b.Width, a.Width+c.Width+z.Width)
	return fyne.NewSize(w, t.Height+b.Height+max(a.Height, c.Height, z.Height))
}

func (l dockLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	t, b, a, z := l.edge(l.top), l.edge(l.bottom), l.edge(l.left), l.edge(l.right)
	h, w := max(s.Height-t.Height-b.Height, 0), max(s.Width-a.Width-z.Width, 0)
	for _, o := range objects {
		switch o {
		case l.top:
			place(o, 0, 0, s.Width, t.Height)
		case l.bottom:
			place(o, 0, s.Height-b.Height, s.Width, b.Height)
		case l.left:
			place(o, 0, t.Height, a.Width, h)
		case l.right:
			place(o, s.Width-z.Width, t.Height, z.Width, h)
		default:
			place(o, a.Width, t.Height, w, h)
		}
	}
}

func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// Columns returns cells beside each other with the given share of the width;
// it is how the rows of a table line up.
func Columns(shares []float32, cells ...fyne.CanvasObject) *fyne.Container {
	return container.New(columnLayout{shares}, cells...)
}

type columnLayout struct{ shares []float32 }

func (l columnLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var h float32
	for _, o := range objects {
		h = max(h, o.MinSize().Height)
	}
	return fyne.NewSize(0, h)
}

func (l columnLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	total := float32(0)
	for _, s := range l.shares {
		total += s
	}
	x := float32(0)
	for i, o := range objects {
		w := size.Width * l.shares[i] / total
		h := o.MinSize().Height
		o.Move(fyne.NewPos(x, (size.Height-h)/2))
		o.Resize(fyne.NewSize(w, h))
		x += w
	}
}
