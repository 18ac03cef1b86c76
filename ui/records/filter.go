package records

import (
	"context"
	"fmt"
	"strings"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/history/spc"
	"agurscope/themes"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// verdicts in the order of the chips.
var verdicts = []history.Verdict{history.OK, history.REVIEW, history.NG, history.ERROR}

// periods are the spans that can be chosen, in days; 0 is all.
var periods = []struct {
	word, tip words.Text
	days      int
}{
	{words.Text("Today"), words.Text("Since midnight"), 1},
	{words.Text("7 days"), words.Text("Today and the six days before"), 7},
	{words.Text("All"), words.Text("Whenever it was"), 0},
}

// anyRecipe is the first choice among recipes.
func anyRecipe() string { return words.T("all recipes") }

// filter is where a person says what to look for.
type filter struct {
	s        *Screen
	root     *fyne.Container // text, recipe, time
	verdicts *fyne.Container // with how many there are of each
	others   *fyne.Container // what else is asked for, each to be taken back

	text    *widgets.Entry
	recipe  *widgets.Select
	period  int // of periods
	periods []*widgets.Chip
	over    bool
	overs   *widgets.Chip
	chosen  map[history.Verdict]bool // none: any
	chips   []*widgets.Chip
	more    more
	facets  history.Facets  // of the history
	counts  history.Summary // of each verdict, whichever are chosen
}

func newFilter(s *Screen) *filter {
	f := &filter{s: s, period: len(periods) - 1, chosen: map[history.Verdict]bool{}, others: widgets.Row(4)}
	f.text = s.Tips.NewEntry(words.T("Search"), words.T("Words that occur in the name, part, type, error, reason or notes (/)"))
	f.text.OnChanged = func(string) { s.typed() }
	f.text.OnSubmitted = func(string) { s.Window.Canvas().Unfocus() }
	f.text.OnEscape = func() { s.Window.Canvas().Unfocus() }
	f.recipe = s.Tips.NewSelect([]string{anyRecipe()}, words.T("Which recipe judged"), s.Keys, nil)
	f.recipe.Selected = anyRecipe()
	f.recipe.OnChanged = func(string) { s.find() }
	spans := widgets.Row(4)
	for i, p := range periods {
		c := s.Tips.NewChip(nil, p.tip.String(), func() { f.period = i; f.more.since, f.more.until = time.Time{}, time.Time{}; f.changed() })
		f.periods = append(f.periods, c)
		spans.Add(c)
	}
	f.overs = s.Tips.NewChip(nil, words.T("Only what people have judged otherwise, or confirmed"), func() { f.over = !f.over; f.changed() })
	f.verdicts = widgets.Row(4)
	for _, v := range verdicts {
		c := s.Tips.NewChip(themes.VerdictIcon(string(v)), words.T("What the program judged %s; several can be chosen", v), func() {
			f.chosen[v] = !f.chosen[v]
			f.changed()
		})
		f.chips = append(f.chips, c)
		f.verdicts.Add(c)
	}
	ask := s.Tips.NewButton(words.T("Filter…"), nil, words.T("Source, person, region, score and time (D)"), f.ask)
	f.root = widgets.Row(8, widgets.Fixed(210, 0, f.text), widgets.Fixed(160, 0, f.recipe), spans, f.overs, ask)
	f.others.Hide()
	f.paint()
	return f
}

// changed follows a chip at once and searches.
func (f *filter) changed() {
	f.paint()
	f.s.find()
}

// paint shows what is chosen.
func (f *filter) paint() {
	for i, c := range f.periods {
		c.Set(periods[i].word.String(), i == f.period && f.more.since.IsZero() && f.more.until.IsZero())
	}
	f.overs.Set(words.T("Overridden"), f.over)
	f.root.Refresh()
	for i, n := range []int{f.counts.OK, f.counts.Review, f.counts.NG, f.counts.Error} {
		f.chips[i].Set(fmt.Sprintf("%s %d", verdicts[i], n), f.chosen[verdicts[i]])
	}
	f.verdicts.Refresh()
	f.others.Objects = nil
	for _, c := range f.more.criteria() {
		chip := f.s.Tips.NewChip(theme.CancelIcon(), words.T("Take this back"), func() { c.drop(&f.more); f.changed() })
		chip.Set(c.word, true)
		f.others.Add(chip)
	}
	f.others.Hidden = len(f.others.Objects) == 0
	if n := len(f.others.Objects); n > 1 {
		all := f.s.Tips.NewChip(nil, words.T("Take back all of these (Backspace)"), func() { f.more = more{}; f.changed() })
		all.Set(words.T("Take back all"), false)
		f.others.Add(all)
	}
	f.others.Refresh()
}

// clear takes back all criteria.
func (f *filter) clear() {
	f.period, f.over, f.more = len(periods)-1, false, more{}
	clear(f.chosen)
	f.text.SetText("")
	f.recipe.Selected = anyRecipe()
	f.recipe.Refresh()
	f.changed()
}

// only looks for nothing but these records, whatever was asked for before.
func (f *filter) only(ids []int64, what string) {
	f.period, f.over, f.more = len(periods)-1, false, more{picked: ids, what: what}
	clear(f.chosen)
	f.text.SetText("")
	f.recipe.Selected = anyRecipe()
	f.recipe.Refresh()
	f.paint()
}

// read says what is chosen, as of now.
func (f *filter) read(now time.Time) question {
	out := history.Filter{Text: strings.TrimSpace(f.text.Text), Overridden: f.over, Newest: true}
	if days := periods[f.period].days; days > 0 {
		y, m, d := now.Date()
		out.Since = time.Date(y, m, d-days+1, 0, 0, 0, 0, now.Location())
	}
	if f.recipe.Selected != anyRecipe() {
		out.Recipe = f.recipe.Selected
	}
	for _, v := range verdicts {
		if f.chosen[v] {
			out.Verdict = append(out.Verdict, v)
		}
	}
	f.more.apply(&out)
	return question{out, f.more.like}
}

// show writes how many there are of each verdict, and which recipes.
func (f *filter) show(got *found) {
	f.counts, f.facets = got.counts, got.facets
	f.recipe.Options = append([]string{anyRecipe()}, got.facets.Recipes...)
	f.paint()
}

// question is what is asked of the history.
type question struct {
	history.Filter
	like int64 // only what looks most like this record, nearest first; 0: any
}

// found is an answer of the history.
type found struct {
	filter history.Filter // with the records of a question of likeness
	view   *history.View
	far    map[int64]float64 // from the record that the others look like; nil: no such question
	group  spc.Group         // of what was found
	counts history.Summary   // whatever the verdict
	all    int               // verdicts in the history
	facets history.Facets    // of the history
}

// similar is how many parts are shown that look like one.
const similar = 24

// search asks the history.
func search(ctx context.Context, store *history.Store, q question) (*found, error) {
	all, err := store.View(ctx, history.Filter{})
	if err != nil {
		return nil, err
	}
	got := &found{filter: q.Filter, all: all.Len(), facets: all.Facets()}
	if got.view, err = store.View(ctx, q.Filter); err != nil {
		return nil, err
	}
	if q.like != 0 {
		return got, got.order(ctx, store, q.like)
	}
	got.counts = got.view.Summary()
	if len(q.Verdict) > 0 {
		any := q.Filter
		any.Verdict = nil
		v, err := store.View(ctx, any)
		if err != nil {
			return nil, err
		}
		got.counts = v.Summary()
	}
	got.sum()
	return got, nil
}

// order keeps what looks most like one record, among what was found, behind it.
func (f *found) order(ctx context.Context, store *history.Store, like int64) error {
	near, err := store.Nearest(ctx, like, f.view, similar)
	if err != nil {
		return err
	}
	ids := []int64{like}
	f.far = map[int64]float64{like: 0}
	for _, n := range near {
		ids = append(ids, n.ID)
		f.far[n.ID] = n.Distance
	}
	f.filter = history.Filter{IDs: ids} // the part itself, too
	if f.view, err = store.View(ctx, f.filter); err != nil {
		return err
	}
	f.view = f.view.InOrder(ids)
	f.counts = f.view.Summary()
	f.sum()
	return nil
}

func (f *found) sum() {
	one := func(history.Sample) (string, time.Time) { return "", time.Time{} }
	if groups := spc.Groups(f.view.Samples(), one); len(groups) > 0 {
		f.group = groups[0]
	}
}
