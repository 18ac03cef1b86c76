// Package compare is the screen that sets two recipes, or a recipe and its own
// calibration, beside each other on the same parts: where they disagree, what
// each gets right, and how long each takes.
package compare

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"agurscope/datasets"
	"agurscope/nn/anomaly"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"
	"agurscope/ui/words"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Title names the screen.
const Title = "Compare"

// Screen implements desk.Screen.
type Screen struct {
	desk.Quiet
	*desk.Desk
	body  *fyne.Container
	all   fyne.CanvasObject
	shown bool

	path   string           // of the other recipe; "" for this one as calibrated
	rival  *session.Session // nil for this one as calibrated
	c      *session.Comparison
	pass   *session.Pass // that c was made of
	with   session.Thresholds
	rows   []int // pairs on show
	only   bool  // those that differ alone
	cur    int   // pair, -1 for none
	cancel context.CancelFunc
	job    context.CancelFunc // of the rival's pass
	now    session.Progress
	flush  desk.Latest

	pick     *widgets.Picker
	start    *widgets.Button
	progress *desk.ScoringRow
	text     *widgets.Text
	chips    [2]*widgets.Chip
	list     *widgets.List
	none     *widgets.Text
	thumbs   *thumb.Thumbs
	seen     desk.Latest
	panes    [2]*pane
	layers   [3]*widgets.Chip
	layer    viewer.Pane
	figures  *figures
}

// pane is one side's picture of the selected part.
type pane struct {
	view  *viewer.Viewer
	name  *widgets.Text
	badge *widgets.Badge
	root  fyne.CanvasObject
}

// New returns the screen.
func New(d *desk.Desk) *Screen {
	s := &Screen{Desk: d, body: container.NewStack(), only: true, cur: -1, layer: viewer.PaneSegmentation}
	s.flush.Thread, s.seen.Thread = d.Thread, d.Thread
	s.thumbs = thumb.New(func(int) { s.seen.PostLatest(func() { s.list.Refresh() }) })
	d.Job(s.thumbs.Run)
	s.figures = newFigures(d.Tips)
	s.all = s.compose()
	d.Scoring.Watch(func() {
		if s.shown {
			s.renew()
		}
	})
	// The rival's network is freed with the window.
	d.Job(func(ctx context.Context) {
		<-ctx.Done()
		s.drop()
	})
	return s
}

// drop frees the rival's network.
func (s *Screen) drop() {
	if s.rival != nil {
		_ = s.rival.Close() // it has no store: nothing can be lost
		s.rival = nil
	}
}

// Title implements desk.Screen.
func (s *Screen) Title() string { return Title }

// Content implements desk.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.body }

// Show implements desk.Screen.
func (s *Screen) Show() {
	s.shown = true
	s.renew()
}

// Hide implements desk.Screen.
func (s *Screen) Hide() { s.shown = false }

// Changed implements desk.Screen.
func (s *Screen) Changed() {
	if s.shown {
		s.renew()
	}
}

const listWidth = 380

