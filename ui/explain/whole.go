package explain

import (
	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// whole shows what the reject threshold would gain and lose over the whole set.
// It changes nothing: the thresholds in force stay.
type whole struct {
	s      *Screen
	root   fyne.CanvasObject
	trial  *session.Trial
	slider *widgets.Slider
	value  *widgets.Text
	blocks [3]*block
	row    *desk.ScoringRow
	score  *widgets.Button
	note   *widgets.Text
	silent bool
}

// block is a figure with what has changed.
type block struct {
	root          fyne.CanvasObject
	value, change *widgets.Text
	name          *widgets.Text
}

func newBlock(name string) *block {
	b := &block{
		value:  widgets.NewStyled(&widgets.Text{Text: "–", SizeName: theme.SizeNameHeadingText, Style: fyne.TextStyle{Bold: true}, Elide: widgets.ElideEnd}),
		change: widgets.NewStyled(&widgets.Text{Style: fyne.TextStyle{Bold: true}, SizeName: theme.SizeNameCaptionText, Elide: widgets.ElideEnd}), name: widgets.NewCaption(name),
	}
	b.name.Elide = widgets.ElideEnd
	b.root = widgets.Rows(0, b.value, b.name, b.change)
	return b
}

// set shows k of n and what it was before; better says which way is good.
func (b *block) set(k, n, before int, better int) {
	if n == 0 {
		b.value.Set("–")
		b.change.Set(words.T("none among these parts"))
		b.change.SetColor(themes.ColorNameMuted)
		return
	}
	b.value.Set(words.T("%d of %d", k, n))
	d := k - before
	b.change.Style.Bold = d != 0
	switch {
	case d == 0:
		b.change.Set(words.T("as now"))
		b.change.SetColor(themes.ColorNameMuted)
		b.change.Refresh()
	case d*better > 0:
		b.change.Set(words.T("▲ gained: %+d", d))
		b.change.SetColor(themes.ColorNameOK)
	default:
		b.change.Set(words.T("▼ lost: %+d", d))
		b.change.SetColor(themes.ColorNameNG)
	}
}

func newWhole(s *Screen) *whole {
	w := &whole{s: s, value: widgets.NewStyled(&widgets.Text{Style: fyne.TextStyle{Bold: true}, Width: 64, Align: fyne.TextAlignTrailing, ColorName: themes.ColorNameNG})}
	w.slider = s.Tips.NewSlider(0, 1, words.T("Move the reject threshold and see what it would do to all parts. It changes nothing."), s.Keys)
	w.slider.OnChanged = w.moved
	w.blocks = [3]*block{newBlock(words.T("defects caught")), newBlock(words.T("good parts rejected")), newBlock(words.T("to a person"))}
	w.row = s.Scoring.NewRow()
	w.score = s.Tips.NewButton(words.T("Score the parts"), theme.MediaPlayIcon(), words.T("Runs the network once over the set; the slider then needs it no more."), s.Scoring.Begin)
	w.note = widgets.NewCaption("")
	w.note.Elide = widgets.ElideEnd
	head := widgets.Row(8, widgets.NewHeading(words.T("What would another threshold do to the whole set?")), w.note, w.row.Root, w.score)
	line := container.NewBorder(nil, nil, container.NewCenter(widgets.NewStyled(&widgets.Text{Text: words.T("reject from"), ColorName: themes.ColorNameNG, Style: fyne.TextStyle{Bold: true}})), container.NewCenter(w.value), w.slider)
	figures := container.NewGridWithColumns(3, w.blocks[0].root, w.blocks[1].root, w.blocks[2].root)
	w.root = widgets.NewCard(widgets.Rows(4, head, line, figures))
	return w
}

// renew follows the pass.
func (w *whole) renew() {
	r := w.s.Session.Recipe()
	if r == nil {
		return
	}
	pass := w.s.Session.Pass()
	if pass == nil && (w.trial == nil || !w.trial.Pass().Bare || w.trial.Pass().Recipe != r) {
		pass = session.HeldBack(r)
	}
	if pass != nil && (w.trial == nil || w.trial.Pass() != pass) || w.trial.Saved() != w.s.Session.Thresholds() {
		if pass == nil {
			pass = w.trial.Pass()
		}
		now := w.s.Session.Thresholds()
		w.trial = session.NewTrial(pass, now, now)
		w.silent = true
		w.slider.SetRange(now.Reject/4, now.Reject*2.5)
		w.slider.SetValue(now.Reject)
		w.silent = false
		w.show()
	}
	w.row.Refresh()
	_, running := w.s.Scoring.Running()
	bare := w.trial.Pass().Bare
	w.score.Hidden = !bare || running
	w.score.Refresh()
	if bare {
		w.note.Set(words.N(len(w.trial.Pass().Parts), "%d good part that training kept back", "%d good parts that training kept back"))
	} else {
		w.note.Set(words.N(len(w.trial.Pass().Parts), "%d part; the slider changes nothing", "%d parts; the slider changes nothing"))
	}
}

func (w *whole) moved(v float64) {
	if w.silent || w.trial == nil {
		return
	}
	th := w.trial.Now()
	th.Review *= v / th.Reject
	th.Reject = v
	w.trial.Try(th)
	w.show()
}

func (w *whole) show() {
	t := w.trial
	m := t.Matrix()
	w.value.Set(phrase.Figure(t.Now().Reject))
	before := t.MatrixAt(t.Saved())
	good, bad := session.TruthGood, session.TruthDefect
	w.blocks[0].set(m[bad][2], m.Row(bad), before[bad][2], 1)
	w.blocks[1].set(m[good][2], m.Row(good), before[good][2], -1)
	w.blocks[2].set(m[good][1]+m[bad][1], m.Row(good)+m.Row(bad), before[good][1]+before[bad][1], -1)
}
