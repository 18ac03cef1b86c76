package calibrate

import (
	"fmt"

	"agurscope/assets/words"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// chooser finds thresholds for what a person wishes.
type chooser struct {
	s     *Screen
	root  fyne.CanvasObject
	by    int
	chips [3]*widgets.Chip
	forms [3]*fyne.Container
	rate  *widgets.Entry
	share *widgets.Entry
	costs [3]*widgets.Entry
	apply *widgets.Button
	note  *widgets.Aside
	about *widgets.Text
	said  session.Thresholds // what note and wish were said about
	wish  string             // what was chosen by, "" for nothing
}

const (
	byFalseRejects = iota
	byRecall
	byCost
)

func newChooser(s *Screen) *chooser {
	c := &chooser{s: s}
	t := s.Tips
	row := widgets.Row(6, widgets.NewHeading(words.T("Choose by")))
	for i, w := range []struct{ word, tip string }{
		{words.T("False rejects"), words.T("Wish a share of good parts that may be rejected. Needs no defective parts.")},
		{words.T("Recall"), words.T("Wish a share of defective parts that must be caught; the highest threshold that does it is taken.")},
		{words.T("Cost"), words.T("Say what an escape and a false reject cost; the threshold with the least expected cost is taken.")},
	} {
		c.chips[i] = t.NewChoice(w.tip, func() { c.choose(i) })
		c.chips[i].Set(w.word, i == 0)
		row.Add(c.chips[i])
	}
	field := func(text, tip string) *widgets.Entry {
		e := t.NewEntry("", tip)
		e.SetText(text)
		e.OnSubmitted = func(string) { c.use(); s.Window.Canvas().Unfocus() }
		e.OnEscape = func() { s.Window.Canvas().Unfocus() }
		return e
	}
	c.rate, c.share = field("1", words.T("Percent of good parts; press Enter to choose.")), field("95", words.T("Percent of defective parts; press Enter to choose."))
	c.costs = [3]*widgets.Entry{field("100", words.T("What a defective part costs that passes")), field("1", words.T("What a good part costs that is thrown away")), field("1", words.T("Percent of parts that are defective in production"))}
	word := func(s string) fyne.CanvasObject { return widgets.NewText(s) }
	box := func(e *widgets.Entry, w float32) fyne.CanvasObject { return widgets.Fixed(w, 0, e) }
	c.forms[0] = widgets.Row(6, box(c.rate, 64), word(words.T("% of good parts may be rejected")))
	c.forms[1] = widgets.Row(6, word(words.T("at least")), box(c.share, 64), word(words.T("% of defects must be NG")))
	c.forms[2] = widgets.Row(5, word(words.T("escape")), box(c.costs[0], 52), word(words.T("false reject")), box(c.costs[1], 46), word(words.T("defects")), box(c.costs[2], 46), word("%"))
	c.apply = t.NewButton(words.T("Choose"), nil, "", c.use)
	c.note = widgets.NewAside("agurscope-review-fill")
	c.about = widgets.NewCaption("")
	c.about.Elide = widgets.ElideEnd
	stack := container.NewStack(c.forms[0], c.forms[1], c.forms[2])
	c.root = widgets.Rows(7, row, widgets.Dock(nil, nil, nil, c.apply, stack), c.about, c.note)
	c.choose(byFalseRejects)
	return c
}

func (c *chooser) choose(by int) {
	c.by = by
	names := [3]string{words.T("False rejects"), words.T("Recall"), words.T("Cost")}
	for i := range c.chips {
		c.chips[i].Set(names[i], i == by)
		show(c.forms[i], i == by)
	}
	c.note.Set("")
	if c.s.trial != nil {
		c.refresh()
	}
}

// refresh says what the sample allows, and drops a note that was about other
// thresholds.
func (c *chooser) refresh() {
	t := c.s.trial
	if c.note.Visible() && c.said != t.Now() {
		c.note.Set("")
	}
	m := t.Matrix()
	good, bad := m.Row(session.TruthGood), m.Row(session.TruthDefect)
	text, can := "", true
	switch {
	case c.by == byFalseRejects && good == 0:
		text, can = words.T("There are no good parts to go by."), false
	case c.by == byFalseRejects:
		text = words.N(good, "%d good part can show rates from %s up.", "%d good parts can show rates from %s up.", widgets.Percent(session.Resolution(good)))
	case bad == 0:
		text, can = words.T("This needs parts that are labelled as defective."), false
	case c.by == byCost && good == 0:
		text, can = words.T("This needs good parts, too."), false
	default:
		text = words.N(bad, "On %d defective part. Confirm on parts that were not used to choose.", "On %d defective parts. Confirm on parts that were not used to choose.")
	}
	c.about.Set(text)
	c.apply.SetEnabled(can)
	c.apply.Tip = ""
	if !can {
		c.apply.Tip = text
	}
}

func number(e *widgets.Entry) (float64, error) {
	v, ok := phrase.Number(e.Text, "%")
	if !ok {
		return 0, fmt.Errorf("“%s” is not a number", e.Text)
	}
	return v, nil
}

// use chooses and shows what it means.
func (c *chooser) use() {
	t := c.s.trial
	if t == nil || c.apply.Disabled() {
		return
	}
	th, note, err := c.find(t)
	if err != nil {
		c.said, c.wish = t.Now(), ""
		c.note.Set(phrase.Sentence(err.Error()))
		return
	}
	c.s.set(th)
	c.said, c.wish = t.Now(), c.wished()
	c.note.Set(note)
}

// wished says by what thresholds were chosen.
func (c *chooser) wished() string {
	text := func(e *widgets.Entry) string { v, _ := number(e); return words.Write("%g", v) }
	switch c.by {
	case byFalseRejects:
		return words.T("at most %s %% false rejects", text(c.rate))
	case byRecall:
		return words.T("at least %s %% of defects NG", text(c.share))
	}
	return words.T("cost: escape %s, false reject %s, defects %s %%", text(c.costs[0]), text(c.costs[1]), text(c.costs[2]))
}

// reason is the wish that the present thresholds fulfil, "" for none.
func (c *chooser) reason() string {
	if t := c.s.trial; t == nil || c.said != t.Now() {
		return ""
	}
	return c.wish
}

func (c *chooser) find(t *session.Trial) (th session.Thresholds, note string, err error) {
	switch c.by {
	case byFalseRejects:
		v, err := number(c.rate)
		if err != nil {
			return th, "", err
		}
		if v <= 0 || v >= 100 {
			return th, "", fmt.Errorf("a false-reject rate of %g %% is not between 0 and 100 %%", v)
		}
		return t.ForFalseRejects(v / 100)
	case byRecall:
		v, err := number(c.share)
		if err != nil {
			return th, "", err
		}
		if v <= 0 || v > 100 {
			return th, "", fmt.Errorf("a recall of %g %% is not between 0 and 100 %%", v)
		}
		th, err = t.ForRecall(v / 100)
		return th, "", err
	}
	var v [3]float64
	for i, e := range c.costs {
		if v[i], err = number(e); err != nil {
			return th, "", err
		}
	}
	th, cost, err := t.ForCost(session.Cost{Escape: v[0], FalseReject: v[1], Defects: v[2] / 100})
	if err != nil {
		return th, "", err
	}
	return th, words.T("Expected cost %s per 1,000 parts.", phrase.Figure(1000*cost)), nil
}
