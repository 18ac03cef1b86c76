package ui

import (
	"fmt"
	"image"
	"time"

	"agurscope/assets/words"
	"agurscope/nn/anomaly"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// look is what the network makes of one picture of the current batch.
type look struct{ clean, damaged, reconstruction *image.RGBA }

// newLook converts the pictures on the training's goroutine; nil without any.
func newLook(p anomaly.Progress) *look {
	if p.Clean == nil || p.Damaged == nil || p.Reconstruction == nil {
		return nil
	}
	return &look{anomaly.Picture(p.Clean), anomaly.Picture(p.Damaged), anomaly.Picture(p.Reconstruction)}
}

// trainLive shows a training under way.
type trainLive struct {
	t    *trainScreen
	root fyne.CanvasObject

	title    *widgets.Text
	stages   [5]*widgets.Text
	bar      *widgets.Progress
	left     *widgets.Text
	steps    *widgets.Text
	rate     *widgets.Text
	elapsed  *widgets.Text
	loss     *widgets.Text
	chart    *widgets.LineChart
	pictures [3]*canvas.Image
	stop     *widgets.Button
	pause    *widgets.Button

	o         session.TrainOptions
	began     time.Time
	batch     int // pictures per step
	step      int
	rateSince time.Time
	rateStep  int
}

var stageOrder = [5]session.Stage{session.Looking, session.Reading, session.Training, session.Calibrating, session.Saving}
var stageWords = [5]words.Text{words.Text("How parts lie"), words.Text("Reading pictures"), words.Text("Training"), words.Text("Calibrating"), words.Text("Saving")}

func newTrainLive(t *trainScreen) *trainLive {
	l := &trainLive{t: t, title: widgets.NewTitle(words.T("Training")), bar: widgets.NewProgress(), left: widgets.NewText("")}
	stages := widgets.Row(8)
	for i := range l.stages {
		l.stages[i] = widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText})
		if i > 0 {
			stages.Add(widgets.NewCaption("›"))
		}
		stages.Add(l.stages[i])
	}
	figureText := func() *widgets.Text {
		return widgets.NewStyled(&widgets.Text{Text: "–", SizeName: theme.SizeNameHeadingText, Style: fyne.TextStyle{Bold: true}, Elide: widgets.ElideEnd})
	}
	l.steps, l.rate, l.elapsed, l.loss = figureText(), figureText(), figureText(), figureText()
	cell := func(v *widgets.Text, what string) fyne.CanvasObject {
		return widgets.Rows(1, v, widgets.NewCaption(what))
	}
	blocks := container.NewGridWithColumns(4, cell(l.steps, words.T("step")), cell(l.loss, words.T("loss")), cell(l.rate, words.T("pictures per second")), cell(l.elapsed, words.T("elapsed")))
	l.chart = widgets.NewLineChart(words.T("step"), words.T("loss"), words.T("The curve begins with the first steps."))
	l.chart.Beside(words.T("held-out good parts"))
	l.stop = t.w.Tips.NewButton(words.T("Cancel"), theme.CancelIcon(), words.T("End the training. Its checkpoint is kept, so that it can be resumed."), t.cancel)
	l.pause = t.w.Tips.NewButton(words.T("Pause"), theme.MediaPauseIcon(), "", t.hold)
	head := widgets.Row(10, l.title, widgets.NewSpring(nil), l.pause, l.stop)
	progress := widgets.Rows(6, widgets.Row(8, stages, widgets.NewSpring(nil), l.left), widgets.Fixed(0, 8, l.bar))
	top := widgets.Rows(14, head, widgets.NewCard(progress), widgets.NewCard(blocks))
	chart := widgets.NewCard(l.chart)
	body := widgets.Dock(top, widgets.NewCard(l.newPictures()), nil, nil, widgets.Inset(chart, 14, 0))
	l.root = widgets.Inset(body, 20, 24)
	return l
}

func (l *trainLive) newPictures() fyne.CanvasObject {
	grid := container.NewGridWithColumns(3)
	for i, s := range []string{words.T("A good part"), words.T("The same, damaged on purpose"), words.T("What the network draws")} {
		l.pictures[i] = &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}
		ground := widgets.NewGround(themes.ColorNamePane)
		ground.Radius = 4
		c := widgets.NewCaption(s)
		c.Align, c.Elide = fyne.TextAlignCenter, widgets.ElideEnd
		grid.Add(widgets.Rows(5, widgets.Fixed(0, 168, container.NewStack(ground, l.pictures[i])), c))
	}
	return grid
}

