package ui

import (
	"math"

	"agurscope/assets/words"
	"agurscope/nn/anomaly"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
)

// termWords are the terms of the map in words for people, with a sentence.
var termWords = map[string]struct{ name, tip words.Text }{
	anomaly.ResidualTerm:    {words.Text("Reconstruction"), words.Text("How far the part differs from what the network paints in its place from good parts.")},
	anomaly.ScoreTerm:       {words.Text("Scoring network"), words.Text("What a second network says, which has learnt on painted damage to tell it from what is good.")},
	anomaly.FeaturesTerm:    {words.Text("Features"), words.Text("How unlike good parts each place looks to the network's own features, together with edges and colours.")},
	anomaly.HandcraftedTerm: {words.Text("Edges and colours"), words.Text("How unlike good parts each place is in edges, colours and texture, without anything learnt.")},
	anomaly.MemoryTerm:      {words.Text("Patch memory"), words.Text("How unlike every patch is to the most alike patch of any good part.")},
	"prediction":            {words.Text("Prediction"), words.Text("How far each patch is from what those before it lead to expect.")},
	"cloze":                 {words.Text("Surroundings"), words.Text("How far each patch is from what those before and after it lead to expect.")},
	"likelihood":            {words.Text("Likelihood"), words.Text("How unlikely the features of each place are, as good parts have them there.")},
	"template":              {words.Text("Template"), words.Text("How far every pixel is from the mean of the good parts, in their deviations.")},
	"pca":                   {words.Text("Principal components"), words.Text("What the principal components of good parts do not rebuild.")},
	anomaly.FrequencyTerm:   {words.Text("Frequency"), words.Text("How far the part differs from what the network for fine and coarse patterns paints in its place.")},
}

// termName is the term in words for people.
func termName(name string) string {
	if w, ok := termWords[name]; ok {
		return w.name.String()
	}
	return name
}

// termList shows what each term of the map alone would make of the part, and
// which of them decided.
type termList struct {
	tips    *widgets.Tips
	root    fyne.CanvasObject
	title   *widgets.Text
	rule    *widgets.Text // which rule made the verdict
	rows    *fyne.Container
	bars    []*widgets.Bar
	hints   []*widgets.Hint
	decided string // name of the strongest term; "" for none
}

func newTermList(tips *widgets.Tips) *termList {
	l := &termList{tips: tips, title: widgets.NewHeading(""), rule: widgets.NewCaption(""), rows: widgets.Rows(2)}
	l.rule.Elide, l.rule.Align = widgets.ElideAll, fyne.TextAlignTrailing
	head := tips.Over(widgets.Row(8, l.title, l.rule),
		words.T("Each bar is what the score would be from that signal alone; a full bar reaches the reject threshold. "+
			"Beside the name stands what made the verdict: the score, or regions above the pixel thresholds."))
	l.root = widgets.Rows(4, head, l.rows)
	return l
}

// set shows terms against the reject threshold; a score that is not a number is
// one of no part. In doubt the terms compare what does not lie alike: none
// decides.
func (l *termList) set(terms []anomaly.TermScore, reject float64, rule string, verdict, doubt bool) {
	l.fit(len(terms))
	top := -1
	for i, t := range terms {
		if v := t.Weight * t.Score; t.Weight > 0 && !doubt && !math.IsNaN(v) && (top < 0 || v > terms[top].Weight*terms[top].Score) {
			top = i
		}
	}
	l.decided = ""
	for i, t := range terms {
		b, name := l.bars[i], termName(t.Name)
		l.hints[i].Tip = termWords[t.Name].tip.String()
		v := t.Weight * t.Score
		switch {
		case t.Weight == 0:
			b.SetAside(name, phrase.Figure(t.Score), words.T("shown, does not decide"))
		case math.IsNaN(v):
			b.Set(name, "–", 0, false)
		default:
			b.Set(name, phrase.Figure(v), v/max(reject, 1e-9), i == top)
		}
		if i == top {
			l.decided = t.Name
		}
	}
	l.rule.Set(rule)
	switch name := phrase.LowerFirst(termName(l.decided)); {
	case l.decided == "":
		l.title.Set(words.T("What decides"))
	case verdict:
		l.title.Set(words.T("Decided by %s", name))
	default:
		l.title.Set(words.T("Highest: %s", name))
	}
	// The title asks for another width.
	l.root.Refresh()
}

// fit makes as many rows as there are terms.
func (l *termList) fit(n int) {
	if len(l.bars) == n {
		return
	}
	l.rows.RemoveAll()
	l.bars, l.hints = nil, nil
	for range n {
		b := widgets.NewBar()
		h := l.tips.Over(b, "")
		l.bars, l.hints = append(l.bars, b), append(l.hints, h)
		l.rows.Add(h)
	}
}
