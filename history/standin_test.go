package history

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// station opens the history at path as a station does, with a recorder that tries
// again only when it is asked to.
func station(t *testing.T, path string) (*Store, *Recorder) {
	t.Helper()
	s, err := OpenStation(path)
	if err != nil {
		t.Fatal(err)
	}
	return s, newRecorder(s, time.Hour)
}

func untilOK(t *testing.T, rec *Recorder) {
	t.Helper()
	for range 100 {
		rec.Retry()
		if rec.Health().OK() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal(rec.Health())
}

// A history that cannot be opened when a station starts: it says so at once, keeps
// everything beside it, and brings it home when it can.
func TestAStationGoesOnBesideAHistoryThatCannotBeOpened(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		spoil  func(t *testing.T, path string) (mend func())
		reason error
		ids    int64 // verdicts that the history holds before
	}{
		"locked": {func(t *testing.T, path string) func() {
			other, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			return func() { other.Close() }
		}, ErrLocked, 3},
		"no database": {func(t *testing.T, path string) func() {
			old := path + ".old"
			if err := errors.Join(os.Rename(path, old), os.WriteFile(path, []byte(strings.Repeat("no database at all ", 20)), 0o644)); err != nil {
				t.Fatal(err)
			}
			return func() { os.Rename(old, path) }
		}, ErrNotDatabase, 3},
		"damaged": {func(t *testing.T, path string) func() {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			spoilt := append([]byte(nil), data...)
			for i := 100; i < 4096; i++ {
				spoilt[i] = byte(i)
			}
			if err := os.WriteFile(path, spoilt, 0o644); err != nil {
				t.Fatal(err)
			}
			return func() { os.WriteFile(path, data, 0o644) }
		}, ErrDamaged, 3},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "h.db")
			s := mustReopen(t, path)
			run := mustRun(t, s)
			for i := range c.ids {
				mustAdd(t, s, sample(run.ID, int(i)))
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			mend := c.spoil(t, path)
			s, rec := station(t, path)
			if why, main := s.Away(); !errors.Is(why, c.reason) || filepath.Base(main) != "h.db" {
				t.Fatalf("away because of %v, from %s", why, main)
			}
			if h := rec.Health(); h.OK() || h.Reason() != c.reason.Error() || h.Remedy() == "" || h.Journal == "" {
				t.Errorf("%v", h)
			}
			begun, err := rec.StartRun(ctx, Run{Source: "meanwhile"})
			if err != nil || begun.ID < standInIDs {
				t.Fatal(begun.ID, err)
			}
			a, b := sample(begun.ID, 11), sample(begun.ID, 12)
			a.Image = []byte("a full picture")
			for _, err := range []error{
				rec.Add(ctx, a), rec.Add(ctx, b), rec.Override(ctx, a.ID, NG, "anna", "scratch"), rec.Annotate(ctx, b.ID, "anna", "twice"),
				rec.Change(ctx, Change{Setting: "thresholds", After: "2"}),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if n := rec.Health().Waiting; n != 2 {
				t.Errorf("%d wait", n)
			}
			if v, err := s.View(ctx, Filter{}); err != nil || v.Len() != 2 {
				t.Error("what is kept meanwhile is not shown", err)
			}
			mend()
			untilOK(t, rec)

			// The station goes on in the history, with what it knew by other IDs.
			d := sample(begun.ID, 13)
			for _, err := range []error{rec.Add(ctx, d), rec.Override(ctx, b.ID, OK, "anna", "dust"), rec.EndRun(ctx, begun.ID, Done, "")} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if d.ID != c.ids+3 {
				t.Errorf("the next verdict is %d", d.ID)
			}
			got, err := s.Verdict(ctx, a.ID)
			if err != nil || got.ID != c.ids+1 || got.Reviewed != NG || got.Path != a.Path || len(got.Embedding) == 0 || len(got.Regions) != len(a.Regions) {
				t.Errorf("%+v, %v", got, err)
			}
			if data, err := s.File(got.ImageSHA256); err != nil || string(data) != "a full picture" {
				t.Errorf("%q, %v", data, err)
			}
			if v, err := s.View(ctx, Filter{}); err != nil || v.Len() != int(c.ids)+3 {
				t.Error("the history is not whole", err)
			}
			if v, err := s.Verify(ctx, Head{}, nil); err != nil || len(v.Faults) > 0 {
				t.Errorf("%+v, %v", v, err)
			}
			if err := errors.Join(rec.Close(), s.Close()); err != nil {
				t.Fatal(err)
			}
			left, err := filepath.Glob(path + ".standin*")
			if err != nil || len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			r := mustReopen(t, path)
			if run, err := r.Run(ctx, 2); err != nil || run.Status != Done || run.Source != "meanwhile" || run.Summary.Total() != 3 {
				t.Errorf("%+v, %v", run, err)
			}
		})
	}
}

