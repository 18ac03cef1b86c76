package records

import (
	"context"
	"errors"
	"image"
	"math"
	"path"
	"strings"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/nn/segment"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// detail is one verdict as it was judged, and what people said of it.
type detail struct {
	s      *Screen
	id     int64 // of the record; 0: none
	past   *past // what is on show; nil: nothing yet
	cancel context.CancelFunc

	root        *fyne.Container
	name, place *widgets.Text
	banner      *widgets.Banner
	why         *widgets.Aside
	view        *viewer.Viewer
	absent      *fyne.Container
	picture     *canvas.Image
	missing     *widgets.Aside
	facts       [2]*widgets.Text
	regions     *widgets.List
	regionBox   *fyne.Container
	said        *fyne.Container
	saidBox     *fyne.Container
	overrides   []*widgets.Button
	note        *widgets.Entry
	similar     *widgets.Button
	again       *widgets.Button
	today       *session.Result // of today's recipe; nil: it is shown as it was judged
}

// past is all that the history has of a verdict.
type past struct {
	rec       history.Record
	source    string
	overrides []history.Override
	notes     []history.Note
	frame     viewer.Frame
	full      bool // the frame has the picture
	absent    error
	small     *image.RGBA
}

func newDetail(s *Screen) *detail {
	d := &detail{s: s, banner: widgets.NewBanner(), view: viewer.New()}
	d.name, d.place = widgets.NewHeading(""), widgets.NewCaption("")
	d.name.Elide, d.place.Elide = widgets.ElideMiddle, widgets.ElideEnd
	d.why = widgets.NewAside(theme.ColorNamePrimary)
	d.missing = widgets.NewAside(themes.ColorNameReviewFill)
	d.picture = &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}
	again := s.Tips.NewButton(words.T("Inspect again"), theme.MediaReplayIcon(), words.T("See what the recipe that is open now says of its file (T); nothing is logged"), d.compare)
	ground := widgets.NewGround(themes.ColorNamePane)
	ground.Radius = 4
	d.absent = container.NewStack(ground, widgets.Inset(widgets.Dock(nil, widgets.Rows(8, d.missing, container.NewCenter(again)), nil, nil, widgets.Inset(d.picture, 8, 8)), 10, 12))
	for i := range d.facts {
		d.facts[i] = widgets.NewCaption(" ")
		d.facts[i].Elide = widgets.ElideEnd
	}
	d.regions = widgets.NewList(s.Keys, d.regionCount, newRegionRow, d.fillRegion)
	d.regions.OnSelected = func(i int) { d.view.ShowRegion(i + 1) }
	d.view.OnSelect = func(region int) {
		if region > 0 && region <= d.regionCount() {
			d.regions.Select(region - 1)
		} else {
			d.regions.UnselectAll()
		}
	}
	d.regionBox = container.New(fewRows{d}, d.regions)
	d.said = widgets.Rows(2)
	d.saidBox = widgets.Fixed(0, 54, container.NewVScroll(d.said))
	grid := container.NewGridWithColumns(3)
	for i, v := range []history.Verdict{history.OK, history.NG, history.REVIEW} {
		b := s.Tips.NewButton(string(v), themes.VerdictIcon(string(v)),
			words.T("Your verdict: %s (key %s). It stands beside the program's answer in the log; nothing is erased.", v, "ONR"[i:i+1]), func() { d.override(v) })
		d.overrides = append(d.overrides, b)
		grid.Add(b)
	}
	d.note = s.Tips.NewEntry(words.T("Write a note"), words.T("A note beside this verdict; Enter keeps it for good"))
	d.note.OnSubmitted = d.annotate
	d.note.OnEscape = func() { d.note.SetText(""); s.Window.Canvas().Unfocus() }
	d.similar = s.Tips.NewButton(words.T("Similar parts"), theme.SearchIcon(), words.T("List the parts that look most like this one to the network, nearest first (S)"), d.alike)
	d.again = s.Tips.NewButton(againWords[0].String(), theme.MediaReplayIcon(), words.T("See what the recipe that is open now says of this part, and go back (T); nothing is logged"), d.compare)
	head := widgets.Rows(6, widgets.Dock(nil, nil, nil, widgets.Fixed(226, 0, d.banner), container.New(layout.NewCustomPaddedLayout(0, 0, 0, 8), widgets.Lines(d.name, d.place))), d.why)
	foot := widgets.Rows(4, widgets.Rows(2, d.facts[0], d.facts[1]), d.regionBox, d.saidBox,
		widgets.Dock(nil, nil, container.NewCenter(widgets.NewHeading(words.T("Your verdict"))), nil, container.New(layout.NewCustomPaddedLayout(0, 0, 10, 0), grid)), widgets.Dock(nil, nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), widgets.Row(6, d.similar, d.again)), d.note))
	d.root = widgets.Dock(head, widgets.Inset(foot, 6, 0), nil, nil, container.New(layout.NewCustomPaddedLayout(8, 0, 0, 0), container.NewStack(d.view, d.absent)))
	d.clear()
	return d
}

