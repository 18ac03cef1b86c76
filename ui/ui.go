// Package ui is the window of Agurscope: a navigation rail, screens, and a
// status bar, driving a [session.Session].
//
// Widgets only show; every piece of work runs on a goroutine of its own under
// the window's context and comes back through [desk.Thread], the one place that
// crosses to Fyne's goroutine. What a screen knows (the list of parts, the
// selection, what is being shown) belongs to that goroutine and needs no locks.
package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets/camera"
	"agurscope/nn/anomaly"
	"agurscope/ui/alarm"
	"agurscope/ui/calibrate"
	"agurscope/ui/clusters"
	"agurscope/ui/compare"
	"agurscope/ui/desk"
	"agurscope/ui/explain"
	"agurscope/ui/kiosk"
	"agurscope/ui/lab"
	"agurscope/ui/live"
	"agurscope/ui/records"
	"agurscope/ui/session"
	"agurscope/ui/setup"
	"agurscope/ui/station"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
)

// Config is what a window needs.
type Config struct {
	App     fyne.App // made in main, the only importer of fyne/v2/app
	Session *session.Session
	// Demo extracts the embedded demonstration and returns its paths; may be
	// nil.
	Demo func() (set, recipe string, err error)
	// Set and Recipe are opened at the start. Empty means the demonstration on
	// the first start and what was open last on later ones.
	Set, Recipe string
	Camera      string       // address of the camera to inspect at once; may be empty
	Cameras     camera.Saved // the station's; its Path may be empty
	Version     string
	Bell        *alarm.Bell // rung when a part is NG; nil: silence
	Kiosk       bool        // show on the full screen, with nothing to change
	Rate        float64     // parts of a set per second in the kiosk; 0: one
	Ready       func()      // called once after the first frame is on the screen; may be nil

	// Script "tour" opens the demonstration, inspects all of it, selects a
	// defect, saves a picture of the window to ScreenshotPath and quits.
	Script         string
	ScreenshotPath string

	// Settings are in force and kept in SettingsFile; MemoryFile is what the
	// window remembers. Without a file nothing is kept. Trouble is what was wrong
	// with the files.
	Settings                 station.Settings
	SettingsFile, MemoryFile string
	Trouble                  []error

	post func(func()) // tests: in place of Fyne's queue
}

// Window is the program's window.
type Window struct {
	*desk.Desk
	c        Config
	settings *settings
	seat     *seat
	recalled *anomaly.Recipe // whose thresholds in progress were looked for

	screens []desk.Screen
	current int
	items   []*widgets.NavItem
	body    *fyne.Container
	content fyne.CanvasObject
	kiosk   *kiosk.Screen // nil: not shown
	notice  *widgets.Notice
	flash   *widgets.Flash
	status  *statusBar
	inspect *inspectScreen
	train   *trainScreen
	camera  *live.Screen
	compare *compare.Screen

	line      *lineDialog     // shown last; nil for never
	dialogs   []dialog.Dialog // that are open and that Escape leaves, the one on top last
	message   message         // that the notice shows
	dismissed bool            // a person has closed the one that says what is wrong for good

	err error // why the script failed
}

// Run shows the window and returns when it is closed.
func Run(c Config) error {
	if c.App == nil || c.Session == nil {
		return errors.New("window: an app and a session are needed")
	}
	// Pictures come and go by the megabyte; a station that runs all day is better
	// off with a small heap than with few collections.
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	w := New(c)
	c.App.Lifecycle().SetOnStarted(w.started)
	w.Window.ShowAndRun()
	w.close()
	return w.err
}

// gcPercent is how much garbage may lie beside what is in use, in percent.
const gcPercent = 40