// A station that ends or dies before it could come home leaves its stand-in, which
// the next program takes in: once, wherever the last one died.
func TestWhatAStandInHoldsIsTakenInOnce(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "h.db")
	other, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s, rec := station(t, path)
	run, err := rec.StartRun(ctx, Run{Source: "meanwhile"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Add(ctx, sample(run.ID, 1)); err != nil {
		t.Fatal(err)
	}
	if err := rec.Close(); err == nil || !strings.Contains(err.Error(), "1 entries wait") {
		t.Error(err)
	}
	if err := errors.Join(s.Close(), other.Close()); err != nil {
		t.Fatal(err)
	}
	held, err := os.ReadFile(path + ".standin")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"", ".standin", ".standin" + leaving} {
		if i > 0 { // the last program died before it had removed it
			if err := os.WriteFile(path+name, held, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		again, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := again.Count(ctx, Filter{}); n != 1 || err != nil {
			t.Errorf("%d verdicts, %v", n, err)
		}
		if run, err := again.Run(ctx, 1); err != nil || run.Status != Interrupted {
			t.Errorf("%+v, %v", run, err)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// While somebody reads a stand-in, not all of it is in its file: it comes home when
// that ends, whole.
func TestAStandInThatIsBeingReadComesHomeWhole(t *testing.T) {
	ctx := context.Background()
	for name, again := range map[string]bool{"at once": false, "by the next program": true} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "h.db")
			other, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			s, rec := station(t, path)
			run, err := rec.StartRun(ctx, Run{Source: "meanwhile"})
			if err != nil {
				t.Fatal(err)
			}
			if err := rec.Add(ctx, sample(run.ID, 1)); err != nil {
				t.Fatal(err)
			}
			reader, err := OpenReadOnly(path + ".standin")
			if err != nil {
				t.Fatal(err)
			}
			for range reader.Verdicts(ctx, Filter{}) { // a snapshot without the second
				if err := rec.Add(ctx, sample(run.ID, 2)); err != nil {
					t.Fatal(err)
				}
				if err := other.Close(); err != nil {
					t.Fatal(err)
				}
				if again {
					if err := rec.Close(); err == nil {
						t.Error("nothing waits")
					}
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					s, rec = station(t, path)
				}
				rec.Retry()
				for end := time.Now().Add(20 * time.Second); rec.Health().Reason() != errBeingRead.Error(); time.Sleep(10 * time.Millisecond) {
					if rec.Health().OK() || time.Now().After(end) {
						t.Fatalf("it came home without what is in the log, or could not: %v", rec.Health())
					}
				}
			}
			if err := reader.Close(); err != nil {
				t.Fatal(err)
			}
			untilOK(t, rec)
			if n, err := s.Count(ctx, Filter{}); n != 2 || err != nil {
				t.Errorf("%d verdicts, %v", n, err)
			}
			mustVerify(t, s)
			if err := errors.Join(rec.Close(), s.Close()); err != nil {
				t.Fatal(err)
			}
			if left, _ := filepath.Glob(path + ".standin*"); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// A damaged history is set aside by wish, and a new one begins in its place with
// what was kept meanwhile.
func TestADamagedHistoryIsSetAside(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "h.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("what is left of it ", 99)), 0o644); err != nil {
		t.Fatal(err)
	}
	s, rec := station(t, path)
	run, err := rec.StartRun(ctx, Run{Source: "meanwhile"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Add(ctx, sample(run.ID, 1)); err != nil {
		t.Fatal(err)
	}
	moved, err := s.SetAside()
	if err != nil {
		t.Fatal(err)
	}
	untilOK(t, rec)
	if data, err := os.ReadFile(moved); err != nil || !strings.HasPrefix(string(data), "what is left") {
		t.Errorf("%s: %v", moved, err)
	}
	if n, err := s.Count(ctx, Filter{}); n != 1 || err != nil {
		t.Errorf("%d verdicts, %v", n, err)
	}
	if _, err := s.SetAside(); err == nil {
		t.Error("a history that is well is set aside")
	}
	if err := errors.Join(rec.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	// One window of a history is enough.
	s, err = OpenStation(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStation(path); !errors.Is(err, ErrStation) || !errors.Is(err, ErrLocked) {
		t.Errorf("a second station: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// Another program's is in use: it stays.
	other := mustReopen(t, path)
	s, rec = station(t, path)
	if _, err := s.SetAside(); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if err := errors.Join(rec.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(path + ".standin*"); len(left) > 0 {
		t.Errorf("a stand-in of nothing is left: %v", left)
	}
	_ = other
}
