package handover

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"
	"strings"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"

	"agurscope/history"
	"agurscope/history/spc"
)

// Report is the paper of one run: what came of it, on charts, the worst parts
// with their panes, what it was judged by, and lines to sign on.
type Report struct {
	Run   int64
	Worst int // how many parts are shown; 0: 6

	// Panes draws the panes of a part whose picture and maps were kept; where it
	// is nil or fails the small picture stands in.
	Panes func(context.Context, history.Record) (image.Image, error)
}

// Measures in millimetres of A4.
const (
	pageWidth  = 210.0
	margin     = 15.0
	inner      = pageWidth - 2*margin
	pageBottom = 297.0 - 20
)

// The colours of verdicts, as on the screen. No verdict is told by colour alone.
var fills = map[history.Verdict][3]int{
	history.OK: {0x1f, 0x7d, 0x51}, history.REVIEW: {0xb8, 0x7a, 0x0a}, history.NG: {0xc9, 0x30, 0x2f}, history.ERROR: {0x7a, 0x3f, 0xc4},
}

// PDF writes the report.
func (s Source) PDF(ctx context.Context, w io.Writer, r Report) error {
	p, err := s.report(ctx, r)
	if err == nil {
		err = p.pdf.Output(w)
	}
	if err != nil {
		return fmt.Errorf("write the report of run %d: %w", r.Run, err)
	}
	return nil
}

// paper is a report in the making.
type paper struct {
	pdf  *fpdf.Fpdf
	run  history.Run
	view *history.View
	head history.Head
	made time.Time
	n    int // pictures so far
}

func (s Source) report(ctx context.Context, r Report) (*paper, error) {
	run, err := s.Store.Run(ctx, r.Run)
	if err != nil {
		return nil, err
	}
	view, err := s.Store.View(ctx, history.Filter{Run: r.Run})
	if err != nil {
		return nil, err
	}
	head, err := s.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	p := &paper{pdf: fpdf.New("P", "mm", "A4", ""), run: run, view: view, head: head, made: s.made()}
	p.setUp()
	p.first()
	if r.Worst <= 0 {
		r.Worst = 6
	}
	if err := p.worst(ctx, s.Store, r); err != nil {
		return nil, err
	}
	if err := p.basis(ctx, s.Store); err != nil {
		return nil, err
	}
	return p, p.pdf.Error()
}

func (p *paper) setUp() {
	pdf := p.pdf
	pdf.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	pdf.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCellMargin(0)
	pdf.SetCreationDate(p.made)
	pdf.SetModificationDate(p.made)
	pdf.SetCatalogSort(true)
	pdf.SetTitle(fmt.Sprintf("Inspection report, run %d", p.run.ID), true)
	pdf.SetCreator("Agurscope", true)
	pdf.AliasNbPages("{pages}")
	pdf.SetFooterFunc(func() {
		pdf.SetY(-14)
		p.ink(120)
		p.font("", 7.5)
		pdf.CellFormat(inner/2, 4, fmt.Sprintf("Run %d, history at %s…", p.run.ID, clip(p.head.String(), 22)), "", 0, "L", false, 0, "")
		pdf.CellFormat(inner/2, 4, fmt.Sprintf("Page %d of {pages}", pdf.PageNo()), "", 0, "R", false, 0, "")
	})
	pdf.AddPage()
}

func (p *paper) ink(grey int)                 { p.pdf.SetTextColor(grey, grey, grey) }
func (p *paper) font(style string, s float64) { p.pdf.SetFont("sans", style, s) }

// plain makes of a text what the fonts can show: they end with the basic plane.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xffff || r == '{' {
			return '\uFFFD'
		}
		if r < 0x20 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n])
}

// fit shortens a text from its front, where paths are alike.
func (p *paper) fit(s string, width float64) string {
	s = plain(s)
	if p.pdf.GetStringWidth(s) <= width {
		return s
	}
	r := []rune(s)
	if len(r) > 400 {
		r = r[len(r)-400:]
	}
	for len(r) > 0 && p.pdf.GetStringWidth("…"+string(r)) > width {
		r = r[1:]
	}
	return "…" + string(r)
}

// room begins a new page unless there are h millimetres left.
func (p *paper) room(h float64) {
	if p.pdf.GetY()+h > pageBottom {
		p.pdf.AddPage()
	}
}

