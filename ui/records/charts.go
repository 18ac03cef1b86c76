package records

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/history/spc"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// charts is the other face of the screen: what was found, as a process.
type charts struct {
	s     *Screen
	root  fyne.CanvasObject
	of    *found // what is shown; nil: nothing yet
	study *study
	stop  context.CancelFunc
	asked int

	unit  int
	units []*widgets.Chip
	byBox *fyne.Container // the units

	yield, control, cause, drift, reviews *chartCard
	kind                                  int // of causes
	kinds                                 []*widgets.Chip

	runs     []int64 // of the study of repeatability
	offered  []history.RunFacet
	runChips *fyne.Container
	repeat   *widget.Label
	unstable *widgets.Button
	differ   []int64
	asking   int // studies of repeatability asked for
}

// chartCard is a chart under its name with a sentence that says what it shows.
type chartCard struct {
	root *fyne.Container
	says *widget.Label
	plot *widgets.Plot
}

func (c *charts) card(title, empty string, extra fyne.CanvasObject) *chartCard {
	k := &chartCard{says: paragraph(), plot: c.s.Tips.NewPlot(c.s.Keys, empty)}
	k.root = framed(title, extra, k.says, k.plot)
	return k
}

// paragraph is small text that wraps.
func paragraph() *widget.Label {
	l := widget.NewLabel("")
	l.Wrapping, l.SizeName = fyne.TextWrapWord, theme.SizeNameCaptionText
	return l
}

// twoLines leaves room for a sentence that may wrap, so that nothing moves when it
// changes.
type twoLines struct{}

func (twoLines) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, 2*fyne.MeasureText("A", theme.Size(theme.SizeNameCaptionText), fyne.TextStyle{}).Height+2)
}

func (twoLines) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Move(fyne.Position{})
	objects[0].Resize(s)
}

func framed(title string, extra fyne.CanvasObject, says *widget.Label, body fyne.CanvasObject) *fyne.Container {
	head := widgets.Row(8, widgets.NewHeading(title), widgets.NewSpring(nil))
	if extra != nil {
		head.Add(extra)
	}
	g := widgets.NewGround(themes.ColorNameSurface)
	g.Radius, g.Stroke = 8, theme.ColorNameSeparator
	return container.NewStack(g, widgets.Inset(widgets.Dock(widgets.Rows(2, head, container.New(twoLines{}, widgets.Flush(says))), nil, nil, nil, widgets.Inset(body, 4, 0)), 8, 12))
}

func newCharts(s *Screen) *charts {
	c := &charts{s: s, byBox: widgets.Row(4, widgets.NewCaption(words.T("by")))}
	for i, u := range units {
		chip := s.Tips.NewChip(nil, u.tip.String(), func() { c.unit = i; c.paint(); c.renew() })
		c.units = append(c.units, chip)
		c.byBox.Add(chip)
	}
	kinds := widgets.Row(4)
	for i, k := range []struct{ word, tip string }{
		{words.T("size"), words.T("How large the regions are, in pixels of the picture")}, {words.T("polarity"), words.T("Whether they are darker or brighter than they should be")},
		{words.T("cluster"), words.T("In which cluster of the map their parts lie")},
	} {
		chip := s.Tips.NewChip(nil, k.tip, func() { c.kind = i; c.paint(); c.showCauses() })
		c.kinds = append(c.kinds, chip)
		kinds.Add(chip)
	}
	c.yield = c.card(words.T("Count and yield"), words.T("No parts"), nil)
	c.control = c.card(words.T("p-chart: share that was not OK"), words.T("No parts"), nil)
	c.cause = c.card(words.T("Causes (Pareto)"), words.T("No part has a region"), kinds)
	c.drift = c.card(words.T("Drift of scores (EWMA)"), words.T("Too few good parts"), nil)
	c.reviews = c.card(words.T("False rejects"), words.T("Nobody has looked at a rejected part yet"), nil)
	c.yield.plot.OnChosen, c.control.plot.OnChosen, c.reviews.plot.OnChosen = c.openGroup, c.openGroup, c.openRejects
	c.cause.plot.OnChosen, c.drift.plot.OnChosen = c.openCause, c.openDrift
	c.runChips, c.repeat = widgets.Row(4), paragraph()
	c.repeat.SizeName = theme.SizeNameText
	c.unstable = s.Tips.NewButton(words.T("List those that differ"), nil, words.T("Show the verdicts on parts of which the runs disagree"), func() { s.Only(c.differ, words.T("that differ between runs")) })
	about := paragraph()
	about.SetText(words.T("Several runs over the same parts: how often they agree, and how much better than by chance (kappa, 1 is perfect)."))
	study := widgets.Rows(6, container.NewHScroll(c.runChips), widgets.Flush(c.repeat), widgets.Row(0, c.unstable))
	grid := container.NewGridWithColumns(2, c.yield.root, c.control.root, c.cause.root, c.drift.root, c.reviews.root,
		framed(words.T("Repeatability"), nil, about, study))
	c.root = container.NewVScroll(widgets.Inset(grid, 8, 8))
	c.paint()
	return c
}

