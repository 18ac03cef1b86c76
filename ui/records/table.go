package records

import (
	"context"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// pages reads the rows of a view as they come into view, on one goroutine at a
// time, the page asked for last first.
type pages struct {
	desk  *desk.Desk
	renew func() // on Fyne's goroutine, when rows have come
	show  desk.Latest

	mu   sync.Mutex
	view *history.View
	have map[int][]history.Record
	want []int // newest last
	busy bool
}

const (
	pageRows    = 64
	keptPages   = 32
	wantedPages = 4
)

func newPages(d *desk.Desk, renew func()) *pages {
	p := &pages{desk: d, renew: renew}
	p.show.Thread = d.Thread
	return p
}

// reset begins with another view.
func (p *pages) reset(v *history.View) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view, p.have, p.want = v, map[int][]history.Record{}, nil
}

// get returns the record in a row, or asks for it.
func (p *pages) get(row int) (history.Record, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := row / pageRows
	if rows, ok := p.have[at]; ok {
		if row%pageRows < len(rows) {
			return rows[row%pageRows], true
		}
		return history.Record{}, false
	}
	if n := len(p.want); n == 0 || p.want[n-1] != at {
		p.want = append(p.want, at)
	}
	if n := len(p.want) - wantedPages; n > 0 {
		p.want = append(p.want[:0], p.want[n:]...)
	}
	if !p.busy {
		p.busy = true
		p.desk.Job(p.read)
	}
	return history.Record{}, false
}

// next takes the page that was asked for last; ok is false where none is left.
func (p *pages) next() (v *history.View, at int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.want) > 0 {
		at = p.want[len(p.want)-1]
		p.want = p.want[:len(p.want)-1]
		if _, have := p.have[at]; !have {
			return p.view, at, true
		}
	}
	p.busy = false
	return nil, 0, false
}

func (p *pages) read(ctx context.Context) {
	for v, at, ok := p.next(); ok; v, at, ok = p.next() {
		rows, err := v.Records(ctx, at*pageRows, pageRows)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.desk.OnUI(func() { p.desk.Report(err) })
		}
		p.mu.Lock()
		if v == p.view { // nothing of an older search
			if len(p.have) >= keptPages {
				clear(p.have)
			}
			p.have[at] = rows
		}
		p.mu.Unlock()
		p.show.PostLatest(p.renew)
	}
}

// columns are the shares of the table's width.
var columns = []float32{1.4, 2.75, 1.3, 1.2, .95, 2}

// captions are the heads of the columns.
func (s *Screen) captions() fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for i, c := range []struct{ word, tip string }{
		{words.T("Time"), words.T("When it was judged; the newest is at the top")},
		{words.T("Part"), words.T("The picture's name, and which part it was where the line tells")},
		{words.T("Program"), words.T("What the program judged; this is never changed")},
		{words.T("Person"), words.T("What a person said last")},
		{words.T("Index"), words.T("50 is at the reject threshold then in force. Among similar parts: how far each is from the first, to the network")},
		{words.T("Recipe, source"), words.T("What judged it, and where it came from")},
	} {
		text := widgets.NewCaption(c.word)
		text.Elide = widgets.ElideEnd
		if i == 4 { // which is the distance, for similar parts
			s.index = text
		}
		cells = append(cells, s.Tips.Over(text, c.tip))
	}
	return widgets.Dock(nil, nil, widgets.Fixed(tickWidth, 0, widgets.NewCaption("")), nil, widgets.Columns(columns, cells...))
}

// row is one verdict.
type row struct {
	widget.BaseWidget
	all             fyne.CanvasObject
	at              int
	tick            *tick
	picture         *thumb.Picture
	clock, day      *widgets.Text
	name, part      *widgets.Text
	program, person *widgets.Badge
	index           *widgets.Text
	recipe, source  *widgets.Text
}

