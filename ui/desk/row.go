package desk

import (
	"agurscope/assets/words"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// ScoringRow shows how far the pass is, and stops it.
type ScoringRow struct {
	Root *fyne.Container
	s    *Scoring
	bar  *widgets.Progress
	text *widgets.Text
}

// NewRow returns a row that is hidden while nothing is under way.
func (s *Scoring) NewRow() *ScoringRow {
	r := &ScoringRow{s: s, bar: widgets.NewProgress(), text: widgets.NewCaption("")}
	stop := s.d.Tips.NewFlatButton("", theme.CancelIcon(), words.T("Stop scoring. What was found before stays. (Esc)"), s.Cancel)
	r.Root = widgets.Row(8, widgets.Fixed(120, 6, r.bar), r.text, stop)
	r.Root.Hide()
	return r
}

// Refresh shows how far it is now.
func (r *ScoringRow) Refresh() {
	p, on := r.s.Running()
	if !on {
		r.Root.Hide()
		return
	}
	text := words.T("preparing")
	if p.Total > 0 {
		r.bar.SetValue(float64(p.Done) / float64(p.Total))
		text = words.T("%d of %d · %s", p.Done, p.Total, phrase.Remaining(p.Left))
	} else {
		r.bar.SetValue(0)
	}
	r.text.Set(text)
	r.Root.Show()
	r.Root.Refresh()
}
