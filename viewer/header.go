package viewer

import (
	"strconv"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// paneHeader is the strip above a picture: its number, which is also its key,
// its name, the value under the pointer, and a button that enlarges it.
type paneHeader struct {
	widget.BaseWidget

	ground               *canvas.Rectangle
	number, title, value *canvas.Text
	enlarge              *widget.Button
}

func newPaneHeader(number int, title string, enlarge func()) *paneHeader {
	h := &paneHeader{
		ground:  canvas.NewRectangle(nil),
		number:  canvas.NewText(strconv.Itoa(number), nil),
		title:   canvas.NewText(title, nil),
		value:   canvas.NewText("", nil),
		enlarge: widget.NewButtonWithIcon("", theme.ViewFullScreenIcon(), enlarge),
	}
	h.title.TextStyle.Bold = true
	h.number.TextStyle.Monospace = true
	h.value.TextStyle.Monospace = true
	h.value.Alignment = fyne.TextAlignTrailing
	h.enlarge.Importance = widget.LowImportance
	h.ExtendBaseWidget(h)
	h.dress()
	return h
}

// dress takes colours and sizes from the theme.
func (h *paneHeader) dress() {
	h.ground.FillColor = themes.Color(themes.ColorNameSurface)
	h.number.Color = themes.Color(themes.ColorNameMuted)
	h.title.Color = themes.Color(theme.ColorNameForeground)
	h.value.Color = themes.Color(theme.ColorNameForeground)
	h.number.TextSize = themes.Size(theme.SizeNameCaptionText)
	h.title.TextSize = themes.Size(theme.SizeNameText)
	h.value.TextSize = themes.Size(theme.SizeNameText)
}

// setEnlarged shows which way the button leads.
func (h *paneHeader) setEnlarged(on bool) {
	if on {
		h.enlarge.SetIcon(theme.ViewRestoreIcon())
		return
	}
	h.enlarge.SetIcon(theme.ViewFullScreenIcon())
}

// fix takes away what belongs to choosing a pane.
func (h *paneHeader) fix() {
	h.number.Hide()
	h.enlarge.Hide()
	h.Refresh()
}

func (h *paneHeader) setValue(text string) {
	if h.value.Text == text {
		return
	}
	h.value.Text = text
	h.value.Refresh()
}

func (h *paneHeader) setTitle(text string) {
	if h.title.Text != text {
		h.title.Text = text
		h.Refresh()
	}
}

// CreateRenderer returns the drawing of the header.
func (h *paneHeader) CreateRenderer() fyne.WidgetRenderer { return &headerRenderer{h} }

type headerRenderer struct{ h *paneHeader }

func (r *headerRenderer) Layout(s fyne.Size) {
	h := r.h
	pad := 2 * theme.Padding()
	h.ground.Resize(s)
	place := func(t *canvas.Text, x, width float32) {
		height := t.MinSize().Height
		t.Move(fyne.NewPos(x, (s.Height-height)/2))
		t.Resize(fyne.NewSize(width, height))
	}
	left := pad
	if h.number.Visible() {
		number := h.number.MinSize().Width
		place(h.number, left, number)
		left += number + pad
	}
	place(h.title, left, h.title.MinSize().Width)
	left += h.title.MinSize().Width + pad
	h.enlarge.Resize(fyne.NewSquareSize(s.Height))
	h.enlarge.Move(fyne.NewPos(s.Width-s.Height, 0))
	place(h.value, left, max(s.Width-s.Height-theme.Padding()-left, 0))
}

func (r *headerRenderer) MinSize() fyne.Size {
	return fyne.NewSize(80, themes.Size(themes.SizeNamePaneHeader))
}

func (r *headerRenderer) Refresh() {
	r.h.dress()
	for _, o := range r.Objects() {
		o.Refresh()
	}
	r.Layout(r.h.Size())
}

func (r *headerRenderer) Objects() []fyne.CanvasObject {
	h := r.h
	return []fyne.CanvasObject{h.ground, h.number, h.title, h.value, h.enlarge}
}

func (r *headerRenderer) Destroy() {}
