package compare

import (
	"fmt"
	"path/filepath"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

var rowColumns = []float32{2.2, 1, 1}

// row is one part with both verdicts.
type row struct {
	widget.BaseWidget
	picture     *thumb.Picture
	name, truth *widgets.Text
	badges      [2]*widgets.Badge
	scores      [2]*widgets.Text
	all         *fyne.Container
}

func newRow() fyne.CanvasObject {
	r := &row{picture: thumb.NewPicture(38), name: widgets.NewText(""), truth: widgets.NewCaption("")}
	r.name.Elide, r.truth.Elide = widgets.ElideMiddle, widgets.ElideEnd
	cells := []fyne.CanvasObject{widgets.Dock(nil, nil, widgets.Inset(r.picture.Root, 2, 4), nil, widgets.Lines(r.name, r.truth))}
	for i := range r.badges {
		r.badges[i], r.scores[i] = widgets.NewBadge(), caption("")
		cells = append(cells, container.NewCenter(widgets.Rows(0, r.badges[i], r.scores[i])))
	}
	r.all = widgets.Columns(rowColumns, cells...)
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer shows the row.
func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

func (s *Screen) setRow(r *row, i int) {
	p := s.c.Pairs[i]
	m, known := s.thumbs.Get(i)
	r.picture.Set(m, known)
	r.name.Set(filepath.Base(p.Item.Name))
	truth := p.Truth.String()
	if p.Item.Type != "" && p.Truth == session.TruthDefect {
		truth = p.Item.Type
	}
	r.truth.Set(truth)
	for k, v := range []string{string(p.A), string(p.B)} {
		r.badges[k].Set(v, v)
	}
	right := [2]bool{}
	right[0], right[1] = p.Right()
	for k, v := range []float64{p.ScoreA, p.ScoreB} {
		text, ink := index(v), themes.ColorNameMuted
		if p.Differ() && right[k] {
			text, ink = text+" · "+words.T("right"), themes.ColorNameOK
		}
		r.scores[k].SetColor(ink)
		r.scores[k].Set(text)
	}
}

// index is the score on the scale where 50 is the reject threshold.
func index(share float64) string {
	if share != share {
		return "–"
	}
	return fmt.Sprintf("%.0f", min(max(50*share, 0), 100))
}