// paint shows what is chosen.
func (c *charts) paint() {
	for i, chip := range c.units {
		chip.Set(units[i].word.String(), i == c.unit)
	}
	for i, chip := range c.kinds {
		chip.Set([]string{words.T("size"), words.T("polarity"), words.T("cluster")}[i], i == c.kind)
	}
}

// show draws what was found, unless it is drawn already.
func (c *charts) show(got *found) {
	if got == nil || got == c.of {
		return
	}
	c.of, c.runs = got, nil
	c.renew()
}

// renew computes the charts away from Fyne's goroutine. Another call makes this
// one's answer worthless: it is cancelled, and dropped if it comes all the same.
func (c *charts) renew() {
	if c.of == nil {
		return
	}
	if c.stop != nil {
		c.stop()
	}
	ctx, stop := context.WithCancel(c.s.Context())
	c.asked++
	c.stop = stop
	n, unit, turns, f := c.asked, c.unit, c.s.Shift.Turns(), c.of.filter
	f.Newest, f.Worst = false, false // a process runs forwards
	one, store := c.s.Session, c.s.Session.Store()
	c.s.Job(func(context.Context) {
		defer stop()
		var got *study
		v, err := store.View(ctx, f)
		if err == nil {
			var in *clustered
			if in, err = clustersOf(ctx, one); err == nil {
				got, err = examine(ctx, v, unit, turns, in)
			}
		}
		c.s.OnUI(func() {
			switch {
			case n != c.asked || errors.Is(err, context.Canceled):
			case err != nil:
				c.s.Report(err)
			default:
				c.use(got)
			}
		})
	})
}

// use shows a study.
func (c *charts) use(s *study) {
	c.study = s
	c.showYield()
	c.showControl()
	c.showCauses()
	c.showDrift()
	c.showReviews()
	if c.runs == nil {
		c.runs = alikeRuns(s.runs)
	}
	c.showRuns()
}

// none is a number that is not there.
var none = math.NaN()

// label is what stands below a group.
func (s *study) label(g spc.Group) string {
	if form := units[s.unit].form; form != "" {
		return g.Start.Local().Format(form)
	}
	return g.Key
}

// span says which groups are shown, and that there are older ones.
func (s *study) span() string {
	shown, count := len(s.groups), units[s.unit].count
	if s.left > 0 {
		return words.T("the newest %d of %s", shown, count(shown+s.left))
	}
	return count(shown)
}

func (c *charts) showYield() {
	s := c.study
	d := widgets.PlotData{Unit: words.T("parts"), Line: words.T("yield"), Share: true, Centre: none, Names: s.unit == byRecipe, Empty: words.T("No parts"),
		Layers: []widgets.Layer{{Name: "OK", Ink: themes.ColorNameOK}, {Name: "REVIEW", Ink: themes.ColorNameReview}, {Name: "NG", Ink: themes.ColorNameNG, Hatched: true}, {Name: "ERROR", Ink: themes.ColorNameError, Hatched: true}}}
	parts, ok := 0, 0
	for _, g := range s.groups {
		parts, ok = parts+g.N, ok+g.OK
		d.Slots = append(d.Slots, widgets.Slot{Label: s.label(g), Stack: []float64{float64(g.OK), float64(g.Review), float64(g.NG), float64(g.Error)},
			Line: g.Yield(), Lower: none, Upper: none,
			Tip: words.T("%s: %s, yield %s · %d OK, %d REVIEW, %d NG, %d ERROR", s.label(g), words.N(g.N, "%d part", "%d parts"), widgets.Percent(g.Yield()), g.OK, g.Review, g.NG, g.Error)})
	}
	c.yield.plot.Set(d)
	if parts == 0 {
		c.yield.says.SetText("")
		return
	}
	c.yield.says.SetText(words.T("%s in %s: %s OK after people have looked.", words.N(parts, "%d part", "%d parts"), s.span(), widgets.Percent(float64(ok)/float64(parts))))
}

