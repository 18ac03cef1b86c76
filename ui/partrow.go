package ui

import (
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// partRow is one line of the list.
type partRow struct {
	widget.BaseWidget
	all          fyne.CanvasObject
	picture      *thumb.Picture
	name, folder *widgets.Text
	words        *fyne.Container
	badge        *widgets.Badge
}

func newPartRow() *partRow {
	r := &partRow{picture: thumb.NewPicture(44), name: widgets.NewText(""), folder: widgets.NewCaption(""), badge: widgets.NewBadge()}
	r.name.Elide, r.folder.Elide = widgets.ElideMiddle, widgets.ElideMiddle
	r.words = widgets.Lines(r.name, r.folder)
	r.all = widgets.Dock(nil, nil, widgets.Inset(r.picture.Root, 3, 6), container.NewCenter(widgets.Inset(r.badge, 0, 10)), r.words)
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
		folder, ink = phrase.ShortDoubt(p.doubt), themes.ColorNameReview
	}
	r.name.Set(name)
	r.folder.Set(folder)
	r.folder.SetColor(ink)
	if hide := folder == ""; hide != r.folder.Hidden {
		r.folder.Hidden = hide
		r.words.Refresh()
	}
	m, known := s.thumbs.Get(i)
	r.picture.Set(m, known)
	word := string(p.final())
	if p.reviewed != "" {
		word += "*"
	}
	r.badge.Set(string(p.final()), word)
}
