package ui

import (
	"context"
	"os"
	"os/user"

	"agurscope/assets/words"
	"agurscope/history"
)

// overrideTitles say what a person does who gives a verdict.
var overrideTitles = map[history.Verdict]words.Text{history.OK: words.Text("Accept as OK"), history.NG: words.Text("Mark as NG"), history.REVIEW: words.Text("Send to REVIEW")}

// override asks for a reason and puts a person's verdict beside the machine's.
func (s *inspectScreen) override(v history.Verdict) {
	i := s.cur
	if i < 0 || s.parts.state[i].verdict == "" {
		s.w.status.say(words.T("This part has no verdict yet."))
		return
	}
	p := s.parts.state[i]
	name, _ := itemTitle(s.parts.items[i])
	said := words.T("The program said %s of %s. Your verdict stands beside it; nothing is erased.", p.verdict, name)
	s.w.AskReason(overrideTitles[v].String(), said, func(reason string) { s.review(i, v, reason) })
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
