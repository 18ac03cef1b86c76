package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"agurscope/assets/words"
	"agurscope/datasets/live"
	"agurscope/history"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// verdicts in the order in which they are counted.
var verdicts = []history.Verdict{history.OK, history.REVIEW, history.NG, history.ERROR}

// countsRow counts the verdicts of the run.
type countsRow struct {
	root   fyne.CanvasObject
	n      map[history.Verdict]int
	badges map[history.Verdict]*widgets.Badge
}

func newCounts(t *widgets.Tips) *countsRow {
	c := &countsRow{n: map[history.Verdict]int{}, badges: map[history.Verdict]*widgets.Badge{}}
	cells, shares := []fyne.CanvasObject{}, []float32{}
	for _, v := range verdicts {
		b := widgets.NewBadge()
		c.badges[v] = b
		cells = append(cells, t.Over(container.NewCenter(b), words.T("%s since the start", v)))
		shares = append(shares, 1)
	}
	c.root = widgets.Columns(shares, cells...)
	c.refresh()
	return c
}

func (c *countsRow) refresh() {
	for _, v := range verdicts {
		c.badges[v].Set(string(v), fmt.Sprint(c.n[v]))
	}
}

func (c *countsRow) add(v history.Verdict) { c.n[v]++; c.refresh() }
func (c *countsRow) clear()                { clear(c.n); c.refresh() }

func (c *countsRow) total() int {
	n := 0
	for _, v := range c.n {
		n += v
	}
	return n
}

// recentRow is one verdict of the list.
type recentRow struct {
	at      time.Time
	verdict history.Verdict
	index   float64
	latency time.Duration
	id      int64
	err     error
}

// recentList is the newest verdicts, the newest first.
type recentList struct {
	root fyne.CanvasObject
	list *widgets.List
	rows []recentRow // the newest last
}

const keepRecent = 200

func newRecent(keys *widgets.Keys) *recentList {
	r := &recentList{}
	r.list = widgets.NewList(keys, func() int { return len(r.rows) },
		func() fyne.CanvasObject { return newRecentLine() },
		func(i int, o fyne.CanvasObject) {
			if i < len(r.rows) {
				o.(*recentLine).set(r.rows[len(r.rows)-1-i])
			}
		})
	r.root = r.list
	return r
}

// recentLine is one line of the list.
type recentLine struct {
	widget.BaseWidget
	clock, words *widgets.Text
	badge        *widgets.Badge
	all          fyne.CanvasObject
}

func newRecentLine() *recentLine {
	l := &recentLine{clock: widgets.NewCaption(""), words: widgets.NewCaption(""), badge: widgets.NewBadge()}
	l.words.Elide = widgets.ElideEnd
	l.all = widgets.Inset(widgets.Row(8, widgets.Fixed(84, 0, l.clock), l.words, l.badge), 1, 12)
	l.ExtendBaseWidget(l)
	return l
}

// CreateRenderer shows the line.
func (l *recentLine) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(l.all) }

func (l *recentLine) set(row recentRow) {
	l.clock.Set(row.at.Format("15:04:05.00"))
	l.words.Set(recentText(row))
	l.badge.Set(string(row.verdict), string(row.verdict))
	l.all.Refresh() // the badge has another width
}

func recentText(row recentRow) string {
	var lost *live.LostError
	switch {
	case errors.As(row.err, &lost):
		return phrase.Sentence(lost.Reason)
	case row.err != nil:
		return phrase.Sentence(row.err.Error())
	}
	if math.IsNaN(row.index) {
		return ""
	}
	return words.T("index %.0f · %s", row.index, phrase.Milliseconds(row.latency))
}

func (r *recentList) add(row recentRow) {
	r.rows = append(r.rows, row)
	if n := len(r.rows) - keepRecent; n > 0 {
		r.rows = append(r.rows[:0], r.rows[n:]...)
	}
	r.list.Refresh()
}

func (r *recentList) clear() { r.rows = nil; r.list.Refresh() }

// controlPanel shows what can be set at the camera, while it is connected.
type controlPanel struct {
	s    *Screen
	root *fyne.Container
	grid *fyne.Container
}

func newControls(s *Screen) *controlPanel {
	p := &controlPanel{s: s, grid: widgets.Rows(4)}
	p.root = widgets.Rows(6, widgets.Inset(widgets.NewHeading(words.T("Camera settings")), 8, 12), widgets.Inset(p.grid, 0, 12), widgets.Fixed(0, 6, widgets.NewCaption("")))
	p.root.Hide()
	return p
}

// set shows the settings; nil shows none.
func (p *controlPanel) set(list []live.Control) {
	p.grid.RemoveAll()
	if p.s.address != nil && p.s.mayTrigger() {
		p.grid.Add(p.triggerRow())
	}
	for _, c := range list {
		if !c.ReadOnly {
			p.grid.Add(p.row(c))
		}
	}
	p.root.Hidden = len(p.grid.Objects) == 0
	p.root.Refresh()
	p.s.all.Refresh()
}

