package calibrate

import (
	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// truthNames are the rows of the matrix, by [session.Truth].
func truthNames() []string {
	return []string{words.T("good"), words.T("defective"), words.T("unlabelled")}
}

// cells say how the matrix is to be read: rows good, defective, not labelled.
func cells() [][]widgets.MatrixCell {
	return [][]widgets.MatrixCell{
		{
			{Word: words.T("passed"), Fill: themes.ColorNameOKFill, Tip: words.T("Good parts that pass. Click to see them.")},
			{Word: words.T("to a person"), Fill: themes.ColorNameReviewFill, Tip: words.T("Good parts that a person has to look at. Click to see them.")},
			{Word: words.T("false rejects"), Fill: themes.ColorNameNGFill, Tip: words.T("Good parts that are thrown away. Click to see them.")},
			{Word: words.T("failed"), Fill: themes.ColorNameErrorFill, Tip: words.T("Parts that could not be inspected: never OK. Click to see them.")},
		},
		{
			{Word: words.T("escapes"), Fill: themes.ColorNameNGFill, Tip: words.T("Defective parts that pass. Click to see them.")},
			{Word: words.T("to a person"), Fill: themes.ColorNameReviewFill, Tip: words.T("Defective parts that a person has to look at. Click to see them.")},
			{Word: words.T("caught"), Fill: themes.ColorNameOKFill, Tip: words.T("Defective parts that are rejected. Click to see them.")},
			{Word: words.T("failed"), Fill: themes.ColorNameErrorFill, Tip: words.T("Parts that could not be inspected: never OK. Click to see them.")},
		},
		{
			{Word: words.T("passed"), Tip: words.T("Parts that pass. Nobody has said what they are. Click to see them.")},
			{Word: words.T("to a person"), Fill: themes.ColorNameReviewFill, Tip: words.T("Parts that a person has to look at. Click to see them.")},
			{Word: words.T("rejected"), Tip: words.T("Parts that are rejected. Nobody has said what they are. Click to see them.")},
			{Word: words.T("failed"), Fill: themes.ColorNameErrorFill, Tip: words.T("Parts that could not be inspected: never OK. Click to see them.")},
		},
	}
}

const (
	figuresWidth = 300
	galleryShare = .44
)

func (s *Screen) compose() fyne.CanvasObject {
	t := s.Tips
	s.hist = t.NewScores(words.T("No scores yet"), s.Keys)
	s.hist.OnDrag, s.hist.OnDragged = s.drag, s.keep
	columns := make([]string, len(session.Verdicts))
	for i, v := range session.Verdicts {
		columns[i] = string(v)
	}
	s.matrix = t.NewMatrix(columns, truthNames(), cells())
	s.matrix.OnChosen = func(row, column int) { s.choose(session.Truth(row), session.Verdicts[column]) }
	s.asGood = t.NewCheck(words.T("All unlabelled parts are good"), words.T("Count them as good parts. Say so only if somebody has looked at them."), func(on bool) {
		s.trial.CountAsGood(on)
		s.fresh()
	})
	s.rates[0] = newRate(t, words.T("False rejects"), words.T("Share of good parts that are NG, with the interval that holds the true share 95 times of 100."), words.T("no good parts"))
	s.rates[1] = newRate(t, words.T("To a person"), words.T("Share of good parts in the REVIEW band."), words.T("no good parts"))
	s.rates[2] = newRate(t, words.T("Escapes"), words.T("Share of defective parts that pass."), words.T("no defective parts"))
	s.roc = widgets.NewCurve(words.T("good parts rejected"), words.T("defects caught (ROC)"), words.T("A curve needs good and defective parts."), true)
	s.pr = widgets.NewCurve(words.T("defects caught"), words.T("share of NG that is defective"), words.T("A curve needs good and defective parts."), false)
	s.auroc = widgets.NewCaption("")
	s.auroc.Elide = widgets.ElideEnd

	hist := widgets.NewCard(widgets.Dock(nil, s.asGood, nil, nil, s.hist))
	rates := widgets.Columns([]float32{1, 1, 1}, s.rates[0].root, s.rates[1].root, s.rates[2].root)
	counts := widgets.NewCard(widgets.Rows(9, s.matrix, widgets.NewRule(), rates))
	choose := widgets.NewCard(s.chooser.root)
	left := widgets.Dock(nil, widgets.Rows(8, counts, choose), nil, nil, container.New(layout.NewCustomPaddedLayout(0, 8, 0, 0), hist))

	middle := newSplit(galleryShare, s.part.root, s.gallery.root)
	tabs := widgets.Row(6, widgets.NewHeading(words.T("Trade-off")), widgets.NewSpring(nil))
	plots := []fyne.CanvasObject{s.roc, s.pr}
	var chips [2]*widgets.Chip
	names := [2]string{"ROC", words.T("Precision")}
	tab := func(on int) {
		for i := range chips {
			chips[i].Set(names[i], i == on)
			show(plots[i], i == on)
		}
	}
	for i, tip := range []string{
		words.T("How many defects are caught for how many good parts rejected, as the reject threshold moves. The ring is where it stands."),
		words.T("Which share of the parts that are NG is defective, for how many defects caught. The ring is where the threshold stands."),
	} {
		chips[i] = t.NewChip(nil, tip, func() { tab(i) })
		tabs.Add(chips[i])
	}
	tab(0)
	s.curves = widgets.NewCard(widgets.Rows(4, tabs, widgets.Fixed(0, 186, container.NewStack(plots...)), s.auroc))
	s.byType = container.NewStack(widgets.NewCard(s.types.root))
	figures := container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 0, 0, 10), widgets.Rows(8, widgets.NewCard(s.changes.root), s.curves, s.byType)))
	body := widgets.Dock(nil, nil, nil, widgets.Fixed(figuresWidth, 0, figures),
		container.New(layout.NewCustomPaddedLayout(0, 0, 0, 8), container.New(&halves{gap: 8}, left, middle)))
	return widgets.Dock(widgets.Rows(0, s.head(), widgets.NewRule()), nil, nil, nil, widgets.Inset(body, 8, 8))
}

