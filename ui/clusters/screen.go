// Package clusters is the screen that shows the map of inspected parts: what
// looks alike to the network lies together. People look around in it, name what
// belongs together, and see what is unlike anything before.
package clusters

import (
	"context"
	"errors"
	"slices"
	"sync"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/desk"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Title names the screen.
const Title = "Clusters"

// Screen implements desk.Screen.
type Screen struct {
	desk.Quiet
	*desk.Desk
	body  *fyne.Container
	all   fyne.CanvasObject
	shown bool
	icon  fyne.Resource

	m      *history.Map // nil: none
	by     session.MapColour
	names  []string // of the groups
	of     []int    // group of each point
	chosen []int    // points that are selected; nil: all
	what   string   // what they are called
	which  int      // cluster of m that is selected; -1: none

	scatter  *Scatter
	colours  *widgets.Select
	lasso    *widgets.Button
	draw     *widgets.Button
	cancel   *widgets.Button
	progress *widgets.Progress
	stage    *widgets.Text
	doing    *fyne.Container

	side    *fyne.Container // all of the column beside the map
	figures *fyne.Container
	legend  *fyne.Container
	title   *widgets.Text
	name    *widgets.Entry
	naming  *fyne.Container
	keep    *widgets.Button
	drop    *widgets.Button
	table   *widgets.Button
	wanted  []int64 // to be selected when the map is read; nil: none
	asked   int     // maps so far: what is read of an older wish is dropped
	list    *widgets.List
	tip     *card

	pictures *thumb.Kept
	stop     context.CancelFunc // of the map being drawn; nil: none is
	latest   desk.Latest

	mu     sync.Mutex
	placed []session.Placed // not yet shown
}

// New returns the screen; icon is that of the rail.
func New(d *desk.Desk, icon fyne.Resource) *Screen {
	s := &Screen{Desk: d, body: container.NewStack(), icon: icon, which: -1}
	s.latest.Thread = d.Thread
	s.pictures = thumb.NewKept(d, s.renewPictures)
	s.all = s.compose()
	d.Session.OnPlaced(s.place)
	return s
}

// Title implements desk.Screen.
func (s *Screen) Title() string { return Title }

// Content implements desk.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.body }

// Show implements desk.Screen.
func (s *Screen) Show() {
	s.shown = true
	s.load()
}

// Hide implements desk.Screen.
func (s *Screen) Hide() { s.shown = false }

// Changed implements desk.Screen.
func (s *Screen) Changed() {
	if s.shown {
		s.load()
	} else {
		s.m = nil
	}
}

// Key implements desk.Screen.
func (s *Screen) Key(name fyne.KeyName) bool {
	switch {
	case name == fyne.KeyEscape && s.stop != nil:
		s.stop()
	case name == fyne.KeyEscape && s.chosen != nil:
		s.choose(nil, "", -1)
	default:
		return false
	}
	return true
}

// Rune implements desk.Screen.
func (s *Screen) Rune(r rune) {
	switch r {
	case 'f':
		s.scatter.Fit()
	case '+':
		s.scatter.Zoom(1.3)
	case '-':
		s.scatter.Zoom(1 / 1.3)
	case 'l':
		s.toggleLasso()
	case 'd':
		s.begin()
	case 'h':
		s.tabulate()
	case 'c':
		i := slices.Index(session.MapColours, s.by)
		names := colourNames()
		s.colours.SetSelected(names[(i+1)%len(names)])
	}
}

// colourNames are session.MapColours as people read them.
func colourNames() []string {
	return []string{words.T("verdict"), words.T("type"), words.T("cluster"), words.T("time")}
}

func (s *Screen) compose() fyne.CanvasObject {
	s.scatter = NewScatter()
	s.scatter.OnHover = s.hovered
	s.scatter.OnTapped = s.tapped
	s.scatter.OnLasso = func(in []int) {
		if len(in) == 0 {
			s.choose(nil, "", -1)
			return
		}
		s.choose(in, insideLine.String(), -1)
	}
	names := colourNames()
	s.colours = s.Tips.NewSelect(names, words.T("What the colours mean (C)"), s.Keys, func(string) {
		s.by = session.MapColours[max(slices.Index(names, s.colours.Selected), 0)]
		s.choose(nil, "", -1)
		s.recolour(true)
	})
	s.lasso = s.Tips.NewButton(words.T("Lasso"), nil, words.T("Draw a line around parts to name or list them (L); Shift and drag does it, too"), s.toggleLasso)
	fit := s.Tips.NewButton(words.T("Fit"), nil, words.T("Show the whole map (F)"), s.scatter.Fit)
	s.draw = s.Tips.NewButton(words.T("Draw anew"), nil, words.T("Lay out all inspected parts of this recipe again (D)"), s.begin)
	s.cancel = s.Tips.NewButton(words.T("Cancel"), nil, words.T("Leave the map as it is (Esc)"), func() {
		if s.stop != nil {
			s.stop()
		}
	})
	s.progress = widgets.NewProgress()
	s.stage = widgets.NewCaption("")
	s.doing = widgets.Row(8, s.stage, widgets.Fixed(170, 0, s.progress), s.cancel)
	s.doing.Hide()
	bar := widgets.Row(8, widgets.NewCaption(words.T("Colour by")), widgets.Fixed(110, 0, s.colours), s.lasso, fit, widgets.NewSpring(nil), s.doing, s.draw)
	s.tip = newCard()
	area := container.NewStack(s.scatter, s.tip.layer)
	left := widgets.Dock(widgets.NewPanel(widgets.Inset(bar, 6, 10)), nil, nil, nil, area)
	return widgets.Dock(nil, nil, nil, widgets.Dock(nil, nil, widgets.NewRule(), nil, s.panel()), left)
}

// panelWidth is the width of the column beside the map.
const panelWidth = 300

func (s *Screen) panel() fyne.CanvasObject {
	s.figures, s.legend = widgets.Rows(3), widgets.Rows(1)
	s.title = widgets.NewHeading("")
	s.name = s.Tips.NewEntry(words.T("Name of this cluster"), words.T("Such as: bent lead"))
	s.name.OnSubmitted = func(string) { s.nameIt() }
	s.name.OnEscape = func() { s.Window.Canvas().Unfocus() }
	s.keep = s.Tips.NewButton(words.T("Name"), nil, words.T("Keep these parts as a cluster of this name"), s.nameIt)
	s.drop = s.Tips.NewButton(words.T("Remove"), nil, words.T("Forget this cluster; its parts stay"), s.dropIt)
	s.table = s.Tips.NewButton(words.T("Show in History"), theme.HistoryIcon(), words.T("List these parts on the History screen (H)"), s.tabulate)
	s.naming = widgets.Dock(nil, nil, nil, widgets.Row(4, s.keep, s.drop), s.name)
	s.list = widgets.NewList(s.Keys, s.listed, newRow, s.fillRow)
	s.list.OnSelected = func(row int) {
		s.list.UnselectAll()
		if row < s.listed() { // it shows the map of before until the next is read
			s.show(s.listedPoint(row))
		}
	}
	top := widgets.Rows(10, s.figures, widgets.NewRule(), widgets.Fixed(0, 150, container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 0, 0, 14), s.legend))), widgets.NewRule(), s.title, s.naming, s.table)
	s.side = widgets.Dock(widgets.Inset(top, 12, 14), nil, nil, nil, widgets.Inset(s.list, 0, 4))
	return widgets.NewPanel(widgets.Fixed(panelWidth, 0, s.side))
}