func (s *Screen) compose() fyne.CanvasObject {
	t := s.Tips
	s.pick = t.NewPicker(words.T("Compare with"), theme.DocumentIcon(), 250, words.T("The other recipe. Click to choose one."), s.menu)
	s.start = t.NewButton(words.T("Score both"), theme.MediaPlayIcon(), words.T("Runs both networks over the parts of the open set, one after the other."), s.begin)
	s.start.Importance = widget.HighImportance
	s.progress = s.Scoring.NewRow()
	s.text = widgets.NewCaption("")
	s.text.Elide = widgets.ElideEnd
	head := widgets.NewPanel(widgets.Inset(widgets.Row(8, widgets.NewTitle(words.T("Compare")), widgets.Fixed(8, 0, widgets.NewText("")), s.pick, s.text, s.progress.Root, s.start), 5, 12))

	for i, w := range []struct{ word, tip string }{{words.T("Disagree"), words.T("Parts of which the two say different things")}, {words.T("All"), words.T("All parts that both have judged")}} {
		s.chips[i] = t.NewChip(nil, w.tip, func() { s.only = i == 0; s.fill() })
	}
	s.list = widgets.NewList(s.Keys, func() int { return len(s.rows) }, newRow, func(i int, o fyne.CanvasObject) {
		if i < len(s.rows) {
			s.setRow(o.(*row), s.rows[i])
		}
	})
	s.list.OnSelected = func(i int) {
		if i < len(s.rows) {
			s.show(s.rows[i])
		}
	}
	s.none = widgets.NewCaption("")
	s.none.Align = fyne.TextAlignCenter
	title := widgets.Row(4, widgets.NewHeading(words.T("Parts")), widgets.NewSpring(nil), s.chips[0], s.chips[1])
	captions := widgets.Columns(rowColumns, widgets.NewCaption(""), caption(words.T("this")), caption(words.T("other")))
	table := widgets.Dock(widgets.Rows(4, widgets.Inset(title, 2, 4), captions), nil, nil, nil, container.NewStack(s.list, container.NewCenter(s.none)))
	left := widgets.Dock(nil, widgets.NewCard(s.figures.root), nil, nil, container.New(layout.NewCustomPaddedLayout(0, 8, 0, 0), widgets.NewCard(table)))
	for i := range s.panes {
		p := &pane{view: viewer.New(), name: widgets.NewHeading(""), badge: widgets.NewBadge()}
		p.name.Elide = widgets.ElideMiddle
		p.view.ShowToolbar(false)
		p.view.Enlarge(s.layer)
		other := 1 - i
		p.view.OnMoved = func(v viewer.Viewport) { s.panes[other].view.SetView(v) }
		p.root = widgets.NewCard(widgets.Dock(widgets.Inset(widgets.Row(8, p.name, p.badge), 3, 0), nil, nil, nil, p.view))
		s.panes[i] = p
	}
	layers := widgets.Row(6, widgets.NewCaption(words.T("show")))
	for i, l := range []struct {
		word string
		pane viewer.Pane
	}{{words.T("Heat map"), viewer.PaneHeat}, {words.T("Reconstruction"), viewer.PaneReconstruction}, {words.T("Segmentation"), viewer.PaneSegmentation}} {
		s.layers[i] = t.NewChip(nil, words.T("Show this of both. Zoom and pan move both pictures."), func() { s.setLayer(l.pane) })
		layers.Add(s.layers[i])
	}
	pictures := container.NewGridWithColumns(2, s.panes[0].root, s.panes[1].root)
	right := widgets.Dock(nil, widgets.Inset(widgets.Row(0, widgets.NewSpring(nil), layers), 6, 4), nil, nil, pictures)
	s.setLayer(s.layer)
	body := widgets.Dock(nil, nil, widgets.Fixed(listWidth, 0, left), nil, container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), right))
	return widgets.Dock(widgets.Rows(0, head, widgets.NewRule()), nil, nil, nil, widgets.Inset(body, 8, 8))
}

func caption(s string) *widgets.Text {
	c := widgets.NewCaption(s)
	c.Align = fyne.TextAlignCenter
	return c
}

func (s *Screen) setLayer(p viewer.Pane) {
	s.layer = p
	words := [3]string{words.T("Heat map"), words.T("Reconstruction"), words.T("Segmentation")}
	for i, q := range []viewer.Pane{viewer.PaneHeat, viewer.PaneReconstruction, viewer.PaneSegmentation} {
		s.layers[i].Set(words[i], p == q)
	}
	for _, x := range s.panes {
		x.view.Enlarge(p)
	}
}

// menu offers what this recipe can be compared with.
func (s *Screen) menu() {
	take := func(path string) func() { return func() { s.Against(path) } }
	items := []*fyne.MenuItem{
		fyne.NewMenuItem(words.T("This recipe as calibrated"), take("")),
		fyne.NewMenuItem(words.T("Choose a recipe file…"), func() { s.AskRecipe(s.Against) }),
	}
	r := s.Session.Recipe()
	for i, path := range s.RecentRecipes() {
		if r != nil && path == r.Path {
			continue
		}
		if i == 0 || len(items) == 2 {
			items = append(items, fyne.NewMenuItemSeparator())
		}
		items = append(items, fyne.NewMenuItem(widgets.Shorten(path, 420, theme.Size(theme.SizeNameText), fyne.TextStyle{}, widgets.ElideMiddle), take(path)))
	}
	widget.NewPopUpMenu(fyne.NewMenu("", items...), s.Window.Canvas()).ShowAtRelativePosition(fyne.NewPos(0, s.pick.Size().Height+2), s.pick)
}

// Against chooses the other recipe.
func (s *Screen) Against(path string) {
	s.stop()
	s.drop()
	s.path, s.c = path, nil
	s.renew()
}

