package viewer

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"agurscope/assets/words"
)

// toolbar is the strip below the panes: the readout on the left, on the right the
// look of the heat map (colours, how much it covers) and the zoom.
type toolbar struct {
	root     fyne.CanvasObject
	readout  *note
	zoom     *widget.Label
	colormap *widget.Select
	opacity  *widget.Slider
	silent   bool // a value is being set by the program
}

func newToolbar(v *Viewer) *toolbar {
	b := &toolbar{
		readout:  newNote(fyne.TextAlignLeading),
		zoom:     widget.NewLabelWithStyle("100 %", fyne.TextAlignTrailing, fyne.TextStyle{Monospace: true}),
		colormap: widget.NewSelect(Colormaps(), nil),
		opacity:  widget.NewSlider(0, 1),
	}
	b.readout.Truncation = fyne.TextTruncateEllipsis
	b.setReadout("")
	b.colormap.SetSelected(v.colormap)
	b.colormap.OnChanged = func(name string) {
		if !b.silent {
			v.SetColormap(name)
			b.release()
		}
	}
	b.opacity.Step = 0.01
	b.opacity.SetValue(v.opacity)
	b.opacity.OnChanged = func(f float64) {
		if !b.silent {
			v.SetOpacity(f)
		}
	}
	b.opacity.OnChangeEnded = func(float64) { b.release() }
	fit := widget.NewButtonWithIcon(words.T("Fit"), theme.ZoomFitIcon(), v.Fit)
	one := widget.NewButton("1:1", v.OneToOne)
	fit.Importance, one.Importance = widget.LowImportance, widget.LowImportance
	height := b.colormap.MinSize().Height
	right := container.NewHBox(
		widget.NewIcon(theme.ColorPaletteIcon()),
		container.NewGridWrap(fyne.NewSize(104, height), b.colormap),
		widget.NewIcon(theme.VisibilityIcon()),
		container.NewGridWrap(fyne.NewSize(92, height), b.opacity),
		widget.NewSeparator(),
		container.NewGridWrap(fyne.NewSize(70, height), b.zoom),
		fit, one,
	)
	b.root = container.New(layout.NewCustomPaddedLayout(theme.Padding(), 0, theme.Padding(), 0),
		container.NewBorder(nil, nil, nil, right, b.readout.RichText))
	return b
}

// release gives up the keyboard after the mouse has done its work: a focused
// control would keep the keys from the window's shortcuts.
func (b *toolbar) release() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(b.root); c != nil {
		c.Unfocus()
	}
}

// setReadout shows what the probe reads, or what the mouse can do.
func (b *toolbar) setReadout(text string) {
	if text == "" {
		b.readout.aside(words.T("Wheel zooms, drag pans"))
		return
	}
	b.readout.figures(text)
}

func (b *toolbar) setZoom(text string) {
	if b.zoom.Text != text {
		b.zoom.SetText(text)
	}
}

func (b *toolbar) setColormap(name string) {
	b.silent = true
	b.colormap.SetSelected(name)
	b.silent = false
}

func (b *toolbar) setOpacity(f float64) {
	b.silent = true
	b.opacity.SetValue(f)
	b.silent = false
}
