package ui

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/history"
	"agurscope/ui/session"
)

// The status bar says at once that the history is not written, why and what
// helps, and that it is again.
func TestStatusBarFollowsTheHistory(t *testing.T) {
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s := session.New(session.Options{Store: store})
	defer s.Close()
	w, _ := newTestWindow(t, s, nil)
	fault := &history.StorageError{Op: "record verdict in", Path: store.Path(), Hint: "make room on the disk", Err: history.ErrFull}
	w.status.setHistory(history.Health{Fault: fault, Waiting: 3, Journal: "j"})
	if got, tip := w.status.history.text.Text, w.status.history.hint.Tip; got != "the disk is full · 3 waiting" || !strings.Contains(tip, "make room on the disk") || !strings.Contains(tip, "not OK") {
		t.Errorf("%q, %q", got, tip)
	}
	w.status.setHistory(s.Health())
	if got := w.status.history.text.Text; got != "log: h.db" {
		t.Errorf("%q", got)
	}
	if _, err := store.Count(context.Background(), history.Filter{}); err != nil {
		t.Error(err)
	}
}