func (s *Screen) stop() {
	if s.job != nil {
		s.job()
	}
}

// renew follows set, recipe and thresholds.
func (s *Screen) renew() {
	r, set := s.Session.Recipe(), s.Session.Set()
	if r == nil || set == nil {
		s.c = nil
		s.body.Objects = []fyne.CanvasObject{widgets.NewEmpty(theme.ViewRefreshIcon(), words.T("Nothing to compare yet"),
			words.T("Open a folder of parts and a recipe on the Inspect screen. This screen then sets another recipe beside it."),
			s.Tips.NewButton(words.T("Go to Inspect"), theme.NavigateNextIcon(), "", func() { s.GoTo("Inspect") }))}
		s.body.Refresh()
		return
	}
	if len(s.body.Objects) != 1 || s.body.Objects[0] != s.all {
		s.body.Objects = []fyne.CanvasObject{s.all}
		s.body.Refresh()
	}
	s.names()
	pass := s.Session.Pass()
	_, scoring := s.Scoring.Running()
	s.progress.Refresh()
	busy := scoring || s.job != nil
	s.start.SetEnabled(!busy)
	switch {
	case s.job != nil && s.now.Total > 0:
		s.text.Set(words.T("the other recipe: %d of %d · %s", s.now.Done, s.now.Total, phrase.Remaining(s.now.Left)))
	case s.job != nil:
		s.text.Set(words.T("opening the other recipe…"))
	case pass == nil && !scoring:
		s.text.Set(words.T("The parts of this set have not been scored yet."))
	default:
		s.text.Set("")
	}
	if pass != nil && s.ready(pass) && (s.c == nil || s.pass != pass || s.with != s.Session.Thresholds()) {
		s.judge(pass)
	}
	if pass == nil {
		s.c = nil
	}
	s.fill()
}

// ready reports whether the other side is there.
func (s *Screen) ready(*session.Pass) bool {
	return s.path == "" || s.rival != nil && s.job == nil && s.rival.Pass() != nil
}

// judge compares.
func (s *Screen) judge(pass *session.Pass) {
	r := s.Session.Recipe()
	s.pass, s.with = pass, s.Session.Thresholds()
	a := session.NewTrial(pass, session.Saved(r), s.with)
	var b *session.Trial
	if s.path == "" {
		t := session.Recommended(r.Calibration)
		b = session.NewTrial(pass, t, t)
	} else {
		p := s.rival.Pass()
		b = session.NewTrial(p, session.Saved(p.Recipe), session.Saved(p.Recipe))
	}
	s.c = session.Compare(a, b)
	items := make([]datasets.Item, len(s.c.Pairs))
	for i, p := range s.c.Pairs {
		items[i] = p.Item
	}
	s.thumbs.Reset(items)
	s.cur = -1
}

func (s *Screen) names() {
	r := s.Session.Recipe()
	other := words.T("%s as calibrated", r.Name)
	if s.path != "" {
		other = strings.TrimSuffix(filepath.Base(s.path), filepath.Ext(s.path))
	}
	s.pick.SetName(other)
	s.panes[0].name.Set(words.T("this: %s", r.Name))
	s.panes[1].name.Set(words.T("other: %s", other))
}

// begin scores the set by both recipes.
func (s *Screen) begin() {
	if s.Session.Pass() == nil {
		s.Scoring.Begin()
	}
	if s.path == "" || s.job != nil {
		s.renew()
		return
	}
	s.drop()
	s.c, s.now = nil, session.Progress{}
	ctx, cancel := context.WithCancel(s.Context())
	s.job = cancel
	path := s.path
	s.Job(func(context.Context) {
		defer cancel()
		rival, err := s.Session.Rival(path)
		if err == nil {
			_, err = rival.RunPass(ctx, func(p session.Progress) {
				s.flush.PostLatest(func() { s.now = p; s.renew() })
			})
		}
		if err != nil && rival != nil {
			_ = rival.Close()
			rival = nil
		}
		s.OnUI(func() {
			s.job = nil
			if path == s.path {
				s.rival = rival
			} else if rival != nil {
				_ = rival.Close()
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				s.Report(err)
			}
			s.renew()
		})
	})
	s.renew()
}

