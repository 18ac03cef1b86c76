// Package explain is the screen that walks through what happens to one part, a
// step at a time with one plain sentence each, and shows what moving the
// threshold gains and loses over the whole set.
package explain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/ui/desk"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Title names the screen.
const Title = "Explain"

// Screen implements desk.Screen.
type Screen struct {
	desk.Quiet
	*desk.Desk
	body *fyne.Container
	all  fyne.CanvasObject

	shown  bool
	items  []datasets.Item
	set    *datasets.Set
	recipe string             // of which the walk is
	item   int                // in items, -1 for none
	asked  int                // walks so far: what becomes of an older one is dropped
	cancel context.CancelFunc // of the walk under way; nil: none
	steps  []step
	at     int
	play   context.CancelFunc

	name    *widgets.Text
	badge   *widgets.Badge
	list    *widgets.List
	view    *viewer.Viewer
	number  *widgets.Text
	title   *widgets.Text
	says    *widget.Label
	whole   *whole
	playing *widgets.Button
}

// New returns the screen.
func New(d *desk.Desk) *Screen {
	s := &Screen{Desk: d, body: container.NewStack(), item: -1}
	s.whole = newWhole(s)
	s.all = s.compose()
	d.Scoring.Watch(func() {
		if s.shown {
			s.whole.renew()
		}
	})
	return s
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
func (s *Screen) Hide() {
	s.shown = false
	s.stop()
}

// Changed implements desk.Screen.
func (s *Screen) Changed() {
	if s.shown {
		s.renew()
	}
}

const (
	listWidth = 250
	thumbSide = 46
)

func (s *Screen) compose() fyne.CanvasObject {
	t := s.Tips
	s.name = widgets.NewStyled(&widgets.Text{Elide: widgets.ElideMiddle, Style: fyne.TextStyle{Bold: true}})
	s.badge = widgets.NewBadge()
	back := t.NewButton("", theme.NavigateBackIcon(), words.T("Another part (P)"), func() { s.part(-1) })
	forth := t.NewButton("", theme.NavigateNextIcon(), words.T("Another part (N)"), func() { s.part(1) })
	s.playing = t.NewButton(words.T("Play"), theme.MediaPlayIcon(), words.T("Go through the steps by itself (Space)"), s.toggle)
	s.playing.Importance = widget.HighImportance
	head := widgets.NewPanel(widgets.Inset(widgets.Row(8, widgets.NewTitle(words.T("Explain")), widgets.Fixed(8, 0, widgets.NewText("")), s.name, s.badge, back, forth, s.playing), 7, 12))

	s.list = widgets.NewList(s.Keys, func() int { return len(s.steps) }, newStepRow, func(i int, o fyne.CanvasObject) {
		if i < len(s.steps) {
			o.(*stepRow).set(i, &s.steps[i])
		}
	})
	s.list.OnSelected = func(i int) { s.stepTo(i) }
	s.view = viewer.New()
	s.view.ShowToolbar(false)
	s.view.Fix()
	s.view.Enlarge(viewer.PaneOriginal)
	s.number = widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameHeadingText, Style: fyne.TextStyle{Bold: true}, ColorName: theme.ColorNamePrimary, Width: 34})
	s.title = widgets.NewTitle("")
	s.title.Elide = widgets.ElideEnd
	s.says = widget.NewLabel("")
	s.says.Wrapping, s.says.SizeName = fyne.TextWrapWord, theme.SizeNameSubHeadingText
	words := widgets.NewCard(widgets.Rows(6, widgets.Row(10, s.number, s.title), widgets.Fixed(0, 46, widgets.Flush(s.says))))
	side := widgets.NewPanel(widgets.Fixed(listWidth, 0, s.list))
	centre := widgets.Inset(widgets.Dock(nil, container.NewVBox(widgets.Inset(words, 4, 0), s.whole.root), nil, nil, s.view), 8, 8)
	return widgets.Dock(widgets.Rows(0, head, widgets.NewRule()), nil, widgets.Dock(nil, nil, nil, widgets.NewRule(), side), nil, centre)
}

// renew follows set and recipe.
func (s *Screen) renew() {
	r, set := s.Session.Recipe(), s.Session.Set()
	empty := func(title, text string) {
		s.end()
		s.items, s.set, s.item = nil, nil, -1
		b := s.Tips.NewButton(words.T("Go to Inspect"), theme.NavigateNextIcon(), "", func() { s.GoTo("Inspect") })
		s.body.Objects = []fyne.CanvasObject{widgets.NewEmpty(theme.HelpIcon(), title, text, b)}
		s.body.Refresh()
	}
	switch {
	case r == nil || s.Session.Engine() == nil:
		empty(words.T("Nothing to explain yet"), words.T("Open a recipe and a folder of parts on the Inspect screen; this screen then walks through one of them."))
		return
	case set == nil || len(set.Items) == 0:
		empty(words.T("No parts to explain"), words.T("Open a folder of parts on the Inspect screen; this screen then walks through one of them."))
		return
	}
	if len(s.body.Objects) != 1 || s.body.Objects[0] != s.all {
		s.body.Objects = []fyne.CanvasObject{s.all}
		s.body.Refresh()
	}
	if set != s.set || r.SHA256 != s.recipe {
		s.set, s.recipe = set, r.SHA256
		s.items = set.Test()
		if len(s.items) == 0 {
			s.items = set.Items
		}
		s.item = -1
		s.walk(s.first())
	}
	s.whole.renew()
}

// first is the part to begin with: one with a defect, if it is known.
func (s *Screen) first() int {
	return max(slices.IndexFunc(s.items, func(it datasets.Item) bool { return it.Label == datasets.Anomalous }), 0)
}

