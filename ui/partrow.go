package ui

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

// partRow is one line of the list.
type partRow struct {
	widget.BaseWidget
	all          fyne.CanvasObject
	picture      *thumbPicture
	name, folder *widgets.Text
	words        *fyne.Container
	badge        *widgets.Badge
}

func newPartRow() *partRow {
	r := &partRow{picture: newThumbPicture(44), name: widgets.NewText(""), folder: widgets.NewCaption(""), badge: widgets.NewBadge()}
	r.name.Elide, r.folder.Elide = widgets.ElideMiddle, widgets.ElideMiddle
	r.words = widgets.Lines(r.name, r.folder)
	r.all = widgets.Dock(nil, nil, widgets.Inset(r.picture.root, 3, 6), container.NewCenter(widgets.Inset(r.badge, 0, 10)), r.words)
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer shows the row.
func (r *partRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

func (s *inspectScreen) fillRow(r *partRow, i int) {
	name, folder := itemTitle(s.parts.items[i])
	p := &s.parts.state[i]
	ink := themes.ColorNameMuted
	if p.doubt != nil {
		folder, ink = "not upright", themes.ColorNameReview
	}
	r.name.Set(name)
	r.folder.Set(folder)
	r.folder.SetColor(ink)
	if hide := folder == ""; hide != r.folder.Hidden {
		r.folder.Hidden = hide
		r.words.Refresh()
	}
	m, known := s.thumbs.get(i)
	r.picture.set(m, known)
	word := string(p.final())
	if p.reviewed != "" {
		word += "*"
	}
	r.badge.Set(string(p.final()), word)
}

// thumbPicture is the small picture in a row of the list.
type thumbPicture struct {
	root   fyne.CanvasObject
	img    *canvas.Image
	broken *widget.Icon
}

func newThumbPicture(side float32) *thumbPicture {
	img := &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}
	ground := widgets.NewGround(themes.ColorNamePane)
	ground.Radius = 3
	broken := widget.NewIcon(theme.NewColoredResource(theme.BrokenImageIcon(), themes.ColorNameMuted))
	broken.Hide()
	return &thumbPicture{widgets.Fixed(side, side, container.NewStack(ground, img, container.NewCenter(broken))), img, broken}
}

// set shows a picture; known without one is a file that cannot be read.
func (t *thumbPicture) set(m *image.RGBA, known bool) {
	if known && m == nil {
		t.broken.Show()
	} else {
		t.broken.Hide()
	}
	if m == nil {
		t.img.Hide()
		return
	}
	if t.img.Image != m {
		t.img.Image = m
		t.img.Refresh()
	}
	t.img.Show()
}