// fill lists the parts.
func (s *Screen) fill() {
	s.rows = nil
	differ, all := 0, 0
	if s.c != nil {
		all = len(s.c.Pairs)
		for i, p := range s.c.Pairs {
			if p.Differ() {
				differ++
			}
			if p.Differ() || !s.only {
				s.rows = append(s.rows, i)
			}
		}
	}
	s.chips[0].Set(words.T("Disagree %d", differ), s.only)
	s.chips[1].Set(words.T("All %d", all), !s.only)
	switch {
	case s.c == nil:
		s.none.Set(words.T("Score the parts to see where the two disagree."))
	default:
		s.none.Set(words.T("The two agree about all parts."))
	}
	s.none.Hidden = len(s.rows) > 0
	s.none.Refresh()
	s.figures.set(s.c)
	s.list.Refresh()
	if s.c == nil {
		s.clear()
		return
	}
	for i, k := range s.rows {
		if k == s.cur {
			s.list.Select(i)
			return
		}
	}
	s.list.UnselectAll()
	if len(s.rows) > 0 {
		s.list.Select(0)
	} else if all > 0 && s.cur < 0 {
		s.show(0)
	}
}

func (s *Screen) clear() {
	s.cur = -1
	for _, p := range s.panes {
		p.view.SetFrame(viewer.Frame{})
		p.badge.Set("", "")
	}
}

// show inspects a part by both, for their maps.
func (s *Screen) show(i int) {
	if s.cur == i || s.c == nil {
		return
	}
	if s.cancel != nil {
		s.cancel()
	}
	ctx, cancel := context.WithCancel(s.Context())
	s.cur, s.cancel = i, cancel
	pair, rival, r := s.c.Pairs[i], s.rival, s.Session.Recipe()
	own := [2]session.Thresholds{s.c.A.Trial.Now(), s.c.B.Trial.Now()}
	for k, v := range []string{string(pair.A), string(pair.B)} {
		s.panes[k].badge.Set(v, v)
	}
	s.Job(func(context.Context) {
		defer cancel()
		var frames [2]viewer.Frame
		for k := range frames {
			by, of := s.Session, r
			if k == 1 && rival != nil {
				by, of = rival, rival.Recipe()
			}
			res, err := by.Preview(ctx, pair.Item)
			if err != nil || of == nil {
				return
			}
			frames[k] = frameBy(by, res, of, own[k])
		}
		s.OnUI(func() {
			if s.cur != i || ctx.Err() != nil && s.cancel == nil {
				return
			}
			for k, p := range s.panes {
				p.view.SetFrame(frames[k])
			}
		})
	})
}

// frameBy judges a result by thresholds and prepares it for the viewer.
func frameBy(by *session.Session, res *session.Result, r *anomaly.Recipe, t session.Thresholds) viewer.Frame {
	if res.Prediction != nil && res.Thresholds != t {
		by.RejudgeNow(res, t)
	}
	return scene.Frame(res, r.Calibration)
}

// Key implements desk.Screen.
func (s *Screen) Key(name fyne.KeyName) bool {
	step := func(by int) {
		for i, k := range s.rows {
			if k == s.cur {
				s.list.Select(min(max(i+by, 0), len(s.rows)-1))
				return
			}
		}
	}
	switch name {
	case fyne.KeyLeft, fyne.KeyUp, fyne.KeyK:
		step(-1)
	case fyne.KeyRight, fyne.KeyDown, fyne.KeyJ:
		step(1)
	case fyne.KeyEscape:
		s.stop()
		s.Scoring.Cancel()
	case fyne.KeyF, fyne.KeyPlus, fyne.KeyMinus:
		s.panes[0].view.HandleKey(name)
		s.panes[1].view.SetView(s.panes[0].view.View())
	default:
		return false
	}
	return true
}

var rowColumns = []float32{2.2, 1, 1}

// row is one part with both verdicts.
type row struct {
	widget.BaseWidget
	picture     *thumb.Picture
	name, truth *widgets.Text
	badges      [2]*widgets.Badge
	scores      [2]*widgets.Text
	all         *fyne.Container
}

