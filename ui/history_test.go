package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/history"
	"agurscope/ui/session"
)

// A window whose history is damaged opens all the same, says so at once, and can
// begin a new one.
func TestADamagedHistoryIsSaidAtOnceAndReplacedByWish(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("what is left of it ", 99)), 0o644); err != nil {
		t.Fatal(err)
	}
	store, err := history.OpenStation(path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s := session.New(session.Options{Store: store})
	defer s.Close()
	w, q := newTestWindow(t, s, nil)
	if !w.notice.Visible() || !strings.Contains(w.notice.Title(), "not a database") || !w.message.standing || !w.replaceable() {
		t.Errorf("the notice says %q", w.notice.Title())
	}
	if got := w.status.history.text.Text; !strings.HasPrefix(got, "the file is not a database") {
		t.Errorf("the status bar says %q", got)
	}
	if _, err := s.SetHistoryAside(); err != nil {
		t.Fatal(err)
	}
	q.until(t, "the history is written again", func() bool { return w.status.history.text.Text == "log: h.db" })
	if !s.Health().OK() || w.replaceable() || w.notice.Title() != "The history is being written again" {
		t.Errorf("%v, %q", s.Health(), w.notice.Title())
	}
	old, err := filepath.Glob(path + ".aside-*")
	if err != nil || len(old) != 1 {
		t.Errorf("%v, %v", old, err)
	}
}
