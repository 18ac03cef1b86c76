package ui

import (
	"fmt"
	"math"
	"slices"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// verdictPanel is the right side of the inspection screen: the verdict on the
// selected part, what decided it, the thresholds and the regions.
type verdictPanel struct {
	s    *inspectScreen
	root fyne.CanvasObject

	name, place *widgets.Text
	banner      *widgets.Banner
	gauge       *widgets.Gauge
	score       *widgets.Text
	scoreHint   *widgets.Hint
	note        *widgets.Text
	doubt       *widgets.Aside
	person      *fyne.Container
	personText  *widgets.Text
	personIcon  *canvas.Image
	verdicts    [3]*widgets.Button
	queue       *queueRow
	terms       *termList
	thresholds  *thresholdPanel
	regions     *regionTable
}

func newVerdictPanel(s *inspectScreen) *verdictPanel {
	p := &verdictPanel{s: s, banner: widgets.NewBanner(), gauge: widgets.NewGauge()}
	p.name = widgets.NewStyled(&widgets.Text{Elide: widgets.ElideMiddle, Style: fyne.TextStyle{Bold: true}})
	p.place = widgets.NewCaption(" ")
	p.place.Elide = widgets.ElideMiddle
	p.score = widgets.NewCaption(" ")
	p.score.Elide = widgets.ElideEnd
	p.scoreHint = s.w.Tips.Over(p.score, "")
	p.note = widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText, ColorName: themes.ColorNameReview, Elide: widgets.ElideEnd})
	p.note.Hide()
	p.doubt = widgets.NewAside(themes.ColorNameReviewFill)
	p.terms = newTermList(s.w.Tips)
	p.thresholds = newThresholdPanel(s)
	p.regions = newRegionTable(s)
	gauge := s.w.Tips.Over(p.gauge, words.T("The index is 50 × score ÷ reject threshold, from 0 to 100: 50 always means at the threshold. At the threshold counts as above it."))
	head := widgets.Rows(8,
		widgets.Lines(p.name, p.place),
		widgets.Rows(3, p.banner, s.w.Shift.NewLine()), p.doubt, gauge,
		widgets.Rows(3, p.scoreHint, p.note),
		p.newPerson(),
		widgets.NewRule(), p.terms.root,
		widgets.NewRule(), p.thresholds.root,
		widgets.NewRule(),
	)
	p.root = container.NewVScroll(widgets.Inset(container.NewBorder(head, nil, nil, nil, p.regions.root), 8, 12))
	p.empty()
	return p
}

// newPerson is the row where a person says otherwise.
func (p *verdictPanel) newPerson() fyne.CanvasObject {
	p.personIcon = canvas.NewImageFromResource(theme.AccountIcon())
	p.personText = widgets.NewStyled(&widgets.Text{Elide: widgets.ElideEnd, SizeName: theme.SizeNameCaptionText, Style: fyne.TextStyle{Bold: true}})
	p.personText.Align = fyne.TextAlignTrailing
	p.person = widgets.Dock(nil, nil, nil, container.NewCenter(widgets.Fixed(16, 16, p.personIcon)), widgets.Inset(container.NewVBox(p.personText), 1, 5))
	p.person.Hide()
	names := [3]string{"OK", "NG", "REVIEW"}
	keys := [3]string{"O", "N", "R"}
	grid := container.NewGridWithColumns(3)
	for i, v := range []history.Verdict{history.OK, history.NG, history.REVIEW} {
		p.verdicts[i] = p.s.w.Tips.NewButton(names[i], themes.VerdictIcon(string(v)),
			words.T("Your verdict: %s (key %s). It stands beside the program's answer in the log; nothing is erased.", v, keys[i]),
			func() { p.s.override(v) })
		grid.Add(p.verdicts[i])
	}
	head := widgets.Dock(nil, nil, widgets.NewHeading(words.T("Your verdict")), nil, p.person)
	p.queue = newQueueRow(p.s)
	return widgets.Rows(5, head, grid, p.queue.root)
}