// fewRows is as high as the regions of most parts, and scrolls those of others.
type fewRows struct{ d *detail }

func (l fewRows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	return fyne.NewSize(m.Width, float32(min(l.d.regionCount(), 3))*(newRegionRow().MinSize().Height+theme.Padding()))
}

func (l fewRows) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Move(fyne.Position{})
	objects[0].Resize(s)
}

// clear shows that nothing is selected.
func (d *detail) clear() {
	if d.cancel != nil {
		d.cancel()
	}
	d.id, d.past, d.today = 0, nil, nil
	d.name.Set(words.T("No verdict selected"))
	d.place.Set("")
	d.banner.SetIdle(words.T("No verdict"))
	d.why.Set("")
	d.view.SetFrame(viewer.Frame{})
	d.absent.Hide()
	d.view.Show()
	for _, t := range d.facts {
		t.Set(" ")
	}
	d.regionBox.Hide()
	d.saidBox.Hide()
	for _, b := range d.overrides {
		b.SetEnabled(false)
	}
	d.similar.SetEnabled(false)
	d.again.SetEnabled(false)
	d.note.Disable()
	d.root.Refresh()
}

// show opens a record.
func (d *detail) show(x history.Sample) {
	if x.ID == d.id && d.past != nil {
		return
	}
	d.load(x.ID, x.Source)
}

// load reads a record, away from Fyne's goroutine; what was asked for before is
// dropped.
func (d *detail) load(id int64, source string) {
	if d.cancel != nil {
		d.cancel()
	}
	ctx, cancel := context.WithCancel(d.s.Context())
	d.id, d.cancel = id, cancel
	store := d.s.Session.Store()
	d.s.Job(func(context.Context) {
		defer cancel()
		p, err := open(ctx, store, id)
		d.s.OnUI(func() {
			switch {
			case d.id != id || errors.Is(err, context.Canceled):
			case err != nil:
				d.s.Report(err)
			default:
				p.source = source
				d.use(p)
			}
		})
	})
}

// open reads everything of a verdict.
func open(ctx context.Context, store *history.Store, id int64) (*past, error) {
	p := &past{}
	var err error
	if p.rec, err = store.Verdict(ctx, id); err != nil {
		return nil, err
	}
	for o, err := range store.Overrides(ctx, id) {
		if err != nil {
			return nil, err
		}
		p.overrides = append(p.overrides, o)
	}
	for n, err := range store.Notes(ctx, id) {
		if err != nil {
			return nil, err
		}
		p.notes = append(p.notes, n)
	}
	if err := ctx.Err(); err != nil {
		return nil, err // before a large file is read
	}
	res, err := session.Reopen(p.rec, store)
	if err != nil {
		p.absent = err
		if len(p.rec.Thumbnail) > 0 {
			p.small = thumb.Decode(p.rec.Thumbnail)
		}
		return p, nil
	}
	p.frame, p.full = scene.Past(res), true
	return p, nil
}

// use shows a verdict.
func (d *detail) use(p *past) {
	again := d.past != nil && d.past.rec.ID == p.rec.ID && d.today == nil // with something said since
	d.past, d.today = p, nil
	d.again.SetText(againWords[0].String())
	d.again.SetEnabled(d.s.Session.Recipe() != nil)
	r := p.rec
	d.name.Set(path.Base(r.Name))
	d.place.Set(strings.Join(nonempty(r.Time.Local().Format(time.DateTime), words.T("recipe %s", r.Recipe), words.T("from %s##a source", brief(p.source))), " · "))
	d.banner.Set(string(r.Verdict), r.Index)
	d.why.Set(why(r))
	if !again {
		d.view.SetFrame(p.frame)
		d.regions.UnselectAll()
	}
	d.view.Hidden, d.absent.Hidden = !p.full, p.full
	if !p.full {
		_, text := phrase.Problem(p.absent)
		d.missing.Set(text)
		d.picture.Image = nil
		if p.small != nil {
			d.picture.Image = p.small
		}
		d.picture.Refresh()
	}
	d.facts[0].Set(thresholds(r))
	d.facts[1].Set(strings.Join(nonempty(about(r), taken(r), by(r)), " · "))
	d.regionBox.Hidden = len(r.Regions) == 0
	d.regions.Refresh()
	d.said.Objects = nil
	for _, o := range p.overrides {
		d.said.Add(said(o.Time.Local().Format(minuteLabel), words.T("%s said %s", o.Reviewer, o.Reviewed), o.Reason, ink(o.Reviewed)))
	}
	for _, n := range p.notes {
		d.said.Add(said(n.Time.Local().Format(minuteLabel), n.Author, n.Text, theme.ColorNameForeground))
	}
	d.saidBox.Hidden = len(d.said.Objects) == 0
	for _, b := range d.overrides {
		b.SetEnabled(true)
	}
	d.similar.SetEnabled(len(r.Embedding) > 0)
	d.note.Enable()
	d.root.Refresh()
}

