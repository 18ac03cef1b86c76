package thumb

import (
	"image"

	"agurscope/themes"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Picture is the small picture in a row of the list.
type Picture struct {
	Root   fyne.CanvasObject
	img    *canvas.Image
	broken *widget.Icon
}

// NewPicture returns an empty place of the given side.
func NewPicture(side float32) *Picture {
	img := &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}
	ground := widgets.NewGround(themes.ColorNamePane)
	ground.Radius = 3
	broken := widget.NewIcon(theme.NewColoredResource(theme.BrokenImageIcon(), themes.ColorNameMuted))
	broken.Hide()
	return &Picture{widgets.Fixed(side, side, container.NewStack(ground, img, container.NewCenter(broken))), img, broken}
}

// Set shows a picture; known without one is a file that cannot be read.
func (t *Picture) Set(m *image.RGBA, known bool) {
	if known && m == nil {
		t.broken.Show()
	} else {
		t.broken.Hide()
	}
	if m == nil {
		t.img.Hide()
		return
	}
	if t.img.Image == m && t.img.Visible() {
		return
	}
	hidden := !t.img.Visible()
	t.img.Show() // first: showing alone paints nothing
	t.img.Image = m
	t.img.Refresh()
	if hidden { // what was never painted does not know its window yet
		canvas.Refresh(t.Root)
	}
}
