// Package live is the Camera screen: which camera, what it is doing and how well,
// what it sees, and what that was judged to be.
package live

import (
	"context"
	"fmt"
	"slices"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets/camera"
	"agurscope/datasets/live"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Title is the screen's name on the rail.
const Title = "Camera"

// Screen is the Camera screen. Its fields belong to Fyne's goroutine.
type Screen struct {
	desk.Quiet
	*desk.Desk
	saved camera.Saved

	address *camera.Address // chosen; nil for none
	sample  *camera.Sample  // of the test that it passed
	known   bool            // it is among the saved ones
	testing context.CancelFunc
	run     *run
	waiting bool           // to start as soon as a recipe is open
	found   []camera.Found // by the last search
	nothing string         // what the last search says when it has found nothing
	looking bool

	all      fyne.CanvasObject
	bar      *fyne.Container
	side     fyne.CanvasObject
	middle   *fyne.Container
	shown    string // what the middle shows
	view     *viewer.Viewer
	pick     *widgets.Picker
	test     *widgets.Button
	save     *widgets.Button
	start    *widgets.Button
	trigger  *widgets.Button
	state    *stateLine
	banner   *widgets.Banner
	reason   *widgets.Aside
	counts   *countsRow
	recent   *recentList
	controls *controlPanel
	latest   desk.Latest
}

// keepTook is how many latencies tell the usual one.
const keepTook = 64

// New builds the screen.
func New(d *desk.Desk, saved camera.Saved) *Screen {
	s := &Screen{Desk: d, saved: saved, view: viewer.New(), latest: desk.Latest{Thread: d.Thread}}
	s.view.SetPlaceholder(viewer.PaneReconstruction, words.T("No reconstruction yet"))
	s.middle = container.NewStack()
	s.banner = widgets.NewBanner()
	s.reason = widgets.NewAside(theme.ColorNameWarning)
	s.counts = newCounts(d.Tips)
	s.recent = newRecent(d.Keys)
	s.controls = newControls(s)
	s.state = newStateLine(d.Tips)
	s.compose()
	if list, err := saved.List(); err != nil {
		d.Say(phrase.Sentence(err.Error()))
	} else if len(list) > 0 {
		s.address, _ = camera.Parse(list[0])
		s.known = true
	}
	s.refresh()
	return s
}

// Title implements desk.Screen.
func (s *Screen) Title() string { return Title }

// Content implements desk.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.all }

// Show implements desk.Screen.
func (s *Screen) Show() { s.refresh() }

// Changed implements desk.Screen.
func (s *Screen) Changed() {
	s.refresh()
	if s.waiting && s.missing() == "" && s.run == nil {
		s.waiting = false
		s.begin()
	}
}

// StartWhenReady chooses a camera and inspects it as soon as there is a recipe.
func (s *Screen) StartWhenReady(address string) {
	s.Choose(address)
	s.waiting = s.address != nil
	s.Changed()
}

// Running reports whether a camera is being inspected.
func (s *Screen) Running() bool { return s.run != nil }

const sideWidth = 332

func (s *Screen) compose() {
	t := s.Tips
	s.pick = t.NewPicker(words.T("Camera"), theme.MediaVideoIcon(), 300, words.T("The camera to inspect. Click to choose another."), s.Menu)
	s.test = t.NewButton(words.T("Test"), theme.ViewRefreshIcon(), words.T("Connects and shows one picture; nothing is inspected. (V)"), s.toggleTest)
	s.save = t.NewButton(words.T("Save"), theme.DocumentSaveIcon(), words.T("Remembers this camera for the station."), s.remember)
	s.start = t.NewButton(words.T("Start"), theme.MediaPlayIcon(), "", s.StartOrStop)
	s.start.Importance = widget.HighImportance
	s.trigger = t.NewButton(words.T("Trigger"), theme.MediaRecordIcon(), words.T("Takes one picture and inspects it (T)"), s.press)
	s.bar = widgets.Row(6, s.pick, s.test, s.save, widgets.NewSpring(widgets.Inset(s.state.root, 0, 12)), s.trigger, s.start)
	bar := widgets.NewPanel(widgets.Inset(s.bar, 6, 8))
	s.side = widgets.Dock(
		widgets.Rows(0, widgets.Inset(s.banner, 10, 10), widgets.Inset(s.reason, 0, 12), widgets.Inset(s.counts.root, 6, 12), widgets.Inset(s.Shift.NewLine(), 0, 8), widgets.NewRule()),
		widgets.Rows(0, widgets.NewRule(), s.controls.root), nil, nil, s.recent.root)
	right := widgets.NewPanel(widgets.Fixed(sideWidth, 0, s.side))
	s.all = widgets.Dock(widgets.Rows(0, bar, widgets.NewRule()), nil, nil, widgets.Dock(nil, nil, widgets.NewRule(), nil, right), s.middle)
}

// Choose makes an address the camera of the screen.
func (s *Screen) Choose(address string) {
	a, err := camera.Parse(address)
	if err == nil {
		_, err = a.Open()
	}
	if err != nil {
		s.Report(err)
		return
	}
	s.Stop()
	s.stopTest()
	s.address, s.sample, s.state.trouble = a, nil, false
	s.view.SetFrame(viewer.Frame{}) // nothing of another camera
	list, _ := s.saved.List()
	s.known = slices.Contains(list, a.String())
	s.controls.set(nil)
	s.banner.SetIdle(words.T("Not inspected"))
	s.say("")
	s.refresh()
}

// mode is what makes the chosen camera take a picture.
func (s *Screen) mode() live.Mode {
	if s.address == nil {
		return live.Free
	}
	m, _ := live.ParseMode(s.address.Settings["trigger"]) // Choose has seen it
	return m
}

// refresh brings buttons and middle up to date.
func (s *Screen) refresh() {
	name := words.T("Choose a camera…")
	if s.address != nil {
		name = s.address.Title()
		s.pick.Tip = camera.Redact(s.address.String())
	}
	s.pick.SetName(name)
	s.test.SetText(words.T("Test"))
	s.test.SetIcon(theme.ViewRefreshIcon())
	if s.testing != nil {
		s.test.SetText(words.T("Cancel"))
		s.test.SetIcon(theme.CancelIcon())
	}
	s.test.SetEnabled(s.address != nil && s.run == nil)
	s.save.SetEnabled(!s.known && (s.sample != nil || s.run != nil && s.run.src.Status().Delivered > 0))
	s.start.SetText(words.T("Start"))
	s.start.SetIcon(theme.MediaPlayIcon())
	s.start.Tip = words.T("Inspects what the camera sees until it is stopped (Space)")
	if s.run != nil {
		s.start.SetText(words.T("Stop"))
		s.start.SetIcon(theme.MediaStopIcon())
		s.start.Tip = words.T("Stops. What was inspected is in the log. (Space)")
	} else if why := s.missing(); why != "" {
		s.start.Tip = words.T("First %s.", why)
	}
	s.start.SetEnabled(s.run != nil || s.missing() == "" && s.testing == nil)
	s.trigger.Hidden = s.mode() != live.Software
	s.trigger.SetEnabled(s.run != nil)
	s.trigger.Refresh()
	s.bar.Refresh() // words of another length
	s.refreshState()
	s.refreshMiddle()
}

// missing says what is needed before a camera can be inspected.
func (s *Screen) missing() string {
	switch {
	case s.address == nil:
		return words.T("choose a camera")
	case s.Session.Engine() == nil:
		return words.T("an engine is needed: run “agurscope doctor” in a terminal")
	case s.Session.Recipe() == nil:
		return words.T("open a recipe on the Inspect screen, or train one")
	}
	return ""
}

// refreshMiddle shows the panes, or why there is nothing to show.
func (s *Screen) refreshMiddle() {
	var o fyne.CanvasObject = s.view
	shown := ""
	empty := func(what string, make func() fyne.CanvasObject) {
		if shown = what; shown != s.shown {
			o = make()
		}
	}
	switch {
	case s.address == nil:
		empty(fmt.Sprint("no camera ", s.looking, s.nothing), s.emptyNone)
	case s.run == nil && s.testing == nil && s.state.trouble:
		empty("failed "+s.state.detail.Text, func() fyne.CanvasObject {
			again := s.Tips.NewButton(words.T("Test again"), theme.ViewRefreshIcon(), "", s.toggleTest)
			again.Importance = widget.HighImportance
			return s.emptyFailed(s.state.detail.Text, again)
		})
	case s.run != nil && !s.run.seen && s.run.src.Status().State == live.Lost:
		why := words.T("%s It is tried again and again.", phrase.Sentence(s.run.src.Status().Reason))
		empty("lost "+why, func() fyne.CanvasObject { return s.emptyFailed(why) })
	case s.run == nil && s.sample == nil && s.testing == nil:
		empty("not tested "+s.address.Title(), func() fyne.CanvasObject {
			return widgets.NewEmpty(theme.MediaVideoIcon(), s.address.Title(), words.T("Test it to see one picture, or start to inspect what it sees."))
		})
	}
	if s.shown == shown && len(s.middle.Objects) == 1 {
		return
	}
	s.shown = shown
	s.middle.Objects = []fyne.CanvasObject{o}
	s.middle.Refresh()
}

// emptyNone is what is shown before there is a camera.
func (s *Screen) emptyNone() fyne.CanvasObject {
	look := s.Tips.NewButton(words.T("Look for cameras"), theme.SearchIcon(), words.T("On all networks and buses of this machine; takes a second or two. (S)"), s.look)
	look.Importance = widget.HighImportance
	look.SetEnabled(!s.looking)
	if s.looking {
		look.SetText(words.T("Looking…"))
	}
	title, text := words.T("No camera yet"), words.T("Industrial cameras and webcams are found by themselves. Network cameras, watched folders and videos are named by an address.")
	if s.nothing != "" {
		title, text = words.T("No camera was found"), s.nothing
	}
	return widgets.NewEmpty(theme.MediaVideoIcon(), title, text, look, s.Tips.NewButton(words.T("Type an address…"), theme.DocumentCreateIcon(), "", s.ask))
}

// emptyFailed says why a camera brings no picture.
func (s *Screen) emptyFailed(why string, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	change := s.Tips.NewButton(words.T("Change the address…"), theme.DocumentCreateIcon(), "", s.ask)
	return widgets.NewEmpty(theme.ErrorIcon(), words.T("No picture from %s", s.address.Title()), why, append(buttons, change)...)
}

// say puts a remark below the banner; "" takes it away.
func (s *Screen) say(remark string) {
	if s.reason.Text() == remark && s.reason.Visible() == (remark != "") {
		return
	}
	s.reason.Set(remark)
	s.side.Refresh() // what is below makes place
}

func (s *Screen) refreshState() {
	switch {
	case s.run != nil:
		s.state.show(s.run.src.Status(), s.run.src.Mode(), median(s.run.took))
	case s.testing != nil:
		s.state.say(words.T("Connecting…"), "")
	case s.sample != nil:
		m := s.sample
		s.state.say(words.T("Tested"), words.T("%d × %d, %s, first picture after %.0f ms%s", m.Width, m.Height, m.Pixels, m.First, rateText(m.Status.Rate)))
	case s.state.trouble:
	case s.address == nil:
		s.state.say("", "")
	default:
		s.state.say(words.T("Not connected"), "")
	}
}

func rateText(v float64) string {
	if v <= 0 {
		return ""
	}
	return words.Mark(", ") + words.T("%.1f pictures/s", v)
}

// median is the usual latency, 0 of none.
func median(v []time.Duration) time.Duration {
	if len(v) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(v))[len(v)/2]
}

// remember saves the camera for the station.
func (s *Screen) remember() {
	if err := s.saved.Save(s.address.String()); err != nil {
		s.Report(err)
		return
	}
	s.known = true
	s.Say(words.T("Saved: %s", camera.Redact(s.address.String())))
	s.refresh()
}

// Key implements desk.Screen.
func (s *Screen) Key(name fyne.KeyName) bool {
	switch name {
	case fyne.KeySpace:
		s.StartOrStop()
	case fyne.KeyEscape:
		if !s.view.HandleKey(name) {
			s.Stop()
			s.stopTest()
		}
	default:
		return s.view.HandleKey(name)
	}
	return true
}

// Rune implements desk.Screen.
func (s *Screen) Rune(r rune) {
	switch r {
	case 't':
		s.press()
	case 'v':
		s.toggleTest()
	case 's':
		s.look()
	case '+', '=':
		s.view.HandleKey(fyne.KeyPlus)
	case '-':
		s.view.HandleKey(fyne.KeyMinus)
	}
}

// Drop implements desk.Screen: a folder is watched, a video played.
func (s *Screen) Drop(paths []string) {
	if len(paths) == 1 {
		s.Choose(paths[0])
	}
}
