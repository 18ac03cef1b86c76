package ui

import (
	"context"
	"sync"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
	"agurscope/ui/desk"
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
	recipeComing bool   // a recipe is being opened after the set
	setGone      string // what was open last and is not there
	recipeGone   string
	advised      bool // how to get a recipe, and nobody has closed that

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
	progress            *widgets.Progress
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

func (s *inspectScreen) Title() string { return inspectTitle }

func (s *inspectScreen) Content() fyne.CanvasObject { return s.all }

// Changed shows the thresholds that are in force now.
func (s *inspectScreen) Changed() {
	s.panel.thresholds.refresh()
	if s.on != nil {
		s.display(s.on)
	}
}

func (s *inspectScreen) Show() {
	s.refreshMiddle()
	if s.advised && !s.w.notice.Visible() {
		s.advise()
	}
}

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
	s.progress = widgets.NewProgress()
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