// New builds the window without showing it.
func New(c Config) *Window {
	w := &Window{c: c, Desk: desk.New(&desk.Thread{Post: c.post}, c.Session), settings: &settings{}}
	w.Host = w
	if c.MemoryFile != "" {
		var err error
		if w.settings.m, err = station.OpenMemory(c.MemoryFile); err != nil {
			w.c.Trouble = append(w.c.Trouble, err)
		}
		var told sync.Once // it is tried again and again
		w.settings.m.OnFailure(func(err error) {
			told.Do(func() { w.OnUI(func() { w.ReportOf(ofNoScreen, err) }) })
		})
	}
	w.seat = newSeat(w)
	w.seat.dress()
	w.Window = c.App.NewWindow("Agurscope")
	w.Window.SetMaster()
	w.Keys.Key, w.Keys.Rune = w.typedKey, w.typedRune
	w.Tips.Used = w.seat.guard.Touch
	w.notice = w.Tips.NewNotice()
	w.notice.OnClose = w.closed
	w.flash = widgets.NewFlash()
	w.status = newStatusBar(w)
	w.followHealth()
	w.followVerdicts()
	w.followLine()
	w.inspect = newInspectScreen(w)
	w.train = newTrainScreen(w)
	if w.c.Cameras.Path == "" && w.settings.m != nil {
		w.c.Cameras = camera.DefaultSaved()
	}
	w.compare = compare.New(w.Desk)
	w.camera = live.New(w.Desk, w.c.Cameras)
	w.screens = []desk.Screen{
		w.inspect, w.camera, w.train, calibrate.New(w.Desk), explain.New(w.Desk), w.compare,
		records.New(w.Desk, icon(records.Title, svgHistory)),
		clusters.New(w.Desk, icon(clusters.Title, svgClusters)),
		lab.New(w.Desk, c.Version, w.labFolder()),
		setup.New(w.Desk, w.seat, w.seat.guard),
	}
	w.body = container.NewStack()
	w.content = w.compose()
	w.Window.SetContent(w.content)
	w.Window.SetPadded(false)
	w.Window.Resize(w.settings.size())
	w.Window.Canvas().SetOnTypedKey(w.typedKey)
	w.Window.Canvas().SetOnTypedRune(w.typedRune)
	w.addShortcuts()
	w.Window.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.dropped(uris) })
	w.Window.SetCloseIntercept(w.askClose)
	w.Window.SetOnClosed(w.gone)
	w.status.setRole()
	w.goTo(0)
	if w.c.Kiosk {
		w.beginKiosk()
	} else {
		w.begin()
	}
	w.attend()
	return w
}

// begin opens what is to be worked with, where work was left.
func (w *Window) begin() {
	w.c.Kiosk = false
	w.inspect.refreshBar()
	w.settle()
	if at := w.screenIndex(w.settings.text(keyScreen)); w.May(needs[w.screens[at].Title()]) {
		w.goTo(at)
	}
	w.open()
}

// Fyne returns the window that the toolkit shows.
func (w *Window) Fyne() fyne.Window { return w.Window }

// started waits for the first frame: what is queued now runs before it, what
// that queues runs after it at the latest with the next.
func (w *Window) started() {
	w.Job(func(context.Context) {
		w.OnUI(func() {
			// The frame is painted between two ticks of 60 a second.
			time.AfterFunc(40*time.Millisecond, func() {
				w.OnUI(func() {
					if w.c.Ready != nil {
						w.c.Ready()
					}
				})
			})
		})
	})
}

// tidy gives back to the system what opening or a run has left behind, once it
// is quiet.
func (w *Window) tidy() {
	time.AfterFunc(time.Second, debug.FreeOSMemory)
}

// compose puts rail, screens and status bar together.
func (w *Window) compose() fyne.CanvasObject {
	rail := container.New(&railLayout{})
	for i, s := range w.screens {
		p := places[s.Title()]
		hint := words.T("%s (Ctrl+%s)", p.hint.String(), screenKey(i))
		n := w.Tips.NewNavItem(p.name.String(), icon(s.Title(), p.icon), hint, func() { w.goTo(i) })
		w.items = append(w.items, n)
		rail.Add(n) // the last, Settings, and the keys stand at the bottom
	}
	help := w.Tips.NewNavItem("", icon("keys", svgKeyboard), words.T("Show all keys (?)"), w.showKeys)
	rail.Add(help)
	side := widgets.Dock(nil, nil, nil, widgets.NewRule(), widgets.NewPanel(rail))
	centre := widgets.Dock(w.notice, widgets.Rows(0, widgets.NewRule(), w.status.root), nil, nil, w.body)
	return container.NewStack(widgets.Dock(nil, nil, side, nil, centre), w.flash, w.Tips.Layer())
}

// railLayout puts places to go at the top and the last two items at the bottom.
type railLayout struct{}

func (railLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(0, 16)
	for _, o := range objects {
		m := o.MinSize()
		s = fyne.NewSize(max(s.Width, m.Width), s.Height+m.Height+4)
	}
	return s
}

