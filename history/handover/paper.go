package handover

import (
	"fmt"
	"strings"
	"time"

	"agurscope/history"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
)

// paper is a report in the making.
type paper struct {
	pdf  *fpdf.Fpdf
	run  history.Run
	view *history.View
	head history.Head
	made time.Time
	n    int // pictures so far
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

func (p *paper) ink(grey int) { p.pdf.SetTextColor(grey, grey, grey) }

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