// load reads the map of the recipe that is open.
func (s *Screen) load() {
	if s.Session.Store() == nil {
		s.m = nil
		s.present(widgets.NewEmpty(s.icon, words.T("No history"), words.T("The map shows parts that were inspected with a history database. Start Agurscope with one to collect them.")))
		return
	}
	s.asked++
	n := s.asked
	s.Job(func(ctx context.Context) {
		m, err := s.Session.Map(ctx)
		s.OnUI(func() {
			if n == s.asked { // else another recipe may be open by now
				s.loaded(m, err)
			}
		})
	})
}

func (s *Screen) loaded(m *history.Map, err error) {
	switch {
	case errors.Is(err, context.Canceled):
	case errors.Is(err, history.ErrNotFound):
		s.m = nil
		if s.stop == nil {
			s.offer()
		}
	case err != nil:
		s.Report(err)
	case s.m == nil || !alike(s.m, m):
		s.use(m, s.m != nil && s.m.ID == m.ID)
	default:
		s.present(s.all)
	}
	s.findWanted()
}

// alike reports whether two maps show the same.
func alike(a, b *history.Map) bool {
	return a.ID == b.ID && slices.EqualFunc(a.Points, b.Points, func(p, q history.MapPoint) bool {
		return p.Verdict == q.Verdict && p.Part.Final == q.Part.Final
	}) && slices.EqualFunc(a.Clusters, b.Clusters, func(c, d history.Cluster) bool {
		return c.ID == d.ID && c.Name == d.Name && len(c.Members) == len(d.Members)
	})
}

// offer shows the way to a first map.
func (s *Screen) offer() {
	draw := s.Tips.NewButton(words.T("Draw the map"), nil, words.T("Lay out all inspected parts of this recipe (D)"), s.begin)
	draw.Importance = widget.HighImportance
	inspect := s.Tips.NewButton(words.T("Inspect parts"), nil, words.T("Go to the Inspect screen"), func() { s.GoTo("Inspect") })
	s.present(widgets.NewEmpty(s.icon, words.T("No map yet"),
		words.T("A map lays out inspected parts so that those that look alike lie together. Clusters of defects show, and so do parts unlike all others. It needs ten inspected parts of one recipe."),
		draw, inspect))
}

// present shows one thing in the place of the screen.
func (s *Screen) present(o fyne.CanvasObject) {
	if len(s.body.Objects) == 1 && s.body.Objects[0] == o {
		return
	}
	s.body.Objects = []fyne.CanvasObject{o}
	s.body.Refresh()
}

// use shows a map.
func (s *Screen) use(m *history.Map, keepView bool) {
	s.m = m
	s.asked++ // what is still being read is older
	if s.by == "" {
		s.by = session.ByCluster
		if typed(m) {
			s.by = session.ByType
		}
		s.colours.Selected = colourNames()[slices.Index(session.MapColours, s.by)]
		s.colours.Refresh()
	}
	s.chosen, s.which = nil, -1
	s.recolour(keepView)
	s.tell()
	s.choose(nil, "", -1)
	s.present(s.all)
}

// recolour groups the points anew.
func (s *Screen) recolour(keepView bool) {
	if s.m == nil {
		return
	}
	s.names, s.of = session.MapGroups(s.m, s.by)
	marks := make([]Mark, len(s.m.Points))
	for i, p := range s.m.Points {
		marks[i] = Mark{p.X, p.Y, s.of[i], p.Outside}
	}
	s.scatter.Set(marks, keepView)
	s.writeLegend()
}
