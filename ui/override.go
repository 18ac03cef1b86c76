package ui

import (
	"context"
	"fmt"
	"os"
	"os/user"

	"agurscope/history"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"
)

// override asks for a reason and puts a person's verdict beside the machine's.
func (s *inspectScreen) override(v history.Verdict) {
	i := s.cur
	if i < 0 || s.parts.state[i].verdict == "" {
		s.w.status.say("This part has no verdict yet.")
		return
	}
	p := s.parts.state[i]
	reason := s.w.Tips.NewEntry("Reason (may stay empty)", "")
	name, _ := itemTitle(s.parts.items[i])
	said := fmt.Sprintf("The program said %s of %s. Your verdict stands beside it; nothing is erased.", p.verdict, name)
	text := widget.NewLabel(said)
	text.Wrapping = fyne.TextWrapWord
	head := container.NewBorder(nil, nil, nil, nil, text)
	body := widgets.Fixed(420, 0, widgets.Rows(8, head, reason, widgets.NewCaption("Enter confirms, Esc leaves everything as it is.")))
	titles := map[history.Verdict]string{history.OK: "Accept as OK", history.NG: "Mark as NG", history.REVIEW: "Send to REVIEW"}
	d := dialog.NewCustomConfirm(titles[v], "Confirm", "Cancel", body, func(yes bool) {
		if yes {
			s.review(i, v, reason.Text)
		}
	}, s.w.Window)
	reason.OnSubmitted = func(string) { d.Confirm() }
	reason.OnEscape = d.Hide
	s.w.Dialog(d)
	s.w.Window.Canvas().Focus(reason)
}

// review writes a person's verdict to the history, then shows it.
func (s *inspectScreen) review(i int, v history.Verdict, reason string) {
	gen, id := s.gen, s.parts.state[i].id
	s.w.Job(func(ctx context.Context) {
		err := s.w.Session.Override(ctx, id, v, reviewer(), reason)
		s.w.OnUI(func() {
			if err != nil {
				s.w.Report(err)
				return
			}
			if gen != s.gen {
				return
			}
			s.parts.review(i, v, reason)
			s.refreshList()
			if s.cur == i {
				s.panel.personal(i)
				s.panel.root.Refresh()
			}
		})
	})
}

// reviewer is who sits at the station.
func reviewer() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return "unknown"
}
