package ui

import (
	"fmt"
	"math"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// runLog is the strip below the panes: the counts of what was inspected, and
// opened, the verdicts with the newest first.
type runLog struct {
	s      *inspectScreen
	root   fyne.CanvasObject
	counts [4]*widgets.Text
	yield  *widgets.Text
	toggle *widgets.Button
	table  *fyne.Container
	list   *widgets.List
	none   *widgets.Text
}

var (
	logVerdicts = [4]history.Verdict{history.OK, history.REVIEW, history.NG, history.ERROR}
	logColumns  = []float32{1.2, 1.4, 4, .8, .9, 1, 2.2}
)

func newRunLog(s *inspectScreen) *runLog {
	l := &runLog{s: s}
	row, spare := widgets.Row(16), []fyne.CanvasObject(nil)
	for i, v := range logVerdicts {
		img := canvas.NewImageFromResource(themes.VerdictIcon(string(v)))
		img.FillMode = canvas.ImageFillContain
		l.counts[i] = widgets.NewStyled(&widgets.Text{Style: fyne.TextStyle{Bold: true}})
		word := widgets.NewStyled(&widgets.Text{Text: string(v), SizeName: theme.SizeNameCaptionText, ColorName: themes.ColorNameMuted})
		row.Add(widgets.Row(5, widgets.Fixed(15, 15, img), l.counts[i], word))
		spare = append(spare, word)
	}
	l.yield = widgets.NewStyled(&widgets.Text{Style: fyne.TextStyle{Bold: true}})
	row.Add(s.w.Tips.Over(widgets.Row(5, l.yield, widgets.NewCaption(words.T("yield"))), words.T("Share of the inspected parts that are OK, with your own verdicts counted in place of the program's.")))
	row.Add(widgets.NewSpring(nil))
	l.toggle = s.w.Tips.NewFlatButton(words.T("Log"), theme.MenuDropUpIcon(), words.T("Show or hide the verdicts of this session, newest first."), func() { l.open(l.table.Hidden) })
	row.Add(l.toggle)
	l.list = widgets.NewList(s.w.Keys, func() int { return len(s.parts.log) }, newLogRow, l.fill)
	l.list.OnSelected = func(row int) { l.pick(row) }
	var heads []fyne.CanvasObject
	for i, h := range []string{words.T("time"), words.T("verdict"), words.T("part"), words.T("index"), words.T("score"), words.T("latency"), "    " + words.T("your verdict")} {
		c := widgets.NewCaption(h)
		c.Align = logAlign(i)
		heads = append(heads, c)
	}
	l.none = widgets.NewCaption(words.T("Verdicts appear here as parts are inspected, newest first."))
	body := container.NewStack(widgets.Fixed(0, 118, l.list), container.NewCenter(l.none))
	l.table = widgets.Dock(widgets.Inset(widgets.Columns(logColumns, heads...), 2, 10), nil, nil, nil, body)
	l.root = widgets.NewPanel(widgets.Rows(0, widgets.NewRule(), widgets.Inset(widgets.Sparing(row, spare...), 1, 10), l.table))
	l.open(s.w.settings.flag(keyLog, true))
	l.refresh(tally{})
	return l
}

func logAlign(i int) fyne.TextAlign {
	if i >= 3 && i <= 5 {
		return fyne.TextAlignTrailing
	}
	return fyne.TextAlignLeading
}

func (l *runLog) open(on bool) {
	if on {
		l.table.Show()
		l.toggle.SetIcon(theme.MenuDropDownIcon())
	} else {
		l.table.Hide()
		l.toggle.SetIcon(theme.MenuDropUpIcon())
	}
	l.s.w.settings.setFlag(keyLog, on)
	if l.s.all != nil {
		l.s.all.Refresh()
	}
}

// refresh shows the counts and the newest verdicts.
func (l *runLog) refresh(t tally) {
	for i, v := range logVerdicts {
		n := 0
		if t.total() > 0 {
			n = t.of(v)
		}
		l.counts[i].Set(fmt.Sprint(n))
	}
	text := "–"
	if y := t.yield(); !math.IsNaN(y) {
		text = words.Write("%.1f %%", 100*y)
	}
	l.yield.Set(text)
	if hide := t.total() > 0; hide != l.none.Hidden {
		l.none.Hidden = hide
		l.none.Refresh()
	}
	if !l.table.Hidden {
		l.list.Refresh()
	}
}

// item is the item in a row, newest first.
func (l *runLog) item(row int) int {
	log := l.s.parts.log
	if row < 0 || row >= len(log) {
		return -1
	}
	return log[len(log)-1-row]
}

func (l *runLog) pick(row int) {
	i := l.item(row)
	l.list.UnselectAll()
	if i < 0 || i == l.s.cur {
		return
	}
	l.s.follow = false
	l.s.choose(i)
	l.s.highlight()
}

// logRow is one line of the log.
type logRow struct {
	widget.BaseWidget
	all   fyne.CanvasObject
	cells [7]*widgets.Text
	shape *canvas.Image

	verdict history.Verdict // that shape shows
}

func newLogRow() fyne.CanvasObject {
	r := &logRow{shape: canvas.NewImageFromResource(themes.VerdictIcon(""))}
	r.shape.FillMode = canvas.ImageFillContain
	objects := make([]fyne.CanvasObject, len(r.cells))
	for i := range r.cells {
		r.cells[i] = widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText, Align: logAlign(i), Elide: widgets.ElideMiddle})
		objects[i] = r.cells[i]
	}
	r.cells[0].ColorName = themes.ColorNameMuted
	r.cells[1].Style.Bold = true
	objects[1] = container.NewBorder(nil, nil, container.NewCenter(widgets.Fixed(13, 13, r.shape)), nil, widgets.Inset(r.cells[1], 0, 4))
	r.all = widgets.Inset(widgets.Columns(logColumns, objects...), 2, 10)
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer shows the row.
func (r *logRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

func (l *runLog) fill(row int, o fyne.CanvasObject) {
	i := l.item(row)
	if i < 0 {
		return
	}
	r, p := o.(*logRow), &l.s.parts.state[i]
	look := themes.VerdictNamed(string(p.verdict))
	if r.verdict != p.verdict {
		r.verdict = p.verdict
		r.shape.Resource = look.Icon()
		r.shape.Refresh()
	}
	r.cells[1].SetColor(look.Text)
	yours := ""
	if p.reviewed != "" {
		yours = string(p.reviewed)
		if p.reason != "" {
			yours += ": " + p.reason
		}
	}
	index := "–"
	if !math.IsNaN(p.index) {
		index = fmt.Sprintf("%.0f", p.index)
	}
	for k, text := range []string{p.at.Format("15:04:05"), string(p.verdict), l.s.parts.items[i].Name, index, phrase.Figure(p.score), phrase.Milliseconds(p.latency), "    " + yours} {
		r.cells[k].Set(text)
	}
}