func (p *paper) heading(s string) {
	p.room(30)
	p.pdf.Ln(3)
	p.ink(30)
	p.font("B", 11)
	p.pdf.CellFormat(inner, 7, s, "", 1, "L", false, 0, "")
	p.pdf.SetDrawColor(200, 205, 210)
	p.pdf.Line(margin, p.pdf.GetY(), margin+inner, p.pdf.GetY())
	p.pdf.Ln(2)
}

// facts writes names and values, two pairs in a row.
func (p *paper) facts(rows [][2]string) {
	half := inner / 2
	for i, r := range rows {
		if i%2 == 0 {
			p.room(6)
		}
		p.ink(110)
		p.font("", 8.5)
		p.pdf.CellFormat(26, 5.2, r[0], "", 0, "L", false, 0, "")
		p.ink(30)
		next := 0
		if i%2 == 1 || i == len(rows)-1 {
			next = 1
		}
		p.pdf.CellFormat(half-26, 5.2, p.fit(r[1], half-28), "", next, "L", false, 0, "")
	}
}

func (p *paper) first() {
	pdf, run := p.pdf, p.run
	p.ink(30)
	p.font("B", 18)
	pdf.CellFormat(inner*0.7, 10, "Inspection report", "", 0, "L", false, 0, "")
	p.font("", 10)
	p.ink(110)
	pdf.CellFormat(inner*0.3, 10, "made "+p.made.Local().Format("2006-01-02 15:04"), "", 1, "R", false, 0, "")
	pdf.Ln(1)
	ended := "still running"
	if !run.Ended.IsZero() {
		ended = run.Ended.Local().Format("2006-01-02 15:04:05") + ", " + run.Status
	}
	p.facts([][2]string{
		{"Run", fmt.Sprintf("%d (%s)", run.ID, run.Kind)}, {"Operator", or(run.Operator, "not named")},
		{"Started", run.Started.Local().Format("2006-01-02 15:04:05")}, {"Ended", ended},
		{"Source", run.Source}, {"Recipe", run.Recipe},
		{"Engine", run.Engine}, {"Program", run.Program},
	})
	if run.Note != "" {
		p.facts([][2]string{{"Note", run.Note}})
	}
	pdf.Ln(3)
	p.tiles()
	p.heading("Share of parts that are not OK")
	p.pchart()
	p.heading("Scores")
	p.histogram()
	p.heading("Regions by size")
	p.pareto()
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// tiles shows the counts, each with its word.
func (p *paper) tiles() {
	pdf := p.pdf
	g := spc.Groups(p.view.Samples(), func(history.Sample) (string, time.Time) { return "all", time.Time{} })
	all := spc.Group{}
	if len(g) > 0 {
		all = g[0]
	}
	const gap = 4.0
	w, y := (inner-4*gap)/5, pdf.GetY()
	for i, t := range []struct {
		v history.Verdict
		n int
	}{{history.OK, all.OK}, {history.REVIEW, all.Review}, {history.NG, all.NG}, {history.ERROR, all.Error}} {
		x, c := margin+float64(i)*(w+gap), fills[t.v]
		pdf.SetFillColor(c[0], c[1], c[2])
		pdf.Rect(x, y, w, 18, "F")
		pdf.SetTextColor(255, 255, 255)
		p.font("B", 15)
		pdf.SetXY(x, y+2)
		pdf.CellFormat(w, 8, fmt.Sprint(t.n), "", 0, "C", false, 0, "")
		p.font("", 8.5)
		pdf.SetXY(x, y+10)
		pdf.CellFormat(w, 5, string(t.v), "", 0, "C", false, 0, "")
	}
	x := margin + 4*(w+gap)
	pdf.SetDrawColor(160, 165, 170)
	pdf.Rect(x, y, w, 18, "D")
	p.ink(30)
	p.font("B", 15)
	pdf.SetXY(x, y+2)
	pdf.CellFormat(w, 8, percent(all.Yield()), "", 0, "C", false, 0, "")
	p.font("", 8.5)
	pdf.SetXY(x, y+10)
	pdf.CellFormat(w, 5, fmt.Sprintf("yield of %d", all.N), "", 0, "C", false, 0, "")
	pdf.SetXY(margin, y+20)
	r := spc.Review(p.view.Samples())
	p.font("", 8.5)
	p.ink(90)
	line := "Nobody has overridden a verdict. "
	if all.Overridden > 0 {
		line = fmt.Sprintf("%d overridden; by the machine alone %s were OK. ", all.Overridden, percent(all.FirstPass()))
	}
	if r.PseudoReject.Of > 0 {
		line += fmt.Sprintf("People looked at %d rejects and found %d good (95 %%: %s to %s). ", r.PseudoReject.Of, r.PseudoReject.Count, percent(r.PseudoReject.Lower), percent(r.PseudoReject.Upper))
	}
	if r.Unreviewed > 0 {
		line += fmt.Sprintf("Nobody has looked at %d rejects.", r.Unreviewed)
	}
	pdf.MultiCell(inner, 4.4, line, "", "L", false)
}

func percent(f float64) string {
	if math.IsNaN(f) {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*f)
}

// plot frames a chart of height h and returns its left, top, width and height.
func (p *paper) plot(h float64) (x, y, w float64) {
	x, y, w = margin+14, p.pdf.GetY(), inner-14
	p.pdf.SetDrawColor(200, 205, 210)
	p.pdf.SetLineWidth(0.2)
	p.pdf.Rect(x, y, w, h, "D")
	return x, y, w
}

// label writes a small text; align as in fpdf.
func (p *paper) label(x, y, w float64, s, align string) {
	p.font("", 7)
	p.ink(110)
	p.pdf.SetXY(x, y)
	p.pdf.CellFormat(w, 3.2, s, "", 0, align, false, 0, "")
}

// pchart shows groups in the order of time: hours of a long run, else twenty
// equal ones.
func (p *paper) pchart() {
	const h = 34.0
	groups := spc.Groups(p.view.Samples(), spc.ByHour(time.Local))
	unit := "an hour"
	if n := p.view.Len(); len(groups) < 6 && n > 0 {
		size := max(5, (n+19)/20) // fewer parts say nothing about a share
		i := 0
		groups = spc.Groups(p.view.Samples(), func(s history.Sample) (string, time.Time) {
			name := fmt.Sprintf("from %06d", i/size*size+1)
			i++
			return name, time.Time{}
		})
		unit = fmt.Sprintf("%d parts", size)
	}
	chart := spc.NewPChart(groups, 0)
	x, y, w := p.plot(h)
	if len(chart.Points) == 0 {
		p.label(x, y+h/2-2, w, "no parts", "C")
		p.pdf.SetXY(margin, y+h+2)
		return
	}
	top := 0.05
	for _, c := range chart.Points {
		top = max(top, c.P*1.1, min(1, c.Upper*1.1))
	}
	top = min(top, 1)
	at := func(v float64) float64 { return y + h - h*v/top }
	step := w / float64(len(chart.Points))
	pdf := p.pdf
	pdf.SetLineWidth(0.3)
	for i, c := range chart.Points {
		left := x + float64(i)*step
		pdf.SetDrawColor(190, 120, 20)
		pdf.SetDashPattern([]float64{1, 1}, 0)
		pdf.Line(left, at(c.Upper), left+step, at(c.Upper))
		pdf.Line(left, at(c.Lower), left+step, at(c.Lower))
		pdf.SetDashPattern(nil, 0)
		pdf.SetDrawColor(60, 90, 140)
		if i > 0 {
			pdf.Line(left-step/2, at(chart.Points[i-1].P), left+step/2, at(c.P))
		}
		pdf.SetFillColor(60, 90, 140)
		r := 0.7
		if c.Out || c.Run {
			pdf.SetFillColor(201, 48, 47)
			r = 1.3
		}
		pdf.Circle(left+step/2, at(c.P), r, "F")
	}
	pdf.SetDrawColor(120, 125, 130)
	pdf.Line(x, at(chart.Centre), x+w, at(chart.Centre))
	p.label(margin, y-1.5, 13, percent(top), "R")
	p.label(margin, at(chart.Centre)-1.6, 13, percent(chart.Centre), "R")
	p.label(margin, y+h-2, 13, "0 %", "R")
	signals := 0
	for _, c := range chart.Points {
		if c.Out || c.Run {
			signals++
		}
	}
	p.label(x, y+h+0.5, w, fmt.Sprintf("p-chart, a point is %s; mean and limits of three standard deviations (dashed); %d of %d points out of control (large)", unit, signals, len(chart.Points)), "L")
	pdf.SetXY(margin, y+h+4)
}

func (p *paper) histogram() {
	const h, bins = 30.0, 48
	x, y, w := p.plot(h)
	var scores []float64
	for s := range p.view.Samples() {
		if !math.IsNaN(s.Score) {
			scores = append(scores, s.Score)
		}
	}
	if len(scores) == 0 {
		p.label(x, y+h/2-2, w, "no scores", "C")
		p.pdf.SetXY(margin, y+h+4)
		return
	}
	low, high := scores[0], scores[0]
	for _, s := range scores {
		low, high = min(low, s), max(high, s)
	}
	for _, t := range []float64{p.run.Review, p.run.Reject} {
		if !math.IsNaN(t) {
			low, high = min(low, t), max(high, t)
		}
	}
	// A few scores far beyond the threshold must not press the rest together.
	above := 0
	if cut := 4 * p.run.Reject; p.run.Reject > 0 && high > cut {
		high = cut
		for _, s := range scores {
			if s > cut {
				above++
			}
		}
	}
	if high-low < 1e-12 {
		high = low + 1
	}
	low, high = low-(high-low)*0.02, high+(high-low)*0.02
	var count [bins]int
	most := 1
	for _, s := range scores {
		i := int(float64(bins) * (min(s, high) - low) / (high - low))
		i = min(max(i, 0), bins-1)
		count[i]++
		most = max(most, count[i])
	}
	pdf := p.pdf
	pdf.SetFillColor(96, 120, 150)
	for i, n := range count {
		if n > 0 {
			bar := max(0.4, (h-2)*float64(n)/float64(most))
			pdf.Rect(x+w*float64(i)/bins+0.2, y+h-bar, w/bins-0.4, bar, "F")
		}
	}
	at := func(v float64) float64 { return x + w*(v-low)/(high-low) }
	var labels []func()
	for _, t := range []struct {
		name string
		v    float64
		c    [3]int
	}{{"review", p.run.Review, fills[history.REVIEW]}, {"reject", p.run.Reject, fills[history.NG]}} {
		if math.IsNaN(t.v) {
			continue
		}
		pdf.SetDrawColor(t.c[0], t.c[1], t.c[2])
		pdf.SetLineWidth(0.4)
		pdf.Line(at(t.v), y, at(t.v), y+h)
		// Beside its line and on white, so that no other line goes through it.
		words, row := fmt.Sprintf("%s %.3g", t.name, t.v), y+0.6
		p.font("", 7)
		width := pdf.GetStringWidth(words) + 1
		left := at(t.v) + 0.6
		if left+width > x+w {
			left = at(t.v) - 0.6 - width
		}
		if t.name == "reject" {
			row = y + 4.4
		}
		labels = append(labels, func() {
			pdf.SetFillColor(255, 255, 255)
			pdf.Rect(left, row, width, 3.2, "F")
			p.label(left, row, width, words, "C")
		})
	}
	for _, draw := range labels {
		draw()
	}
	p.label(margin, y-0.5, 13, fmt.Sprint(most), "R")
	beyond := ""
	if above > 0 {
		beyond = fmt.Sprintf("; the last bar holds %d beyond it", above)
	}
	p.label(x, y+h+0.5, 40, fmt.Sprintf("%.3g", low), "L")
	p.label(x+w-40, y+h+0.5, 40, fmt.Sprintf("%.3g", high), "R")
	p.label(x+40, y+h+0.5, w-80, fmt.Sprintf("scores of %d parts, thresholds at the start of the run%s", len(scores), beyond), "C")
	pdf.SetXY(margin, y+h+4)
}

func (p *paper) pareto() {
	counts := map[string]int{}
	polarity := map[string]int{}
	for d := range p.view.Defects() {
		counts[spc.SizeClass(d.Area)]++
		polarity[or(d.Polarity, "unknown")]++
	}
	bars := spc.Pareto(counts)
	if len(bars) == 0 {
		p.font("", 9)
		p.ink(90)
		p.pdf.CellFormat(inner, 6, "No region was found.", "", 1, "L", false, 0, "")
		return
	}
	for _, b := range bars[:min(len(bars), 6)] {
		y := p.pdf.GetY()
		p.label(margin, y+0.6, 30, b.Label, "R")
		p.pdf.SetFillColor(96, 120, 150)
		p.pdf.Rect(margin+32, y+0.4, max(0.5, (inner-80)*float64(b.Count)/float64(bars[0].Count)), 3.6, "F")
		p.label(margin+inner-46, y+0.6, 46, fmt.Sprintf("%d, %s, together %s", b.Count, percent(b.Share), percent(b.Cumulative)), "R")
		p.pdf.SetXY(margin, y+4.8)
	}
	var words []string
	for _, b := range spc.Pareto(polarity) {
		words = append(words, fmt.Sprintf("%s: %d", b.Label, b.Count))
	}
	p.label(margin, p.pdf.GetY()+0.5, inner, "By polarity: "+plain(strings.Join(words, ", ")), "L")
	p.pdf.SetXY(margin, p.pdf.GetY()+4)
}

// worst shows the parts with the highest scores.
func (p *paper) worst(ctx context.Context, store *history.Store, r Report) error {
	p.pdf.AddPage()
	p.heading("Worst parts")
	shown := 0
	for rec, err := range store.Verdicts(ctx, history.Filter{Run: r.Run, Worst: true, Limit: r.Worst}) {
		if err != nil {
			return err
		}
		if rec.Verdict == history.ERROR {
			continue
		}
		shown++
		if err := p.part(ctx, store, rec, r); err != nil {
			return err
		}
	}
	p.font("", 9)
	p.ink(90)
	if shown == 0 {
		p.pdf.CellFormat(inner, 6, "No part was inspected.", "", 1, "L", false, 0, "")
	}
	if n := p.view.Summary().Error; n > 0 {
		p.pdf.CellFormat(inner, 6, fmt.Sprintf("%d could not be inspected and are ERROR; they have no score.", n), "", 1, "L", false, 0, "")
	}
	return nil
}

func (p *paper) part(ctx context.Context, store *history.Store, rec history.Record, r Report) error {
	m, panes, err := p.picture(ctx, store, rec, r)
	if err != nil {
		return err
	}
	w, h := 0.0, 0.0
	if m != nil {
		b := m.Bounds()
		w = 42
		if panes {
			w = inner
		}
		h = w * float64(b.Dy()) / float64(max(1, b.Dx()))
		if h > 90 {
			w, h = w*90/h, 90
		}
	}
	p.room(h + 22)
	pdf, y := p.pdf, p.pdf.GetY()
	c := fills[rec.Final()]
	pdf.SetFillColor(c[0], c[1], c[2])
	pdf.Rect(margin, y, 18, 6, "F")
	pdf.SetTextColor(255, 255, 255)
	p.font("B", 9)
	pdf.SetXY(margin, y)
	pdf.CellFormat(18, 6, string(rec.Final()), "", 0, "C", false, 0, "")
	p.ink(30)
	pdf.SetX(margin + 21)
	name := or(rec.Name, rec.Path)
	if rec.Part != "" {
		name = rec.Part + "   " + name
	}
	pdf.CellFormat(inner-21, 6, p.fit(name, inner-22), "", 1, "L", false, 0, "")
	p.font("", 8)
	p.ink(90)
	line := fmt.Sprintf("verdict %d, %s; score %.4g, index %.0f", rec.ID, rec.Time.Local().Format("15:04:05"), rec.Score, rec.Index)
	if rec.Reviewed != "" {
		line += fmt.Sprintf("; the machine said %s, %s said %s", rec.Verdict, rec.Reviewer, rec.Reviewed)
		if rec.Reason != "" {
			line += ": " + rec.Reason
		}
	}
	pdf.CellFormat(inner, 4.5, p.fit(line, inner), "", 1, "L", false, 0, "")
	for i, g := range rec.Regions {
		if i == 3 {
			pdf.CellFormat(inner, 4, fmt.Sprintf("and %d more regions", len(rec.Regions)-i), "", 1, "L", false, 0, "")
			break
		}
		pdf.CellFormat(inner, 4, fmt.Sprintf("%s region of %d px at %d, %d (%d × %d); peak %.3g, mean %.3g", or(plain(g.Polarity), "a"), g.Area, g.X, g.Y, g.W, g.H, g.Peak, g.Mean), "", 1, "L", false, 0, "")
	}
	if m != nil {
		if err := p.place(m, margin, pdf.GetY()+1, w, h); err != nil {
			return err
		}
		pdf.SetXY(margin, pdf.GetY()+h+2)
	}
	pdf.Ln(3)
	return nil
}

// picture returns the panes of a part, or its small picture, or nothing.
func (p *paper) picture(ctx context.Context, store *history.Store, rec history.Record, r Report) (m image.Image, panes bool, err error) {
	if r.Panes != nil {
		if m, err := r.Panes(ctx, rec); err == nil && m != nil {
			return m, true, nil
		} else if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
	}
	if rec.ThumbnailSHA256 == "" {
		return nil, false, nil
	}
	data, err := store.Thumbnail(ctx, rec.ThumbnailSHA256)
	if err != nil {
		return nil, false, nil // no longer kept
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width > 4096 || c.Height > 4096 {
		return nil, false, nil // whatever it is, it is no small picture
	}
	m, _, err = image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, false, nil
	}
	return m, false, nil
}

func (p *paper) place(m image.Image, x, y, w, h float64) error {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 88}); err != nil {
		return err
	}
	p.n++
	name := fmt.Sprint("picture ", p.n)
	p.pdf.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "JPEG"}, &b)
	p.pdf.ImageOptions(name, x, y, w, h, false, fpdf.ImageOptions{ImageType: "JPEG"}, 0, "")
	return p.pdf.Error()
}

