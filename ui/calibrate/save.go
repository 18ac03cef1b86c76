package calibrate

import (
	"context"
	"fmt"

	"agurscope/ui/widgets"

	"fyne.io/fyne/v2/dialog"
)

// askSave asks who saves the thresholds and why, and writes them to the recipe.
func (s *Screen) askSave() {
	r := s.Session.Recipe()
	if r == nil || s.trial == nil || len(s.trial.Changes()) == 0 {
		s.Say("Nothing differs from the recipe.")
		return
	}
	author, reason := s.Tips.NewEntry("Your name", ""), s.Tips.NewEntry("Why the thresholds change", "")
	author.SetText(s.User())
	fr := s.trial.FalseRejects()
	text := fmt.Sprintf("Version %d of %s. Earlier versions stay in the file.", r.Version()+1, r.Name)
	if fr.N > 0 {
		text += fmt.Sprintf(" %d of %d good parts are rejected.", fr.K, fr.N)
	}
	body := widgets.Fixed(440, 0, widgets.Rows(8, widgets.NewPara(text),
		widgets.NewCaption("Author"), author, widgets.NewCaption("Reason"), reason,
		widgets.NewCaption("Enter saves, Esc leaves everything as it is.")))
	d := dialog.NewCustomConfirm("Save thresholds", "Save", "Cancel", body, func(yes bool) {
		if yes {
			s.write(author.Text, reason.Text)
		}
	}, s.Window)
	reason.OnSubmitted = func(string) { d.Confirm() }
	author.OnSubmitted = func(string) { s.Window.Canvas().Focus(reason) }
	author.OnEscape, reason.OnEscape = d.Hide, d.Hide
	s.Dialog(d)
	s.Window.Canvas().Focus(reason)
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
			s.Say(fmt.Sprintf("Saved version %d of %s.", r.Version(), r.Name))
			s.renew()
			s.RecipeSaved()
		})
	})
}
