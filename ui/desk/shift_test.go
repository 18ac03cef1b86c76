package desk_test

import (
	"testing"
	"time"

	"agurscope/history"
	"agurscope/history/spc"
	"agurscope/ui/desk/desktest"
	"agurscope/ui/session"
)

func TestTheShiftCountsWhatComesAndBeginsAnew(t *testing.T) {
	store, err := history.Open(t.TempDir() + "/h.db")
	if err != nil {
		t.Fatal(err)
	}
	s := session.New(session.Options{Store: store})
	t.Cleanup(func() { s.Close(); store.Close() })
	d, h := desktest.New(t, s)
	line := d.Shift.NewLine()
	if !line.Visible() {
		t.Error("there is a history, and no line")
	}
	run, err := store.StartRun(t.Context(), history.Run{Kind: history.Inspect, Source: "parts"})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	d.Shift.Begin(begun)
	add := func(v history.Verdict) {
		t.Helper()
		if err := store.Add(t.Context(), &history.Record{Run: run.ID, Name: "a", Path: "a", Verdict: v}); err != nil {
			t.Fatal(err)
		}
		d.Shift.Judged()
	}
	add(history.OK)
	add(history.NG)
	h.Until(t, "both are counted", func() bool { return d.Shift.Now().Total() == 2 })
	if n := d.Shift.Now(); n.OK != 1 || n.NG != 1 || n.Yield() != .5 {
		t.Errorf("%+v", n)
	}
	time.Sleep(2 * time.Millisecond) // times of the history are whole microseconds
	d.Shift.Begin(time.Now())
	if n := d.Shift.Now(); n.Total() != 0 {
		t.Errorf("another shift begins with %+v", n)
	}
	add(history.OK)
	h.Until(t, "the new one is counted", func() bool { return d.Shift.Now().Total() == 1 })
}

func TestTheShiftFollowsTheClockUnlessAPersonWasLater(t *testing.T) {
	s := session.New(session.Options{})
	t.Cleanup(func() { s.Close() })
	d, _ := desktest.New(t, s)
	at := func(hour, minute int) time.Time { return time.Date(2090, 3, 2, hour, minute, 0, 0, time.Local) }
	turns, err := spc.ParseShifts(spc.DefaultShifts)
	if err != nil {
		t.Fatal(err)
	}
	d.Shift.Use(turns)
	for _, c := range []struct{ now, said, want time.Time }{
		{now: at(7, 0), want: at(6, 0)},
		{now: at(13, 59), want: at(6, 0)},
		{now: at(13, 59), said: at(8, 30), want: at(8, 30)},
		{now: at(14, 0), want: at(14, 0)},
	} {
		if !c.said.IsZero() {
			d.Shift.Begin(c.said)
		}
		d.Shift.Follow(c.now)
		if got := d.Shift.Now().Since; !got.Equal(c.want) {
			t.Errorf("at %v it began at %v, not %v", c.now, got, c.want)
		}
	}
}
