package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestRecorderStoresForManyGoroutines(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := NewRecorder(s)
	const writers, each = 8, 25
	var wg sync.WaitGroup
	all := make([][]*Record, writers)
	for g := range writers {
		wg.Go(func() {
			for i := range each {
				r := sample(run.ID, g*each+i)
				if err := rec.Add(context.Background(), r); err != nil {
					t.Error(err)
				}
				if _, err := s.Verdict(context.Background(), r.ID); err != nil {
					t.Errorf("acknowledged, but %v", err)
				}
				all[g] = append(all[g], r)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(rec.Close(), rec.Close()); err != nil {
		t.Fatal(err)
	}
	for _, records := range all {
		for i, want := range records {
			got, err := s.Verdict(context.Background(), want.ID)
			if err != nil || !same(got, *want) {
				t.Fatalf("got %+v, %v, want %+v", got, err, *want)
			}
			if i > 0 && want.ID <= records[i-1].ID {
				t.Errorf("a later record has the id %d, an earlier one %d", want.ID, records[i-1].ID)
			}
		}
	}
	if n, err := s.Count(context.Background(), Filter{}); n != writers*each || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}

func TestStoreTakesAddsFromManyGoroutines(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Go(func() {
			for i := range 10 {
				if err := s.Add(context.Background(), sample(run.ID, 10*g+i), sample(run.ID, 100+10*g+i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n, err := s.Count(context.Background(), Filter{}); n != 120 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}

// idleRecorder is a Recorder whose writer does not run until the test says so.
func idleRecorder(s *Store) *Recorder {
	return &Recorder{store: s, queue: make(chan *request, maxCommit), ended: make(chan struct{})}
}

func mustEnqueue(t *testing.T, rec *Recorder, records ...*Record) *request {
	t.Helper()
	if err := rec.store.complete(records); err != nil {
		t.Fatal(err)
	}
	q := &request{records: records, result: make(chan error, 1)}
	if err := rec.enqueue(context.Background(), q); err != nil {
		t.Fatal(err)
	}
	return q
}

func TestRecorderCommitsWhatIsQueuedTogether(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := idleRecorder(s)
	var good []*request
	for i := range 20 {
		good = append(good, mustEnqueue(t, rec, sample(run.ID, i), sample(run.ID, 100+i)))
	}
	batch := rec.gather(<-rec.queue)
	if len(batch) != len(good) {
		t.Fatalf("%d requests gathered, not %d", len(batch), len(good))
	}
	rec.commit(batch)
	for _, q := range good {
		if err := <-q.result; err != nil || q.records[1].ID != q.records[0].ID+1 {
			t.Errorf("ids %d and %d, %v", q.records[0].ID, q.records[1].ID, err)
		}
	}
}

func TestOneBadRequestFailsAlone(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := idleRecorder(s)
	before := mustEnqueue(t, rec, sample(run.ID, 1))
	bad := mustEnqueue(t, rec, sample(run.ID, 2), sample(99, 3)) // there is no run 99
	after := mustEnqueue(t, rec, sample(run.ID, 4))
	rec.commit(rec.gather(<-rec.queue))
	if err := errors.Join(<-before.result, <-after.result); err != nil {
		t.Error(err)
	}
	if err := <-bad.result; err == nil || bad.records[0].ID != 0 {
		t.Errorf("half a request was stored as %d, %v", bad.records[0].ID, err)
	}
	if n, err := s.Count(context.Background(), Filter{}); n != 2 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}

func TestWithdrawnRecordIsNeverStored(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := idleRecorder(s)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	r := sample(run.ID, 1)
	if err := rec.Add(ctx, r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := rec.Add(ctx, r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with an ended context: %v", err)
	}
	go rec.run()
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Count(context.Background(), Filter{}); n != 0 || err != nil || r.ID != 0 {
		t.Errorf("%d records, id %d, %v", n, r.ID, err)
	}
}

func TestClaimedRecordIsSeenThrough(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := idleRecorder(s)
	ctx, cancel := context.WithCancel(context.Background())
	r := sample(run.ID, 1)
	answer := make(chan error)
	go func() { answer <- rec.Add(ctx, r) }()
	batch := rec.gather(<-rec.queue)
	cancel() // too late: the commit is under way
	rec.commit(batch)
	if err := <-answer; err != nil || r.ID == 0 {
		t.Errorf("id %d, %v", r.ID, err)
	}
}

func TestClosingARecorderStoresWhatIsQueued(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := idleRecorder(s)
	var waiting []*request
	for i := range 3 * maxCommit / 4 {
		waiting = append(waiting, mustEnqueue(t, rec, sample(run.ID, i), sample(run.ID, i+maxCommit)))
	}
	go rec.run()
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	for _, q := range waiting {
		if err := <-q.result; err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Count(context.Background(), Filter{}); n != 2*len(waiting) || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	if err := rec.Add(context.Background(), sample(run.ID, 0)); !errors.Is(err, ErrClosed) {
		t.Errorf("add after close: %v", err)
	}
}

func TestRecorderOnAClosedStoreSaysSo(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := NewRecorder(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := rec.Add(context.Background(), sample(run.ID, 0)); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := rec.Close(); err != nil {
		t.Error(err)
	}
}

// A line that never rests gets its history back all the same: what it records does
// not put the next attempt off.
func TestTheJournalIsEmptiedWhileVerdictsStream(t *testing.T) {
	s := mustOpen(t)
	run := mustRun(t, s)
	rec := NewRecorder(s)
	add := func(n int) {
		r := sample(run.ID, n)
		r.Thumbnail = bytes.Repeat(fmt.Appendf(nil, "%d", n), 5000)
		if err := rec.Add(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	limitPages(t, s, 0)
	n := 0
	for ; rec.Health().OK(); n++ {
		add(n)
	}
	limitPages(t, s, 1<<20)
	for end := time.Now().Add(20 * firstPause); !rec.Health().OK(); n++ {
		if time.Now().After(end) {
			t.Fatal("it waits for a pause that never comes")
		}
		add(n)
		time.Sleep(firstPause / 20)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if v := mustVerify(t, s); v.Verdicts != int64(n) {
		t.Errorf("%d verdicts of %d", v.Verdicts, n)
	}
}
