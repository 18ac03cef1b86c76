package ui

import (
	"math"
	"strings"
	"testing"

	"agurscope/nn/anomaly"
	"agurscope/themes"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2/test"
)

func TestTermsSayWhichOfThemDecided(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(themes.Named("dark"))
	none := math.NaN()
	for name, c := range map[string]struct {
		terms          []anomaly.TermScore
		verdict, doubt bool
		title          string
		strong         int // -1: none
		shares         []float64
	}{
		"two terms of an old recipe": {
			[]anomaly.TermScore{{Name: "residual", Weight: 1, Score: 1}, {Name: "score", Weight: .5, Score: 1.5}},
			true, false, "Decided by reconstruction", 0, []float64{.5, .375},
		},
		"weight counts, not the score": {
			[]anomaly.TermScore{{Name: "residual", Weight: 0, Score: 90}, {Name: "features", Weight: .5, Score: 8}, {Name: "handcrafted", Weight: 1, Score: 3}},
			true, false, "Decided by features", 1, []float64{0, 1, 1},
		},
		"nothing was decided": {
			[]anomaly.TermScore{{Name: "features", Weight: 1, Score: -.1}, {Name: "memory", Weight: 1, Score: .2}},
			false, false, "Highest: patch memory", 1, []float64{0, .1},
		},
		"in doubt none decides": {
			[]anomaly.TermScore{{Name: "features", Weight: 1, Score: 9}},
			true, true, "What decides", -1, []float64{1},
		},
		"before a part was seen": {
			[]anomaly.TermScore{{Name: "features", Weight: 1, Score: none}, {Name: "residual", Score: none}},
			false, false, "What decides", -1, []float64{0, 0},
		},
		"a term of another version": {
			[]anomaly.TermScore{{Name: "magic", Weight: 1, Score: 1}},
			true, false, "Decided by magic", 0, []float64{.5},
		},
	} {
		l := newTermList(widgets.NewTips())
		l.set(nil, 2, "", false, false)
		l.set(c.terms, 2, "score", c.verdict, c.doubt)
		if l.title.Text != c.title || len(l.bars) != len(c.terms) {
			t.Errorf("%s: title %q, %d bars", name, l.title.Text, len(l.bars))
			continue
		}
		for i, b := range l.bars {
			share, strong := b.Share()
			if math.Abs(share-c.shares[i]) > 1e-6 || strong != (i == c.strong) {
				t.Errorf("%s: bar %d is %g long, strong %t", name, i, share, strong)
			}
			if aside := b.Remark() != ""; aside != (c.terms[i].Weight == 0) {
				t.Errorf("%s: bar %d says %q", name, i, b.Remark())
			}
			if c.terms[i].Name != "magic" && (l.hints[i].Tip == "" || b.Label() == c.terms[i].Name) {
				t.Errorf("%s: %s is called %q, explained by %q", name, c.terms[i].Name, b.Label(), l.hints[i].Tip)
			}
		}
	}
}

func TestEveryTermHasWordsAndOneSentence(t *testing.T) {
	for _, name := range []string{anomaly.ResidualTerm, anomaly.ScoreTerm, anomaly.FeaturesTerm, anomaly.HandcraftedTerm, anomaly.MemoryTerm, anomaly.FrequencyTerm} {
		w := termWords[name]
		if w.name == "" || strings.Count(w.tip.String(), ".") != 1 || !strings.HasSuffix(w.tip.String(), ".") {
			t.Errorf("%s: %+v", name, w)
		}
	}
}
