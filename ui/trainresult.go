package ui

import (
	"path"
	"path/filepath"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/history"
	"agurscope/themes"
	"agurscope/ui/compare"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// mostGolden is how many golden sets the page of a result offers, the newest.
const mostGolden = 3

// replacedView says what the new recipe has taken the place of, and leads to the
// two beside each other: on golden sets where there are some, for their right
// answers are agreed on.
func (t *trainScreen) replacedView() fyne.CanvasObject {
	r, kept := t.result.Recipe, t.result.Kept
	v := r.Versions[len(r.Versions)-1]
	text := widgets.NewPara(words.T("This is version %d of %s, by %s: %s. The one before is kept as %s.",
		v.Number, r.Name, v.Author, v.Reason, filepath.Base(kept)))
	mark := theme.NewThemedResource(icon(compare.Title, svgCompare))
	beside := t.w.Tips.NewButton(words.T("Compare with the one before"), mark,
		words.T("Opens both on the same parts: where they disagree, what each gets right, and how long each takes."), func() { t.besideKept("") })
	golden := widgets.Rows(6)
	t.w.GoldenSets(func(sets []history.GoldenSet) {
		for _, g := range sets[:min(len(sets), mostGolden)] {
			golden.Add(widgets.Row(0, t.w.Tips.NewButton(words.N(len(g.Members), "Compare on the golden set of %d part: %s", "Compare on the golden set of %d parts: %s", g.Name), mark,
				words.T("Both judge parts of which the right verdict is known."), func() { t.w.Golden(g, t.besideKept) })))
		}
		if len(sets) == 0 {
			golden.Add(widgets.NewPara(words.T("With a golden set, made of past verdicts on the History screen, both can be compared on parts whose right verdict is known.")))
		}
	})
	return widgets.NewCard(widgets.Rows(8, widgets.NewHeading(words.T("What it replaces")), text, widgets.Row(8, beside), golden))
}

// besideKept opens the new recipe, on a set of its own where one is given, and
// scores the one that it has replaced beside it.
func (t *trainScreen) besideKept(set string) {
	kept := t.result.Kept
	t.openOn(set, func() {
		t.w.compare.Against(kept)
		if t.w.on(inspectTitle) { // nobody has gone elsewhere meanwhile
			t.w.GoTo(compare.Title)
			t.w.compare.Start()
		}
	})
}

// worstTile is one of the worst-scored good parts.
type worstTile struct {
	picture *thumb.Picture
	root    fyne.CanvasObject
}

const worstSide = 92

// worstView shows the good parts that the new recipe likes least.
func (t *trainScreen) worstView() fyne.CanvasObject {
	of := t.result.Worst
	items := make([]datasets.Item, len(of))
	t.worstTiles = nil
	grid := container.NewGridWrap(fyne.NewSize(worstSide+6, worstSide+38))
	for i, x := range of {
		items[i] = x.Item
		tile := t.newWorstTile(x)
		t.worstTiles = append(t.worstTiles, tile)
		grid.Add(tile.root)
	}
	t.worst.Reset(items)
	t.fillWorst()
	text := widgets.NewPara(words.T("Look at them: a part that is not good after all teaches the network to overlook its defect. Take it out of the folder and train again."))
	return widgets.NewCard(widgets.Rows(8, widgets.NewHeading(words.T("Good parts with the highest scores")), text, grid))
}

func (t *trainScreen) newWorstTile(x session.Rated) *worstTile {
	w := &worstTile{picture: thumb.NewPicture(worstSide)}
	score := widgets.NewStyled(&widgets.Text{Text: phrase.Figure(x.Score), SizeName: theme.SizeNameCaptionText, Style: fyne.TextStyle{Bold: true}})
	c := t.result.Recipe.Calibration
	switch {
	case x.Score >= c.Reject:
		score.ColorName = themes.ColorNameNG
	case x.Score >= c.Review:
		score.ColorName = themes.ColorNameReview
	}
	where := words.T("learnt from")
	if x.Held {
		where = words.T("kept back")
	}
	how := widgets.NewCaption(where)
	how.Elide = widgets.ElideEnd
	name := widgets.NewCaption(path.Base(x.Item.Name))
	name.Elide = widgets.ElideMiddle
	w.root = t.w.Tips.Over(widgets.Rows(1, w.picture.Root, widgets.Row(6, score, how), name), x.Item.Path)
	return w
}

// fillWorst shows the pictures that have been read.
func (t *trainScreen) fillWorst() {
	for i, w := range t.worstTiles {
		m, known := t.worst.Get(i)
		w.picture.Set(m, known)
	}
}
