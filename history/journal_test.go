package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fill makes the database refuse to grow, and lets it again.
func limitPages(t *testing.T, s *Store, more int) {
	t.Helper()
	var pages int
	ctx := context.Background()
	if err := s.in().writer.conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := s.in().writer.conn.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages+more)).Scan(&n); err != nil {
		t.Fatal(err)
	}
}

// While the disk is full every verdict goes to the journal, in order and with
// the ID that it keeps; afterwards everything is in the database.
func TestFullDiskFillsTheJournalAndEmptiesItAgain(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := NewRecorder(s)
	rec.pause = time.Hour
	var states []string
	rec.Watch(func(h Health) { states = append(states, fmt.Sprint(h.OK(), h.Waiting)) })
	limitPages(t, s, 0)
	var want []*Record
	for i := range 20 {
		r := sample(run.ID, i)
		r.Thumbnail = bytes.Repeat(fmt.Appendf(nil, "%d", i), 9000)
		r.Image = []byte("picture")
		if err := rec.Add(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		want = append(want, r)
	}
	if n, err := s.Waiting(); n < 15 || err != nil || rec.Health().Waiting != n {
		t.Errorf("%d wait, %v; %v", n, err, rec.Health())
	}
	if err := s.Add(context.Background(), sample(run.ID, 50)); !errors.Is(err, ErrWaiting) {
		t.Errorf("past the journal: %v", err)
	}
	for _, err := range []error{s.Override(context.Background(), 20, OK, "anna", ""), s.Annotate(context.Background(), 20, "anna", "x")} {
		if !errors.Is(err, ErrWaiting) {
			t.Errorf("of a verdict that waits: %v", err)
		}
	}
	if err := s.Override(context.Background(), 21, OK, "anna", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("of a verdict that is not: %v", err)
	}
	if err := rec.Add(context.Background(), sample(99, 1)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a run that is not there: %v", err)
	}
	limitPages(t, s, 1<<20)
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Waiting(); n != 0 || err != nil || !rec.Health().OK() {
		t.Errorf("%d wait, %v", n, err)
	}
	if len(states) < 3 || states[len(states)-1] != "true 0" {
		t.Errorf("states %v", states)
	}
	for i, w := range want {
		got, err := s.Verdict(context.Background(), w.ID)
		w.Image = nil
		if err != nil || !same(got, *w) || w.ID != int64(i+1) {
			t.Errorf("got %+v, %v, want %+v", got, err, *w)
		}
	}
	if v := mustVerify(t, s); v.Verdicts != 20 || v.Files != 20 {
		t.Errorf("%+v", v)
	}
}

// A program that stops with a full journal leaves it to the next one.
func TestJournalSurvivesItsProgram(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := NewRecorder(s)
	limitPages(t, s, 0)
	for i := range 30 {
		if err := rec.Add(context.Background(), sample(run.ID, i)); err != nil {
			t.Fatal(err)
		}
	}
	err := rec.Close()
	if !errors.Is(err, ErrFull) {
		t.Errorf("closed with %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// The journal is replayed once, also if its emptying is lost.
	data, err := os.ReadFile(pending(s.in().path))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s = mustReopen(t, s.in().path)
		if n, err := s.Count(context.Background(), Filter{}); n != 30 || err != nil {
			t.Errorf("%d verdicts, %v", n, err)
		}
		mustVerify(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(pending(s.in().path)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("an empty journal is left: %v", err)
		}
		if err := os.WriteFile(pending(s.in().path), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestForeignJournalIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	if err := os.WriteFile(pending(path), []byte("something else entirely"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path)
	var fault *StorageError
	if !errors.Is(err, errJournal) || !errors.As(err, &fault) || !strings.Contains(err.Error(), ".pending") || fault.Hint == "" {
		t.Errorf("got %v", err)
	}
	if data, _ := os.ReadFile(pending(path)); string(data) != "something else entirely" {
		t.Error("it was changed")
	}
}

// Whatever the end of the file is, the whole entries before it are read and
// nothing is made up.
func FuzzJournal(f *testing.F) {
	f.Add([]byte{}, uint16(3))
	f.Add([]byte{1, 0, 0, 0}, uint16(9999))
	f.Fuzz(func(t *testing.T, noise []byte, cut uint16) {
		path := filepath.Join(t.TempDir(), "j")
		j, err := openJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			r := sample(1, i)
			r.ID = int64(i + 1)
			if err := j.append(entry{Records: []*Record{r}}); err != nil {
				t.Fatal(err)
			}
		}
		end := j.end
		j.f.Close()
		at := min(int64(cut)+journalHeader, end)
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = file.WriteAt(noise, at)
		if err = errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
		j, err = openJournal(path)
		if err != nil {
			return // noise that happens to be well formed says something else
		}
		n := int64(0)
		err = j.each(func(e entry) error {
			for _, r := range e.Records {
				n++
				if r.ID != n || j.end+entryHeader <= at && !strings.Contains(r.Path, fmt.Sprintf("part-%05d", n-1)) {
					t.Errorf("record %d reads %+v", n, r)
				}
			}
			return nil
		})
		if at == end && n != 3 {
			t.Errorf("%d records, %v", n, err)
		}
		j.f.Close()
	})
}