func (p *verdictPanel) empty() {
	p.name.Set(words.T("No part selected"))
	p.place.Set(" ")
	p.banner.SetIdle(words.T("No part"))
	p.unjudged()
}

// about names the part.
func (p *verdictPanel) about(i int) {
	it := p.s.parts.items[i]
	name, folder := itemTitle(it)
	p.name.Set(name)
	if folder == "" {
		folder = words.T("part %d of %d", i+1, p.s.parts.len())
	}
	switch {
	case it.Label == datasets.Normal:
		folder += " · " + words.T("known good")
	case it.Label == datasets.Anomalous:
		folder += " · " + words.T("known defect")
		if it.Type != "" {
			folder += ": " + it.Type
		}
	}
	ink := themes.ColorNameMuted
	switch v := p.s.parts.state[i].final(); {
	case it.Label == datasets.Anomalous && v == history.OK:
		folder, ink = folder+" · "+words.T("missed"), themes.ColorNameNG
	case it.Label == datasets.Normal && v == history.NG:
		folder, ink = folder+" · "+words.T("rejected all the same"), themes.ColorNameReview
	}
	p.place.SetColor(ink)
	p.place.Set(folder)
	p.personal(i)
	p.queue.refresh()
}

// waiting is shown while a part is read or inspected.
func (p *verdictPanel) waiting(i int) {
	p.about(i)
	if st := &p.s.parts.state[i]; st.verdict != "" {
		p.verdict(st.verdict, st.index, st.doubt)
		return
	}
	word := words.T("Inspecting…")
	if !p.s.ready() {
		word = words.T("Not inspected")
	}
	p.idle(i, word)
}

// verdict shows the program's answer. A part that is not upright has no index: the
// score compares what does not lie alike.
func (p *verdictPanel) verdict(v history.Verdict, index float64, doubt error) {
	if doubt != nil && !phrase.Vast(doubt) {
		index = math.NaN()
	}
	p.banner.Set(string(v), index)
	p.gauge.Set(p.reviewIndex(), index)
	p.doubt.Set(phrase.Doubt(doubt))
}

// idle is shown for a part without a verdict.
func (p *verdictPanel) idle(i int, word string) {
	p.about(i)
	p.banner.SetIdle(word)
	p.unjudged()
}

func (p *verdictPanel) unjudged() {
	p.gauge.Set(p.reviewIndex(), math.NaN())
	p.score.Set(words.T("No score"))
	p.scoreHint.Tip = ""
	p.note.Hide()
	p.doubt.Set("")
	p.setTerms(nil)
	p.regions.set(nil, 0)
	for _, b := range p.verdicts {
		b.SetEnabled(false)
	}
}

// reviewIndex is where the review band begins on the gauge.
func (p *verdictPanel) reviewIndex() float64 {
	t := p.s.w.Session.Thresholds()
	if t.Reject <= 0 {
		return 40
	}
	return 50 * t.Review / t.Reject
}

// show tells everything of one part.
func (p *verdictPanel) show(sh *shown) {
	p.about(sh.item)
	p.judged(sh)
}

// judged tells what the thresholds now say of the part.
func (p *verdictPanel) judged(sh *shown) {
	logged := p.s.parts.state[sh.item]
	if sh.res.Prediction == nil && logged.verdict == "" {
		p.idle(sh.item, words.T("Not inspected"))
		return
	}
	for _, b := range p.verdicts {
		b.SetEnabled(true)
	}
	verdict := sh.res.Final()
	p.verdict(verdict, sh.res.Index, sh.res.Doubt)
	p.remark(logged.verdict, verdict)
	if sh.res.Prediction == nil {
		p.score.Set(words.T("Not inspected: counts as not OK"))
		p.setTerms(nil)
		p.regions.set(nil, 0)
		return
	}
	t := sh.res.Thresholds
	score := sh.res.Prediction.Score
	p.score.Set(words.T("score %s · review from %s · reject from %s", phrase.Figure(score), phrase.Figure(t.Review), phrase.Figure(t.Reject)))
	if sh.askew() {
		p.score.Set(words.T("score %s · counts for nothing in this pose", phrase.Figure(score)))
	}
	p.scoreHint.Tip = p.origin(score)
	p.setTerms(sh)
	p.regions.set(sh.res.Regions, sh.res.Segmentation.Small)
	p.thresholds.limits.refresh()
}

