package lab

import (
	"path/filepath"
	"slices"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/session/lab"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// turnTo shows an experiment.
func (s *Screen) turnTo(name string) {
	again := s.on == name
	s.on = name
	i := slices.Index(lab.Names(), name)
	s.title.Set(label(name) + " · " + lab.Experiments()[i].Title.String())
	p := s.page(name)
	s.claims.RemoveAll()
	s.tabs.RemoveAll()
	if !again {
		s.shot = ""
		s.renew()
	}
	if p == nil || p.Done == 0 || len(p.Pictures) == 0 {
		s.shot = ""
		s.export.Hide()
		s.foot.Hide()
		s.show(s.empty())
		return
	}
	for _, c := range p.Claims {
		s.claims.Add(claim(c))
	}
	if !slices.Contains(p.Pictures, s.shot) {
		s.shot = p.Pictures[0]
	}
	for i, n := range p.Pictures {
		if len(p.Pictures) == 1 {
			break
		}
		text := n
		if i < len(p.Captions) {
			text = p.Captions[i].String()
		}
		b := s.Tips.NewFlatButton(text, nil, "", func() { s.shot = n; s.turnTo(name) })
		if n == s.shot {
			b.Importance = widget.MediumImportance
		}
		s.tabs.Add(b)
	}
	s.export.Show()
	s.foot.Show()
	s.show(s.content(name))
}

func (s *Screen) show(o fyne.CanvasObject) {
	s.tabBar.Show()
	if len(s.tabs.Objects) == 0 {
		s.tabBar.Hide()
	}
	s.centre.Objects = []fyne.CanvasObject{o}
	s.centre.Refresh()
	s.sheet.Refresh() // tabs and claims take more or less room
}

// empty says what is to be done where nothing has been measured.
func (s *Screen) empty() fyne.CanvasObject {
	text := words.T("Nothing has been measured yet. Tick it and press Run.")
	switch {
	case s.Session.Engine() == nil:
		text = words.T("There is no engine to measure with.")
	case s.stop != nil && s.chosen[s.on]:
		text = words.T("It is being measured. The first picture comes with the first result.")
	case s.stop != nil:
		text = words.T("It is not among those that are being measured.")
	}
	return container.NewCenter(widgets.NewCaption(text))
}

// claim is what the paper says, with our verdict on it.
func claim(c session.Claim) fyne.CanvasObject {
	ink := themes.ColorNameMuted
	switch c.Verdict {
	case session.Reproduced, session.Holds:
		ink = themes.ColorNameOK
	case session.NotReproduced, session.DoesNotHold:
		ink = themes.ColorNameNG
	}
	verdict := widgets.NewStyled(&widgets.Text{Text: phrase.Sentence(c.Verdict.String()), ColorName: ink, Style: fyne.TextStyle{Bold: true}})
	return widgets.Rows(2, widgets.NewPara(c.Text.String()), widgets.Row(8, verdict), widgets.NewPara(phrase.Sentence(c.Because())))
}

// content is what is shown of an experiment.
func (s *Screen) content(name string) fyne.CanvasObject {
	switch name {
	case "fig9":
		if o := s.map9(); o != nil {
			return o
		}
	case "fig10":
		if o := s.panes10(); o != nil {
			return o
		}
	}
	return widgets.NewCard(newFigure(filepath.Join(s.out, s.shot+".png"), name != "fig10"))
}
