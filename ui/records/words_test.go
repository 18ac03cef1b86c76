package records

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/desk/desktest"

	"fyne.io/fyne/v2"
)

// Every face and question of the screen, in a language without Latin letters:
// what is left of these is names, units, and the errors of those below.
func TestTheScreenSpeaksTheLanguageInUse(t *testing.T) {
	t.Cleanup(func() { words.Use(words.English) })
	words.Use("zh")
	s, h, store := newStation(t, 300)
	ctx := context.Background()
	for id, v := range map[int64]history.Verdict{4: history.OK, 14: history.NG} {
		if err := store.Override(ctx, id, v, "ann", "dust"); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Annotate(ctx, 4, "ann", "dust"); err != nil {
		t.Fatal(err)
	}
	known := regexp.MustCompile(`(?i)\b(Enter|OK|NG|REVIEW|ERROR|px|ms|EWMA|CSV|XLSX|JSON|ZIP|PDF|p|[ADEGMNORSV/]|Esc|Ctrl|Shift|kappa|Fleiss|board|lid|monday|ann|dust|release|Backspace)\b|[\w/.-]+\.(png|csv)|/\S*|the picture is cut off`)
	latin := regexp.MustCompile(`[A-Za-z]{2,}`)
	look := func(where string, objects ...fyne.CanvasObject) {
		t.Helper()
		n := 0
		for _, o := range objects {
			for _, text := range desktest.Texts(o) {
				n += len(text)
				if latin.MatchString(known.ReplaceAllString(text, "")) {
					t.Errorf("%s says %q", where, text)
				}
			}
		}
		if n < 100 {
			t.Errorf("%s has %d characters only", where, n)
		}
	}
	s.Show()
	h.Until(t, "the newest is shown", func() bool { return s.detail.past != nil })
	look("the table", s.Content())
	s.Key(fyne.KeyEnd)
	h.Until(t, "an overridden one is shown", func() bool {
		if s.detail.past == nil || s.detail.id != 4 {
			s.goTo(s.found.view.Row(4))
		}
		return s.detail.past != nil && len(s.detail.past.notes) == 1 && !s.detail.regionBox.Hidden
	})
	s.mark(3)
	s.filter.more = more{source: "/parts/monday", run: 1, polarity: "dark", minArea: 3, score: &history.Range{Min: 1, Max: 9}, reviewed: history.OK, picked: []int64{4}, what: words.T("of %s##a set", "release")}
	s.filter.changed()
	h.Until(t, "one is found", func() bool { return s.rows() == 1 })
	look("a verdict, with all criteria", s.Content())
	for where, open := range map[string]func(){
		"the filter's form": s.filter.ask, "the export": s.actions.askExport, "golden sets": func() {
			s.actions.showGolden([]history.GoldenSet{{Name: "release", Author: "ann", Members: []history.Golden{{Verdict: 4}}}})
		},
		"a person's verdict": func() { s.detail.override(history.NG) },
	} {
		open()
		top := s.Window.Canvas().Overlays().Top()
		look(where, top)
		s.Window.Canvas().Overlays().Remove(top)
	}
	s.filter.clear()
	s.turn(1)
	c := s.charts
	h.Until(t, "all is drawn", func() bool { return c.study != nil && c.study.n == 300 })
	look("the charts", s.Content())
	for i := range units {
		c.unit = i
		c.renew()
		h.Until(t, "it is drawn by "+string(units[i].word), func() bool { return c.study.unit == max(i, 1) })
		for _, k := range []*chartCard{c.yield, c.control, c.cause, c.drift, c.reviews} {
			d := k.plot.Data()
			texts := []string{d.Unit, d.Line, d.Empty, k.says.Text}
			for _, l := range d.Layers {
				texts = append(texts, l.Name)
			}
			for _, slot := range d.Slots {
				texts = append(texts, slot.Label, slot.Tip)
			}
			if text := known.ReplaceAllString(strings.Join(slices.Compact(texts), "\n"), ""); latin.MatchString(text) {
				t.Errorf("by %s: %s", units[i].word, text)
			}
		}
	}
}
