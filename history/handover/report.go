package handover

import (
	"context"
	"fmt"
	"image"
	"io"
	"math"
	"time"

	"agurscope/history"

	"codeberg.org/go-pdf/fpdf"
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
