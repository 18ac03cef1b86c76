package session

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/history"
)

// Whatever is inspected, overridden and begun, the shift is what the verdicts that
// count say since it began, and everybody who watches was told of each.
func TestAShiftIsWhatCountsSinceItBegan(t *testing.T) {
	b := newBench(t)
	set, err := b.OpenSet(parts(t, grey(20), grey(115), grey(200))) // OK, REVIEW, NG
	if err != nil {
		t.Fatal(err)
	}
	items := append(set.Test(), datasets.Item{Path: "nowhere.png", Name: "nowhere.png"}) // ERROR
	var mu sync.Mutex
	var machine, people []history.Verdict
	b.WatchVerdicts(func(v history.Verdict, person bool) {
		mu.Lock()
		defer mu.Unlock()
		if person {
			people = append(people, v)
			return
		}
		machine = append(machine, v)
	})
	run, err := b.StartRun(t.Context(), "shift")
	if err != nil {
		t.Fatal(err)
	}
	type given struct {
		id int64
		v  history.Verdict
	}
	var now []given // in the shift
	var judged, said []history.Verdict
	since := time.Now()
	r := rand.New(rand.NewPCG(7, 7))
	for step := range 60 {
		switch k := r.IntN(10); {
		case k < 6:
			res, err := b.InspectOne(t.Context(), run, items[r.IntN(len(items))])
			if err != nil {
				t.Fatal(err)
			}
			now, judged = append(now, given{res.ID, res.Final()}), append(judged, res.Final())
		case k < 9 && len(now) > 0:
			i := r.IntN(len(now))
			v := []history.Verdict{history.OK, history.REVIEW, history.NG}[r.IntN(3)]
			if err := b.Override(t.Context(), now[i].id, v, "anna", ""); err != nil {
				t.Fatal(err)
			}
			now[i].v, said = v, append(said, v)
		case k == 9:
			time.Sleep(2 * time.Millisecond) // the history's times are whole microseconds
			now, since = nil, time.Now()
		}
		got, err := b.Shift(t.Context(), since)
		if err != nil {
			t.Fatal(err)
		}
		want := Shift{Since: since}
		for _, g := range now {
			switch g.v {
			case history.OK:
				want.OK++
			case history.REVIEW:
				want.Review++
			case history.NG:
				want.NG++
			case history.ERROR:
				want.Error++
			}
		}
		if got != want {
			t.Fatalf("step %d: %+v, want %+v", step, got, want)
		}
		if y := got.Yield(); got.Total() == 0 != math.IsNaN(y) || y < 0 || y > 1 {
			t.Fatalf("step %d: a yield of %v", step, y)
		}
	}
	if !slices.Equal(machine, judged) || !slices.Equal(people, said) {
		t.Errorf("told of %v and %v; want %v and %v", machine, people, judged, said)
	}
}

func TestWithoutAHistoryThereIsNoShift(t *testing.T) {
	s := New(Options{Engine: &fakeEngine{}})
	defer s.Close()
	if _, err := s.Shift(context.Background(), time.Now()); err == nil {
		t.Error("counted what nobody kept")
	}
}
