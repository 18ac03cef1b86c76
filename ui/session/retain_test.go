package session

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"agurscope/history"
)

func TestWhatIsTooOldGoesByItself(t *testing.T) {
	ctx := context.Background()
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s := New(Options{Store: store})
	run, err := store.StartRun(ctx, history.Run{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		rec := &history.Record{Run: run.ID, Path: "a", Verdict: history.OK, Score: 1, Thumbnail: []byte{byte(i)}, Time: time.Now().AddDate(0, 0, i-9)}
		if err := store.Add(ctx, rec); err != nil {
			t.Fatal(err)
		}
	}
	told := make(chan []history.Tombstone, 1)
	s.WatchRetention(func(gone []history.Tombstone, err error) {
		if err != nil {
			t.Error(err)
		}
		told <- gone
	})
	s.SetRetention(history.Retention{}) // everything is kept
	s.SetRetention(history.Retention{Verdicts: 5*24*time.Hour + time.Hour})
	gone := <-told
	if len(gone) != 1 || gone[0].Operator != retainedBy || gone[0].Through != 4 {
		t.Errorf("%+v", gone)
	}
	if n, err := store.Count(ctx, history.Filter{}); n != 6 || err != nil {
		t.Errorf("%d verdicts are left, %v", n, err)
	}
	if v, err := store.Verify(ctx, history.Head{}, nil); err != nil || len(v.Faults) > 0 || v.Retired != 4 {
		t.Errorf("%+v, %v", v, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAStationSaysWhatPeopleDoToTheJournal(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "h.db")
	other, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	store, err := history.OpenStation(path)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Store: store})
	if h := s.Health(); h.OK() {
		t.Fatal("a station beside a locked history is OK")
	}
	run, err := s.startRun(ctx, history.Inspect, "meanwhile", nil, Thresholds{})
	if err != nil {
		t.Fatal(err)
	}
	rec := &history.Record{Run: run.ID, Path: "a", Verdict: history.OK, Score: 1}
	if err := s.recorder.Add(ctx, rec); err != nil {
		t.Fatal(err)
	}
	if err := s.Override(ctx, rec.ID, history.NG, "anna", "scratch"); err != nil {
		t.Fatal(err)
	}
	if err := s.Annotate(ctx, rec.ID, "anna", "twice"); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	for !s.Health().OK() {
		s.RetryHistory()
		time.Sleep(20 * time.Millisecond)
	}
	if err := s.EndRun(ctx, run, nil); err != nil {
		t.Fatal(err)
	}
	got, err := store.Verdict(ctx, 1)
	if err != nil || got.Reviewed != history.NG {
		t.Errorf("%+v, %v", got, err)
	}
	if r, err := store.Run(ctx, 1); err != nil || r.Status != history.Done {
		t.Errorf("%+v, %v", r, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	store.Close()
}