// begin clears the page for another training.
func (l *trainLive) begin(o session.TrainOptions) {
	l.o, l.began, l.step, l.rateStep, l.rateSince = o, time.Now(), 0, 0, time.Time{}
	size, _ := anomaly.SizeByName(o.Size)
	l.batch = size.Batch
	l.chart.Clear()
	for _, p := range l.pictures {
		p.Image = nil
		p.Refresh()
	}
	l.title.Set(words.T("Training"))
	l.bar.SetValue(0)
	l.left.Set("")
	for _, t := range []*widgets.Text{l.steps, l.rate, l.elapsed, l.loss} {
		t.Set("–")
	}
	l.stop.SetEnabled(true)
	l.held(false)
	l.stage(session.Looking)
}

// ending is shown between the wish to cancel and the end.
func (l *trainLive) ending() {
	l.title.Set(words.T("Stopping…"))
	l.stop.SetEnabled(false)
	l.pause.SetEnabled(false)
}

// held is shown while a person keeps the training waiting, and after.
func (l *trainLive) held(on bool) {
	if on {
		l.title.Set(words.T("Paused"))
		l.pause.SetText(words.T("Go on"))
		l.pause.SetIcon(theme.MediaPlayIcon())
		l.left.Set(words.T("paused"))
	} else {
		l.title.Set(words.T("Training"))
		l.pause.SetText(words.T("Pause"))
		l.pause.SetIcon(theme.MediaPauseIcon())
		l.rateSince = time.Time{}
		l.left.Set("")
	}
	l.pause.Tip = words.T("Wait between two steps; the time spent waiting does not count. (Space)")
}

func (l *trainLive) stage(now session.Stage) {
	l.pause.SetEnabled(now == session.Training && l.t.job != nil && !l.t.job.ending)
	at := 0
	for i, s := range stageOrder {
		if s == now {
			at = i
		}
	}
	for i, t := range l.stages {
		ink, text := themes.ColorNameMuted, stageWords[i].String()
		switch {
		case i < at:
			ink, text = themes.ColorNameOK, "✓ "+text
		case i == at:
			ink = theme.ColorNamePrimary
		}
		t.Style.Bold = i == at
		t.Text, t.ColorName = text, ink
		t.Refresh()
	}
}

// take shows what happened since the last time.
func (l *trainLive) take(p progress) {
	if !p.any || !l.t.running() {
		return
	}
	e := p.last
	l.stage(e.Stage)
	l.elapsed.Set(phrase.Clock(time.Since(l.began)))
	l.progress(e)
	if n := len(p.losses); n > 0 {
		for _, q := range p.losses {
			l.chart.Add(q)
		}
		for _, q := range p.held {
			l.chart.AddBeside(q)
		}
		l.chart.Redraw()
		l.step = int(p.losses[n-1].X)
		l.loss.Set(words.Write("%.4g", p.losses[n-1].Y))
		l.speed()
		text := fmt.Sprint(l.step)
		if l.o.MaxTime == 0 {
			text = words.T("%d of %d", l.step, e.Steps)
		}
		l.steps.Set(text)
	}
	if p.look != nil {
		for i, m := range []*image.RGBA{p.look.clean, p.look.damaged, p.look.reconstruction} {
			l.pictures[i].Image = m
			l.pictures[i].Refresh()
		}
	}
}

// speed is measured over the last seconds.
func (l *trainLive) speed() {
	now := time.Now()
	if l.rateSince.IsZero() {
		l.rateSince, l.rateStep = now, l.step
		return
	}
	if d := now.Sub(l.rateSince).Seconds(); d >= 2 {
		l.rate.Set(fmt.Sprintf("%.0f", float64(l.batch)*float64(l.step-l.rateStep)/d))
		l.rateSince, l.rateStep = now, l.step
	}
}

// progress moves the bar.
func (l *trainLive) progress(e session.TrainEvent) {
	share, left := 0.0, ""
	switch e.Stage {
	case session.Looking:
		share = .015 * float64(e.Done) / float64(max(e.Total, 1))
		left = words.T("%d of %d", e.Done, e.Total)
		if e.Done == e.Total {
			left = words.T("comparing the parts")
		}
	case session.Reading:
		share = .015 + .015*float64(e.Done)/float64(max(e.Total, 1))
		left = words.T("%d of %d", e.Done, e.Total)
	case session.Training:
		part := 0.0
		switch {
		case l.o.MaxTime > 0:
			part = float64(time.Since(l.began)) / (.95 * float64(l.o.MaxTime))
		case e.Steps > 0:
			part = float64(e.Step) / float64(e.Steps)
		}
		share = .03 + .94*min(part, 1)
		if e.Remaining > 0 {
			left = phrase.Remaining(e.Remaining)
		}
	case session.Calibrating:
		share, left = .97, words.T("almost done")
	case session.Saving:
		share, left = .99, words.T("almost done")
	}
	l.bar.SetValue(max(share, l.bar.Value))
	if l.t.job != nil && l.t.job.pause.on() {
		left = words.T("paused")
	}
	l.left.Set(left)
}
