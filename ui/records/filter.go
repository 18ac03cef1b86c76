package records

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"agurscope/history"
	"agurscope/history/spc"
	"agurscope/themes"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
)

// verdicts in the order of the chips.
var verdicts = []history.Verdict{history.OK, history.REVIEW, history.NG, history.ERROR}

// periods are the spans that can be chosen, in days; 0 is all.
var periods = []struct {
	word, tip string
	days      int
}{
	{"Today", "Since midnight", 1},
	{"7 days", "Today and the six days before", 7},
	{"All", "Whenever it was", 0},
}

const anyRecipe = "all recipes"

// filter is where a person says what to look for.
type filter struct {
	s        *Screen
	root     fyne.CanvasObject
	verdicts *fyne.Container

	text    *widgets.Entry
	recipe  *widgets.Select
	period  int // of periods
	periods []*widgets.Chip
	over    bool
	overs   *widgets.Chip
	chosen  map[history.Verdict]bool // none: any
	chips   []*widgets.Chip
	like    int64 // only what looks like this record; 0: any
	likes   *widgets.Chip
	counts  history.Summary // of each verdict, whichever are chosen
}

func newFilter(s *Screen) *filter {
	f := &filter{s: s, period: len(periods) - 1, chosen: map[history.Verdict]bool{}}
	f.text = s.Tips.NewEntry("Search", "Words that occur in the name, part, type, error, reason or notes (/)")
	f.text.OnChanged = func(string) { s.typed() }
	f.text.OnSubmitted = func(string) { s.Window.Canvas().Unfocus() }
	f.text.OnEscape = func() { s.Window.Canvas().Unfocus() }
	f.recipe = s.Tips.NewSelect([]string{anyRecipe}, "Which recipe judged", s.Keys, nil)
	f.recipe.Selected = anyRecipe
	f.recipe.OnChanged = func(string) { s.find() }
	spans := widgets.Row(4)
	for i, p := range periods {
		c := s.Tips.NewChip(nil, p.tip, func() { f.period = i; f.changed() })
		f.periods = append(f.periods, c)
		spans.Add(c)
	}
	f.overs = s.Tips.NewChip(nil, "Only what people have judged otherwise, or confirmed", func() { f.over = !f.over; f.changed() })
	f.likes = s.Tips.NewChip(nil, "Only the parts that look most like one; click to see all again", func() { f.like = 0; f.changed() })
	f.verdicts = widgets.Row(4)
	for _, v := range verdicts {
		c := s.Tips.NewChip(themes.VerdictIcon(string(v)), "What the program judged "+string(v)+"; several can be chosen", func() {
			f.chosen[v] = !f.chosen[v]
			f.changed()
		})
		f.chips = append(f.chips, c)
		f.verdicts.Add(c)
	}
	f.root = widgets.Row(10, widgets.NewTitle(Title), widgets.Fixed(6, 0, widgets.NewText("")), widgets.Fixed(280, 0, f.text), widgets.Fixed(190, 0, f.recipe), spans, f.overs, f.likes, widgets.NewSpring(nil))
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
		c.Set(periods[i].word, i == f.period)
	}
	f.overs.Set("Overridden", f.over)
	f.likes.Set("Similar ×", true)
	f.likes.Hidden = f.like == 0
	f.root.Refresh()
	for i, n := range []int{f.counts.OK, f.counts.Review, f.counts.NG, f.counts.Error} {
		f.chips[i].Set(fmt.Sprintf("%s %d", verdicts[i], n), f.chosen[verdicts[i]])
	}
	f.verdicts.Refresh()
}

// clear takes back all criteria.
func (f *filter) clear() {
	f.period, f.over, f.like = len(periods)-1, false, 0
	clear(f.chosen)
	f.text.SetText("")
	f.recipe.Selected = anyRecipe
	f.recipe.Refresh()
	f.changed()
}

// read says what is chosen, as of now.
func (f *filter) read(now time.Time) history.Filter {
	out := history.Filter{Text: strings.TrimSpace(f.text.Text), Overridden: f.over, Newest: true}
	if days := periods[f.period].days; days > 0 {
		y, m, d := now.Date()
		out.Since = time.Date(y, m, d-days+1, 0, 0, 0, 0, now.Location())
	}
	if f.recipe.Selected != anyRecipe {
		out.Recipe = f.recipe.Selected
	}
	for _, v := range verdicts {
		if f.chosen[v] {
			out.Verdict = append(out.Verdict, v)
		}
	}
	return out
}

// show writes how many there are of each verdict, and which recipes.
func (f *filter) show(got *found) {
	f.counts = got.counts
	f.recipe.Options = append([]string{anyRecipe}, got.recipes...)
	f.paint()
}

// found is an answer of the history.
type found struct {
	filter  history.Filter
	view    *history.View
	group   spc.Group       // of what was found
	counts  history.Summary // whatever the verdict
	all     int             // verdicts in the history
	recipes []string        // of the history
}

// similar is how many parts are shown that look like one.
const similar = 24

// search asks the history; like is filter.like.
func search(ctx context.Context, store *history.Store, f history.Filter, like int64) (*found, error) {
	all, err := store.View(ctx, history.Filter{})
	if err != nil {
		return nil, err
	}
	got := &found{filter: f, all: all.Len()}
	for x := range all.Samples() {
		if !slices.Contains(got.recipes, x.Recipe) && x.Recipe != "" {
			got.recipes = append(got.recipes, x.Recipe)
		}
	}
	slices.Sort(got.recipes)
	if like != 0 {
		near, err := store.Nearest(ctx, like, all, similar)
		if err != nil {
			return nil, err
		}
		f.IDs = []int64{like}
		for _, n := range near {
			f.IDs = append(f.IDs, n.ID)
		}
	}
	if got.view, err = store.View(ctx, f); err != nil {
		return nil, err
	}
	got.counts = got.view.Summary()
	if len(f.Verdict) > 0 {
		any := f
		any.Verdict = nil
		v, err := store.View(ctx, any)
		if err != nil {
			return nil, err
		}
		got.counts = v.Summary()
	}
	one := func(history.Sample) (string, time.Time) { return "", time.Time{} }
	if groups := spc.Groups(got.view.Samples(), one); len(groups) > 0 {
		got.group = groups[0]
	}
	return got, nil
}
