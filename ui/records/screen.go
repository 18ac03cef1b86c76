// Package records is the History screen: every verdict of the station, found by
// what is known of it, and each as it was judged with what people said since.
package records

import (
	"context"
	"errors"
	"strings"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/desk"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// Title names the screen.
const Title = "History"

// Screen implements desk.Screen.
type Screen struct {
	desk.Quiet
	*desk.Desk
	icon  fyne.Resource
	body  *fyne.Container
	all   fyne.CanvasObject
	shown bool

	filter *filter
	found  *found // what is on show; nil: nothing yet
	marked map[int64]bool
	last   int  // row that was marked last
	moving bool // the program selects a row, not a click
	asked  int  // searches so far: the answer to an older one is dropped
	stop   context.CancelFunc
	typing *time.Timer

	pages    *pages
	pictures *thumb.Kept
	list     *widgets.List
	none     fyne.CanvasObject
	index    *widgets.Text // head of its column
	figures  *widgets.Text
	detail   *detail
	actions  *actions

	faces  [2]*widgets.Chip // the table, and the charts
	face   int
	place  *fyne.Container // of the one that is shown
	split  fyne.CanvasObject
	charts *charts
}

// New returns the screen; icon is that of the rail.
func New(d *desk.Desk, icon fyne.Resource) *Screen {
	s := &Screen{Desk: d, icon: icon, body: container.NewStack(), marked: map[int64]bool{}}
	s.pages = newPages(d, func() { s.list.Refresh() })
	s.pictures = thumb.NewKept(d, func() { s.list.Refresh() })
	s.all = s.compose()
	return s
}

// Title implements desk.Screen.
func (s *Screen) Title() string { return Title }

// Content implements desk.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.body }

// Show implements desk.Screen.
func (s *Screen) Show() {
	s.shown = true
	s.find()
}

// Hide implements desk.Screen.
func (s *Screen) Hide() { s.shown = false }

// Changed implements desk.Screen.
func (s *Screen) Changed() {
	if s.shown {
		s.find()
	}
}

// Key implements desk.Screen.
func (s *Screen) Key(name fyne.KeyName) bool {
	if s.face == 1 {
		switch name {
		case fyne.KeyEscape:
			s.turn(0)
		case fyne.KeyBackspace:
			s.filter.more = more{}
			s.filter.changed()
		default:
			return false
		}
		return true
	}
	switch name {
	case fyne.KeyUp, fyne.KeyLeft, fyne.KeyK:
		s.step(-1)
	case fyne.KeyDown, fyne.KeyRight, fyne.KeyJ:
		s.step(1)
	case fyne.KeyPageUp:
		s.step(-10)
	case fyne.KeyPageDown:
		s.step(10)
	case fyne.KeyHome:
		s.step(-s.rows())
	case fyne.KeyEnd:
		s.step(s.rows())
	case fyne.KeySpace:
		s.mark(s.row())
		s.step(1)
	case fyne.KeyBackspace:
		s.filter.more = more{}
		s.filter.changed()
	case fyne.KeyEscape:
		if !s.actions.cancel() && len(s.marked) > 0 {
			s.unmark()
		} else {
			return s.detail.view.HandleKey(name)
		}
	case fyne.KeyO: // a verdict, not the viewer's
		return false
	default:
		return s.detail.view.HandleKey(name)
	}
	return true
}

// Rune implements desk.Screen.
func (s *Screen) Rune(r rune) {
	if s.face == 1 && !strings.ContainsRune("/dve", r) {
		return // the others are about the table
	}
	switch r {
	case '/':
		s.Window.Canvas().Focus(s.filter.text)
	case 'o':
		s.detail.override(history.OK)
	case 'n':
		s.detail.override(history.NG)
	case 'r':
		s.detail.override(history.REVIEW)
	case 'd':
		s.filter.ask()
	case 'a':
		s.markAll()
	case 'g':
		s.actions.askGolden()
	case 'e':
		s.actions.askExport()
	case 'm':
		s.actions.showInMap()
	case 's':
		s.detail.alike()
	case 't':
		s.detail.compare()
	case 'v':
		s.turn(1 - s.face)
	}
}

// Only shows nothing but these records, in the table.
func (s *Screen) Only(ids []int64, what string) {
	s.turn(0)
	s.filter.only(ids, what)
	if s.shown {
		s.find()
	}
}

// step selects another row.
func (s *Screen) step(by int) {
	if n := s.rows(); n > 0 {
		s.goTo(min(max(s.row()+by, 0), n-1))
	}
}

// goTo selects a row, whatever modifiers are held for another reason.
func (s *Screen) goTo(row int) {
	s.moving = true
	s.list.Select(row)
	s.moving = false
}

// row is the one that is selected, or the first.
func (s *Screen) row() int {
	if s.found == nil {
		return 0
	}
	return max(s.found.view.Row(s.detail.id), 0)
}

func (s *Screen) compose() fyne.CanvasObject {
	s.filter = newFilter(s)
	s.detail = newDetail(s)
	s.figures = widgets.NewCaption("")
	s.figures.Elide, s.figures.Align = widgets.ElideEnd, fyne.TextAlignTrailing
	s.actions = newActions(s)
	s.charts = newCharts(s)
	for i, f := range []struct{ word, tip string }{
		{words.T("Table"), words.T("The verdicts one by one (V)")}, {words.T("Charts"), words.T("Yield, control charts, causes, drift, false rejects and repeatability of what was found (V)")},
	} {
		s.faces[i] = s.Tips.NewChip(nil, f.tip, func() { s.turn(i) })
		s.faces[i].Set(f.word, i == 0)
	}
	s.charts.byBox.Hide()
	head := widgets.NewPanel(widgets.Inset(widgets.Rows(6, widgets.Row(14, widgets.NewTitle(words.T("History")), widgets.Row(2, s.faces[0], s.faces[1]), s.filter.root), widgets.Row(8, s.filter.verdicts, s.charts.byBox, s.figures), s.filter.others), 6, 12))
	s.list = widgets.NewList(s.Keys, s.rows, s.newRow, s.fillRow)
	s.list.OnSelected = s.choose
	everything := s.Tips.NewButton(words.T("Show everything"), nil, words.T("Take back all filters"), s.filter.clear)
	s.none = widgets.NewEmpty(theme.SearchIcon(), words.T("No verdict is like that"), words.T("Nothing in the history answers to all of what is chosen above."), everything)
	s.none.Hide()
	table := widgets.Dock(widgets.Inset(s.captions(), 4, 4), s.actions.root, nil, nil, container.NewStack(s.list, s.none))
	split := container.NewHSplit(
		container.New(layout.NewCustomPaddedLayout(0, 0, 0, 4), widgets.NewCard(table)),
		container.New(layout.NewCustomPaddedLayout(0, 0, 4, 0), widgets.NewCard(s.detail.root)))
	split.Offset = .54
	s.split = widgets.Inset(split, 8, 8)
	s.place = container.NewStack(s.split)
	return widgets.Dock(widgets.Rows(0, head, widgets.NewRule()), nil, nil, nil, s.place)
}

// turn shows the table or the charts.
func (s *Screen) turn(face int) {
	s.face = face
	for i, c := range s.faces {
		c.Set([]string{words.T("Table"), words.T("Charts")}[i], i == face)
	}
	s.charts.byBox.Hidden = face == 0
	s.place.Objects = []fyne.CanvasObject{[]fyne.CanvasObject{s.split, s.charts.root}[face]}
	if face == 1 {
		s.charts.show(s.found)
	}
	s.all.Refresh()
}

// table shows the table of what is asked for now.
func (s *Screen) table() {
	s.turn(0)
	s.filter.changed()
}

// rows is the number of rows of the table.
func (s *Screen) rows() int {
	if s.found == nil {
		return 0
	}
	return s.found.view.Len()
}

// choose shows the record in a row beside the table. With Control it is marked,
// with Shift all from the one marked last.
func (s *Screen) choose(row int) {
	if row >= s.rows() {
		return
	}
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok && !s.moving {
		switch held := d.CurrentKeyModifiers(); {
		case held&fyne.KeyModifierControl != 0:
			s.mark(row)
		case held&fyne.KeyModifierShift != 0:
			s.markTo(row)
		}
	}
	s.detail.show(s.found.view.Sample(row))
}

// typed searches when a person has stopped typing.
func (s *Screen) typed() {
	if s.typing != nil {
		s.typing.Stop()
	}
	s.typing = time.AfterFunc(pause, func() { s.OnUI(s.find) })
}

// pause is how long nobody types before what was typed is searched for.
const pause = 150 * time.Millisecond

// find asks the history for what the filter says. Another call makes this one's
// answer worthless: it is cancelled, and dropped if it comes all the same.
func (s *Screen) find() {
	store := s.Session.Store()
	if store == nil {
		s.present(widgets.NewEmpty(s.icon, words.T("No history"), words.T("Verdicts are found here when Agurscope runs with a history database. Start it with one to keep them.")))
		return
	}
	if s.stop != nil {
		s.stop()
	}
	ctx, stop := context.WithCancel(s.Context())
	s.asked++
	s.stop = stop
	n, q := s.asked, s.filter.read(time.Now())
	s.Job(func(context.Context) {
		defer stop()
		got, err := search(ctx, store, q)
		s.OnUI(func() {
			if n == s.asked {
				s.use(got, err)
			}
		})
	})
}

// use shows what was found.
func (s *Screen) use(got *found, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err != nil:
		s.Report(err)
		return
	case got.all == 0:
		s.found = nil
		inspect := s.Tips.NewButton(words.T("Inspect parts"), nil, words.T("Go to the Inspect screen"), func() { s.GoTo("Inspect") })
		s.present(widgets.NewEmpty(s.icon, words.T("No verdicts yet"), words.T("Every part that is inspected leaves its verdict here, for good: with its picture, the thresholds in force and what people say of it."), inspect))
		return
	}
	s.found = got
	s.pages.reset(got.view)
	s.filter.show(got)
	s.figures.Set(got.words())
	s.index.Set(map[bool]string{false: words.T("Index"), true: words.T("Distance")}[got.far != nil])
	s.last = 0
	s.actions.refresh()
	if s.face == 1 {
		s.charts.show(got)
	}
	if s.rows() > 0 {
		s.none.Hide()
		s.list.Show()
	} else {
		s.none.Show()
		s.list.Hide()
	}
	s.list.UnselectAll()
	s.list.Refresh()
	s.none.Refresh()
	s.present(s.all)
	switch row := got.view.Row(s.detail.id); {
	case row >= 0:
		s.goTo(row)
	case s.rows() > 0:
		s.goTo(0)
		s.list.ScrollToTop()
	default:
		s.detail.clear()
	}
}

// present shows one thing in the place of the screen.
func (s *Screen) present(o fyne.CanvasObject) {
	if len(s.body.Objects) == 1 && s.body.Objects[0] == o {
		return
	}
	s.body.Objects = []fyne.CanvasObject{o}
	s.body.Refresh()
}

// words are the figures of what was found.
func (f *found) words() string {
	if f.group.N == 0 {
		return words.N(f.all, "none of %d verdict", "none of %d verdicts")
	}
	text := words.N(f.all, "%d verdict", "%d verdicts")
	if f.group.N < f.all {
		text = words.N(f.all, "%[2]d of %[1]d verdict", "%[2]d of %[1]d verdicts", f.group.N)
	}
	text += " · " + words.T("yield %s", widgets.Percent(f.group.Yield()))
	if f.group.Overridden > 0 {
		text += " · " + words.T("by the program alone %s", widgets.Percent(f.group.FirstPass())) + " · " + words.T("%d overridden", f.group.Overridden)
	}
	return text
}
