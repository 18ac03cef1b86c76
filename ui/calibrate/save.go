package calibrate

import (
	"context"

	"agurscope/assets/words"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
)

// askSave asks who saves the thresholds and why, and writes them to the recipe.
func (s *Screen) askSave() {
	r := s.Session.Recipe()
	if r == nil || s.trial == nil || !s.trial.Changed() {
		s.Say(words.T("Nothing differs from the recipe."))
		return
	}
	author, reason := s.Tips.NewEntry(words.T("Your name"), ""), s.Tips.NewEntry(words.T("Why the thresholds change"), "")
	author.SetText(s.User())
	reason.SetText(s.chooser.reason())
	fr := s.trial.FalseRejects()
	text := words.T("Version %d of %s. Earlier versions stay in the file.", r.Version()+1, r.Name)
	if fr.N > 0 {
		text += " " + words.T("%d of %d good parts are rejected.", fr.K, fr.N)
	}
	body := widgets.Fixed(440, 0, widgets.Rows(8, widgets.NewPara(text),
		widgets.NewCaption(words.T("Author")), author, widgets.NewCaption(words.T("Reason")), reason,
		widgets.NewCaption(words.T("Enter saves, Esc leaves everything as it is."))))
	d := dialog.NewCustomConfirm(words.T("Save thresholds"), words.T("Save"), words.T("Cancel"), body, func(yes bool) {
		if yes { // whoever moved them may be gone
			s.Need(station.Engineer, func() { s.write(author.Text, reason.Text) })
		}
	}, s.Window)
	reason.OnSubmitted = func(string) { d.Confirm() }
	author.OnSubmitted = func(string) { s.Window.Canvas().Focus(reason) }
	author.OnEscape, reason.OnEscape = d.Hide, d.Hide
	s.Dialog(d)
	s.Window.Canvas().Focus(reason)
	reason.TypedShortcut(&fyne.ShortcutSelectAll{}) // a better one replaces it
}

func (s *Screen) write(author, reason string) {
	s.trial.Keep()
	t, th := s.trial, s.trial.Now()
	s.Job(func(context.Context) {
		r, err := s.Session.SaveVersion(th, author, reason)
		s.OnUI(func() {
			if err != nil {
				s.Report(err)
				return
			}
			if s.trial == t {
				t.Save()
			}
			s.Say(words.T("Saved version %d of %s.", r.Version(), r.Name))
			s.renew()
			s.RecipeSaved()
		})
	})
}
