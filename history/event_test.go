package history

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// While the database takes nothing, a station goes on as before: runs begin and
// end, verdicts are reached and overridden, thresholds are changed. Afterwards all
// of it is in the database, in its order, and the chain holds.
func TestWhateverHappensGoesToTheJournalWhileTheDatabaseTakesNothing(t *testing.T) {
	ctx := context.Background()
	s := mustOpen(t)
	rec := NewRecorder(s)
	rec.pause = time.Hour
	first, err := rec.StartRun(ctx, Run{Source: "before"})
	if err != nil {
		t.Fatal(err)
	}
	old := sample(first.ID, 0)
	if err := rec.Add(ctx, old); err != nil {
		t.Fatal(err)
	}
	// Read-only, as far as the connection is concerned: nothing at all is taken.
	if _, err := s.in().writer.conn.ExecContext(ctx, "PRAGMA query_only = on"); err != nil {
		t.Fatal(err)
	}
	if err := rec.EndRun(ctx, first.ID, Done, "in the dark"); err != nil {
		t.Fatal(err)
	}
	if h := rec.Health(); h.OK() || h.Waiting != 1 || h.Reason() != ErrDenied.Error() {
		t.Errorf("%v", h)
	}
	second, err := rec.StartRun(ctx, Run{Source: "meanwhile"})
	if err != nil || second.ID != first.ID+1 || second.Status != Running {
		t.Fatalf("%+v, %v", second, err)
	}
	r := sample(second.ID, 1)
	for _, err := range []error{
		rec.Add(ctx, r),
		rec.Override(ctx, old.ID, NG, "anna", "scratch"),
		rec.Override(ctx, r.ID, OK, "anna", "dust"),
		rec.Annotate(ctx, r.ID, "anna", "seen twice"),
		rec.Change(ctx, Change{Setting: "thresholds", Before: "1", After: "2"}),
		rec.EndRun(ctx, second.ID, Cancelled, ""),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{rec.Override(ctx, 99, OK, "anna", ""), rec.Annotate(ctx, 99, "anna", "x"), rec.EndRun(ctx, 99, Done, "")} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("of what is not there: %v", err)
		}
	}
	if n, err := s.Waiting(); n != 8 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	held, err := os.ReadFile(pending(s.in().path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.in().writer.conn.ExecContext(ctx, "PRAGMA query_only = off"); err != nil {
		t.Fatal(err)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}

	check := func(s *Store) {
		t.Helper()
		for id, want := range map[int64]string{first.ID: Done, second.ID: Cancelled} {
			if run, err := s.Run(ctx, id); err != nil || run.Status != want {
				t.Errorf("run %d: %+v, %v", id, run, err)
			}
		}
		for id, want := range map[int64]Verdict{old.ID: NG, r.ID: OK} {
			n := 0
			for o, err := range s.Overrides(ctx, id) {
				if n++; err != nil || o.Reviewed != want {
					t.Errorf("%+v, %v", o, err)
				}
			}
			if n != 1 {
				t.Errorf("%d overrides of %d", n, id)
			}
		}
		notes, changes := 0, 0
		for range s.Notes(ctx, r.ID) {
			notes++
		}
		for range s.Changes(ctx, time.Time{}, time.Time{}) {
			changes++
		}
		if notes != 1 || changes != 1 {
			t.Errorf("%d notes, %d changes", notes, changes)
		}
		if v, err := s.Verify(ctx, Head{}, nil); err != nil || len(v.Faults) > 0 {
			t.Errorf("%+v, %v", v, err)
		}
	}
	check(s)

	// A program that died after the commit and before it emptied the journal finds
	// it full: nothing is stored twice.
	path := s.in().path
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pending(path), held, 0o666); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	check(again)
	if n, err := again.Waiting(); n != 0 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
}

// A journal that an older program has left behind holds bare verdicts.
func TestAJournalOfAnOlderProgramIsTakenIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.StartRun(context.Background(), Run{})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	r := sample(run.ID, 3)
	r.ID, r.Thumbnail = 7, nil
	r.ThumbnailSHA256 = ""
	var b bytes.Buffer
	b.WriteString(olderJournal)
	b.Write(binary.LittleEndian.AppendUint64(nil, 5))
	var body bytes.Buffer
	if err := gob.NewEncoder(&body).Encode([]*Record{r}); err != nil {
		t.Fatal(err)
	}
	head := binary.LittleEndian.AppendUint32(nil, uint32(body.Len()))
	head = binary.LittleEndian.AppendUint64(head, 5)
	b.Write(binary.LittleEndian.AppendUint32(head, checksum(head, body.Bytes())))
	b.Write(body.Bytes())
	if err := os.WriteFile(pending(path), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := s.Verdict(context.Background(), 7); err != nil || got.Path != r.Path {
		t.Errorf("%+v, %v", got, err)
	}
}
