package ui

import (
	"fmt"
	"path/filepath"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// portableEngine is the one that runs everywhere and is no pleasure to wait for.
const portableEngine = "gorgonia"

// statusBar says, at the bottom, what the program works with.
type statusBar struct {
	w       *Window
	root    fyne.CanvasObject
	engine  *statusItem
	recipe  *statusItem
	set     *statusItem
	history *statusItem
	latency *statusItem
	line    *statusItem
	role    *widgets.Button
	message *widgets.Text
}

// statusItem is an icon with a few words, and more in its tip.
type statusItem struct {
	hint *widgets.Hint
	text *widgets.Text
	icon *widget.Icon
	res  fyne.Resource
}

func (w *Window) newStatusItem(res fyne.Resource, width float32) *statusItem {
	i := &statusItem{text: widgets.NewCaption(""), icon: widget.NewIcon(nil), res: res}
	i.text.Elide, i.text.Width = widgets.ElideMiddle, width
	i.hint = w.Tips.Over(widgets.Row(5, widgets.Fixed(14, 14, i.icon), i.text), "")
	return i
}

func (i *statusItem) set(text, tip string, trouble bool) {
	name := themes.ColorNameMuted
	if trouble {
		name = themes.ColorNameReview
	}
	i.icon.SetResource(theme.NewColoredResource(i.res, name))
	i.text.SetColor(name)
	i.text.Set(text)
	i.hint.Tip = tip
}

func newStatusBar(w *Window) *statusBar {
	b := &statusBar{
		w:       w,
		engine:  w.newStatusItem(icon("engine", svgEngine), 190),
		recipe:  w.newStatusItem(icon("recipe", svgRecipe), 130),
		set:     w.newStatusItem(theme.FolderIcon(), 130),
		history: w.newStatusItem(theme.StorageIcon(), 140),
		latency: w.newStatusItem(theme.HistoryIcon(), 60),
		message: widgets.NewCaption(""),
	}
	b.message.Elide, b.message.Align = widgets.ElideEnd, fyne.TextAlignTrailing
	b.engine.text.Elide = widgets.ElideEnd
	gap := float32(14)
	left := widgets.Row(gap, b.engine.hint, b.recipe.hint, b.set.hint, b.history.hint, b.latency.hint)
	b.line = w.newStatusItem(icon("line", svgLine), 0)
	b.line.text.Elide = widgets.ElideNone
	b.line.set(words.T("no line"), words.T("Nobody is told the verdicts. Click to see how a PLC, a broker or a folder is."), false)
	if w.Session.Line() != nil {
		b.line.text.Elide = widgets.ElideMiddle
		b.line.text.Width, b.set.text.Width, b.history.text.Width = 170, 110, 130 // the message keeps its room
	}
	left.Add(w.Tips.NewTap(b.line.hint, w.showLine))
	b.role = w.Tips.NewFlatButton("", theme.LoginIcon(), "", w.roleMenu)
	b.role.Hide()
	b.root = widgets.NewPanel(widgets.Inset(container.NewBorder(nil, nil, left, b.role, b.message), 4, 10))
	return b
}

// say shows a short message at the right end.
func (b *statusBar) say(s string) { b.message.Set(s) }

// setLatency follows every verdict, and the engine may have changed on the way
// to it.
func (b *statusBar) setLatency(d time.Duration) {
	b.setEngine()
	if d <= 0 {
		b.latency.set("–", words.T("Time from a part's file to its verdict, written to disk."), false)
		return
	}
	b.latency.set(phrase.Milliseconds(d), words.T("Time from this part's file to its verdict, written to disk."), false)
}

// setEngine names the engine, and says when it has had to go on without its
// device.
func (b *statusBar) setEngine() {
	e := b.w.Session.Engine()
	if e == nil {
		b.engine.set(words.T("no engine"), words.T("Nothing can be inspected or trained without an engine. Run “agurscope doctor” to see what is missing."), true)
		return
	}
	about := words.Retold(e.Describe())
	if f, ok := e.(nn.Faulted); ok && f.Fault() != nil {
		b.engine.set(words.T("card failed, on %s", e.Name()), words.T("Engine: %s. %s The program went on without it, and no part was left out. Restart the program to try it again.",
			about, phrase.Sentence(f.Fault().Error())), true)
		return
	}
	if e.Name() == portableEngine {
		b.engine.set(words.T("portable engine, slow"), words.T("Engine: %s. The verdicts are the same, each takes many times as long as with oneDNN. “agurscope doctor” says what is missing for that.", about), true)
		return
	}
	b.engine.set(about, words.T("Engine: %s", about), false)
}

// refresh reads what the session works with.
func (b *statusBar) refresh() {
	s := b.w.Session
	if r := s.Recipe(); r != nil {
		n := r.Model.Network
		b.recipe.set(fmt.Sprintf("%s · %d × %d", r.Name, n.Width, n.Height),
			words.T("Recipe %s, network size %s, input %d × %d pixels, trained on %d good parts.\n%s", r.Name, n.Size, n.Width, n.Height, r.Training.Images, r.Path), false)
	} else {
		b.recipe.set(words.T("no recipe"), words.T("A recipe is what the program learnt from good parts. Open one or train one."), false)
	}
	if set := s.Set(); set != nil {
		b.set.set(fmt.Sprintf("%s · %d", session.SetName(set), b.w.inspect.parts.len()),
			words.T("%s, %d pictures, %d of them to inspect, recognised as %s.", set.Root, len(set.Items), b.w.inspect.parts.len(), set.Layout), false)
	} else {
		b.set.set(words.T("no parts"), words.T("No folder of parts is open."), false)
	}
	b.setHistory(s.Health())
	b.setLatency(0)
}

// setHistory says where verdicts are kept, and at once when the database does
// not take them.
func (b *statusBar) setHistory(h history.Health) {
	st := b.w.Session.Store()
	switch {
	case st == nil:
		b.history.set(words.T("not logged"), words.T("There is no history database: verdicts are shown but not kept."), true)
	case !h.OK():
		reason := words.Retold(h.Reason())
		b.history.set(words.T("%s · %d waiting", reason, h.Waiting),
			words.T("The history is not being written: %s.\nTo do: %s.\n%d verdicts are safe in %s and go into the history when it can be written again. Until then the station is not OK.",
				reason, words.Retold(h.Remedy()), h.Waiting, h.Journal), true)
	default:
		b.history.set(words.T("log: %s", filepath.Base(st.Path())), words.T("Every verdict is written to %s before it is shown.", st.Path()), false)
	}
}