func newRow() fyne.CanvasObject {
	r := &row{picture: thumb.NewPicture(38), name: widgets.NewText(""), truth: widgets.NewCaption("")}
	r.name.Elide, r.truth.Elide = widgets.ElideMiddle, widgets.ElideEnd
	cells := []fyne.CanvasObject{widgets.Dock(nil, nil, widgets.Inset(r.picture.Root, 2, 4), nil, widgets.Lines(r.name, r.truth))}
	for i := range r.badges {
		r.badges[i], r.scores[i] = widgets.NewBadge(), caption("")
		cells = append(cells, container.NewCenter(widgets.Rows(0, r.badges[i], r.scores[i])))
	}
	r.all = widgets.Columns(rowColumns, cells...)
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer shows the row.
func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

func (s *Screen) setRow(r *row, i int) {
	p := s.c.Pairs[i]
	m, known := s.thumbs.Get(i)
	r.picture.Set(m, known)
	r.name.Set(filepath.Base(p.Item.Name))
	truth := p.Truth.String()
	if p.Item.Type != "" && p.Truth == session.TruthDefect {
		truth = p.Item.Type
	}
	r.truth.Set(truth)
	for k, v := range []string{string(p.A), string(p.B)} {
		r.badges[k].Set(v, v)
	}
	right := [2]bool{}
	right[0], right[1] = p.Right()
	for k, v := range []float64{p.ScoreA, p.ScoreB} {
		text, ink := index(v), themes.ColorNameMuted
		if p.Differ() && right[k] {
			text, ink = text+" · "+words.T("right"), themes.ColorNameOK
		}
		r.scores[k].SetColor(ink)
		r.scores[k].Set(text)
	}
}

// index is the score on the scale where 50 is the reject threshold.
func index(share float64) string {
	if share != share {
		return "–"
	}
	return fmt.Sprintf("%.0f", min(max(50*share, 0), 100))
}

// figures compares two sides in numbers.
type figures struct {
	root  *fyne.Container
	cells [6][2]*widgets.Text
}

func newFigures(t *widgets.Tips) *figures {
	f := &figures{root: widgets.Rows(4)}
	columns := []float32{2, 1, 1}
	f.root.Add(widgets.Columns(columns, widgets.NewHeading(words.T("In numbers")), caption(words.T("this")), caption(words.T("other"))))
	for i, l := range []struct{ name, tip string }{
		{words.T("judged rightly"), words.T("Good parts that are OK and defective ones that are NG, of all labelled parts")},
		{words.T("false rejects"), words.T("Share of good parts that are NG")},
		{words.T("escapes"), words.T("Share of defective parts that are OK")},
		{words.T("to a person"), words.T("Share of parts in the REVIEW band")},
		{"AUROC", words.T("How well the scores tell defective from good parts, whatever the thresholds")},
		{words.T("latency p50 · p95"), words.T("Time from file to verdict while scoring, in milliseconds")},
	} {
		name := widgets.NewText(l.name)
		name.Elide = widgets.ElideEnd
		for k := range f.cells[i] {
			f.cells[i][k] = widgets.NewStyled(&widgets.Text{Text: "–", Align: fyne.TextAlignCenter, Elide: widgets.ElideEnd})
		}
		f.root.Add(widgets.Columns(columns, t.Over(name, l.tip), f.cells[i][0], f.cells[i][1]))
	}
	return f
}

func (f *figures) set(c *session.Comparison) {
	if c == nil {
		for _, row := range f.cells {
			for _, t := range row {
				t.Set("–")
				t.SetColor("")
			}
		}
		return
	}
	var values [6][2]float64
	for k, s := range []*session.Side{&c.A, &c.B} {
		of := func(i int, p session.Proportion) {
			text := "–"
			values[i][k] = p.Share()
			if p.N > 0 {
				text = widgets.Percent(p.Share())
			}
			f.cells[i][k].Text = text
		}
		of(0, s.Accuracy())
		of(1, s.FalseRejects())
		of(2, s.Escapes())
		of(3, s.Reviews())
		values[4][k], values[5][k] = s.AUROC, float64(s.Latency.P50)
		f.cells[4][k].Text = figure(s.AUROC)
		f.cells[5][k].Text = words.T("%.0f · %.0f ms", float64(s.Latency.P50), float64(s.Latency.P95))
	}
	for i, row := range f.cells {
		better := i == 0 || i == 4 // more is better
		for k, t := range row {
			mine, other := values[i][k], values[i][1-k]
			t.Style.Bold = mine != other && (mine > other) == better
			t.ColorName = ""
			if t.Style.Bold {
				t.ColorName = themes.ColorNameOK
			}
			t.Refresh()
		}
	}
}

func figure(v float64) string {
	if v != v {
		return "–"
	}
	return fmt.Sprintf("%.3f", v)
}
