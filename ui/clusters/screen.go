// Package clusters is the screen that shows the map of inspected parts: what
// looks alike to the network lies together. People look around in it, name what
// belongs together, and see what is unlike anything before.
package clusters

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"sync"

	"agurscope/history"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/station"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"
	"agurscope/ui/words"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
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
	progress *widget.ProgressBar
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
	s.progress = widget.NewProgressBar()
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
		s.show(s.listedPoint(row))
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
	s.Job(func(ctx context.Context) {
		m, err := s.Session.Map(ctx)
		s.OnUI(func() { s.loaded(m, err) })
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

// tabulate lists the selected parts on the History screen.
func (s *Screen) tabulate() {
	if s.m == nil || s.chosen == nil {
		return
	}
	var ids []int64
	for _, i := range s.chosen {
		ids = append(ids, s.m.Points[i].Verdict)
	}
	what := s.what
	switch what {
	case insideLine.String():
		what = words.T("from the map")
	case fromHistory.String():
	default:
		what = words.T("of %s##a set", what)
	}
	s.ShowRecords(ids, what)
}

// Find selects the parts of these verdicts, once the map is there.
func (s *Screen) Find(ids []int64) {
	s.wanted = ids
	s.load()
}

func (s *Screen) findWanted() {
	ids := s.wanted
	if s.wanted = nil; s.m == nil || ids == nil {
		return
	}
	want := map[int64]bool{}
	for _, id := range ids {
		want[id] = true
	}
	var in []int
	for i, p := range s.m.Points {
		if want[p.Verdict] {
			in = append(in, i)
		}
	}
	switch {
	case len(in) == 0:
		s.Say(words.T("None of these parts is in the map of this recipe. Draw it anew to take them in."))
	case len(in) < len(ids):
		s.Say(words.T("%d of %d parts are in the map of this recipe.", len(in), len(ids)))
	}
	if len(in) > 0 {
		s.choose(in, fromHistory.String(), -1)
	}
	if len(in) == 1 {
		s.show(in[0])
	}
}

// What is selected is called so where it is no group of the map.
const (
	insideLine  = words.Text("inside the line")
	fromHistory = words.Text("from History")
)

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

// tell writes the figures beside the picture.
func (s *Screen) tell() {
	m, out, live := s.m, 0, 0
	for _, p := range m.Points {
		if p.Outside {
			out++
		}
		if p.Placed {
			live++
		}
	}
	parts := words.N(len(m.Points), "%d part", "%d parts")
	if live > 0 {
		parts += ", " + words.T("%d placed since", live)
	}
	s.figures.Objects = []fyne.CanvasObject{
		elided(widgets.NewHeading(m.Recipe)),
		widgets.NewCaption(parts),
		widgets.NewCaption(words.T("drawn %s", m.Time.Local().Format("2006-01-02 15:04"))),
		figure(words.T("Silhouette of the clusters"), m.Silhouette, "%.2f"),
		figure(truthOf(m), 100*m.Agreement, "%.0f %%"),
		figure(words.T("Trustworthiness of the map"), m.Trustworthiness, "%.3f"),
		figure(words.T("Unlike the others (rings)"), float64(out), "%.0f"),
	}
	s.figures.Refresh()
	s.side.Refresh() // what is below makes room
}

// truthOf is what neighbours are compared by.
func truthOf(m *history.Map) string {
	if typed(m) {
		return words.T("Neighbours of the same type")
	}
	return words.T("Neighbours of the same verdict")
}

// typed reports whether the type of any part is known.
func typed(m *history.Map) bool {
	return slices.ContainsFunc(m.Points, func(p history.MapPoint) bool { return p.Part.Type != "" || p.Part.Label != "" })
}

// figure is one line of the figures.
func figure(name string, v float64, format string) fyne.CanvasObject {
	text := "–"
	if !math.IsNaN(v) {
		text = fmt.Sprintf(format, v)
	}
	return widgets.Row(6, widgets.NewCaption(name), widgets.NewSpring(nil),
		widgets.NewStyled(&widgets.Text{Text: text, Style: fyne.TextStyle{Bold: true}}))
}

func elided(t *widgets.Text) *widgets.Text {
	t.Elide = widgets.ElideMiddle
	return t
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

func (s *Screen) writeLegend() {
	count := make([]int, len(s.names)+1)
	for _, g := range s.of {
		count[g+1]++
	}
	s.legend.Objects = nil
	for g, name := range s.names {
		if count[g+1] > 0 || s.by == session.ByCluster {
			s.legend.Add(newLegendRow(g, name, count[g+1], func() { s.isolate(g) }))
		}
	}
	if count[0] > 0 {
		name := words.T("not known")
		if s.by == session.ByCluster {
			name = words.T("in no cluster")
		}
		s.legend.Add(newLegendRow(-1, name, count[0], func() { s.isolate(-1) }))
	}
	s.legend.Refresh()
}

// isolate selects the points of a group, or all when they are selected already.
func (s *Screen) isolate(group int) {
	name := words.T("not known")
	if group >= 0 {
		name = s.names[group]
	}
	if s.chosen != nil && s.what == name {
		s.choose(nil, "", -1)
		return
	}
	var in []int
	for i, g := range s.of {
		if g == group {
			in = append(in, i)
		}
	}
	which := -1
	if s.by == session.ByCluster && group >= 0 {
		which = s.clusterAt(group)
		in = s.members(which)
	}
	s.choose(in, name, which)
}

// clusterAt is which cluster of the map the group of that number is.
func (s *Screen) clusterAt(group int) int {
	n := 0
	for _, kind := range []history.ClusterKind{history.FoundCluster, history.NamedCluster} {
		for k, c := range s.m.Clusters {
			if c.Kind != kind {
				continue
			}
			if n == group {
				return k
			}
			n++
		}
	}
	return -1
}

// members are the points of a cluster.
func (s *Screen) members(cluster int) []int {
	var in []int
	for i, p := range s.m.Points {
		if _, ok := slices.BinarySearch(s.m.Clusters[cluster].Members, p.Verdict); ok {
			in = append(in, i)
		}
	}
	return in
}

// choose selects points: the others are dimmed, and the list shows these only.
func (s *Screen) choose(in []int, what string, cluster int) {
	s.chosen, s.what, s.which = in, what, cluster
	var lit []bool
	if in != nil {
		lit = make([]bool, len(s.m.Points))
		for _, i := range in {
			lit[i] = true
		}
	}
	s.scatter.Light(lit)
	s.scatter.Choose(-1)
	s.name.SetText("")
	s.drop.Hide()
	s.keep.SetText(words.T("Name"))
	if cluster >= 0 {
		c := s.m.Clusters[cluster]
		s.name.SetText(c.Name)
		s.keep.SetText(words.T("Rename"))
		if c.Kind == history.NamedCluster {
			s.drop.Show()
		}
	}
	s.heading()
	if in == nil {
		s.naming.Hide()
		s.table.Hide()
	} else {
		s.naming.Show()
		s.table.Show()
	}
	s.side.Refresh()
	s.list.Refresh()
	s.list.ScrollToTop()
}

func (s *Screen) heading() {
	switch {
	case s.m == nil:
		s.title.Set("")
	case s.chosen == nil:
		s.title.Set(words.T("All parts"))
	default:
		s.title.Set(words.N(len(s.chosen), "%d part", "%d parts") + ", " + s.what)
	}
}

func (s *Screen) toggleLasso() {
	s.scatter.Lasso = !s.scatter.Lasso
	s.lasso.Importance = widget.MediumImportance
	if s.scatter.Lasso {
		s.lasso.Importance = widget.HighImportance
	}
	s.lasso.Refresh()
}

// begin draws a map.
func (s *Screen) begin() {
	if s.stop != nil || s.Session.Store() == nil {
		return
	}
	ctx, stop := context.WithCancel(s.Context())
	s.stop = stop
	s.draw.Disable()
	s.progress.SetValue(0)
	s.stage.Set("")
	s.doing.Show()
	s.present(s.all)
	s.Job(func(context.Context) {
		defer stop()
		_, err := s.Session.DrawMap(ctx, session.MapOptions{On: func(p session.MapProgress) {
			s.latest.PostLatest(func() { s.report(p) })
		}})
		var m *history.Map
		if err == nil {
			m, err = s.Session.Map(ctx)
		}
		s.OnUI(func() { s.drawn(m, err) })
	})
}

func (s *Screen) report(p session.MapProgress) {
	if s.stop == nil {
		return
	}
	s.stage.Set(stageWords[p.Stage].String())
	if p.Of > 0 {
		s.progress.SetValue(float64(p.Done) / float64(p.Of))
	}
}

var stageWords = map[string]words.Text{
	"reading": words.Text("Reading parts"), "neighbours": words.Text("Comparing parts"), "layout": words.Text("Laying out"), "clusters": words.Text("Finding clusters"),
}

func (s *Screen) drawn(m *history.Map, err error) {
	s.stop = nil
	s.doing.Hide()
	s.draw.Enable()
	switch {
	case errors.Is(err, context.Canceled):
		s.Say(words.T("The map was left as it was."))
		s.load()
	case err != nil:
		s.Report(err)
		s.load()
	default:
		s.use(m, false)
		s.Say(words.N(len(m.Points), "The map holds %d part.", "The map holds %d parts."))
	}
}

// place is told of a part that was put into the map, away from the window.
func (s *Screen) place(p session.Placed) {
	s.mu.Lock()
	first := len(s.placed) == 0
	s.placed = append(s.placed, p)
	s.mu.Unlock()
	if first {
		s.OnUI(s.showPlaced)
	}
}

func (s *Screen) showPlaced() {
	s.mu.Lock()
	placed := s.placed
	s.placed = nil
	s.mu.Unlock()
	if s.m == nil || !s.shown {
		return
	}
	known := map[int64]bool{}
	for _, p := range s.m.Points {
		known[p.Verdict] = true
	}
	last := -1
	for _, p := range placed {
		if p.Map != s.m.ID || known[p.Verdict] {
			continue
		}
		last = len(s.m.Points)
		s.m.Points = append(s.m.Points, p.MapPoint)
		for k := range s.m.Clusters {
			if c := &s.m.Clusters[k]; p.Cluster != 0 && c.ID == p.Cluster {
				c.Members = append(c.Members, p.Verdict)
			}
		}
	}
	if last < 0 {
		return
	}
	s.recolour(true)
	if s.chosen != nil {
		s.choose(s.chosen, s.what, s.which)
	}
	s.scatter.Choose(last)
	s.heading()
	s.list.Refresh()
	s.tell()
}

// nameIt keeps the selection under the name that was typed.
func (s *Screen) nameIt() {
	name := strings.TrimSpace(s.name.Text)
	if s.m == nil || s.chosen == nil || name == "" {
		s.Say(words.T("Type a name first."))
		return
	}
	store, id, user := s.Session.Store(), s.m.ID, s.User()
	var rename int64
	c := &history.Cluster{Kind: history.NamedCluster, Name: name, Author: user}
	if s.which >= 0 {
		rename = s.m.Clusters[s.which].ID
	} else {
		for _, i := range s.chosen {
			c.Members = append(c.Members, s.m.Points[i].Verdict)
		}
		slices.Sort(c.Members)
	}
	s.need(func(ctx context.Context) error {
		if rename != 0 {
			return store.NameCluster(ctx, rename, name, user)
		}
		return store.AddCluster(ctx, id, c)
	}, words.T("%q is kept.", name))
}

func (s *Screen) dropIt() {
	if s.which < 0 {
		return
	}
	store, id := s.Session.Store(), s.m.Clusters[s.which].ID
	s.need(func(ctx context.Context) error { return store.DropCluster(ctx, id) }, words.T("The cluster is gone; its parts stay."))
}

// need writes once whoever is at the station may: what parts are called is the
// engineer's.
func (s *Screen) need(do func(context.Context) error, done string) {
	s.Need(station.Engineer, func() { s.write(do, done) })
}

// write changes clusters and shows the map anew, by cluster.
func (s *Screen) write(do func(context.Context) error, done string) {
	s.Window.Canvas().Unfocus()
	s.Job(func(ctx context.Context) {
		err := do(ctx)
		var m *history.Map
		if err == nil {
			m, err = s.Session.Map(ctx)
		}
		s.OnUI(func() {
			if err != nil {
				s.Report(err)
				return
			}
			s.by = session.ByCluster
			s.colours.Selected = colourNames()[slices.Index(session.MapColours, s.by)]
			s.colours.Refresh()
			s.use(m, true)
			s.Say(done)
		})
	})
}

// listed is the number of rows of the list.
func (s *Screen) listed() int {
	switch {
	case s.m == nil:
		return 0
	case s.chosen != nil:
		return len(s.chosen)
	}
	return len(s.m.Points)
}

// listedPoint is the point of a row: the newest comes first.
func (s *Screen) listedPoint(row int) int {
	if s.chosen != nil {
		return s.chosen[len(s.chosen)-1-row]
	}
	return len(s.m.Points) - 1 - row
}

// row is one part in the list.
type row struct {
	widget.BaseWidget
	all         fyne.CanvasObject
	picture     *thumb.Picture
	name, where *widgets.Text
	badge       *widgets.Badge
}

func newRow() fyne.CanvasObject {
	r := &row{picture: thumb.NewPicture(40), name: elided(widgets.NewText("")), where: elided(widgets.NewCaption("")), badge: widgets.NewBadge()}
	r.all = widgets.Dock(nil, nil, widgets.Inset(r.picture.Root, 3, 6), container.NewCenter(widgets.Inset(r.badge, 0, 8)), widgets.Lines(r.name, r.where))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer shows the row.
func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

func (s *Screen) fillRow(i int, o fyne.CanvasObject) {
	r := o.(*row)
	if i >= s.listed() {
		return
	}
	p := &s.m.Points[s.listedPoint(i)]
	r.name.Set(p.Part.Name)
	r.where.Set(s.besides(s.listedPoint(i)))
	word := string(p.Part.Final)
	if p.Part.Final != p.Part.Verdict {
		word += "*"
	}
	r.badge.Set(string(p.Part.Final), word)
	m, known := s.pictures.Get(p.Part.ThumbnailSHA256)
	r.picture.Set(m, known)
}

// besides says what a point is besides its name.
func (s *Screen) besides(i int) string {
	p := &s.m.Points[i]
	var out []string
	if p.Outside {
		out = append(out, words.T("unlike the others"))
	}
	if g := s.of[i]; g >= 0 && s.by != session.ByVerdict && s.by != session.ByTime {
		out = append(out, s.names[g])
	}
	return strings.Join(append(out, p.Part.Time.Local().Format("01-02 15:04")), " · ")
}

// hovered shows the part under the pointer.
func (s *Screen) hovered(i int) {
	if i < 0 || s.m == nil {
		s.tip.hide()
		return
	}
	s.show1(i)
}

// tapped selects a part, or nothing.
func (s *Screen) tapped(i int) {
	if i < 0 {
		if s.chosen != nil {
			s.choose(nil, "", -1)
		}
		s.scatter.Choose(-1)
		return
	}
	s.scatter.Choose(i)
	for row := range s.listed() {
		if s.listedPoint(row) == i {
			s.list.ScrollTo(row)
			break
		}
	}
}

// show points at a part in the map.
func (s *Screen) show(i int) {
	s.scatter.Choose(i)
	s.show1(i)
}

func (s *Screen) show1(i int) {
	p := &s.m.Points[i]
	m, _ := s.pictures.Get(p.Part.ThumbnailSHA256)
	score := words.T("no score")
	if !math.IsNaN(p.Part.Score) {
		score = words.T("score %s", phrase.Figure(p.Part.Score))
	}
	s.tip.show(i, m, p.Part.Name, string(p.Part.Final), score, s.besides(i), s.scatter.place(p.X, p.Y), s.scatter.Size())
}

// renewPictures is called when pictures have been read.
func (s *Screen) renewPictures() {
	s.list.Refresh()
	if i := s.tip.of; i >= 0 && s.m != nil && i < len(s.m.Points) && s.tip.box.Visible() {
		s.show1(i)
	}
}

// legendRow is one group of the legend.
type legendRow struct {
	widget.BaseWidget
	group  int
	tapped func()
	sign   *canvas.Raster
	all    fyne.CanvasObject
}

func newLegendRow(group int, name string, n int, tapped func()) *legendRow {
	r := &legendRow{group: group, tapped: tapped}
	r.sign = canvas.NewRaster(func(w, h int) image.Image { return swatch(group, max(min(w, h), 4)) })
	label := widgets.NewStyled(&widgets.Text{Text: name, Elide: widgets.ElideEnd})
	r.all = widgets.Inset(widgets.Row(8, widgets.Fixed(16, 16, r.sign), label, widgets.NewCaption(fmt.Sprint(n))), 2, 2)
	r.ExtendBaseWidget(r)
	return r
}

// Tapped implements fyne.Tappable.
func (r *legendRow) Tapped(*fyne.PointEvent) { r.tapped() }

// Refresh follows the theme.
func (r *legendRow) Refresh() {
	r.sign.Refresh()
	r.BaseWidget.Refresh()
}

// CreateRenderer shows the row.
func (r *legendRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

// card is what is shown of the part under the pointer.
type card struct {
	layer *fyne.Container
	box   *fyne.Container
	img   *canvas.Image
	badge *widgets.Badge
	lines [3]*widgets.Text
	of    int
}

const (
	cardWidth  = 250
	cardHeight = 92
)

func newCard() *card {
	c := &card{img: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}, badge: widgets.NewBadge(), of: -1}
	for i := range c.lines {
		c.lines[i] = elided(widgets.NewCaption(""))
	}
	c.lines[0].ColorName, c.lines[0].Style.Bold = theme.ColorNameForeground, true
	ground := widgets.NewGround(themes.ColorNameRaised)
	ground.Stroke, ground.Radius = theme.ColorNameSeparator, 6
	words := widgets.Rows(2, c.lines[0], c.lines[1], c.lines[2], container.NewHBox(c.badge))
	c.box = container.NewStack(ground, widgets.Inset(widgets.Dock(nil, nil, widgets.Fixed(76, 76, c.img), nil, widgets.Inset(words, 0, 8)), 8, 8))
	c.layer = container.NewWithoutLayout(c.box)
	c.box.Hide()
	return c
}

func (c *card) hide() {
	c.of = -1
	c.box.Hide()
}

// show puts the card beside a place in a field of the given size.
func (c *card) show(of int, m *image.RGBA, name, verdict, score, words string, at fyne.Position, field fyne.Size) {
	c.of = of
	c.img.Image = nil
	if m != nil {
		c.img.Image = m
	}
	c.img.Refresh()
	c.lines[0].Set(name)
	c.lines[1].Set(words)
	c.lines[2].Set(score)
	c.badge.Set(verdict, verdict)
	c.box.Resize(fyne.NewSize(cardWidth, cardHeight))
	x, y := at.X+14, at.Y+14
	if x+cardWidth > field.Width {
		x = at.X - 14 - cardWidth
	}
	if y+cardHeight > field.Height {
		y = at.Y - 14 - cardHeight
	}
	c.box.Move(fyne.NewPos(max(x, 0), max(y, 0)))
	c.box.Show()
	c.box.Refresh()
}
