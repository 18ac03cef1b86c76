package cli

import (
	"os/user"

	"github.com/spf13/pflag"

	"agurscope/history"
	"agurscope/ui/session"
)

// keepFlags say what the history keeps of every part, and of whom.
type keepFlags struct{ keep, operator string }

func (f *keepFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.keep, "keep", "none", "keep the full picture and maps of `PARTS`: none, not-ok or all")
	fs.StringVar(&f.operator, "operator", "", "`NAME` of who inspects (default: who is logged in)")
}

func (f *keepFlags) apply(s *session.Session) error {
	k, err := session.ParseKeep(f.keep)
	if err != nil {
		return usage("--keep: %v", err)
	}
	s.SetKeep(k)
	if f.operator == "" {
		if u, err := user.Current(); err == nil {
			f.operator = u.Username
		}
	}
	s.SetOperator(f.operator)
	return nil
}

// tellHealth says when verdicts no longer reach the history, and when they do
// again.
func (p *program) tellHealth(s *session.Session) {
	well := true
	s.WatchHealth(func(h history.Health) {
		switch {
		case h.OK() == well:
			return
		case h.OK():
			p.note("history: every verdict is in the database again")
		default:
			p.note("history: %s: %s; verdicts are kept in %s meanwhile", h.Reason(), h.Remedy(), display(h.Journal))
		}
		well = h.OK()
	})
}
