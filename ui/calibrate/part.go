package calibrate

import (
	"context"
	"fmt"

	"agurscope/assets/words"
	"agurscope/nn/segment"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// part shows the selected part with its regions at the pixel thresholds, and
// moves these.
type part struct {
	s      *Screen
	root   fyne.CanvasObject
	name   *widgets.Text
	badge  *widgets.Badge
	view   *viewer.Viewer
	lines  [2]*pixelLine
	cancel context.CancelFunc
	asked  int // parts so far: an older one that comes late is dropped
	res    *session.Result
	frame  viewer.Frame
	seg    segment.Segmenter
	silent bool
}

// pixelLine is a slider with its value.
type pixelLine struct {
	label  *widgets.Text
	value  *widgets.Text
	slider *widgets.Slider
}

func newPart(s *Screen) *part {
	p := &part{s: s, name: widgets.NewStyled(&widgets.Text{Style: fyne.TextStyle{Bold: true}, Elide: widgets.ElideMiddle}), badge: widgets.NewBadge(), view: viewer.New()}
	p.view.Enlarge(viewer.PaneSegmentation)
	p.view.ShowToolbar(false)
	rows := widgets.Rows(2)
	inks := []fyne.ThemeColorName{themes.ColorNameLow, themes.ColorNameHigh}
	for i := range p.lines {
		l := &pixelLine{label: widgets.NewStyled(&widgets.Text{Width: 44, ColorName: inks[i], Style: fyne.TextStyle{Bold: true}}), value: widgets.NewStyled(&widgets.Text{Width: 46, Align: fyne.TextAlignTrailing})}
		l.slider = s.Tips.NewSlider(0, 1, "", s.Keys)
		l.slider.OnChanged = func(v float64) { p.moved(i, v, false) }
		l.slider.OnChangeEnded = func(v float64) { p.moved(i, v, true) }
		p.lines[i] = l
		rows.Add(container.NewBorder(nil, nil, container.NewCenter(l.label), container.NewCenter(l.value), l.slider))
	}
	title := s.Tips.Over(widgets.NewHeading(words.T("Pixel thresholds")), words.T("They cut the anomaly map into regions. A region that survives makes the part NG, whatever its score."))
	head := widgets.Row(8, p.name, p.badge)
	p.root = widgets.NewCard(widgets.Dock(widgets.Inset(head, 2, 0), widgets.Rows(2, title, rows), nil, nil, p.view))
	return p
}

func (p *part) clear(why string) {
	p.asked++
	p.res = nil
	p.name.Set(" ")
	p.badge.Set("", "")
	p.view.SetFrame(viewer.Frame{})
	p.view.SetPlaceholder(viewer.PaneSegmentation, why)
	if p.s.trial != nil {
		p.sliders(p.s.trial.Now())
	}
}

// frameOf runs on the goroutine that inspected.
func (p *part) frameOf(res *session.Result, err error) viewer.Frame {
	r := p.s.Session.Recipe()
	if err != nil || res == nil || r == nil {
		return viewer.Frame{}
	}
	return scene.Frame(res, r.Calibration)
}

func (p *part) take(res *session.Result, f viewer.Frame, err error) {
	if err != nil || res == nil || res.Err != nil {
		if err == nil && res != nil {
			err = res.Err
		}
		p.clear(phrase.Sentence(fmt.Sprint(err)))
		return
	}
	p.res, p.frame = res, f
	p.view.SetFrame(f)
	p.judged(p.s.trial.Now())
}

// judged shows what the thresholds make of the part.
func (p *part) judged(th session.Thresholds) {
	p.sliders(th)
	r := p.s.Session.Recipe()
	if p.res == nil || p.res.Prediction == nil || r == nil {
		return
	}
	if was := p.res.Thresholds; was != th {
		p.s.Session.Rejudge(&p.seg, p.res, th)
		if was.Pixels() == th.Pixels() { // the picture stays as it is: painting it takes longer than all the rest
			p.verdict()
			return
		}
		scene.Cut(&p.frame, p.res, r.Calibration)
		p.view.SetThresholds(p.frame.Low, p.frame.High)
		p.view.SetSegmentation(p.frame.Segmentation)
	}
	p.verdict()
}

func (p *part) verdict() {
	v := string(p.res.Final())
	p.badge.Set(v, v)
}

// sliders show the thresholds being tried.
func (p *part) sliders(th session.Thresholds) {
	t, r := p.s.trial, p.s.Session.Recipe()
	if t == nil || r == nil {
		return
	}
	p.silent = true
	defer func() { p.silent = false }()
	names := [2]string{words.T("low"), words.T("high")}
	tips := [2]string{words.T("How far a region reaches. Lower makes regions larger."), words.T("How strong a defect must be at its peak. Lower finds more, and more false ones.")}
	if th.Mode == segment.TwoSided {
		names = [2]string{words.T("dark"), words.T("bright")}
		tips = [2]string{words.T("Standard deviations below the reconstruction that count as too dark."), words.T("Standard deviations above the reconstruction that count as too bright.")}
	}
	top := scene.Scale(r.Calibration, th.Mode)
	for i, v := range [2]float64{th.Low, th.High} {
		l := p.lines[i]
		l.label.Set(names[i])
		l.slider.Tip = tips[i]
		least := top / 1000
		if i == 1 || th.Mode == segment.TwoSided {
			least = min(t.Pass().Floor(), top/2)
		}
		l.slider.SetRange(least, top)
		l.slider.SetValue(v)
		l.value.Set(words.Write("%.4g", v))
		if t.Pass().Bare {
			l.slider.Disable()
		} else {
			l.slider.Enable()
		}
	}
}

// moved takes a slider's value. In mode half-peak the lower threshold keeps its
// fraction of the higher one.
func (p *part) moved(i int, v float64, last bool) {
	if p.silent || p.s.trial == nil {
		return
	}
	th := p.s.trial.Now()
	switch {
	case i == 0:
		th.Low = v
		if th.Mode != segment.TwoSided {
			th.Low = min(v, th.High)
		}
	case th.Mode == segment.HalfPeak:
		th.Low *= v / th.High
		th.High = v
	case th.Mode == segment.TwoSided:
		th.High = v
	default:
		th.High = v
		th.Low = min(th.Low, v)
	}
	p.s.pixels(th, last)
}