// head is the row of controls at the top.
func (s *Screen) head() fyne.CanvasObject {
	t := s.Tips
	s.source = widgets.NewCaption("")
	s.source.Elide = widgets.ElideEnd
	s.score = t.NewButton(words.T("Score the parts"), theme.MediaPlayIcon(), words.T("Runs the network once over the parts of the open set; thresholds are then moved without it."), s.Scoring.Begin)
	s.undo = t.NewButton("", theme.ContentUndoIcon(), words.T("Undo the last move (U)"), s.stepBack)
	s.redo = t.NewButton("", theme.ContentRedoIcon(), words.T("Redo (Y)"), s.stepForth)
	s.save = t.NewButton(words.T("Save version…"), theme.DocumentSaveIcon(), "", s.askSave)
	s.save.Importance = widget.HighImportance
	row := widgets.Row(6, widgets.NewTitle(words.T("Calibrate")), widgets.Fixed(8, 0, widgets.NewText("")), s.source, s.progress.Root, s.score, s.undo, s.redo, s.save)
	return widgets.NewPanel(widgets.Inset(row, 7, 12))
}

// halves divides the width in two.
type halves struct{ gap float32 }

func (h *halves) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+h.gap+b.Width, max(a.Height, b.Height))
}

func (h *halves) Layout(o []fyne.CanvasObject, size fyne.Size) {
	w := max((size.Width-h.gap)*.53, o[0].MinSize().Width)
	o[0].Move(fyne.NewPos(0, 0))
	o[0].Resize(fyne.NewSize(w, size.Height))
	o[1].Move(fyne.NewPos(w+h.gap, 0))
	o[1].Resize(fyne.NewSize(max(size.Width-w-h.gap, 0), size.Height))
}

// split divides the height: the lower object gets its share.
type split struct{ share float32 }

func newSplit(share float32, upper, lower fyne.CanvasObject) fyne.CanvasObject {
	return container.New(&split{share}, upper, lower)
}

const splitGap = 8

func (l *split) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+splitGap+b.Height)
}

func (l *split) Layout(o []fyne.CanvasObject, size fyne.Size) {
	down := max((size.Height-splitGap)*l.share, o[1].MinSize().Height)
	o[0].Move(fyne.NewPos(0, 0))
	o[0].Resize(fyne.NewSize(size.Width, max(size.Height-splitGap-down, 0)))
	o[1].Move(fyne.NewPos(0, size.Height-down))
	o[1].Resize(fyne.NewSize(size.Width, down))
}

// rate is a proportion with its interval.
type rate struct {
	root          fyne.CanvasObject
	value, detail *widgets.Text
	hint          *widgets.Hint
	none          string // what is said where there are no parts
}

func newRate(t *widgets.Tips, name, tip, none string) *rate {
	r := &rate{none: none, value: widgets.NewStyled(&widgets.Text{Text: "–", SizeName: theme.SizeNameSubHeadingText, Style: fyne.TextStyle{Bold: true}}), detail: widgets.NewCaption("")}
	r.value.Elide, r.detail.Elide = widgets.ElideEnd, widgets.ElideEnd
	title := widgets.NewCaption(name)
	title.Elide = widgets.ElideEnd
	r.hint = t.Over(widgets.Inset(widgets.Rows(0, title, r.value, r.detail), 0, 4), tip)
	r.root = r.hint
	return r
}

func (r *rate) set(p session.Proportion) {
	if p.N == 0 {
		r.value.Set("–")
		r.detail.Set(r.none)
		return
	}
	r.value.Set(widgets.Percent(p.Share()))
	r.detail.Set(words.T("%s to %s", widgets.Percent(p.Low), widgets.Percent(p.High)))
}
