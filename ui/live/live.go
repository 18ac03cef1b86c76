// Package live is the Camera screen: which camera, what it is doing and how well,
// what it sees, and what that was judged to be.
package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets/camera"
	"agurscope/datasets/live"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
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

// run is an inspection of a camera under way.
type run struct {
	src    camera.Source
	cancel context.CancelFunc
	seen   bool            // a picture has come
	took   []time.Duration // latencies of the newest verdicts
	show   chan *session.Result
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

// StartOrStop is the big button and the space bar.
func (s *Screen) StartOrStop() {
	if s.run != nil {
		s.Stop()
		return
	}
	if why := s.missing(); why != "" {
		s.Say(words.T("First %s.", why))
		return
	}
	s.begin()
}

// Stop ends the inspection, if there is one.
func (s *Screen) Stop() {
	if s.run != nil {
		s.run.cancel()
	}
}

func (s *Screen) begin() {
	src, err := s.address.Open()
	if err != nil {
		s.Report(err)
		return
	}
	ctx, cancel := context.WithCancel(s.Context())
	r := &run{src: src, cancel: cancel, show: make(chan *session.Result, 1)}
	s.run, s.state.trouble = r, false
	s.counts.clear()
	s.recent.clear()
	s.banner.SetIdle(words.T("Waiting"))
	s.view.SetFrame(viewer.Frame{}) // nothing from before
	s.say("")
	s.refresh()
	s.Job(func(context.Context) { s.watch(ctx, r) })
	s.Job(func(context.Context) { s.present(ctx, r) })
	s.Job(func(context.Context) {
		defer cancel()
		_, err := s.Session.Inspect(ctx, src, func(res *session.Result) { s.took(r, res) })
		s.OnUI(func() { s.ended(r, err) })
	})
}

// took is called on the goroutine that inspects, after the verdict is on disk.
func (s *Screen) took(r *run, res *session.Result) {
	row := recentRow{at: time.Now(), verdict: res.Final(), index: res.Index, id: res.ID, err: res.Err, latency: res.Latency}
	s.OnUI(func() {
		if s.run != r {
			return
		}
		s.counts.add(row.verdict)
		s.recent.add(row)
		if row.err == nil {
			r.took = append(r.took, row.latency)
			r.took = r.took[max(len(r.took)-keepTook, 0):]
		}
	})
	select { // only the newest is worth drawing
	case <-r.show:
	default:
	}
	r.show <- res
}

// present prepares the newest result for the panes.
func (s *Screen) present(ctx context.Context, r *run) {
	for {
		select {
		case res := <-r.show:
			f := frame(res, s.calibration())
			s.latest.PostLatest(func() {
				if s.run == r {
					s.display(res, f)
				}
			})
		case <-ctx.Done():
			return
		}
	}
}

func (s *Screen) calibration() *anomaly.Calibration {
	if r := s.Session.Recipe(); r != nil {
		return r.Calibration
	}
	return nil
}

// frame is what the panes show of a result.
func frame(res *session.Result, c *anomaly.Calibration) *viewer.Frame {
	if res.Frame.Image == nil {
		return nil
	}
	f := &viewer.Frame{Original: scene.Opaque(res.Frame.Image)}
	if res.Prediction != nil && c != nil {
		t := res.Thresholds
		if m := res.Prediction.Reconstruction; m != nil {
			f.Reconstruction = anomaly.Picture(m)
		}
		f.Map, f.Segmentation = scene.Heat(res.Prediction, t.Mode), scene.Segmentation(res, t)
		f.Low, f.High, f.Max = float32(t.Low), float32(t.High), float32(scene.Scale(c, t.Mode))
	}
	f.Prepare()
	return f
}

// display puts a verdict on the screen.
func (s *Screen) display(res *session.Result, f *viewer.Frame) {
	v := res.Final()
	s.banner.Set(string(v), res.Index)
	s.say("")
	if res.Err != nil {
		s.say(phrase.Sentence(res.Err.Error()))
	} else if res.Doubt != nil {
		s.say(phrase.Doubt(res.Doubt))
	}
	if f != nil {
		s.run.seen = true
		s.view.SetFrame(*f)
	}
	s.refreshMiddle()
}

// watch refreshes the state line while the run lasts, and tells the settings of
// the camera once it is there.
func (s *Screen) watch(ctx context.Context, r *run) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	told := false
	for {
		st := r.src.Status()
		var list []live.Control
		if !told && st.State == live.Streaming {
			list, _ = r.src.Controls() // many kinds have none
			told = true
		}
		s.OnUI(func() {
			if s.run != r {
				return
			}
			s.refreshState()
			s.refreshMiddle()
			if list != nil {
				s.controls.set(list)
			}
			// Nothing that was seen before a loss may pass for what is there now.
			if st.State == live.Lost || st.State == live.Stalled {
				s.banner.Set(string(history.ERROR), nan)
				if r.seen || st.State == live.Stalled { // else the middle says it
					s.say(phrase.Sentence(words.T("No pictures: %s", words.Retold(st.Reason))))
				}
			}
		})
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// ended clears up after the run.
func (s *Screen) ended(r *run, err error) {
	if s.run != r {
		return
	}
	s.run = nil
	s.banner.SetIdle(words.T("Stopped"))
	s.say("")
	switch {
	case err == nil:
		s.Say(words.T("The recording has ended."))
	case errors.Is(err, context.Canceled):
		s.Say(words.N(s.counts.total(), "Stopped. %d verdict in the log.", "Stopped. %d verdicts in the log."))
	default:
		s.Report(err)
	}
	s.refresh()
}

// press asks for one picture.
func (s *Screen) press() {
	r := s.run
	if r == nil || r.src.Mode() != live.Software {
		return
	}
	s.Job(func(ctx context.Context) {
		if err := r.src.Trigger(ctx); err != nil {
			s.OnUI(func() { s.Say(phrase.Sentence(err.Error())) })
		}
	})
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
	return ", " + words.T("%.1f pictures/s", v)
}

// median is the usual latency, 0 of none.
func median(v []time.Duration) time.Duration {
	if len(v) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(v))[len(v)/2]
}

// toggleTest tries the camera, or stops trying.
func (s *Screen) toggleTest() {
	switch {
	case s.testing != nil:
		s.stopTest()
		return
	case s.address == nil || s.run != nil:
		return
	}
	src, err := s.address.Open()
	if err != nil {
		s.Report(err)
		return
	}
	ctx, cancel := context.WithCancel(s.Context())
	s.testing, s.sample, s.state.trouble = cancel, nil, false
	s.banner.SetIdle(words.T("Testing"))
	s.view.SetFrame(viewer.Frame{}) // nothing from before
	a := s.address
	s.refresh()
	s.Job(func(context.Context) {
		defer cancel()
		m, err := camera.Try(ctx, src, true)
		var f viewer.Frame
		if err == nil {
			f.Original = scene.Opaque(m.Frame.Image)
			f.Prepare()
		}
		s.OnUI(func() { s.tested(a, m, f, err) })
	})
}

func (s *Screen) stopTest() {
	if s.testing != nil {
		s.testing()
	}
}

func (s *Screen) tested(a *camera.Address, m *camera.Sample, f viewer.Frame, err error) {
	s.testing = nil
	if s.address != a {
		s.refresh()
		return
	}
	switch {
	case errors.Is(err, context.Canceled):
		s.state.trouble = false
		s.banner.SetIdle(words.T("Not inspected"))
	case err != nil:
		var lost *live.LostError
		reason := err.Error()
		if errors.As(err, &lost) {
			reason = lost.Reason
		}
		s.state.fail(words.T("Test failed"), phrase.Sentence(reason))
		s.banner.SetIdle(words.T("No picture"))
		s.say("")
	default:
		s.sample = m
		s.view.SetFrame(f)
		s.controls.set(m.Controls)
		s.banner.SetIdle(words.T("Not inspected"))
		s.say("")
	}
	s.refresh()
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
