package session

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/live"
	"agurscope/ui/line"
)

// reach waits until the line is told a state.
func reach(t *testing.T, l *line.Line, want line.State) {
	t.Helper()
	for end := time.Now().Add(time.Minute); l.Condition().State != want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the line is told %+v, not %s", l.Condition(), want)
		}
	}
}

// lined is a bench at a line whose peers nobody plays.
func lined(t *testing.T) (*bench, *line.Line) {
	t.Helper()
	b := newBench(t)
	c, err := line.Parse([]byte(`{"station":"bench-3","folder":{"dir":"nowhere"}}`))
	if err != nil {
		t.Fatal(err)
	}
	l, err := line.Open(c, line.Options{Log: b.store, Folder: filepath.Join(t.TempDir(), "line")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	b.UseLine(l)
	return b, l
}

// A station is OK for the line only while its camera brings pictures.
func TestLineHearsOfTheCamera(t *testing.T) {
	b, l := lined(t)
	if got := l.Condition(); got.State != line.Idle || got.OK {
		t.Errorf("at first %+v", got)
	}
	d := &scripted{frames: make(chan datasets.Frame)}
	src := live.New(live.Options{Name: "cam", Driver: d})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := b.Inspect(ctx, src, nil)
		ended <- err
	}()
	reach(t, l, line.Fault) // it is being connected
	d.frames <- shade(1)
	reach(t, l, line.Inspecting)
	d.frames <- datasets.Frame{} // the cable is pulled
	reach(t, l, line.Fault)
	d.gone.Store(false)
	d.frames <- shade(2)
	reach(t, l, line.Inspecting)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	reach(t, l, line.Idle)
}

// hold keeps the history's database from being written until release is called.
func (b *bench) hold(t *testing.T) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+b.store.Path())
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := db.Close(); err != nil { // which takes the transaction back
			t.Error(err)
		}
		for end := time.Now().Add(time.Minute); !b.Health().OK() && time.Now().Before(end); time.Sleep(time.Millisecond) {
			b.RetryHistory()
		}
	}
}

// A verdict that is not in the history passes no part: the line hears of that first.
func TestLineHearsOfTheHistoryBeforeTheVerdict(t *testing.T) {
	b, l := lined(t)
	run, err := b.StartRun(t.Context(), "parts")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(parts(t, grey(3)), "000.png")
	inspect := func() line.State {
		t.Helper()
		res, err := b.InspectOne(t.Context(), run, datasets.Item{Path: path, Name: "000.png"})
		if err != nil || res.ID == 0 {
			t.Fatal(res, err)
		}
		return l.Condition().State
	}
	if got := inspect(); got != line.Inspecting {
		t.Errorf("with a history that is well: %s", got)
	}
	release := b.hold(t)
	if got := inspect(); got != line.Fault {
		t.Errorf("with a verdict in the journal: %s", got)
	}
	release()
	if got := inspect(); got != line.Inspecting {
		t.Errorf("with a history that is well again: %s", got)
	}
}
