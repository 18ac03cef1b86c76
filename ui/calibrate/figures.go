package calibrate

import (
	"fmt"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// typeTable says what becomes of each type of defect.
type typeTable struct {
	s    *Screen
	root *fyne.Container
	rows []*typeLine
}

type typeLine struct{ cells [5]*widgets.Text }

var typeColumns = []float32{2.1, .7, 1.3, .6, 1.05}

func newTypeTable(s *Screen) *typeTable { return &typeTable{s: s, root: widgets.Rows(4)} }

func typeCells(bold bool) *typeLine {
	l := &typeLine{}
	for i := range l.cells {
		t := &widgets.Text{SizeName: theme.SizeNameCaptionText, Elide: widgets.ElideEnd, Align: fyne.TextAlignTrailing}
		if i == 0 {
			t.Align, t.Style.Bold = fyne.TextAlignLeading, bold
		}
		l.cells[i] = widgets.NewStyled(t)
	}
	return l
}

func (l *typeLine) row() *fyne.Container {
	c := l.cells
	return widgets.Columns(typeColumns, c[0], c[1], c[2], c[3], c[4])
}

// fresh makes a line per type.
func (t *typeTable) fresh() {
	t.root.RemoveAll()
	t.root.Add(widgets.NewHeading(words.T("By type of defect")))
	head := typeCells(false)
	for i, h := range []string{"", "OK", "REVIEW", "NG", words.T("lowest")} {
		head.cells[i].Text, head.cells[i].ColorName = h, themes.ColorNameMuted
	}
	t.root.Add(head.row())
	t.rows = nil
	for range t.s.trial.Types() {
		l := typeCells(true)
		t.rows = append(t.rows, l)
		t.root.Add(l.row())
	}
}

func (t *typeTable) refresh() {
	types := t.s.trial.Types()
	if len(types) != len(t.rows) {
		return
	}
	for i, r := range types {
		c := t.rows[i].cells
		name := r.Type
		if name == "" {
			name = words.T("no type")
		}
		for k, text := range []string{name, count(r.OK), count(r.Review), count(r.NG), phrase.Figure(r.Lowest)} {
			c[k].Set(text)
		}
		ink := fyne.ThemeColorName("")
		if r.OK > 0 {
			ink = themes.ColorNameNG
		}
		c[1].SetColor(ink)
	}
}

func count(n int) string {
	if n == 0 {
		return "·"
	}
	return fmt.Sprint(n)
}

// changes lists what differs from the recipe, and the recipe's versions.
type changes struct {
	s        *Screen
	root     *fyne.Container
	title    *widgets.Text
	lines    [6]*changeLine
	none     *widgets.Text
	back     [2]*widgets.Button
	versions *fyne.Container
	listed   string
	rows     int // of what differs, as they are laid out
}

type changeLine struct {
	root           *fyne.Container
	name, from, to *widgets.Text
}

func newChanges(s *Screen) *changes {
	c := &changes{s: s, title: widgets.NewHeading(" "), none: widgets.NewCaption(words.T("Nothing: these are the recipe's thresholds.")), versions: widgets.Rows(6)}
	c.none.Elide = widgets.ElideEnd
	list := widgets.Rows(3)
	for i := range c.lines {
		l := &changeLine{name: widgets.NewCaption(""), from: widgets.NewCaption(""), to: widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText, Style: fyne.TextStyle{Bold: true}, Align: fyne.TextAlignTrailing})}
		l.from.Align = fyne.TextAlignTrailing
		l.root = widgets.Columns([]float32{1.2, 1, .5, 1}, l.name, l.from, widgets.NewStyled(&widgets.Text{Text: "→", Align: fyne.TextAlignCenter, ColorName: themes.ColorNameMuted}), l.to)
		c.lines[i] = l
		list.Add(l.root)
	}
	c.back[0] = s.Tips.NewFlatButton(words.T("As saved"), nil, words.T("Back to the thresholds of the recipe's newest version."), func() { s.set(s.trial.Saved()) })
	c.back[1] = s.Tips.NewFlatButton(words.T("As calibrated"), nil, words.T("Back to what calibration found on good parts that training had kept back."), func() {
		s.set(session.Recommended(s.Session.Recipe().Calibration))
	})
	c.root = widgets.Rows(6, c.title, list, c.none, widgets.Row(2, c.back[0], c.back[1]), widgets.NewRule(), widgets.NewHeading(words.T("Versions")), c.versions)
	return c
}

func (c *changes) refresh() {
	t, r := c.s.trial, c.s.Session.Recipe()
	if t == nil || r == nil {
		return
	}
	c.title.Set(words.T("Changed since version %d", r.Version()))
	all := t.Changes()
	for i, l := range c.lines {
		show(l.root, i < len(all))
		if i < len(all) {
			l.name.Set(changeNames[all[i].Name].String())
			from, to := changeFigures(all[i])
			l.from.Set(from)
			l.to.Set(to)
		}
	}
	show(c.none, len(all) == 0)
	c.back[0].SetEnabled(len(all) > 0)
	c.back[1].SetEnabled(t.Now() != session.Recommended(r.Calibration))
	// With every move of a line nothing but words changes: the card is laid out again
	// only when it has other rows.
	if listed := c.list(); listed || c.rows != len(all) {
		c.rows = len(all)
		c.root.Refresh()
	}
}

var changeNames = map[string]words.Text{
	"review": words.Text("review"), "reject": words.Text("reject"), "low": words.Text("low"), "high": words.Text("high"),
	"smallest": words.Text("smallest region"), "largest": words.Text("largest region"),
}

// changeFigures writes a threshold before and after.
func changeFigures(c session.Change) (from, to string) {
	if from, to = changeFigure(c.Name, c.From), changeFigure(c.Name, c.To); from == to {
		return phrase.Figures(c.From, c.To)
	}
	return from, to
}

// changeFigure writes a threshold; the limits of a region have a zero that is none.
func changeFigure(name string, v float64) string {
	switch {
	case name == "smallest" && v == 0:
		return words.T("usual")
	case name == "largest" && v == 0:
		return words.T("none")
	case name == "largest":
		return widgets.Percent(v)
	}
	return phrase.Figure(v)
}

// list shows the versions, newest first; it reports whether they are others.
func (c *changes) list() bool {
	r := c.s.Session.Recipe()
	if c.listed == r.SHA256 && len(c.versions.Objects) > 0 {
		return false
	}
	c.listed = r.SHA256
	c.versions.RemoveAll()
	add := func(n int, when, author, reason string) {
		head := widgets.NewStyled(&widgets.Text{Text: fmt.Sprintf("%d · %s · %s", n, author, when), SizeName: theme.SizeNameCaptionText, Style: fyne.TextStyle{Bold: true}, Elide: widgets.ElideEnd})
		why := widgets.NewCaption(reason)
		why.Elide = widgets.ElideEnd
		c.versions.Add(c.s.Tips.Over(widgets.Rows(0, head, why), reason))
	}
	for i := len(r.Versions) - 1; i >= 0 && i >= len(r.Versions)-20; i-- {
		v := r.Versions[i]
		add(v.Number, phrase.Minute(v.Time), v.Author, v.Reason)
	}
	add(1, phrase.Minute(r.Created), words.T("training"), words.N(r.Calibration.Normals, "calibrated on %d good part", "calibrated on %d good parts"))
	return true
}