// part shows another one.
func (s *Screen) part(by int) {
	if n := len(s.items); n > 0 {
		s.walk((s.item + by + n) % n)
	}
}

// walk looks at a part; a newer wish replaces it. What was shown of another part goes
// at once: its steps must not stand below this one's name.
func (s *Screen) walk(i int) {
	s.end()
	ctx, cancel := context.WithCancel(s.Context())
	s.cancel, s.item = cancel, i
	n, it := s.asked, s.items[i]
	s.name.Set(it.Name)
	s.wait(words.T("Working out the steps…"))
	s.Job(func(context.Context) {
		defer cancel()
		w, err := s.Session.Walk(ctx, it)
		var steps []step
		if err == nil && ctx.Err() == nil {
			steps = stepsOf(w)
		}
		s.OnUI(func() {
			if n != s.asked {
				return
			}
			s.cancel = nil
			if err != nil {
				s.wait(words.T("Nothing to explain yet"))
				s.Report(err)
				return
			}
			s.show(steps, string(w.Final()))
		})
	})
}

// end gives up the walk under way, if there is one.
func (s *Screen) end() {
	s.asked++
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
	s.steps = nil
}

// wait says in the picture's place why there is none.
func (s *Screen) wait(why string) {
	s.badge.Set("", "")
	s.list.UnselectAll()
	s.list.Refresh()
	s.view.SetPlaceholder(viewer.PaneOriginal, why)
	s.view.Enlarge(viewer.PaneOriginal)
	s.view.SetTitle(viewer.PaneOriginal, "")
	s.view.SetFrame(viewer.Frame{})
	s.number.Set("")
	s.title.Set("")
	s.says.SetText("")
}

// show shows the steps of a part, from the one that was looked at of the part before.
func (s *Screen) show(steps []step, verdict string) {
	s.steps = steps
	s.badge.Set(verdict, verdict)
	s.list.Refresh()
	s.list.Select(min(s.at, len(steps)-1))
}

// stepTo shows a step.
func (s *Screen) stepTo(i int) {
	if i < 0 || i >= len(s.steps) {
		return
	}
	s.at = i
	st := &s.steps[i]
	s.view.Enlarge(st.pane)
	s.view.SetTitle(st.pane, st.title)
	s.view.SetFrame(st.frame)
	s.number.Set(fmt.Sprint(i + 1))
	s.title.Set(st.title)
	s.says.SetText(st.says)
}

func (s *Screen) step(by int) {
	if i := s.at + by; i >= 0 && i < len(s.steps) {
		s.list.Select(i)
		s.list.ScrollTo(i)
	}
}

// toggle plays the steps one after the other, or stops.
func (s *Screen) toggle() {
	if s.play != nil {
		s.stop()
		return
	}
	if len(s.steps) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(s.Context())
	s.play = cancel
	s.playing.SetText(words.T("Stop"))
	s.playing.SetIcon(theme.MediaStopIcon())
	if s.at == len(s.steps)-1 {
		s.at = -1
		s.step(1)
	}
	s.Job(func(context.Context) {
		tick := time.NewTicker(stepTime)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.OnUI(func() {
					if ctx.Err() != nil {
						return
					}
					if s.at == len(s.steps)-1 {
						s.stop()
						return
					}
					s.step(1)
				})
			}
		}
	})
}

// stepTime is long enough to read a sentence aloud.
const stepTime = 5 * time.Second

func (s *Screen) stop() {
	if s.play == nil {
		return
	}
	s.play()
	s.play = nil
	s.playing.SetText(words.T("Play"))
	s.playing.SetIcon(theme.MediaPlayIcon())
}

// Key implements desk.Screen.
func (s *Screen) Key(name fyne.KeyName) bool {
	switch name {
	case fyne.KeyLeft, fyne.KeyUp, fyne.KeyK:
		s.step(-1)
	case fyne.KeyRight, fyne.KeyDown, fyne.KeyJ:
		s.step(1)
	case fyne.KeyHome:
		s.step(-s.at)
	case fyne.KeyEnd:
		s.step(len(s.steps) - 1 - s.at)
	case fyne.KeySpace:
		s.toggle()
	case fyne.KeyEscape:
		s.stop()
		s.Scoring.Cancel()
	case fyne.KeyF, fyne.KeyPlus, fyne.KeyMinus:
		return s.view.HandleKey(name)
	default:
		return false
	}
	return true
}

// Rune implements desk.Screen.
func (s *Screen) Rune(r rune) {
	switch r {
	case 'n':
		s.part(1)
	case 'p':
		s.part(-1)
	}
}

// stepRow is one line of the list: a small picture, a number and a title.
type stepRow struct {
	widget.BaseWidget
	img    *canvas.Image
	number *widgets.Text
	title  *widgets.Text
	all    *fyne.Container
}

func newStepRow() fyne.CanvasObject {
	r := &stepRow{img: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}, number: widgets.NewCaption(""), title: widgets.NewText("")}
	r.title.Elide = widgets.ElideEnd
	r.number.Width = 16
	r.number.Align = fyne.TextAlignTrailing
	r.all = widgets.Inset(widgets.Dock(nil, nil, widgets.Row(8, r.number, widgets.Fixed(thumbSide, thumbSide, r.img)), nil, widgets.Inset(container.NewVBox(widgets.Fixed(0, 12, widgets.NewText("")), r.title), 0, 10)), 2, 8)
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer shows the row.
func (r *stepRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

func (r *stepRow) set(i int, s *step) {
	r.number.Set(fmt.Sprint(i + 1))
	r.title.Set(s.title)
	if r.img.Image != s.thumb {
		r.img.Image = s.thumb
		r.img.Refresh()
	}
}
