package records

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/history"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
)

func TestChartsFollowTheFilterAndLeadToTheirParts(t *testing.T) {
	s, h, store := newStation(t, 300)
	ctx := context.Background()
	for id, v := range map[int64]history.Verdict{4: history.OK, 14: history.NG, 8: history.OK} { // two NG, a REVIEW
		if err := store.Override(ctx, id, v, "ann", ""); err != nil {
			t.Fatal(err)
		}
	}
	s.Show()
	h.Until(t, "the newest is shown", func() bool { return s.detail.past != nil })
	s.Rune('v')
	c := s.charts
	h.Until(t, "charts are drawn", func() bool { return c.study != nil })
	if c.study.n != 300 || units[c.study.unit].word != "Hour" || len(c.study.groups) < 5 || len(c.study.groups) > 7 {
		t.Fatalf("%d parts by %s in %d groups", c.study.n, units[c.study.unit].word, len(c.study.groups))
	}
	for what, got := range map[string][2]string{
		"yield":   {c.yield.says.Text, "300 parts"},
		"p-chart": {c.control.says.Text, "The mean is"},
		"causes":  {c.cause.says.Text, "16–63 px with 100 %"},
		"drift":   {c.drift.says.Text, "of board stays within"},
		"rejects": {c.reviews.says.Text, "Of 3 rejected parts that people looked at, 2 were good after all: 67 % (95 %: 21 % to 94 %); 57 rejects not looked at"},
	} {
		if !strings.Contains(got[0], got[1]) {
			t.Errorf("%s says %q, not %q", what, got[0], got[1])
		}
	}

	// The second hour leads to its parts.
	g := c.study.groups[1]
	c.yield.plot.FocusGained()
	for _, k := range []fyne.KeyName{fyne.KeyHome, fyne.KeyRight, fyne.KeyReturn} {
		c.yield.plot.TypedKey(&fyne.KeyEvent{Name: k})
	}
	h.Until(t, "the parts of the hour are listed", func() bool { return s.face == 0 && s.rows() == g.N })
	s.Rune('v')
	h.Until(t, "the charts are those of the hour", func() bool { return c.study.n == g.N })
	s.Key(fyne.KeyBackspace)
	h.Until(t, "all are back", func() bool { return c.study.n == 300 })

	c.openCause(0)
	h.Until(t, "the parts of a cause are listed", func() bool { return s.rows() == 30 && s.face == 0 })
	s.filter.clear()
	h.Until(t, "all are back again", func() bool { return s.rows() == 300 })
	s.turn(1)
	c.kind = 2
	c.showCauses()
	if got := c.cause.plot.Data().Empty; !strings.Contains(got, "Clusters") {
		t.Error(got)
	}
	h.Until(t, "charts are drawn again", func() bool { return c.study.n == 300 })
	c.openDrift(0)
	h.Until(t, "the parts of a point are listed", func() bool { return s.found.filter.Recipe == "board" && s.rows() <= 2 })
}