func (s *Screen) newRow() fyne.CanvasObject {
	text := func(how widgets.Elide) *widgets.Text {
		t := widgets.NewText("")
		t.Elide = how
		return t
	}
	caption := func(how widgets.Elide) *widgets.Text {
		t := widgets.NewCaption("")
		t.Elide = how
		return t
	}
	r := &row{
		picture: thumb.NewPicture(38), clock: text(widgets.ElideEnd), day: caption(widgets.ElideEnd),
		name: text(widgets.ElideMiddle), part: caption(widgets.ElideEnd),
		program: widgets.NewBadge(), person: widgets.NewBadge(), index: text(widgets.ElideEnd),
		recipe: text(widgets.ElideMiddle), source: caption(widgets.ElideMiddle),
	}
	r.tick = newTick(func() { s.mark(r.at) })
	left := func(o fyne.CanvasObject) fyne.CanvasObject { return container.NewHBox(o) }
	r.all = widgets.Inset(widgets.Dock(nil, nil, widgets.Fixed(tickWidth, 0, r.tick), nil, widgets.Columns(columns,
		widgets.Lines(r.clock, r.day),
		widgets.Dock(nil, nil, r.picture.Root, nil, widgets.Inset(widgets.Lines(r.name, r.part), 0, 10)),
		left(r.program), left(r.person), r.index,
		widgets.Lines(r.recipe, r.source))), 2, 4)
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer shows the row.
func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }

// fillRow shows what is known of a row at once, and the rest when it was read.
func (s *Screen) fillRow(i int, o fyne.CanvasObject) {
	r := o.(*row)
	if i >= s.rows() {
		return
	}
	x := s.found.view.Sample(i)
	rec, read := s.pages.get(i)
	at := x.Time.Local()
	r.at = i
	r.tick.set(s.marked[x.ID])
	r.clock.Set(at.Format("15:04:05"))
	r.day.Set(at.Format(time.DateOnly))
	r.program.Set(string(x.Verdict), string(x.Verdict))
	r.person.Set(string(x.Reviewed), string(x.Reviewed))
	r.person.Hidden = x.Reviewed == ""
	r.recipe.Set(x.Recipe)
	r.source.Set(brief(x.Source))
	r.index.Set("")
	if far, ok := s.found.far[x.ID]; ok {
		r.index.SetColor("")
		r.index.Set(phrase.Figure(far))
	}
	if !read {
		r.name.Set("…")
		r.part.Set("")
		r.picture.Set(nil, false)
		return
	}
	r.name.Set(path.Base(rec.Name))
	r.part.Set(strings.Join(nonempty(about(rec), folder(rec)), " · "))
	if s.found.far == nil {
		r.index.Set(index(rec.Index))
		r.index.SetColor(ink(rec.Verdict))
	}
	m, known := s.pictures.Get(rec.ThumbnailSHA256)
	r.picture.Set(m, known)
}

// labels are what sets say of their parts.
var labels = map[string]words.Text{"normal": words.Text("known good"), "anomalous": words.Text("known defect")}

// about is what is known of a part besides its name.
func about(rec history.Record) string {
	var out []string
	if rec.Part != "" {
		out = append(out, rec.Part)
	}
	switch {
	case rec.Type != "":
		out = append(out, rec.Type)
	case labels[rec.Label] != "":
		out = append(out, labels[rec.Label].String())
	case rec.Label != "":
		out = append(out, rec.Label)
	}
	if rec.Error != "" {
		out = append(out, words.Retold(rec.Error))
	}
	return strings.Join(out, " · ")
}

// folder is where a picture lies in its set, "" where that says nothing new.
func folder(rec history.Record) string {
	if dir := path.Dir(rec.Name); dir != "." && path.Base(dir) != rec.Type {
		return dir
	}
	return ""
}

// brief is the end of a folder's path; an address stays as it is.
func brief(source string) string {
	if source == "" || strings.Contains(source, "://") {
		return source
	}
	return filepath.Base(source)
}

func index(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.0f", v)
}

// ink is the colour of a figure beside a verdict.
func ink(v history.Verdict) fyne.ThemeColorName {
	if v == history.OK {
		return theme.ColorNameForeground
	}
	return themes.VerdictNamed(string(v)).Text
}
