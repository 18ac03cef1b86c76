package handover

import (
	"fmt"
	"math"
	"strings"
	"time"

	"agurscope/history"
	"agurscope/history/spc"
)

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
