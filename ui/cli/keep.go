package cli

import (
	"os/user"

	"github.com/spf13/pflag"

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