func TestRepeatabilityOfRunsOverTheSameParts(t *testing.T) {
	s, h, store := newStation(t, 3)
	ctx := context.Background()
	for run := range 3 {
		r, err := store.StartRun(ctx, history.Run{Source: "/parts/study", Recipe: "board"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			v := history.OK
			if i%4 == 0 || i == 7 && run == 1 {
				v = history.NG
			}
			rec := &history.Record{Run: r.ID, Path: fmt.Sprintf("/parts/study/%02d.png", i), Verdict: v, Score: 1, Recipe: "board"}
			if err := store.Add(ctx, rec); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.Show()
	h.Until(t, "all are found", func() bool { return s.rows() == 63 })
	s.turn(1)
	c := s.charts
	h.Until(t, "the study is there", func() bool { return c.study != nil && len(c.differ) > 0 })
	if text := c.repeat.Text; len(c.runs) != 3 || !strings.Contains(text, "3 runs agree on 19 of 20 parts, 95 %") || !strings.Contains(text, "07.png: OK NG OK") {
		t.Error(c.runs, text)
	}
	c.runChips.Objects[1].(*widgets.Chip).TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace}) // without the one that differs
	h.Until(t, "two are compared", func() bool { return strings.Contains(c.repeat.Text, "2 runs agree on 20 of 20") })
	c.toggleRun(c.runs[0])
	if !strings.Contains(c.repeat.Text, "Choose two") {
		t.Error(c.repeat.Text)
	}
	s.Only([]int64{5, 6}, "that differ")
	h.Until(t, "they are listed", func() bool { return s.rows() == 2 && s.face == 0 })
}

func TestChartsOfNothingAndOfErrorsOnly(t *testing.T) {
	store, err := history.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx := context.Background()
	run, err := store.StartRun(ctx, history.Run{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []history.Filter{{}, {}} {
		v, err := store.View(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		for unit := range units {
			st, err := examine(ctx, v, unit, nil, nil)
			if err != nil || st.n != v.Len() || len(st.drift.points) != 0 {
				t.Errorf("%+v, %v", st, err)
			}
		}
		if err := store.Add(ctx, &history.Record{Run: run.ID, Path: "a", Verdict: history.ERROR, Score: math.NaN()}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACauseLeadsToAllClustersOfItsName(t *testing.T) {
	s, h, store := newStation(t, 60)
	s.Show()
	h.Until(t, "all are shown", func() bool { return s.rows() == 60 })
	v, err := store.View(context.Background(), history.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	c := &clustered{names: []string{"dust", "bent", "dust"}, of: map[int64]int{4: 0, 14: 1, 24: 2}, in: [][]int64{{4}, {14}, {24}}}
	out := causes(context.Background(), v, c)[2]
	if len(out) != 2 || out[0].name != "dust" || out[0].Count != 2 {
		t.Fatalf("%+v", out)
	}
	var m more
	out[0].drop(&m)
	if !slices.Equal(m.picked, []int64{4, 24}) {
		t.Errorf("%v", m.picked)
	}
}

func TestDriftIsFoundInItsSecondHalf(t *testing.T) {
	start := time.Now()
	samples := func(yield func(history.Sample) bool) {
		for i := range 5000 {
			s := history.Sample{ID: int64(i), Time: start.Add(time.Duration(i) * time.Minute), Recipe: "board", Verdict: history.OK, Score: 1 + .1*math.Sin(float64(i)*1.7)}
			if i >= 4000 {
				s.Score += .2
			}
			if !yield(s) {
				return
			}
		}
	}
	d := drifting(samples)
	if d.parts != 5000 || d.alarms < 900 || d.first.from.Before(start.Add(4000*time.Minute)) || len(d.points) > driftPoints {
		t.Errorf("%d parts, %d alarms from %v on, %d points", d.parts, d.alarms, d.first.from.Sub(start), len(d.points))
	}
}

// TestMillionCharts measures the charts of the large history that make
// history-million has made.
func TestMillionCharts(t *testing.T) {
	if os.Getenv("AGURSCOPE_MILLION") == "" {
		t.Skip("make history-million runs it")
	}
	store, err := history.OpenReadOnly(filepath.Join("..", "..", "out", "million.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx := context.Background()
	v, err := store.View(ctx, history.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for unit, u := range units {
		begun := time.Now()
		st, err := examine(ctx, v, unit, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("charts of %d verdicts by %-8s %6.0f ms, %d groups\n", v.Len(), u.word+":", time.Since(begun).Seconds()*1000, len(st.groups)+st.left)
	}
	ctx, stop := context.WithCancel(ctx)
	time.AfterFunc(5*time.Millisecond, stop)
	begun := time.Now()
	if _, err := examine(ctx, v, 1, nil, nil); err == nil {
		t.Error("it was not given up")
	}
	fmt.Printf("given up after 5 ms, it ends after %.0f ms\n", time.Since(begun).Seconds()*1000)
}
