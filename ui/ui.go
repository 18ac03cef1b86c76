// Package ui is the window of Agurscope: a navigation rail, screens, and a
// status bar, driving a [session.Session].
//
// Widgets only show; every piece of work runs on a goroutine of its own under
// the window's context and comes back through [thread], the one place that
// crosses to Fyne's goroutine. What a screen knows (the list of parts, the
// selection, what is being shown) belongs to that goroutine and needs no locks.
package ui

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"agurscope/themes"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

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
	Version     string
	Ready       func() // called once after the first frame is on the screen; may be nil

	// Script "tour" opens the demonstration, inspects all of it, selects a
	// defect, saves a picture of the window to ScreenshotPath and quits.
	Script         string
	ScreenshotPath string

	Fresh bool // leave preferences alone

	post func(func()) // tests: in place of Fyne's queue
}

// Window is the program's window.
type Window struct {
	c        Config
	win      fyne.Window
	thread   *thread
	settings *settings
	tips     *widgets.Tips
	keys     *widgets.Keys

	ctx    context.Context
	cancel context.CancelFunc
	jobs   sync.WaitGroup

	screens []screen
	current int
	items   []*widgets.NavItem
	body    *fyne.Container
	look    *widgets.NavItem
	notice  *widgets.Notice
	status  *statusBar
	inspect *inspectScreen
	train   *trainScreen

	dialog    dialog.Dialog // the one on show that Escape leaves
	standing  bool          // the notice says what is wrong for good
	dismissed bool          // and a person has closed it

	err error // why the script failed
}

// screen is one place to work in.
type screen interface {
	title() string
	content() fyne.CanvasObject
	shown()
	key(name fyne.KeyName) bool
	typed(r rune) // in lower case
	drop(paths []string)
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
	w.win.ShowAndRun()
	w.close()
	return w.err
}

// gcPercent is how much garbage may lie beside what is in use, in percent.
const gcPercent = 40

// New builds the window without showing it.
func New(c Config) *Window {
	w := &Window{c: c, thread: &thread{post: c.post}, settings: &settings{}, tips: widgets.NewTips(), keys: &widgets.Keys{}}
	if !c.Fresh {
		w.settings.p = c.App.Preferences()
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.setLook(w.settings.text(keyTheme))
	w.win = c.App.NewWindow("Agurscope")
	w.win.SetMaster()
	w.keys.Key, w.keys.Rune = w.typedKey, w.typedRune
	w.notice = w.tips.NewNotice()
	w.notice.OnClose = func() { w.dismissed = w.dismissed || w.standing }
	w.status = newStatusBar(w)
	w.inspect = newInspectScreen(w)
	w.train = newTrainScreen(w)
	w.screens = []screen{w.inspect, w.train}
	w.body = container.NewStack()
	w.win.SetContent(w.compose())
	w.win.SetPadded(false)
	w.win.Resize(w.settings.size())
	w.win.Canvas().SetOnTypedKey(w.typedKey)
	w.win.Canvas().SetOnTypedRune(w.typedRune)
	w.addShortcuts()
	w.win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.dropped(uris) })
	w.win.SetCloseIntercept(w.askClose)
	w.goTo(0)
	w.inspect.refreshBar()
	w.settle()
	w.open()
	return w
}

// Fyne returns the window that the toolkit shows.
func (w *Window) Fyne() fyne.Window { return w.win }

// started waits for the first frame: what is queued now runs before it, what
// that queues runs after it at the latest with the next.
func (w *Window) started() {
	w.job(func(context.Context) {
		w.thread.onUI(func() {
			// The frame is painted between two ticks of 60 a second.
			time.AfterFunc(40*time.Millisecond, func() {
				w.thread.onUI(func() {
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

// job runs work away from Fyne's goroutine under the window's context.
func (w *Window) job(f func(ctx context.Context)) {
	w.jobs.Add(1)
	go func() {
		defer w.jobs.Done()
		f(w.ctx)
	}()
}

// compose puts rail, screens and status bar together.
func (w *Window) compose() fyne.CanvasObject {
	icons := []fyne.Resource{icon("inspect", svgInspect), icon("train", svgTrain)}
	hints := []string{"Inspect parts and see verdicts (Ctrl+1)", "Teach the program a new part from good pictures (Ctrl+2)"}
	rail := container.New(&railLayout{})
	for i, s := range w.screens {
		n := w.tips.NewNavItem(s.title(), icons[i], hints[i], func() { w.goTo(i) })
		w.items = append(w.items, n)
		rail.Add(n)
	}
	w.look = w.tips.NewNavItem("", icon("theme", svgTheme), "", w.nextLook)
	help := w.tips.NewNavItem("", icon("keys", svgKeyboard), "Show all keys (?)", w.showKeys)
	rail.Add(w.look)
	rail.Add(help)
	w.nameLook()
	side := widgets.Dock(nil, nil, nil, widgets.NewRule(), widgets.NewPanel(rail))
	centre := widgets.Dock(w.notice, widgets.Rows(0, widgets.NewRule(), w.status.root), nil, nil, w.body)
	return container.NewStack(widgets.Dock(nil, nil, side, nil, centre), w.tips.Layer())
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

// trainPlace is the Train screen's place among the screens.
const trainPlace = 1

// goTo shows a screen.
func (w *Window) goTo(i int) {
	w.current = i
	for k, n := range w.items {
		n.SetChosen(k == i)
	}
	w.body.Objects = []fyne.CanvasObject{w.screens[i].content()}
	w.body.Refresh()
	w.win.Canvas().Unfocus()
	w.screens[i].shown()
}

// looks are the themes in the order of the button that steps through them.
var looks = []struct{ name, title string }{
	{"dark", "Dark"}, {"light", "Light"}, {"contrast", "High contrast"},
}

func (w *Window) lookIndex() int {
	for i, l := range looks {
		if l.name == w.settings.theme {
			return i
		}
	}
	return 0
}

func (w *Window) setLook(name string) {
	if name == "" {
		name = looks[0].name
	}
	w.settings.theme = name
	w.c.App.Settings().SetTheme(themes.Named(name))
	w.settings.setText(keyTheme, name)
}

func (w *Window) nextLook() {
	w.setLook(looks[(w.lookIndex()+1)%len(looks)].name)
	w.nameLook()
}

func (w *Window) nameLook() {
	i := w.lookIndex()
	w.look.SetIcon(icon("theme", svgTheme), looks[i].title+" theme. Click for "+looks[(i+1)%len(looks)].title+".")
}

// askClose ends the program, after a question when work would be cut short.
func (w *Window) askClose() {
	if !w.train.running() {
		w.win.Close()
		return
	}
	d := dialog.NewConfirm("Training is under way",
		"Closing stops it. Its checkpoint is kept, so that it can be resumed later.", func(yes bool) {
			if yes {
				w.win.Close()
			}
		}, w.win)
	d.SetConfirmText("Stop and close")
	d.SetDismissText("Go on training")
	w.show(d)
}

// close ends all work and waits for it.
func (w *Window) close() {
	w.settings.setSize(w.win.Canvas().Size())
	w.thread.closed.Store(true)
	w.cancel()
	w.jobs.Wait()
	w.inspect.endManual()
}
