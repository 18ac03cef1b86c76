package widgets

import (
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Elide says what gives way when a text is too long for its place.
type Elide int

// The ways to shorten a text.
const (
	ElideNone   Elide = iota // the text asks for all its width
	ElideEnd                 // the end makes way, as for sentences
	ElideMiddle              // the middle makes way, as for paths and names
	ElideAll                 // all of it makes way, as for what a piece of is no help
)

// Text is one line in a named colour and size, which follows the theme and
// shortens itself to its place.
type Text struct {
	widget.BaseWidget
	Text      string
	ColorName fyne.ThemeColorName // "" is the foreground
	SizeName  fyne.ThemeSizeName  // "" is the body size
	Style     fyne.TextStyle
	Align     fyne.TextAlign
	Elide     Elide
	// Width, when positive, is the least width that is asked for.
	Width float32
}

// NewText returns body text that asks for its whole width.
func NewText(s string) *Text { return newText(&Text{Text: s}) }

// NewCaption returns small secondary text.
func NewCaption(s string) *Text {
	return newText(&Text{Text: s, ColorName: themes.ColorNameMuted, SizeName: theme.SizeNameCaptionText})
}

// NewHeading returns the title of a section.
func NewHeading(s string) *Text {
	return newText(&Text{Text: s, SizeName: theme.SizeNameText, Style: fyne.TextStyle{Bold: true}})
}

// NewTitle returns the title of a page.
func NewTitle(s string) *Text {
	return newText(&Text{Text: s, SizeName: theme.SizeNameHeadingText, Style: fyne.TextStyle{Bold: true}})
}

// NewStyled returns the given text as a widget.
func NewStyled(t *Text) *Text { return newText(t) }

func newText(t *Text) *Text {
	t.ExtendBaseWidget(t)
	return t
}

// Set changes the text.
func (t *Text) Set(s string) {
	if s == t.Text {
		return
	}
	t.Text = s
	t.Refresh()
}

// SetColor changes the named colour.
func (t *Text) SetColor(c fyne.ThemeColorName) {
	if c == t.ColorName {
		return
	}
	t.ColorName = c
	t.Refresh()
}

func (t *Text) pixels() float32 {
	if t.SizeName == "" {
		return theme.Size(theme.SizeNameText)
	}
	return themes.Size(t.SizeName)
}

// wide is the width of the whole text.
func (t *Text) wide() float32 { return fyne.MeasureText(t.Text, t.pixels(), t.Style).Width }

func (t *Text) ink() fyne.ThemeColorName {
	if t.ColorName == "" {
		return theme.ColorNameForeground
	}
	return t.ColorName
}

// CreateRenderer returns the drawing of the text.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{t: t, c: canvas.NewText("", themes.Color(t.ink()))}
	r.Refresh()
	return r
}

type textRenderer struct {
	t *Text
	c *canvas.Text
}

func (r *textRenderer) Layout(s fyne.Size) {
	if shown := r.shown(s); shown != r.c.Text {
		r.c.Text = shown
		r.c.Refresh()
	}
	r.c.Resize(s)
}

// shown is what of the text fits a size.
func (r *textRenderer) shown(s fyne.Size) string {
	if r.t.Elide == ElideNone {
		return r.t.Text
	}
	return Shorten(r.t.Text, s.Width, r.t.pixels(), r.t.Style, r.t.Elide)
}

func (r *textRenderer) MinSize() fyne.Size {
	size := fyne.MeasureText(r.t.Text, r.t.pixels(), r.t.Style)
	if r.t.Elide != ElideNone {
		size.Width = 0
	}
	size.Width = max(size.Width, r.t.Width)
	return size
}

func (r *textRenderer) Refresh() {
	r.c.Color = themes.Color(r.t.ink())
	r.c.TextSize, r.c.TextStyle, r.c.Alignment = r.t.pixels(), r.t.Style, r.t.Align
	r.c.Text = r.shown(r.t.Size())
	r.c.Resize(r.t.Size())
	r.c.Refresh()
}

func (r *textRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.c} }
func (r *textRenderer) Destroy()                     {}

// Shorten returns s, with an ellipsis in place of what does not fit a width.
func Shorten(s string, width, size float32, style fyne.TextStyle, how Elide) string {
	fits := func(s string) bool { return fyne.MeasureText(s, size, style).Width <= width }
	if how == ElideNone || s == "" || fits(s) {
		return s
	}
	if how == ElideAll {
		return ""
	}
	runes := []rune(s)
	cut := func(n int) string { return string(runes[:n]) + "…" }
	if how == ElideMiddle {
		// The end of a path says more than its beginning.
		cut = func(n int) string {
			head := n * 2 / 5
			return string(runes[:head]) + "…" + string(runes[len(runes)-(n-head):])
		}
	}
	lo, hi := 0, len(runes)-1
	for lo < hi {
		n := (lo + hi + 1) / 2
		if fits(cut(n)) {
			lo = n
		} else {
			hi = n - 1
		}
	}
	return cut(lo)
}