// againWords are those of the button that compares with today's recipe.
var againWords = [2]words.Text{words.Text("Inspect again"), words.Text("As judged")}

// compare shows what today's recipe says of the part, or again what was said then.
func (d *detail) compare() {
	p := d.past
	switch {
	case p == nil || d.s.Session.Recipe() == nil:
		return
	case d.today != nil:
		d.use(p)
		return
	}
	d.again.SetEnabled(false)
	d.s.Job(func(ctx context.Context) {
		res, err := d.s.Session.Reinspect(ctx, p.rec)
		d.s.OnUI(func() {
			switch {
			case d.past != p || errors.Is(err, context.Canceled):
			case err != nil:
				d.again.SetEnabled(true)
				d.s.Report(err)
			default:
				d.useToday(res)
			}
		})
	})
}

// useToday shows what today's recipe says beside what was said then.
func (d *detail) useToday(res *session.Result) {
	d.today = res
	d.again.SetText(againWords[1].String())
	d.again.SetEnabled(true)
	r := d.s.Session.Recipe()
	d.banner.Set(string(res.Verdict), res.Index)
	d.why.Set(difference(d.past.rec, res, r.Name))
	if res.Prediction != nil {
		d.view.SetFrame(scene.Frame(res, r.Calibration))
		d.view.Hidden, d.absent.Hidden = false, true
	}
	d.regionBox.Hidden = len(res.Regions) == 0
	d.regions.UnselectAll()
	d.regions.Refresh()
	d.root.Refresh()
}

// difference says in a sentence what today's recipe says otherwise.
func difference(then history.Record, now *session.Result, recipe string) string {
	if now.Err != nil {
		return words.T("Today: %s", phrase.Sentence(now.Err.Error()))
	}
	verdict := words.T("%s, as then", now.Verdict)
	if now.Verdict != then.Verdict {
		verdict = words.T("%s, then %s", now.Verdict, then.Verdict)
	}
	score := words.T("there was none then")
	if !math.IsNaN(then.Score) {
		score = words.T("then %s of %s", phrase.Figure(then.Score), phrase.Figure(then.Reject))
	}
	return words.T("With recipe %s as it is now: %s. Score %s of %s to reject, %s; %s, then %d.",
		recipe, verdict, phrase.Figure(now.Prediction.Score), phrase.Figure(now.Thresholds.Reject), score, words.N(len(now.Regions), "%d region", "%d regions"), len(then.Regions))
}

// alike lists what looks most like this part.
func (d *detail) alike() {
	if d.past != nil && len(d.past.rec.Embedding) > 0 {
		d.s.filter.more.like = d.id
		d.s.filter.changed()
	}
}

// said is a line of what people said.
func said(at, who, what string, ink fyne.ThemeColorName) fyne.CanvasObject {
	if what != "" {
		who += ": " + strings.Join(strings.Fields(what), " ")
	}
	text := widgets.NewStyled(&widgets.Text{Text: who, ColorName: ink, SizeName: theme.SizeNameCaptionText, Elide: widgets.ElideEnd})
	return widgets.Dock(nil, nil, widgets.Fixed(84, 0, widgets.NewCaption(at)), nil, text)
}

// override asks for a reason and puts a person's verdict beside the program's.
func (d *detail) override(v history.Verdict) {
	if d.past == nil {
		return
	}
	r, source := d.past.rec, d.past.source
	about := words.T("The program said %s of %s. Your verdict stands beside it; nothing is erased.", r.Verdict, path.Base(r.Name))
	d.s.AskReason(words.T("Your verdict: %s", v), about, func(reason string) { d.review(r.ID, source, v, reason) })
}