// mayTrigger reports whether what starts a picture can be chosen.
func (s *Screen) mayTrigger() bool {
	for _, k := range []string{"gige", "aravis", "usb3", "v4l2", "rtsp", "rtsps", "http", "https", "replay"} {
		if s.address.Scheme == k {
			return true
		}
	}
	return false
}

const labelWidth = 84

// controlNames are the usual settings of cameras in words for people.
var controlNames = map[string]words.Text{
	"exposure": words.Text("exposure"), "gain": words.Text("gain"), "rate": words.Text("rate"), "region": words.Text("region"), "format": words.Text("format"),
}

func label(name, unit string) fyne.CanvasObject {
	if known, ok := controlNames[name]; ok {
		name = known.String()
	}
	first, n := utf8.DecodeRuneInString(name)
	text := string(unicode.ToUpper(first)) + name[n:]
	if unit != "" && len(unit) < 4 {
		text += ", " + unit
	}
	return widgets.Fixed(labelWidth, 0, container.NewCenter(widgets.Fixed(labelWidth, 0, widgets.NewCaption(text))))
}

// starts are the ways to begin a picture, with their settings in the address.
var starts = []struct {
	title         words.Text
	trigger, gate string
}{
	{words.Text("By itself"), "", ""},
	{words.Text("By key or line (software)"), "software", ""},
	{words.Text("By a signal at the camera"), "hardware", ""},
	{words.Text("When a part lies still"), "", "motion"},
}

func (p *controlPanel) triggerRow() fyne.CanvasObject {
	a := p.s.address
	genicam := a.Scheme == "gige" || a.Scheme == "aravis" || a.Scheme == "usb3"
	var names []string
	now := ""
	for _, m := range starts {
		if m.trigger == "hardware" && !genicam {
			continue
		}
		names = append(names, m.title.String())
		if a.Settings["trigger"] == m.trigger && a.Settings["gate"] == m.gate {
			now = m.title.String()
		}
	}
	choice := p.s.Tips.NewSelect(names, words.T("What starts a picture. It is part of the camera's address and applies from the next start."), p.s.Keys, nil)
	choice.Selected = now
	choice.OnChanged = func(title string) {
		for _, m := range starts {
			if m.title.String() == title {
				p.s.change(map[string]string{"trigger": m.trigger, "gate": m.gate})
			}
		}
	}
	return widgets.Dock(nil, nil, label(words.T("starts"), ""), nil, choice)
}

func (p *controlPanel) row(c live.Control) fyne.CanvasObject {
	if len(c.Choices) > 0 {
		choice := p.s.Tips.NewSelect(c.Choices, words.T("How a pixel is sent."), p.s.Keys, nil)
		choice.Selected = c.Value
		choice.OnChanged = func(v string) { p.s.setControl(c.Name, v) }
		return widgets.Dock(nil, nil, label(c.Name, ""), nil, choice)
	}
	tip := ""
	if c.Max > c.Min && c.Name != "region" {
		tip = words.T("From %g to %g. Enter sets it.", c.Min, c.Max)
	} else if c.Name == "region" {
		tip = words.T("x, y, width and height in pixels. Enter sets it.")
	}
	e := p.s.Tips.NewEntry("", tip)
	e.SetText(c.Value)
	e.OnSubmitted = func(v string) { p.s.setControl(c.Name, strings.TrimSpace(v)) }
	e.OnEscape = func() { e.SetText(c.Value); p.s.Window.Canvas().Unfocus() }
	return widgets.Dock(nil, nil, label(c.Name, c.Unit), nil, e)
}

// setControl sets something at the camera that runs, or for the next start.
func (s *Screen) setControl(name, value string) {
	s.Window.Canvas().Unfocus()
	r := s.run
	if r == nil {
		s.change(map[string]string{name: value})
		return
	}
	s.Job(func(context.Context) {
		err := r.src.Set(name, value)
		s.OnUI(func() {
			if err != nil {
				s.Report(err)
				return
			}
			s.keepSetting(map[string]string{name: value})
			s.Say(words.T("Set %s to %s. Save the camera to keep it.", name, value))
			s.refresh()
		})
	})
}

// change puts settings into the address, for the next connection.
func (s *Screen) change(settings map[string]string) {
	before, known := maps.Clone(s.address.Settings), s.known
	s.keepSetting(settings)
	if _, err := s.address.Open(); err != nil { // or it could not be started any more
		s.address.Settings, s.known = before, known
		s.Report(err)
	} else if s.run != nil {
		s.Say(words.T("It applies from the next start."))
	}
	s.refresh()
}

func (s *Screen) keepSetting(settings map[string]string) {
	for k, v := range settings {
		if v == "" {
			delete(s.address.Settings, k)
		} else {
			s.address.Settings[k] = v
		}
	}
	s.known = false
}