func (c *charts) showControl() {
	s := c.study
	d := widgets.PlotData{Line: words.T("not OK"), Share: true, Zero: true, Centre: s.chart.Centre, Names: s.unit == byRecipe, Empty: words.T("No parts")}
	out := 0
	for i, p := range s.chart.Points {
		label, tip := s.label(s.groups[i]), ""
		switch {
		case p.Out && p.P > p.Upper:
			tip = " · " + words.T("more than chance explains")
		case p.Out:
			tip = " · " + words.T("less than chance explains")
		case p.Run:
			tip = " · " + words.T("nine in a row on one side")
		}
		if p.Out || p.Run {
			out++
		}
		d.Slots = append(d.Slots, widgets.Slot{Label: label, Line: p.P, Lower: p.Lower, Upper: p.Upper, Alarm: p.Out || p.Run,
			Tip: words.T("%s: %d of %d not OK, %s · limits %s to %s", label, p.Defective, p.N, widgets.Percent(p.P), widgets.Percent(p.Lower), widgets.Percent(p.Upper)) + tip})
	}
	c.control.plot.Set(d)
	switch {
	case len(d.Slots) == 0:
		c.control.says.SetText("")
	case out == 0:
		c.control.says.SetText(words.T("The mean is %s; no point lies beyond the limits of three standard deviations, nor nine in a row on one side.", widgets.Percent(s.chart.Centre)))
	default:
		c.control.says.SetText(words.N(out, "The mean is %[2]s; %[1]d point (ringed) lies beyond the limits of three standard deviations, or is the ninth in a row on one side.",
			"The mean is %[2]s; %[1]d points (ringed) lie beyond the limits of three standard deviations, or are the ninth in a row on one side.", widgets.Percent(s.chart.Centre)))
	}
}

func (c *charts) showCauses() {
	s := c.study
	if s == nil {
		return
	}
	d := widgets.PlotData{Unit: words.T("regions"), Line: words.T("together"), Share: true, Names: true, Centre: none, Empty: words.T("No part has a region"),
		Layers: []widgets.Layer{{Ink: themes.ColorNameAccent}}}
	if c.kind == 2 && !s.mapped {
		d.Empty = words.T("Draw the map of this recipe on the Clusters screen first")
	}
	for _, b := range s.causes[c.kind] {
		d.Slots = append(d.Slots, widgets.Slot{Label: b.name, Stack: []float64{float64(b.Count)}, Line: b.Cumulative, Lower: none, Upper: none,
			Tip: words.T("%s: %s, %s of all; with those before it %s", b.name, words.N(b.Count, "%d region", "%d regions"), widgets.Percent(b.Share), widgets.Percent(b.Cumulative))})
	}
	c.cause.plot.Set(d)
	if len(d.Slots) == 0 {
		c.cause.says.SetText("")
		return
	}
	b := s.causes[c.kind][0]
	c.cause.says.SetText(words.T("What makes most regions comes first: %s with %s of all; the line adds them up.", b.name, widgets.Percent(b.Share)))
}