func (d *detail) review(id int64, source string, v history.Verdict, reason string) {
	user := d.s.User()
	d.write(id, source, func(ctx context.Context) error { return d.s.Session.Override(ctx, id, v, user, reason) }, func() {})
}

// annotate keeps a note.
func (d *detail) annotate(text string) {
	if d.past == nil || strings.TrimSpace(text) == "" {
		return
	}
	id, source, user := d.past.rec.ID, d.past.source, d.s.User()
	d.note.SetText("")
	d.s.Window.Canvas().Unfocus()
	d.write(id, source, func(ctx context.Context) error { return d.s.Session.Annotate(ctx, id, user, text) }, func() {
		if d.id == id && d.note.Text == "" { // what was typed is not lost
			d.note.SetText(text)
		}
	})
}

// write changes what is said of a verdict, and shows it.
func (d *detail) write(id int64, source string, do func(context.Context) error, failed func()) {
	d.s.Job(func(ctx context.Context) {
		err := do(ctx)
		d.s.OnUI(func() {
			if err != nil {
				d.s.Report(err)
				failed()
				return
			}
			if d.id == id {
				d.load(id, source)
			}
			d.s.find()
		})
	})
}

// why says in a sentence which rule made the verdict.
func why(r history.Record) string {
	if r.Error != "" {
		return phrase.Sentence(r.Error)
	}
	if r.Verdict == history.ERROR {
		return words.T("It could not be inspected.")
	}
	score, review, reject := phrase.Figure(r.Score), phrase.Figure(r.Review), phrase.Figure(r.Reject)
	switch n := len(r.Regions); {
	case r.Score >= r.Reject && n > 0:
		return words.N(n, "The score %[2]s reaches the reject threshold %[3]s, with %[1]d region above the pixel thresholds.",
			"The score %[2]s reaches the reject threshold %[3]s, with %[1]d regions above the pixel thresholds.", score, reject)
	case r.Score >= r.Reject:
		return words.T("The score %s reaches the reject threshold %s.", score, reject)
	case n > 0:
		return words.N(n, "It has %d region above the pixel thresholds; the score %s alone would not reject it.",
			"It has %d regions above the pixel thresholds; the score %s alone would not reject it.", score)
	case r.Score >= r.Review:
		return words.T("The score %s lies in the review band, from %s to %s.", score, review, reject)
	case math.IsNaN(r.Review):
		return words.T("The score %s was judged without thresholds.", score)
	}
	return words.T("The score %s is below the review threshold %s, and no region is above the pixel thresholds.", score, review)
}

// thresholds are those in force when the part was judged.
func thresholds(r history.Record) string {
	if math.IsNaN(r.Reject) {
		return words.T("no thresholds were in force")
	}
	pixels := words.T("pixels %s and %s", phrase.Figure(r.Low), phrase.Figure(r.High))
	if segment.Mode(r.Mode) == segment.TwoSided {
		pixels = words.T("pixels below −%s or above %s", phrase.Figure(r.Low), phrase.Figure(r.High))
	}
	return words.T("in force: review from %s · reject from %s · %s", phrase.Figure(r.Review), phrase.Figure(r.Reject), pixels)
}

func taken(r history.Record) string {
	if r.Latency <= 0 {
		return ""
	}
	return words.T("took %s", phrase.Milliseconds(r.Latency))
}

func by(r history.Record) string {
	if r.Operator == "" {
		return ""
	}
	return words.T("at the station: %s", r.Operator)
}

// nonempty leaves out what says nothing.
func nonempty(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

func (d *detail) regionCount() int {
	if d.past == nil {
		return 0
	}
	return len(d.shownRegions())
}

// shownRegions are those of what is on show.
func (d *detail) shownRegions() []history.Region {
	if d.today != nil {
		return d.today.Regions
	}
	return d.past.rec.Regions
}

func newRegionRow() fyne.CanvasObject {
	t := widgets.NewCaption("")
	t.Elide = widgets.ElideEnd
	return widgets.Inset(t, 2, 4)
}

func (d *detail) fillRegion(i int, o fyne.CanvasObject) {
	if i >= d.regionCount() {
		return
	}
	g := d.shownRegions()[i]
	o.(*fyne.Container).Objects[0].(*widgets.Text).Set(strings.Join(nonempty(
		words.T("Region %d · at %d, %d · %d px · peak %s", i+1, g.X+g.W/2, g.Y+g.H/2, g.Area, phrase.Figure(g.Peak)), phrase.Polarity(g.Polarity)), " · "))
}
