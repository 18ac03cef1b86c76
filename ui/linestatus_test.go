package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/line"
	"agurscope/ui/session"

	"fyne.io/fyne/v2"
)

// The status bar says which peers of the line are not reached, and what waits
// for them.
func TestStatusBarFollowsTheLine(t *testing.T) {
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	dir := filepath.Join(t.TempDir(), "later")
	c, err := line.Parse(fmt.Appendf(nil, `{"station":"bench-3","folder":{"dir":%q},"tcp":{"listen":"127.0.0.1:0"}}`, dir))
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
	for _, want := range []string{"bench-3 is idle", "folder ", "Not reached since", "TCP clients at 127.0.0.1", "nobody is connected"} {
		if !strings.Contains(tip, want) {
			t.Errorf("%q is not in %q", want, tip)
		}
	}
	words.Use("zh")
	if tip := lineTip(l.Condition(), l.Status()); !strings.Contains(tip, "文件夹 "+dir) || !strings.Contains(tip, "TCP 客户端，地址 127.0.0.1") {
		t.Errorf("the peers in Chinese are %q", tip)
	}
	words.Use(words.English)
	// The dialog says why, and follows when it is mended.
	w.showLine()
	row := w.line.peers[0]
	if got := row.help.Text(); !strings.Contains(got, "o such file") || !strings.Contains(got, "folder is there") {
		t.Errorf("%q", got)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l.Retry()
	q.until(t, "the folder is used", func() bool { return row.state.Text == "Connected." && !row.help.Visible() })
	w.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.dialogOpen() {
		t.Error("Escape does not close it")
	}
	w.status.setLine(line.Condition{Station: "a", State: line.Inspecting, OK: true}, []line.Status{{Peer: "p", Connected: true}})
	if got := w.status.line.text.Text; got != "line: inspecting" {
		t.Errorf("%q", got)
	}
}

// A station without a line is told how to get one, and gets an example that can
// be read.
func TestWithoutALineAnExampleIsWritten(t *testing.T) {
	dir := t.TempDir()
	store, err := history.Open(filepath.Join(dir, "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w, _ := newTestWindow(t, newTestSession(t, session.Options{Store: store}), nil)
	if got := w.status.line.text.Text; got != "no line" {
		t.Errorf("%q", got)
	}
	w.showLine()
	if !w.dialogOpen() {
		t.Fatal("nothing opens")
	}
	w.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	w.writeExample(filepath.Join(dir, "line-example.json"))
	if _, err := line.Load(filepath.Join(dir, "line-example.json")); err != nil {
		t.Error(err)
	}
	w.writeExample(filepath.Join(dir, "no", "folder"))
	if !w.notice.Visible() {
		t.Error("that it cannot be written is not said")
	}
}