// origin says where the thresholds come from.
func (p *verdictPanel) origin(score float64) string {
	c := p.s.cal()
	if c == nil {
		return ""
	}
	return words.T("Raw score %.4g: the mean of the highest 0.2 %% of the anomaly map. The thresholds come from %d good parts that were not used for training, "+
		"so that about %.0f %% of good parts are rejected. A region above the pixel thresholds is NG whatever the score.", score, c.Normals, 100*c.FalseRejectRate)
}

// remark says when the verdict on show is not the one in the log.
func (p *verdictPanel) remark(logged, now history.Verdict) {
	if logged == "" || logged == now {
		p.note.Hide()
		return
	}
	p.note.Text = words.T("Logged as %s; the thresholds were moved since.", logged)
	p.note.Show()
	p.note.Refresh()
}

// personal shows a person's verdict beside the machine's.
func (p *verdictPanel) personal(i int) {
	st := p.s.parts.state[i]
	if st.reviewed == "" {
		p.person.Hide()
		return
	}
	p.personIcon.Resource = themes.VerdictIcon(string(st.reviewed))
	p.personIcon.FillMode = canvas.ImageFillContain
	p.personIcon.Refresh()
	text := words.T("You said %s", st.reviewed)
	if st.reason != "" {
		text += ": " + st.reason
	}
	p.personText.Text = text
	p.personText.ColorName = themes.VerdictNamed(string(st.reviewed)).Text
	p.personText.Refresh()
	p.person.Show()
}

// setTerms shows the shares of the score.
func (p *verdictPanel) setTerms(sh *shown) {
	reject := p.s.w.Session.Thresholds().Reject
	if sh != nil && sh.res.Prediction != nil {
		v := sh.res.Final()
		p.terms.set(sh.res.Prediction.Terms, reject, p.why(sh), v == history.NG || v == history.REVIEW, sh.askew())
		return
	}
	var terms []anomaly.TermScore
	if c := p.s.cal(); c != nil {
		for _, t := range c.Terms {
			terms = append(terms, anomaly.TermScore{Name: t.Name, Weight: t.Weight, Score: math.NaN()})
		}
	}
	p.terms.set(terms, reject, "", false, false)
}

// why says in a few words which rule made the verdict.
func (p *verdictPanel) why(sh *shown) string {
	t, score, n := sh.res.Thresholds, sh.res.Prediction.Score, len(sh.res.Regions)
	switch {
	case sh.res.Doubt != nil:
		return phrase.ShortDoubt(sh.res.Doubt)
	case score >= t.Reject && n > 0:
		return words.T("score") + words.Mark(", ") + words.N(n, "%d region", "%d regions")
	case score >= t.Reject:
		return words.T("score")
	case n > 0:
		return words.N(n, "%d region", "%d regions")
	case score >= t.Review:
		return words.T("review band")
	}
	return words.T("below thresholds")
}

func (p *verdictPanel) selectRegion(n int) { p.regions.selectRow(n - 1) }

// regionTable lists the regions of the part, linked with the panes.
type regionTable struct {
	s      *inspectScreen
	root   fyne.CanvasObject
	title  *widgets.Text
	small  *widgets.Text // how many are too small to count
	list   *widgets.List
	none   *widgets.Text
	rows   []history.Region
	heads  []*widgets.Text
	silent bool
}

var regionColumns = []float32{.5, 1.5, 1.1, 1, 1, 1.1}

