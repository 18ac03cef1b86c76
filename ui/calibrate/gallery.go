package calibrate

import (
	"context"
	"math"
	"path"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/history"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// gallery shows the parts of the chosen cell of the matrix, the worst first.
type gallery struct {
	s      *Screen
	root   fyne.CanvasObject
	title  *widgets.Text
	grid   *widget.GridWrap
	none   *widgets.Text
	thumbs *thumb.Thumbs
	pass   *session.Pass
	parts  []int
	cur    int // part, -1 for none
	silent bool
}

func newGallery(s *Screen) *gallery {
	g := &gallery{s: s, title: widgets.NewHeading(" "), none: widgets.NewCaption(""), cur: -1}
	g.title.Elide, g.none.Align = widgets.ElideEnd, fyne.TextAlignCenter
	g.thumbs = thumb.New(func(int) { s.heavy.PostLatest(func() { g.grid.Refresh() }) })
	s.Job(g.thumbs.Run)
	g.grid = widget.NewGridWrap(func() int { return len(g.parts) }, func() fyne.CanvasObject { return newTile(s.Tips) }, g.fill)
	g.grid.OnSelected = func(i int) {
		if !g.silent && i < len(g.parts) {
			g.show(g.parts[i])
		}
	}
	open := s.Tips.NewFlatButton(words.T("Open in Inspect"), nil, words.T("Show the selected part on the Inspect screen."), func() {
		if g.cur >= 0 && g.pass != nil && !g.pass.Bare {
			s.Inspect(g.pass.Parts[g.cur].Item.Name)
		}
	})
	body := container.NewStack(g.grid, container.NewCenter(g.none))
	g.root = widgets.NewCard(widgets.Dock(widgets.Row(6, g.title, open), nil, nil, nil, body))
	return g
}

// tile is a small picture with its score.
type tile struct {
	widget.BaseWidget
	picture *thumb.Picture
	score   *widgets.Text
	all     *widgets.Hint
}

const tileSide = 72

func newTile(tips *widgets.Tips) fyne.CanvasObject {
	t := &tile{picture: thumb.NewPicture(tileSide), score: widgets.NewCaption("")}
	t.score.Align, t.score.Elide = fyne.TextAlignCenter, widgets.ElideEnd
	t.all = tips.Over(widgets.Inset(widgets.Rows(1, t.picture.Root, t.score), 3, 3), "")
	t.ExtendBaseWidget(t)
	return t
}

// CreateRenderer shows picture and score.
func (t *tile) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.all) }

func (g *gallery) fill(i int, o fyne.CanvasObject) {
	if i >= len(g.parts) || g.pass.Bare {
		return
	}
	t := o.(*tile)
	m, known := g.thumbs.Get(g.parts[i])
	t.picture.Set(m, known)
	p := &g.pass.Parts[g.parts[i]]
	text, tip := phrase.Figure(p.Score), p.Item.Name
	if g.s.trial.Region(g.parts[i]) {
		text += " ▣"
		tip += "\n" + words.T("▣ A region is above the pixel thresholds, which rejects the part whatever its score.")
	}
	t.score.Set(text)
	t.all.Tip = tip
}

// set shows the parts of a cell; first shows its first part, too.
func (g *gallery) set(truth session.Truth, v history.Verdict, parts []int, first bool) {
	if p := g.s.trial.Pass(); p != g.pass {
		g.pass, g.cur = p, -1
		items := make([]datasets.Item, len(p.Parts))
		for i := range items {
			items[i] = p.Parts[i].Item
		}
		if p.Bare {
			items = nil
		}
		g.thumbs.Reset(items)
	}
	if truth == session.TruthUnknown && g.s.trial.AsGood() {
		truth = session.TruthGood
	}
	g.title.Set(words.N(len(parts), "%d part: %s, %s", "%d parts: %s, %s", truthNames()[truth], v))
	g.parts = parts
	if g.pass.Bare {
		g.parts = nil
		g.none.Set(words.T("Their pictures are not kept in the recipe."))
		g.s.hist.Mark(math.NaN())
		g.s.part.clear(words.T("Score the parts to see them here."))
	} else {
		g.none.Set(words.T("No part is in this cell."))
	}
	show(g.none, len(g.parts) == 0)
	g.silent = true
	g.grid.UnselectAll()
	for i, p := range g.parts {
		if p == g.cur && !first {
			g.grid.Select(i)
		}
	}
	g.silent = false
	g.grid.Refresh()
	if first && len(g.parts) > 0 {
		g.grid.ScrollToTop()
		g.silent = true
		g.grid.Select(0)
		g.silent = false
		g.show(g.parts[0])
	}
}

// step selects another part of the cell.
func (g *gallery) step(by int) {
	for i, p := range g.parts {
		if p == g.cur {
			g.grid.Select(min(max(i+by, 0), len(g.parts)-1))
			return
		}
	}
	if len(g.parts) > 0 {
		g.grid.Select(0)
	}
}

// show inspects the part once more, for its maps, and shows it.
func (g *gallery) show(i int) {
	if g.cur == i {
		return
	}
	g.cur = i
	p := &g.pass.Parts[i]
	name := path.Base(p.Item.Name)
	g.s.hist.Mark(p.Score)
	g.s.part.load(p, name)
}

// load shows a part; a newer wish replaces it.
func (p *part) load(of *session.Scored, name string) {
	if p.cancel != nil {
		p.cancel()
	}
	ctx, cancel := context.WithCancel(p.s.Context())
	p.cancel = cancel
	p.asked++
	p.name.Set(name)
	n, item := p.asked, of.Item
	p.s.Job(func(context.Context) {
		defer cancel()
		res, err := p.s.Session.Preview(ctx, item)
		if ctx.Err() != nil {
			return
		}
		f := p.frameOf(res, err)
		p.s.OnUI(func() {
			if n == p.asked {
				p.take(res, f, err)
			}
		})
	})
}