func (c *charts) showDrift() {
	d := c.study.drift
	p := widgets.PlotData{Line: words.T("average score of good parts"), Centre: none, Empty: words.T("It takes %d good parts of one recipe; there are %d", leastDrift, d.parts)}
	if len(d.points) > 0 {
		p.Centre = d.base.Mean
	}
	for _, q := range d.points {
		alarm := ""
		if q.Alarm {
			alarm = " · " + words.T("alarm")
		}
		when := q.from.Local().Format(minuteLabel)
		p.Slots = append(p.Slots, widgets.Slot{Label: when, Line: q.Average, Lower: q.Lower, Upper: q.Upper, Alarm: q.Alarm,
			Tip: words.T("%s, %s: average %s, limits %s to %s", when, words.N(q.n, "%d part", "%d parts"), phrase.Figure(q.Average), phrase.Figure(q.Lower), phrase.Figure(q.Upper)) + alarm})
	}
	c.drift.plot.Set(p)
	switch {
	case len(d.points) == 0:
		c.drift.says.SetText("")
	case d.alarms == 0:
		c.drift.says.SetText(words.N(d.parts, "The weighted average of %[1]d good part of %[2]s stays within its limits, which the first half of them sets.", "The weighted average of %[1]d good parts of %[2]s stays within its limits, which the first half of them sets.", d.recipe))
	default:
		c.drift.says.SetText(words.N(d.alarms, "The weighted average of good parts of %[2]s left its limits at %[1]d part, first on %[3]s: light, camera or parts have changed.", "The weighted average of good parts of %[2]s left its limits at %[1]d parts, first on %[3]s: light, camera or parts have changed.", d.recipe, phrase.Minute(d.first.from)))
	}
}

func (c *charts) showReviews() {
	s := c.study
	d := widgets.PlotData{Unit: words.T("rejects looked at"), Line: words.T("share of these"), Share: true, Centre: none, Names: s.unit == byRecipe, Empty: words.T("Nobody has looked at a rejected part yet"),
		Layers: []widgets.Layer{{Name: words.T("rightly rejected"), Ink: themes.ColorNameMuted}, {Name: words.T("good after all"), Ink: themes.ColorNameReview, Hatched: true}}}
	if s.reviews.PseudoReject.Of > 0 {
		for _, g := range s.groups {
			r := s.by[g.Key].PseudoReject
			tip := words.T("%s: nobody looked at a rejected part", s.label(g))
			if r.Of > 0 {
				tip = words.T("%s: %d of %d good after all, %s (95 %%: %s to %s)", s.label(g), r.Count, r.Of, widgets.Percent(r.Value), widgets.Percent(r.Lower), widgets.Percent(r.Upper))
			}
			d.Slots = append(d.Slots, widgets.Slot{Label: s.label(g), Stack: []float64{float64(r.Of - r.Count), float64(r.Count)}, Line: r.Value, Lower: none, Upper: none, Tip: tip})
		}
	}
	c.reviews.plot.Set(d)
	r, e := s.reviews.PseudoReject, s.reviews.Escape
	var says []string
	if r.Of > 0 {
		says = append(says, words.N(r.Of, "Of %d rejected part that people looked at, %d were good after all: %s (95 %%: %s to %s)", "Of %d rejected parts that people looked at, %d were good after all: %s (95 %%: %s to %s)", r.Count, widgets.Percent(r.Value), widgets.Percent(r.Lower), widgets.Percent(r.Upper)))
	}
	if s.reviews.Unreviewed > 0 {
		says = append(says, words.N(s.reviews.Unreviewed, "%d reject not looked at", "%d rejects not looked at"))
	}
	if e.Of > 0 {
		says = append(says, words.T("%d of %d passed ones looked at were bad", e.Count, e.Of))
	}
	c.reviews.says.SetText(strings.Join(says, "; "))
}

func (c *charts) showRuns() {
	c.offered = offered(c.study.runs, c.runs)
	c.runChips.Objects = nil
	for _, r := range c.offered {
		c.runChips.Add(c.s.Tips.NewChip(nil, words.T("Run %d: %s, %s, from %s", r.Run, words.N(r.N, "%d part", "%d parts"), phrase.Minute(r.Earliest), brief(r.Source)), func() { c.toggleRun(r.Run) }))
	}
	c.paintRuns()
	c.compare()
}

func (c *charts) paintRuns() {
	for i, r := range c.offered {
		c.runChips.Objects[i].(*widgets.Chip).Set(words.T("run %d", r.Run), slices.Contains(c.runs, r.Run))
	}
	c.runChips.Refresh()
}

