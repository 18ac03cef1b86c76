package clusters

import (
	"strings"

	"agurscope/assets/words"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// listed is the number of rows of the list.
func (s *Screen) listed() int {
	switch {
	case s.m == nil:
		return 0
	case s.chosen != nil:
		return len(s.chosen)
	}
	return len(s.m.Points)
}

// listedPoint is the point of a row: the newest comes first.
func (s *Screen) listedPoint(row int) int {
	if s.chosen != nil {
		return s.chosen[len(s.chosen)-1-row]
	}
	return len(s.m.Points) - 1 - row
}

// row is one part in the list.
type row struct {
	widget.BaseWidget
	all         fyne.CanvasObject
	picture     *thumb.Picture
	name, where *widgets.Text
	badge       *widgets.Badge
}

func newRow() fyne.CanvasObject {
	r := &row{picture: thumb.NewPicture(40), name: elided(widgets.NewText("")), where: elided(widgets.NewCaption("")), badge: widgets.NewBadge()}
	r.all = widgets.Dock(nil, nil, widgets.Inset(r.picture.Root, 3, 6), container.NewCenter(widgets.Inset(r.badge, 0, 8)), widgets.Lines(r.name, r.where))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer shows the row.
func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

func (s *Screen) fillRow(i int, o fyne.CanvasObject) {
	r := o.(*row)
	if i >= s.listed() {
		return
	}
	p := &s.m.Points[s.listedPoint(i)]
	r.name.Set(p.Part.Name)
	r.where.Set(s.besides(s.listedPoint(i)))
	word := string(p.Part.Final)
	if p.Part.Final != p.Part.Verdict {
		word += "*"
	}
	r.badge.Set(string(p.Part.Final), word)
	m, known := s.pictures.Get(p.Part.ThumbnailSHA256)
	r.picture.Set(m, known)
}

// besides says what a point is besides its name.
func (s *Screen) besides(i int) string {
	p := &s.m.Points[i]
	var out []string
	if p.Outside {
		out = append(out, words.T("unlike the others"))
	}
	if g := s.of[i]; g >= 0 && s.by != session.ByVerdict && s.by != session.ByTime {
		out = append(out, s.names[g])
	}
	return strings.Join(append(out, p.Part.Time.Local().Format("01-02 15:04")), " · ")
}