// basis says what was judged by, and leaves room to sign.
func (p *paper) basis(ctx context.Context, store *history.Store) error {
	run := p.run
	p.heading("Recipe and thresholds")
	threshold := func(f float64) string {
		if math.IsNaN(f) {
			return "none"
		}
		return fmt.Sprintf("%.6g", f)
	}
	p.facts([][2]string{
		{"Recipe", run.Recipe}, {"Version", or(run.RecipeVersion, "not recorded")},
		{"Review from", threshold(run.Review)}, {"Reject from", threshold(run.Reject)},
		{"Pixels low", threshold(run.Low)}, {"Pixels high", threshold(run.High)},
		{"Mode", run.Mode}, {"Engine", run.Engine},
	})
	p.wide("SHA-256", run.RecipeSHA256)
	until := run.Ended
	if until.IsZero() {
		until = p.made
	}
	n := 0
	for c, err := range store.Changes(ctx, run.Started, until.Add(time.Microsecond)) {
		if err != nil {
			return err
		}
		if n++; n > 12 {
			continue
		}
		p.wide("Changed", fmt.Sprintf("%s by %s: %s, from %s to %s", c.Time.Local().Format("15:04:05"), or(c.Operator, "somebody"), c.Setting, c.Before, c.After))
	}
	if n > 12 {
		p.wide("", fmt.Sprintf("and %d more changes", n-12))
	}
	p.heading("Record")
	p.wide("Head", p.head.String())
	p.font("", 8)
	p.ink(90)
	p.pdf.MultiCell(inner, 4.2, "Every row of the history is a link in a chain of hashes. “agurscope history verify --head HEAD” with the head above shows whether anything before this report was changed since.", "", "L", false)
	p.room(40)
	p.pdf.Ln(16)
	y := p.pdf.GetY()
	p.pdf.SetDrawColor(60, 60, 60)
	p.pdf.SetLineWidth(0.25)
	for i, role := range []string{"Inspected by, date", "Reviewed by, date"} {
		x := margin + float64(i)*(inner/2+4)
		p.pdf.Line(x, y, x+inner/2-4, y)
		p.label(x, y+1, inner/2-4, role, "L")
	}
	p.pdf.SetXY(margin, y+6)
	return nil
}

// wide writes one fact over the whole width, in as many lines as it needs.
func (p *paper) wide(name, value string) {
	p.font("", 8.5)
	lines := p.pdf.SplitText(clip(plain(value), 600), inner-28)
	p.room(5*float64(len(lines)) + 2)
	for i, l := range lines {
		p.ink(110)
		if i > 0 {
			name = ""
		}
		p.pdf.CellFormat(26, 4.8, name, "", 0, "L", false, 0, "")
		p.ink(30)
		p.pdf.CellFormat(inner-26, 4.8, l, "", 1, "L", false, 0, "")
	}
}
