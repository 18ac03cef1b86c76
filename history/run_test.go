package history

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRunFromStartToEnd(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	want := Run{
		Kind: Evaluate, Started: noon.Add(-time.Hour), Source: "parts", Recipe: "board.agur", RecipeSHA256: strings.Repeat("ab", 32),
		Engine: "onednn", Program: "1.0", Low: 0.1, High: 0.4, Review: 0.6, Reject: math.NaN(), Mode: "hysteresis", Note: "lot 7",
	}
	run, err := s.StartRun(ctx, want)
	if err != nil {
		t.Fatal(err)
	}
	want.ID, want.Status, want.PID = 1, Running, os.Getpid()
	if !sameRun(run, want) {
		t.Errorf("started %+v, want %+v", run, want)
	}
	mustAdd(t, s, sample(1, 0), sample(1, 1), sample(1, 3), sample(1, 4), &Record{Run: 1, Verdict: ERROR, Error: "camera lost"})
	for range 2 {
		if err := s.Override(ctx, 4, OK, "anna", ""); err != nil {
			t.Fatal(err)
		}
	}
	s.Now = func() time.Time { return noon.Add(time.Minute) }
	if err := s.EndRun(ctx, 1, Cancelled, "operator"); err != nil {
		t.Fatal(err)
	}
	want.Status, want.Ended, want.Note = Cancelled, noon.Add(time.Minute), "lot 7; operator"
	want.Summary = Summary{OK: 2, Review: 1, NG: 1, Error: 1, Overridden: 1}
	got, err := s.Run(ctx, 1)
	if err != nil || !sameRun(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, id := range []int64{0, 1} {
		if sum, err := s.Summary(ctx, id); err != nil || sum != want.Summary || sum.Total() != 5 {
			t.Errorf("summary of %d is %+v, %v", id, sum, err)
		}
	}
	if err := s.EndRun(ctx, 1, Done, ""); !errors.Is(err, ErrEnded) {
		t.Errorf("second end: %v", err)
	}
}

// sameRun compares runs where NaN equals NaN.
func sameRun(a, b Run) bool {
	if math.IsNaN(a.Reject) && math.IsNaN(b.Reject) {
		a.Reject, b.Reject = 0, 0
	}
	return a == b
}

func TestRunsAreRefusedWhereTheyMakeNoSense(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	if _, err := s.StartRun(ctx, Run{Kind: "guess"}); err == nil {
		t.Error("unknown kind accepted")
	}
	if _, err := s.StartRun(ctx, Run{Reject: math.Inf(1)}); err == nil {
		t.Error("infinite threshold accepted")
	}
	run := mustRun(t, s)
	for _, status := range []string{"", Running, Interrupted, "over"} {
		if err := s.EndRun(ctx, run.ID, status, ""); err == nil {
			t.Errorf("ended as %q", status)
		}
	}
	if err := s.EndRun(ctx, 99, Done, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown run: %v", err)
	}
	if _, err := s.Run(ctx, 99); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown run: %v", err)
	}
	if _, err := s.Summary(ctx, 99); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown run: %v", err)
	}
}

func TestClockSetBackDoesNotEndARunBeforeItBegan(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	s.Now = func() time.Time { return noon.Add(-time.Hour) }
	if err := s.EndRun(context.Background(), run.ID, Done, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Run(context.Background(), run.ID); err != nil || !got.Ended.Equal(got.Started) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAbandonedRunsAreMarkedInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	s := mustReopen(t, path)
	empty, busy, done := mustRun(t, s), mustRun(t, s), mustRun(t, s)
	last := sample(busy.ID, 9)
	mustAdd(t, s, sample(busy.ID, 1), last)
	if err := s.EndRun(context.Background(), done.ID, Done, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustReopen(t, path)
	for _, c := range []struct {
		id     int64
		status string
		ended  time.Time
	}{{empty.ID, Interrupted, noon}, {busy.ID, Interrupted, last.Time}, {done.ID, Done, noon}} {
		got, err := s.Run(context.Background(), c.id)
		if err != nil || got.Status != c.status || !got.Ended.Equal(c.ended) {
			t.Errorf("run %d: %+v, %v", c.id, got, err)
		}
		if c.status == Interrupted && !strings.Contains(got.Note, "ended without closing the run") {
			t.Errorf("run %d has the note %q", c.id, got.Note)
		}
	}
}

func TestRunFilter(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	for i, kind := range []string{Inspect, Train, Inspect, Evaluate} {
		if _, err := s.StartRun(ctx, Run{Kind: kind, Started: noon.Add(time.Duration(i) * time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndRun(ctx, 3, Done, ""); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		f    RunFilter
		want []int64
	}{
		"all":     {RunFilter{}, []int64{1, 2, 3, 4}},
		"newest":  {RunFilter{Newest: true, Limit: 2}, []int64{4, 3}},
		"offset":  {RunFilter{Offset: 3}, []int64{4}},
		"kind":    {RunFilter{Kind: Inspect}, []int64{1, 3}},
		"status":  {RunFilter{Status: Running, Kind: Inspect}, []int64{1}},
		"time":    {RunFilter{Since: noon.Add(time.Hour), Until: noon.Add(3 * time.Hour)}, []int64{2, 3}},
		"nothing": {RunFilter{Kind: "'; DROP TABLE runs; --"}, nil},
	} {
		var got []int64
		for run, err := range s.Runs(ctx, c.f) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, run.ID)
		}
		if !equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestOverridesAreKeptAndTheNewestCounts(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	run := mustRun(t, s)
	r := sample(run.ID, 4)
	mustAdd(t, s, r, sample(run.ID, 5))
	opinions := []Override{
		{1, r.ID, noon, OK, "anna", "dust on the lens"},
		{2, r.ID, noon.Add(time.Minute), REVIEW, "ben", ""},
	}
	for _, o := range opinions {
		s.Now = func() time.Time { return o.Time }
		if err := s.Override(ctx, o.Verdict, o.Reviewed, " "+o.Reviewer+"\n", o.Reason); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Verdict(ctx, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := *r
	want.Reviewed, want.Reviewer, want.ReviewedAt = REVIEW, "ben", noon.Add(time.Minute)
	if !same(got, want) || got.Final() != REVIEW || r.Final() != NG {
		t.Errorf("got %+v, want %+v", got, want)
	}
	i := 0
	for o, err := range s.Overrides(ctx, r.ID) {
		if err != nil || o != opinions[i] {
			t.Errorf("opinion %d is %+v, %v", i, o, err)
		}
		i++
	}
	if i != 2 {
		t.Errorf("%d opinions", i)
	}
	if err := s.Override(ctx, 99, OK, "anna", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown verdict: %v", err)
	}
	for _, bad := range []struct {
		v   Verdict
		who string
	}{{ERROR, "anna"}, {"", "anna"}, {OK, ""}, {OK, " \t"}} {
		if err := s.Override(ctx, r.ID, bad.v, bad.who, ""); err == nil {
			t.Errorf("%+v accepted", bad)
		}
	}
}
