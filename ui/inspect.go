package ui

import (
	"context"
	"fmt"
	"sync"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// inspectScreen is where parts are looked at and judged. Its fields belong to
// Fyne's goroutine, but for those that say otherwise.
type inspectScreen struct {
	desk.Quiet
	w   *Window
	all *fyne.Container

	parts *parts
	cur   int // selected item, -1 for none
	on    *shown
	cache shownCache
	gen   int // of set and recipe: what belongs to an older one is dropped
	seg   segment.Segmenter

	run          *runAll
	follow       bool // the run shows each part as it comes
	choosing     context.CancelFunc
	presented    *presentation // waits to be prepared
	preparing    bool
	recipeComing bool // a recipe is being opened after the set

	// gate is held for reading while something is inspected and for writing
	// while the detector is exchanged.
	gate   sync.RWMutex
	manual manualRun

	thumbs     *thumb.Thumbs
	thumbsSeen desk.Latest
	results    *resultBatch

	setPick, recipePick *widgets.Picker
	runButton, stop     *widgets.Button
	back, forth         *widgets.Button
	progress            *widget.ProgressBar
	progressText        *widgets.Text
	progressRow         *fyne.Container
	list                *widgets.List
	chips               []*widgets.Chip
	view                *viewer.Viewer
	middle              *fyne.Container
	panel               *verdictPanel
	tools               *toolRow
	log                 *runLog
	setLogAt            func(open bool)
}

// manualRun is the history's run for parts inspected one by one. It is used by
// the goroutines that inspect.
type manualRun struct {
	mu   sync.Mutex
	run  history.Run
	open bool
}

func newInspectScreen(w *Window) *inspectScreen {
	s := &inspectScreen{w: w, cur: -1, parts: newParts(nil), view: viewer.New()}
	s.thumbsSeen.Thread = w.Thread
	s.results = &resultBatch{flush: desk.Latest{Thread: w.Thread}}
	s.thumbs = thumb.New(func(int) { s.thumbsSeen.PostLatest(s.list.Refresh) })
	w.Job(s.thumbs.Run)
	s.panel = newVerdictPanel(s)
	s.log = newRunLog(s)
	s.view.OnSelect = s.regionClicked
	s.view.OnProbe = func(int, int, bool) { s.w.seat.guard.Touch() }
	s.middle = container.NewStack()
	s.tools = newToolRow(s)
	s.view.SetPlaceholder(viewer.PaneReconstruction, s.noReconstruction())
	s.compose()
	s.refreshList()
	return s
}

// noReconstruction says why the reconstruction's pane is empty.
func (s *inspectScreen) noReconstruction() string {
	if r := s.recipe(); r != nil && !r.Model.Network.Reconstructs() {
		return words.T("This method has no reconstruction")
	}
	return words.T("No reconstruction yet")
}

func (s *inspectScreen) Title() string              { return inspectTitle }
func (s *inspectScreen) Content() fyne.CanvasObject { return s.all }

// Changed shows the thresholds that are in force now.
func (s *inspectScreen) Changed() {
	s.panel.thresholds.refresh()
	if s.on != nil {
		s.display(s.on)
	}
}

func (s *inspectScreen) Show()                   { s.refreshMiddle() }
func (s *inspectScreen) recipe() *anomaly.Recipe { return s.w.Session.Recipe() }
func (s *inspectScreen) cal() *anomaly.Calibration {
	if r := s.recipe(); r != nil {
		return r.Calibration
	}
	return nil
}

// ready reports whether parts can be inspected: not by a recipe that another is
// about to take the place of, nor twice, by one that is there before it is shown.
func (s *inspectScreen) ready() bool {
	return s.w.Session.Engine() != nil && s.recipe() != nil && !s.recipeComing
}

const (
	listWidth  = 236
	panelWidth = 332
)

func (s *inspectScreen) compose() {
	left := widgets.Dock(s.listHead(), nil, nil, nil, s.newList())
	tools := widgets.Rows(0, widgets.NewPanel(widgets.Inset(s.tools.root, 4, 6)), widgets.NewRule())
	centre := widgets.Dock(tools, s.log.root, nil, nil, s.middle)
	right := widgets.NewPanel(widgets.Fixed(panelWidth, 0, s.panel.root))
	side := widgets.NewPanel(widgets.Fixed(listWidth, 0, left))
	body := widgets.Dock(nil, nil,
		widgets.Dock(nil, nil, nil, widgets.NewRule(), side),
		widgets.Dock(nil, nil, widgets.NewRule(), nil, right), centre)
	s.all = widgets.Dock(widgets.Rows(0, s.newBar(), widgets.NewRule()), nil, nil, nil, body)
}

// newBar is the row of controls at the top.
func (s *inspectScreen) newBar() fyne.CanvasObject {
	t := s.w.Tips
	s.setPick = t.NewPicker(words.T("Parts"), theme.FolderOpenIcon(), 232, words.T("The folder of parts to inspect. Click to choose another, or drop a folder or pictures on the window."), s.setMenu)
	s.recipePick = t.NewPicker(words.T("Recipe"), icon("recipe", svgRecipe), 212, words.T("What the program learnt from good parts, with its thresholds. Click to choose another."), s.recipeMenu)
	s.runButton = t.NewButton(words.T("Run all"), theme.MediaPlayIcon(), "", s.runOrPause)
	s.runButton.Importance = widget.HighImportance
	s.stop = t.NewButton("", theme.MediaStopIcon(), words.T("End this run. What was inspected stays in the log. (Esc)"), s.stopRun)
	s.back = t.NewButton("", theme.NavigateBackIcon(), words.T("Previous part (Left)"), func() { s.stepBy(-1) })
	s.forth = t.NewButton("", theme.NavigateNextIcon(), words.T("Next part (Right)"), func() { s.stepBy(1) })
	s.progress = widget.NewProgressBar()
	s.progress.TextFormatter = func() string { return "" }
	s.progressText = widgets.NewCaption("")
	s.progressText.Elide = widgets.ElideEnd
	s.progressRow = container.NewBorder(nil, widgets.Fixed(0, 5, s.progress), nil, nil, s.progressText)
	s.progressRow.Hide()
	row := widgets.Row(6, s.setPick, s.recipePick, widgets.NewSpring(widgets.Inset(container.NewCenter(widgets.Fixed(250, 0, s.progressRow)), 0, 10)), s.back, s.forth, s.runButton, s.stop)
	return widgets.NewPanel(widgets.Inset(row, 6, 8))
}

// filters in the order of their chips.
var filters = []struct {
	verdict filter
	word    words.Text
	tip     words.Text
}{
	{"", words.Text("All"), words.Text("Show all parts")},
	{history.NG, "NG", words.Text("Show parts that are NG: rejected")},
	{history.REVIEW, "REVIEW", words.Text("Show parts for REVIEW: a person decides")},
	{history.OK, "OK", words.Text("Show parts that are OK")},
	{history.ERROR, "ERROR", words.Text("Show parts that could not be inspected: ERROR is never OK")},
	{overridden, words.Text("overridden"), words.Text("Show parts on which a person has given a verdict")},
}

func (s *inspectScreen) listHead() fyne.CanvasObject {
	row := widgets.Row(2)
	for i, f := range filters {
		var shape fyne.Resource
		switch f.verdict {
		case "":
		case overridden:
			shape = theme.NewThemedResource(theme.AccountIcon())
		default:
			shape = themes.VerdictIcon(string(f.verdict))
		}
		c := s.w.Tips.NewChip(shape, f.tip.String(), func() { s.setFilter(filters[i].verdict) })
		s.chips = append(s.chips, c)
		row.Add(c)
	}
	return widgets.Rows(0, widgets.Inset(row, 6, 6), widgets.NewRule())
}

func (s *inspectScreen) setFilter(f filter) {
	s.parts.show(f)
	s.refreshList()
	s.highlight()
}

// refreshList shows changed verdicts everywhere.
func (s *inspectScreen) refreshList() {
	s.refreshCounts()
	s.list.Refresh()
}

// refreshItems shows the changed verdicts of some items: less work than
// refreshList, for the pace of a run.
func (s *inspectScreen) refreshItems(items []int) {
	s.refreshCounts()
	if s.parts.only != "" {
		s.list.Refresh() // rows have moved
		return
	}
	for _, i := range items {
		s.list.RefreshItem(i)
	}
}

// refreshCounts brings filters and log up to date.
func (s *inspectScreen) refreshCounts() {
	t := s.parts.tally()
	for i, f := range filters {
		n := t.of(f.verdict)
		word := fmt.Sprint(n)
		if f.verdict == "" {
			word = words.T("All %d", s.parts.len())
		}
		s.chips[i].Set(word, s.parts.only == f.verdict)
		if f.verdict == overridden { // it takes room, and most shifts need none
			s.chips[i].Hidden = n == 0 && s.parts.only != overridden
		}
	}
	s.log.refresh(t)
}

// highlight makes the list's selection that of the screen.
func (s *inspectScreen) highlight() {
	if row := s.parts.row(s.cur); row >= 0 {
		s.list.Select(row)
	} else {
		s.list.UnselectAll()
	}
}

func (s *inspectScreen) newList() fyne.CanvasObject {
	s.list = widgets.NewList(s.w.Keys,
		func() int { return len(s.parts.visible) },
		func() fyne.CanvasObject { return newPartRow() },
		func(row int, o fyne.CanvasObject) {
			if row < len(s.parts.visible) {
				s.fillRow(o.(*partRow), s.parts.visible[row])
			}
		})
	s.list.OnSelected = func(row int) {
		if row < len(s.parts.visible) && s.parts.visible[row] != s.cur {
			if s.tools.editing() {
				s.highlight()
				return
			}
			s.follow = false
			s.choose(s.parts.visible[row])
		}
	}
	return s.list
}

// refreshBar brings pickers and buttons up to date.
func (s *inspectScreen) refreshBar() {
	set, recipe := words.T("Choose a folder…"), words.T("Choose a recipe…")
	if x := s.w.Session.Set(); x != nil {
		set = session.SetName(x)
		s.setPick.Tip = x.Root
	}
	if r := s.recipe(); r != nil {
		recipe = r.Name
		s.recipePick.Tip = r.Path
	}
	s.setPick.SetName(set)
	s.recipePick.SetName(recipe)
	s.refreshRun()
	s.w.status.refresh()
	s.tools.refresh()
}

// refreshRun shows what the run is doing on its buttons.
func (s *inspectScreen) refreshRun() {
	text, res, tip := words.T("Run all"), theme.MediaPlayIcon(), words.T("Inspect all parts that have no verdict yet (Space)")
	switch {
	case s.run != nil && s.run.pause.on():
		text, tip = words.T("Go on"), words.T("Go on with the run (Space)")
	case s.run != nil:
		text, res, tip = words.T("Pause"), theme.MediaPauseIcon(), words.T("Pause the run (Space)")
	case s.parts.len() > 0 && len(s.parts.pending()) == 0:
		text, res, tip = words.T("Run again"), theme.MediaReplayIcon(), words.T("Inspect all parts once more, as a new run (Space)")
	}
	can := s.run != nil || s.ready() && s.parts.len() > 0
	if !can {
		tip = words.T("First %s.", s.missing())
	}
	s.runButton.Tip = tip
	if s.runButton.Text != text {
		s.runButton.SetText(text)
		s.runButton.SetIcon(res)
	}
	s.runButton.SetEnabled(can)
	s.stop.SetEnabled(s.run != nil)
	s.back.SetEnabled(s.parts.len() > 0)
	s.forth.SetEnabled(s.parts.len() > 0)
}

// missing says what is needed before parts can be inspected.
func (s *inspectScreen) missing() string {
	switch {
	case s.w.Session.Engine() == nil:
		return words.T("an engine is needed: run “agurscope doctor” in a terminal")
	case s.recipe() == nil:
		return words.T("open a recipe or train one")
	}
	return words.T("choose a folder of parts")
}

// refreshMiddle shows the panes, or why there is nothing to show.
func (s *inspectScreen) refreshMiddle() {
	o := s.emptyState()
	if o == nil {
		o = s.view
	}
	if len(s.middle.Objects) == 1 && s.middle.Objects[0] == o {
		return
	}
	s.middle.Objects = []fyne.CanvasObject{o}
	s.middle.Refresh()
}

// emptyState is what stands in the panes' place, nil for the panes.
func (s *inspectScreen) emptyState() fyne.CanvasObject {
	t := s.w.Tips
	demo := t.NewButton(words.T("Show the demonstration"), theme.MediaPlayIcon(), words.T("Opens drawn electronic parts and a recipe that knows them."), s.openDemo)
	demo.Hidden = s.w.c.Demo == nil
	switch {
	case s.parts.len() == 0:
		b := t.NewButton(words.T("Choose a folder…"), theme.FolderOpenIcon(), "", s.browseSet)
		b.Importance = widget.HighImportance
		return widgets.NewEmpty(theme.FolderOpenIcon(), words.T("No parts yet"),
			words.T("Choose a folder of pictures, or drop one on this window."), b, demo)
	case s.on != nil && s.on.item == s.cur && s.on.res.Final() == history.ERROR && s.parts.state[s.cur].verdict != "":
		return s.errorState()
	case s.on != nil && s.on.item == s.cur && s.on.res.Frame.Image == nil && s.on.res.Err != nil:
		return widgets.NewEmpty(theme.BrokenImageIcon(), words.T("This picture cannot be read"), phrase.Sentence(s.on.res.Err.Error()))
	}
	return nil
}

// advise says, above the panes, what keeps parts from being inspected.
func (s *inspectScreen) advise() {
	t := s.w.Tips
	switch {
	case s.parts.len() == 0 || s.ready():
	case s.w.Session.Engine() == nil: // said already
	default:
		open := t.NewButton(words.T("Open a recipe…"), theme.FolderOpenIcon(), "", s.browseRecipe)
		open.Importance = widget.HighImportance
		train := t.NewButton(words.T("Train one"), theme.NewThemedResource(icon("train", svgTrain)), words.T("Go to the Train screen with this folder."), func() {
			s.w.settle()
			s.w.GoTo(trainTitle)
		})
		s.w.Notify(widgets.Info, words.T("No recipe yet"), words.T("A recipe is what the program learnt from good parts. Open one, or train one from this folder."), open, train)
	}
}

// errorState stands in the panes' place when a part could not be inspected.
func (s *inspectScreen) errorState() fyne.CanvasObject {
	i := s.cur
	body := words.T("It could not be inspected. It counts as not OK.")
	if err := s.on.res.Err; err != nil {
		body = phrase.Sentence(err.Error())
	}
	again := s.w.Tips.NewButton(words.T("Inspect again"), theme.ViewRefreshIcon(), words.T("After the file has been mended."), func() { s.inspectAgain(i) })
	return widgets.NewEmpty(themes.IconError(), words.T("This part was not inspected"), body, again)
}

// copy puts text on the clipboard and says so.
func (w *Window) copy(text string) {
	w.c.App.Clipboard().SetContent(text)
	w.status.say(words.T("Copied: %s", text))
}

// Key does what a key means on this screen.
func (s *inspectScreen) Key(name fyne.KeyName) bool {
	if s.tools.Key(name) {
		return true
	}
	switch name {
	case fyne.KeyLeft, fyne.KeyUp, fyne.KeyK:
		s.stepBy(-1)
	case fyne.KeyRight, fyne.KeyDown, fyne.KeyJ:
		s.stepBy(1)
	case fyne.KeyPageUp:
		s.stepBy(-10)
	case fyne.KeyPageDown:
		s.stepBy(10)
	case fyne.KeyHome:
		s.stepBy(-s.parts.len())
	case fyne.KeyEnd:
		s.stepBy(s.parts.len())
	case fyne.KeySpace:
		s.runOrPause()
	case fyne.KeyO, fyne.KeyPlus, fyne.KeyEqual, fyne.KeyMinus: // see typed
		return false
	case fyne.KeyEscape:
		if !s.view.HandleKey(name) {
			s.stopRun()
		}
	default:
		return s.view.HandleKey(name)
	}
	return true
}

// Rune does what a character means on this screen.
func (s *inspectScreen) Rune(r rune) {
	if s.tools.editor != nil {
		return
	}
	switch r {
	case 'o':
		s.override(history.OK)
	case 'n':
		s.override(history.NG)
	case 'r':
		s.override(history.REVIEW)
	case 'g':
		s.panel.queue.toggle()
	case '+', '=':
		s.view.HandleKey(fyne.KeyPlus)
	case '-':
		s.view.HandleKey(fyne.KeyMinus)
	}
}

// stepBy selects another part of the visible list.
func (s *inspectScreen) stepBy(n int) {
	if s.tools.editing() {
		return
	}
	i := s.parts.step(s.cur, n)
	if i < 0 || i == s.cur {
		return
	}
	s.follow = false
	s.choose(i)
	s.highlight()
}

// choose selects item i: it is shown, and inspected first when that has not
// happened yet.
func (s *inspectScreen) choose(i int) {
	if s.choosing != nil {
		s.choosing()
		s.choosing = nil
	}
	s.cur = i
	s.presented = nil
	if old := s.cache.get(i); old != nil {
		s.display(old)
		return
	}
	s.panel.waiting(i)
	ctx, cancel := context.WithCancel(s.w.Context())
	s.choosing = cancel
	gen, item := s.gen, s.parts.items[i]
	// What a run is going to log is only shown now.
	known := s.parts.state[i].verdict != "" || s.run != nil
	ready, cal := s.ready(), s.cal()
	s.w.Job(func(context.Context) {
		defer cancel()
		var res *session.Result
		var err error
		switch {
		case !ready:
			res = &session.Result{}
			res.Frame, res.Err = item.Load()
		case known:
			s.gate.RLock()
			res, err = s.w.Session.Preview(ctx, item)
			s.gate.RUnlock()
		default:
			s.gate.RLock()
			res, err = s.inspectOne(ctx, item)
			s.gate.RUnlock()
		}
		var sh *shown
		if res != nil && ctx.Err() == nil {
			sh = newShown(i, res, cal)
		}
		s.w.OnUI(func() { s.chosen(gen, i, res, sh, known || !ready, err) })
	})
}

// inspectOne inspects and logs one item under the run for single parts.
func (s *inspectScreen) inspectOne(ctx context.Context, item datasets.Item) (*session.Result, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	m := &s.manual
	m.mu.Lock()
	if !m.open {
		run, err := s.w.Session.StartRun(s.w.Context(), s.w.Session.Set().Root)
		if err != nil {
			m.mu.Unlock()
			return nil, err
		}
		m.run, m.open = run, true
	}
	run := m.run
	m.mu.Unlock()
	return s.w.Session.InspectOne(ctx, run, item)
}

// endManual closes the run for single parts, if one is open.
func (s *inspectScreen) endManual() {
	m := &s.manual
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open {
		m.open = false
		if err := s.w.Session.EndRun(context.WithoutCancel(s.w.Context()), m.run, nil); err != nil {
			s.w.OnUI(func() { s.w.Report(err) })
		}
	}
}

// chosen takes what became of choose.
func (s *inspectScreen) chosen(gen, i int, res *session.Result, sh *shown, logged bool, err error) {
	if gen != s.gen {
		return
	}
	if err != nil && res == nil {
		if s.cur == i && s.w.Context().Err() == nil && !isCancel(err) {
			s.w.Report(err)
			s.panel.idle(i, words.T("Not inspected"))
		}
		return
	}
	if err != nil { // judged, but not written: it does not count
		s.w.Report(err)
		s.panel.idle(i, words.T("Not logged"))
		return
	}
	if !logged {
		s.parts.record(i, res, time.Now())
		s.refreshItems([]int{i})
		s.refreshRun()
	}
	if sh == nil {
		return
	}
	s.cache.put(sh)
	if s.cur == i {
		s.display(sh)
	}
}

// display puts a result on the screen.
func (s *inspectScreen) display(sh *shown) {
	s.on = sh
	cal := s.cal()
	if now := s.w.Session.Thresholds(); sh.res.Prediction != nil && cal != nil && sh.res.Thresholds != now {
		s.w.Session.Rejudge(&s.seg, sh.res, now)
		sh.segment(cal)
	}
	s.view.SetPlaceholder(viewer.PaneReconstruction, s.noReconstruction())
	s.view.SetFrame(sh.frame)
	s.tools.shade()
	s.panel.show(sh)
	s.refreshMiddle()
	s.w.status.setLatency(s.parts.state[sh.item].latency)
}

// thresholdsMoved judges the part on show again; it runs inside a slider's
// callback and takes about a millisecond.
func (s *inspectScreen) thresholdsMoved(t session.Thresholds) {
	before := s.w.Session.Thresholds()
	s.w.Session.SetThresholds(t)
	cal := s.cal()
	if s.on == nil || s.on.res.Prediction == nil || cal == nil {
		return
	}
	s.w.Session.Rejudge(&s.seg, s.on.res, t)
	s.on.segment(cal)
	if before.Mode != t.Mode {
		s.view.SetFrame(s.on.frame)
	} else {
		s.view.SetThresholds(s.on.frame.Low, s.on.frame.High)
		s.view.SetSegmentation(s.on.frame.Segmentation)
	}
	s.panel.judged(s.on)
}

// regionClicked selects in the table what was clicked in a pane.
func (s *inspectScreen) regionClicked(region int) { s.panel.selectRegion(region) }