func (c *charts) toggleRun(run int64) {
	if i := slices.Index(c.runs, run); i >= 0 {
		c.runs = slices.Delete(slices.Clone(c.runs), i, i+1)
	} else {
		c.runs = append(slices.Clone(c.runs), run)
	}
	c.paintRuns()
	c.compare()
}

// compare judges the runs that are chosen, away from Fyne's goroutine.
func (c *charts) compare() {
	c.asking++
	c.unstable.Hide()
	if len(c.runs) < 2 {
		c.repeat.SetText(words.T("Choose two or more runs over the same parts, such as one folder inspected several times."))
		return
	}
	n, runs, store := c.asking, c.runs, c.s.Session.Store()
	c.repeat.SetText("…")
	c.s.Job(func(ctx context.Context) {
		st, differ, err := repeated(ctx, store, runs)
		c.s.OnUI(func() {
			switch {
			case n != c.asking || errors.Is(err, context.Canceled):
			case err != nil:
				c.s.Report(err)
			default:
				c.differ = differ
				c.repeat.SetText(agreement(st))
				c.unstable.Hidden = len(differ) == 0
				c.unstable.Refresh()
			}
		})
	})
}

// agreement says what a study of repeatability found.
func agreement(s spc.Study) string {
	if s.Parts == 0 {
		return words.T("No part was in all of these runs: parts are matched by their number, or else by the picture's name.")
	}
	kappa := func(v float64) string {
		if math.IsNaN(v) {
			return words.T("not defined, since every answer is the same")
		}
		return words.Write("%.2f", v)
	}
	text := words.N(s.Parts, "%[2]d runs agree on %[3]d of %[1]d part, %[4]s (95 %%: %[5]s to %[6]s). Fleiss’ kappa: %[7]s.",
		"%[2]d runs agree on %[3]d of %[1]d parts, %[4]s (95 %%: %[5]s to %[6]s). Fleiss’ kappa: %[7]s.", s.Runs, s.Agreement.Count,
		widgets.Percent(s.Agreement.Value), widgets.Percent(s.Agreement.Lower), widgets.Percent(s.Agreement.Upper), kappa(s.Fleiss))
	if s.Reference.Of > 0 {
		text = phrase.Sentences(text, words.N(s.Reference.Of, "Of %d part that people judged, all runs say the same on %d; kappa with people: %s.", "Of %d parts that people judged, all runs say the same on %d; kappa with people: %s.", s.Reference.Count, kappa(s.Accuracy)))
	}
	for i, p := range s.Unstable {
		if i == 3 {
			text += "\n" + words.T("and %d more", len(s.Unstable)-i)
			break
		}
		text += "\n" + p.Name + ": " + strings.Trim(fmt.Sprint(p.Verdicts), "[]")
	}
	return text
}

// group asks for the parts of a group, on top of what is asked for already.
func (c *charts) group(i int) bool {
	if c.study == nil || i >= len(c.study.groups) {
		return false
	}
	f, g := c.s.filter, c.study.groups[i]
	if c.study.unit == byRecipe {
		f.recipe.Selected = g.Key
		f.recipe.Refresh()
		return true
	}
	f.period = len(periods) - 1
	f.more.since, f.more.until = g.Start, g.Last.Add(time.Microsecond)
	return true
}

func (c *charts) openGroup(i int) {
	if c.group(i) {
		c.s.table()
	}
}

func (c *charts) openRejects(i int) {
	if c.group(i) {
		f := c.s.filter
		clear(f.chosen)
		f.chosen[history.NG], f.chosen[history.REVIEW], f.over = true, true, true
		c.s.table()
	}
}

func (c *charts) openCause(i int) {
	if c.study == nil || i >= len(c.study.causes[c.kind]) {
		return
	}
	if drop := c.study.causes[c.kind][i].drop; drop != nil {
		drop(&c.s.filter.more)
		c.s.table()
	}
}

func (c *charts) openDrift(i int) {
	if c.study == nil || i >= len(c.study.drift.points) {
		return
	}
	f, p := c.s.filter, c.study.drift.points[i]
	f.period = len(periods) - 1
	f.more.since, f.more.until = p.from, p.to.Add(time.Microsecond)
	f.recipe.Selected = c.study.drift.recipe
	f.recipe.Refresh()
	c.s.table()
}
