package records

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/history"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestMomentsAndAmountsAreReadAsPeopleWriteThem(t *testing.T) {
	utc := time.UTC
	for _, c := range []struct {
		text string
		end  bool
		want time.Time
	}{
		{"", false, time.Time{}},
		{" 2026-08-31 ", false, time.Date(2026, 8, 31, 0, 0, 0, 0, utc)},
		{"2026-08-31", true, time.Date(2026, 9, 1, 0, 0, 0, 0, utc)},
		{"2026-08-31 14:30", true, time.Date(2026, 8, 31, 14, 30, 0, 0, utc)},
	} {
		if got, err := moment(c.text, c.end, utc); err != nil || !got.Equal(c.want) {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
	}
	for _, bad := range []string{"yesterday", "31.8.2026", "2026-13-01"} {
		if _, err := moment(bad, false, utc); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, bad := range []string{"-1", "many", "NaN", "1e12", "Inf"} {
		if _, _, err := amount(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if v, given, err := amount("1,5"); v != 1.5 || !given || err != nil {
		t.Error(v, given, err)
	}
}

func TestEveryCriterionIsAskedForShownAndTakenBack(t *testing.T) {
	s, h, store := newStation(t, 100)
	ctx := context.Background()
	if err := store.Override(ctx, 4, history.OK, "ann", ""); err != nil {
		t.Fatal(err)
	}
	s.Show()
	h.Until(t, "all are shown", func() bool { return s.rows() == 100 })
	fill := func(do func(*form)) {
		o := s.filter.newForm()
		do(o)
		m, err := o.read()
		if err != nil {
			t.Fatal(err)
		}
		s.filter.more = m
		s.filter.changed()
	}
	for _, c := range []struct {
		chip string
		rows int
		do   func(*form)
	}{
		{"from monday", 100, func(o *form) { o.source.Selected = "/parts/monday" }},
		{"a person said OK", 1, func(o *form) { o.person.Selected = "a person said OK" }},
		{"dark regions", 10, func(o *form) { o.polarity.Selected = phrase.Polarity("dark") }},
		{"region size 10 to 20 px", 10, func(o *form) { o.minArea.Text, o.maxArea.Text = "10", "20" }},
		{"score from 1.70", 20, func(o *form) { o.minScore.Text = "1.7" }},
		{"up to", 0, func(o *form) { o.until.Text = "2020-01-01" }},
	} {
		fill(c.do)
		h.Until(t, "the filter "+c.chip+" is answered", func() bool { return s.rows() == c.rows })
		text := ""
		for _, c := range s.filter.more.criteria() {
			text += c.word + "; "
		}
		if !strings.Contains(text, c.chip) || s.filter.others.Hidden {
			t.Errorf("%q is not said: %s", c.chip, text)
		}
		s.filter.others.Objects[0].(*widgets.Chip).TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
		h.Until(t, c.chip+" is taken back", func() bool { return s.rows() == 100 })
		if !s.filter.others.Hidden {
			t.Error("its chip stays")
		}
	}
	o := s.filter.newForm()
	o.minScore.Text, o.maxScore.Text = "3", "2"
	if _, err := o.read(); err == nil {
		t.Error("a span that ends before it begins")
	}
}

func TestSeveralAreSelectedAndBecomeAGoldenSet(t *testing.T) {
	s, h, store := newStation(t, 60)
	s.Show()
	h.Until(t, "the newest is shown", func() bool { return s.detail.past != nil })
	s.Key(fyne.KeyDown)
	s.Key(fyne.KeySpace)
	s.Key(fyne.KeySpace)
	s.markTo(5)
	if len(s.marked) != 5 || !strings.HasPrefix(s.actions.said.Text, "5 parts selected") {
		t.Errorf("%d selected: %s", len(s.marked), s.actions.said.Text)
	}
	r := s.newRow().(*row)
	s.fillRow(3, r)
	if !r.tick.on {
		t.Error("the row has no tick")
	}
	test.Tap(r.tick)
	if len(s.marked) != 4 {
		t.Error("a click on the tick does not take it away")
	}
	ids := s.picked()
	s.actions.makeGolden(ids, "release 4", "")
	var set history.GoldenSet
	h.Until(t, "the set is there", func() bool {
		for g := range store.GoldenSets(context.Background()) {
			set = g
		}
		return set.ID != 0
	})
	slices.Sort(ids)
	for i, m := range set.Members {
		if m.Verdict != ids[i] || m.Expected == "" {
			t.Errorf("member %d is %+v", i, m)
		}
	}
	if set.Author != "tester" || len(set.Members) != 4 {
		t.Errorf("%+v", set)
	}
	s.Only(ids[:2], "of release 4")
	h.Until(t, "only two are shown", func() bool { return s.rows() == 2 })
}

func TestWhatWasFoundIsWrittenAndNothingReplacedSilently(t *testing.T) {
	s, h, _ := newStation(t, 50)
	s.Show()
	h.Until(t, "the newest is shown", func() bool { return s.detail.past != nil })
	test.Tap(s.filter.chips[2])
	h.Until(t, "defects are found", func() bool { return s.rows() == 5 && s.detail.past != nil })
	dir := t.TempDir()
	for _, f := range append(slices.Clone(formats), report(1)) {
		path := filepath.Join(dir, "out"+f.ending)
		s.actions.export(f, s.source(), 5, path, false)
		h.Until(t, path+" is there", func() bool { return s.actions.stop == nil })
		info, err := os.Stat(path)
		if err != nil || info.Size() < 100 || s.actions.wrote != path || !s.actions.open.Visible() {
			t.Errorf("%s: %v", path, err)
		}
	}
	csv := filepath.Join(dir, "out.csv")
	before, err := os.ReadFile(csv)
	if err != nil || strings.Count(string(before), "\n") != 6 {
		t.Errorf("%s, %v", before, err)
	}
	if got := unused(csv); got != filepath.Join(dir, "out-2.csv") {
		t.Error(got)
	}
	s.actions.export(formats[1], s.source(), 5, csv, false)
	for s.actions.stop != nil {
		h.Step()
	}
	if after, err := os.ReadFile(csv); err != nil || string(after) != string(before) || h.Problem == nil {
		t.Error("a file was replaced")
	}
	h.Problem = nil
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 5 {
		t.Errorf("%d files are left, %v", len(entries), err)
	}
}
