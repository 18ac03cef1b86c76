package ui

import (
	"strconv"

	"agurscope/assets/words"
	"agurscope/nn/segment"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// thresholdPanel moves the two pixel thresholds. The panes follow each move.
type thresholdPanel struct {
	s    *inspectScreen
	root fyne.CanvasObject

	mode   *widgets.Select
	back   *widgets.Button
	lines  [2]*thresholdLine
	limits *regionLimits
	whose  *widgets.Text // says why nothing can be moved
	silent bool          // values are being set by the program
}

// thresholdLine is one threshold: a slider and a field for the same number.
type thresholdLine struct {
	label  *widgets.Text
	slider *widgets.Slider
	entry  *widgets.Entry
}

// modes are the readings of the double threshold, in plain words.
var modes = []struct {
	mode segment.Mode
	word words.Text
	tip  words.Text
}{
	{segment.HalfPeak, words.Text("half-peak"), words.Text("High finds a defect; its border is where the map falls to the fraction low ÷ high of its peak. Moving high keeps that fraction.")},
	{segment.Hysteresis, words.Text("hysteresis"), words.Text("A region is everything above low that holds a place above high.")},
	{segment.TwoSided, words.Text("two-sided"), words.Text("Brighter than the reconstruction by “bright”, or darker by “dark”, in standard deviations of good parts.")},
}

const (
	low = iota
	high
)

func newThresholdPanel(s *inspectScreen) *thresholdPanel {
	p := &thresholdPanel{s: s, limits: newRegionLimits(s)}
	names := make([]string, len(modes))
	for i, m := range modes {
		names[i] = m.word.String()
	}
	p.mode = s.w.Tips.NewSelect(names, modes[0].tip.String(), s.w.Keys, p.modeChosen)
	p.mode.PlaceHolder = words.T("no recipe")
	p.back = s.w.Tips.NewFlatButton(words.T("Calibrated"), theme.ContentUndoIcon(),
		words.T("Back to the thresholds that calibration found on good parts."), p.reset)
	p.lines[low] = p.newLine(themes.ColorNameLow)
	p.lines[high] = p.newLine(themes.ColorNameHigh)
	head := widgets.Row(4, s.w.Tips.Over(widgets.NewHeading(words.T("Pixel thresholds")),
		words.T("They cut the heat map into regions. A region that survives makes the part NG. Moving them counts for parts inspected from now on; what is logged stays.")),
		widgets.NewSpring(nil), p.back)
	p.whose = widgets.NewCaption(words.T("Moving these is the engineer's."))
	p.whose.Hide()
	p.root = widgets.Rows(4, head, p.whose, p.mode, p.lines[low].row(), p.lines[high].row(), p.limits.root)
	p.refresh()
	return p
}

func (p *thresholdPanel) newLine(ink fyne.ThemeColorName) *thresholdLine {
	l := &thresholdLine{label: widgets.NewStyled(&widgets.Text{Width: 44, ColorName: ink, Style: fyne.TextStyle{Bold: true}})}
	l.slider = p.s.w.Tips.NewSlider(0, 1, "", p.s.w.Keys)
	l.entry = p.s.w.Tips.NewEntry("", words.T("Type a value and press Enter."))
	l.slider.OnChanged = func(v float64) { p.moved(l, v) }
	l.entry.OnSubmitted = func(text string) {
		p.typed(l, text)
		p.s.w.Window.Canvas().Unfocus()
	}
	l.entry.OnEscape = func() { p.refresh(); p.s.w.Window.Canvas().Unfocus() }
	l.entry.OnLeave = func() { p.typed(l, l.entry.Text) }
	return l
}

func (l *thresholdLine) row() fyne.CanvasObject {
	return container.NewBorder(nil, nil, container.NewCenter(l.label), widgets.Fixed(70, 0, l.entry), l.slider)
}

// refresh shows the thresholds in force.
func (p *thresholdPanel) refresh() {
	p.silent = true
	defer func() { p.silent = false }()
	p.limits.refresh()
	c := p.s.cal()
	locked := !p.s.w.May(station.Engineer)
	if p.whose.Hidden == locked {
		p.whose.Hidden = !locked
		p.root.Refresh()
	}
	for _, l := range p.lines {
		if c == nil || locked {
			l.slider.Disable()
			l.entry.Disable()
		} else {
			l.slider.Enable()
			l.entry.Enable()
		}
	}
	if c == nil {
		p.mode.Disable()
		p.back.SetEnabled(false)
		p.name(words.T("low"), words.T("high"), "", "")
		return
	}
	p.mode.Enable()
	if locked {
		p.mode.Disable()
	}
	t := p.s.w.Session.Thresholds()
	for _, m := range modes {
		if m.mode == t.Mode {
			p.mode.SetSelected(m.word.String())
			p.mode.Tip = m.tip.String()
		}
	}
	if t.Mode == segment.TwoSided {
		p.name(words.T("dark"), words.T("bright"), words.T("Standard deviations below the reconstruction that count as too dark."), words.T("Standard deviations above the reconstruction that count as too bright."))
	} else {
		p.name(words.T("low"), words.T("high"), words.T("How far a region reaches. Lower makes regions larger."), words.T("How strong a defect must be at its peak. Lower finds more, and more false ones."))
	}
	limit := scene.Scale(c, t.Mode)
	for i, v := range []float64{t.Low, t.High} {
		l := p.lines[i]
		l.slider.SetRange(limit/1000, limit)
		l.slider.SetValue(v)
		l.show(v)
	}
	p.back.SetEnabled(!locked && t != session.Recommended(c))
}

func (p *thresholdPanel) name(a, b, tipA, tipB string) {
	for i, x := range [2][2]string{{a, tipA}, {b, tipB}} {
		p.lines[i].label.Set(x[0])
		p.lines[i].slider.Tip = x[1]
	}
}

// show writes the value into the field.
func (l *thresholdLine) show(v float64) {
	text := words.Write("%.4g", v)
	if l.entry.Text != text {
		l.entry.SetText(text)
	}
}

// moved is called with every move of a slider.
func (p *thresholdPanel) moved(l *thresholdLine, v float64) {
	if p.silent || p.s.cal() == nil {
		return
	}
	t := p.s.w.Session.Thresholds()
	if l == p.lines[low] {
		t = lowMoved(t, v)
	} else {
		t = highMoved(t, v)
	}
	p.s.thresholdsMoved(t)
	p.refresh()
}

// lowMoved returns the thresholds with another low one. Low stays at or under
// high: in mode half-peak, where a region is what exceeds the fraction low/high
// of its peak, it stops there; otherwise it takes high along.
func lowMoved(t session.Thresholds, v float64) session.Thresholds {
	switch t.Mode {
	case segment.TwoSided: // two sides, no order
	case segment.Hysteresis, segment.Both:
		t.High = max(t.High, v)
	default:
		v = min(v, t.High)
	}
	t.Low = v
	return t
}

// highMoved returns the thresholds with another high one. In mode half-peak low
// keeps its fraction of high, or regions would shrink to their peaks while more
// of them are found.
func highMoved(t session.Thresholds, v float64) session.Thresholds {
	switch t.Mode {
	case segment.TwoSided:
	case segment.Hysteresis, segment.Both:
		t.Low = min(t.Low, v)
	default:
		if t.High > 0 {
			t.Low = min(t.Low*v/t.High, v)
		}
	}
	t.High = v
	return t
}

// typed takes a number from the field; anything else puts the old one back.
func (p *thresholdPanel) typed(l *thresholdLine, text string) {
	c := p.s.cal()
	if c == nil {
		return
	}
	t := p.s.w.Session.Thresholds()
	old := t.Low
	if l == p.lines[high] {
		old = t.High
	}
	v, ok := phrase.Number(text, "")
	if !ok || v <= 0 {
		p.refresh()
		return
	}
	limit := scene.Scale(c, t.Mode)
	v = min(max(v, limit/1000), limit)
	if strconv.FormatFloat(v, 'g', 4, 64) == strconv.FormatFloat(old, 'g', 4, 64) {
		p.refresh()
		return
	}
	p.moved(l, v)
}

func (p *thresholdPanel) modeChosen(word string) {
	c := p.s.cal()
	if p.silent || c == nil {
		return
	}
	for _, m := range modes {
		if m.word.String() == word {
			p.s.thresholdsMoved(p.s.w.Session.Thresholds().WithMode(c, m.mode))
		}
	}
	p.refresh()
}

// reset puts the calibrated thresholds back in force.
func (p *thresholdPanel) reset() {
	if c := p.s.cal(); c != nil {
		p.s.thresholdsMoved(session.Recommended(c))
		p.refresh()
	}
}