func (railLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	top, bottom := float32(8), size.Height-8
	for i, o := range objects {
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, h))
		if i < len(objects)-2 {
			o.Move(fyne.NewPos(0, top))
			top += h + 4
		}
	}
	for i := len(objects) - 1; i >= max(len(objects)-2, 0); i-- {
		bottom -= objects[i].MinSize().Height
		objects[i].Move(fyne.NewPos(0, bottom))
	}
}

// The titles of the screens.
const (
	inspectTitle = "Inspect"
	trainTitle   = "Train"
)

// places say how the rail shows the screens.
var places = map[string]struct {
	icon       string
	name, hint words.Text
}{
	inspectTitle: {svgInspect, words.Text("Inspect"), words.Text("Inspect parts and see verdicts")},
	live.Title:   {svgCamera, words.Text("Camera"), words.Text("Inspect what a camera sees")},
	trainTitle:   {svgTrain, words.Text("Train"), words.Text("Teach the program a new part from good pictures")},

	calibrate.Title: {svgCalibrate, words.Text("Calibrate"), words.Text("Set the thresholds on the scores of good and defective parts")},
	records.Title:   {svgHistory, words.Text("History"), words.Text("Find past verdicts, see them as they were judged, and say otherwise")},
	lab.Title:       {svgLab, words.Text("Lab"), words.Text("Run the paper's experiments, and see methods beside each other")},
	clusters.Title:  {svgClusters, words.Text("Clusters"), words.Text("See which parts look alike, and name what belongs together")},
	setup.Title:     {svgSettings, words.Text("Settings"), words.Text("How the window looks and speaks, what is kept, and who may do what")},
	explain.Title:   {svgExplain, words.Text("Explain"), words.Text("Walk through what happens to one part")},
	compare.Title:   {svgCompare, words.Text("Compare"), words.Text("Set two recipes beside each other on the same parts")},
}

// labFolder is where experiments leave their results unless a person chooses
// another folder.
func (w *Window) labFolder() string {
	if w.c.MemoryFile == "" {
		return filepath.Join(os.TempDir(), "agurscope.lab")
	}
	return filepath.Join(filepath.Dir(w.c.MemoryFile), "lab")
}

// GoTo implements desk.Host.
func (w *Window) GoTo(title string) {
	for i, s := range w.screens {
		if s.Title() == title {
			w.goTo(i)
		}
	}
}

// on reports whether the screen of that title is looked at.
func (w *Window) on(title string) bool { return w.title() == title }

// goTo shows a screen, once whoever is at the station may see it.
func (w *Window) goTo(i int) {
	if need := needs[w.screens[i].Title()]; !w.May(need) {
		w.Need(need, func() { w.goTo(i) })
		return
	}
	if i != w.current {
		w.leave()
	}
	w.screens[w.current].Hide()
	w.current = i
	for k, n := range w.items {
		n.SetChosen(k == i)
	}
	w.body.Objects = []fyne.CanvasObject{w.screens[i].Content()}
	w.body.Refresh()
	w.Window.Canvas().Unfocus()
	w.screens[i].Show()
}

// askClose ends the program, after a question when work would be cut short.
func (w *Window) askClose() {
	if w.c.Kiosk {
		return // it is left by its key
	}
	if !w.train.running() {
		w.Window.Close()
		return
	}
	d := dialog.NewConfirm(words.T("Training is under way"),
		words.T("Closing stops it. Its checkpoint is kept, so that it can be resumed later."), func(yes bool) {
			if yes {
				w.Window.Close()
				return
			}
			w.err = nil
		}, w.Window)
	d.SetConfirmText(words.T("Stop and close"))
	d.SetDismissText(words.T("Go on training"))
	w.Dialog(d)
}

// gone is told when the window closes, whoever closes it: nothing may reach for it
// any more.
func (w *Window) gone() {
	w.inspect.view.SetPair(viewer.Apart, 0, 0) // it may blink
	w.Thread.Close()
}

// close ends all work and waits for it.
func (w *Window) close() {
	w.remember()
	if w.settings.m != nil {
		if err := w.settings.m.Flush(); err != nil && w.err == nil {
			w.err = err
		}
	}
	w.Desk.Close()
	w.inspect.endManual()
}