func newRegionTable(s *inspectScreen) *regionTable {
	t := &regionTable{s: s, title: widgets.NewHeading(words.T("Regions")), small: widgets.NewCaption(""), none: widgets.NewCaption(words.T("No region is above the thresholds."))}
	heads := []string{"#", "x, y", words.T("area px"), words.T("peak"), words.T("mean"), "   " + words.T("kind")}
	tips := []string{
		words.T("Number of the region, as on the segmentation pane"),
		words.T("Middle of the region in pixels of the picture"), words.T("Area in pixels of the picture"),
		words.T("Highest anomaly value in the region"), words.T("Mean anomaly value in the region"),
		words.T("Whether the part is brighter or darker than expected there, or both"),
	}
	var cells []fyne.CanvasObject
	for i, h := range heads {
		c := widgets.NewCaption(h)
		c.Align, c.Elide = columnAlign(i), widgets.ElideEnd
		t.heads = append(t.heads, c)
		cells = append(cells, s.w.Tips.Over(c, tips[i]))
	}
	t.list = widgets.NewList(s.w.Keys, func() int { return len(t.rows) }, newRegionRow, t.fill)
	t.list.OnSelected = func(i int) {
		if !t.silent {
			s.view.ShowRegion(i + 1)
		}
	}
	head := widgets.Rows(4, widgets.Row(8, t.title, widgets.NewSpring(nil), t.small), widgets.Inset(widgets.Columns(regionColumns, cells...), 0, 3))
	t.root = container.NewBorder(head, nil, nil, nil, container.NewStack(widgets.Fixed(0, 92, t.list), container.NewVBox(widgets.Inset(t.none, 4, 3))))
	return t
}

func columnAlign(i int) fyne.TextAlign {
	if i == 0 || i == 5 {
		return fyne.TextAlignLeading
	}
	return fyne.TextAlignTrailing
}

// regionRow is one line of the table.
type regionRow struct {
	widget.BaseWidget
	all   fyne.CanvasObject
	cells [6]*widgets.Text
}

func newRegionRow() fyne.CanvasObject {
	r := &regionRow{}
	var objects []fyne.CanvasObject
	for i := range r.cells {
		r.cells[i] = widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText, Align: columnAlign(i), Elide: widgets.ElideEnd})
		objects = append(objects, r.cells[i])
	}
	r.cells[0].Style.Bold = true
	r.all = widgets.Inset(widgets.Columns(regionColumns, objects...), 3, 3)
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer shows the row.
func (r *regionRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

func (t *regionTable) fill(i int, o fyne.CanvasObject) {
	if i >= len(t.rows) {
		return
	}
	r, g := o.(*regionRow), t.rows[i]
	for k, text := range []string{
		fmt.Sprint(i + 1), fmt.Sprintf("%d, %d", g.X+g.W/2, g.Y+g.H/2), t.area(g), phrase.Figure(g.Peak), phrase.Figure(g.Mean), "   " + phrase.Polarity(g.Polarity),
	} {
		r.cells[k].Set(text)
	}
}

// area is a region's, in the unit of the column's head.
func (t *regionTable) area(g history.Region) string {
	if mm := t.s.scale(); mm > 0 {
		return phrase.Figure(float64(g.Area) * mm * mm)
	}
	return fmt.Sprint(g.Area)
}

// rescale shows areas in square millimetres where the recipe has a scale.
func (t *regionTable) rescale() {
	head := words.T("area px")
	if t.s.scale() > 0 {
		head = words.T("area mm²")
	}
	t.heads[2].Set(head)
	t.list.Refresh()
}

// set lists regions; small is how many more there would be if none were too small.
func (t *regionTable) set(rows []history.Region, small int) {
	t.small.Set("")
	if small > 0 {
		t.small.Set(words.N(small, "%d smaller not counted", "%d smaller not counted"))
	}
	if slices.Equal(t.rows, rows) && len(rows) > 0 {
		return
	}
	t.rows = rows
	t.title.Set(words.T("Regions"))
	if len(rows) > 0 {
		t.title.Set(words.T("Regions (%d)", len(rows)))
		t.none.Hide()
	} else {
		t.none.Show()
	}
	t.silent = true
	t.list.UnselectAll()
	t.silent = false
	t.list.Refresh()
}

// selectRow highlights a row without moving the panes; -1 for none.
func (t *regionTable) selectRow(i int) {
	t.silent = true
	defer func() { t.silent = false }()
	if i < 0 || i >= len(t.rows) {
		t.list.UnselectAll()
		return
	}
	t.list.Select(i)
}
