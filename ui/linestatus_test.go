package ui

import (
	"path/filepath"
	"strings"
	"testing"

	"agurscope/history"
	"agurscope/ui/line"
	"agurscope/ui/session"
)

// The status bar says which peers of the line are not reached, and what waits
// for them.
func TestStatusBarFollowsTheLine(t *testing.T) {
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c, err := line.Parse([]byte(`{"station":"bench-3","folder":{"dir":"nowhere"},"tcp":{"listen":"127.0.0.1:0"}}`))
	if err != nil {
		t.Fatal(err)
	}
	l, err := line.Open(c, line.Options{Log: store, Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := newTestSession(t, session.Options{Store: store})
	s.UseLine(l)
	w, q := newTestWindow(t, s, nil)
	q.until(t, "the folder is not there", func() bool { return w.status.line.text.Text == "line: 1 of 2 not reached" })
	tip := w.status.line.hint.Tip
	for _, want := range []string{"bench-3 is idle", "folder nowhere: ", "no such file", "TCP clients at 127.0.0.1", "nobody is connected"} {
		if !strings.Contains(tip, want) {
			t.Errorf("%q is not in %q", want, tip)
		}
	}
	w.status.setLine(line.Condition{Station: "a", State: line.Inspecting, OK: true}, []line.Status{{Peer: "p", Connected: true}})
	if got := w.status.line.text.Text; got != "line: inspecting" {
		t.Errorf("%q", got)
	}
}
