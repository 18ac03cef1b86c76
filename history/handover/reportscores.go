package handover

import (
	"fmt"
	"math"
	"slices"

	"agurscope/history"
)

// scores is a histogram of a run's scores.
type scores struct {
	low, high float64 // of all bars
	count     [48]int
	n         int // parts with a score
	beyond    int // of them in the last bar, though beyond it
}

// binned spreads scores over bars that hold the thresholds, too; NaN for none.
func binned(of []float64, review, reject float64) scores {
	h := scores{low: slices.Min(of), high: slices.Max(of), n: len(of)}
	for _, t := range []float64{review, reject} {
		if !math.IsNaN(t) {
			h.low, h.high = min(h.low, t), max(h.high, t)
		}
	}
	// A few scores far beyond the threshold must not press the rest together.
	if cut := 4 * reject; reject > 0 && h.high > cut {
		h.high = cut
		for _, s := range of {
			if s > cut {
				h.beyond++
			}
		}
	}
	if h.high-h.low < 1e-12 {
		h.high = h.low + 1
	}
	edge := (h.high - h.low) * 0.02
	h.low, h.high = h.low-edge, h.high+edge
	for _, s := range of {
		i := int(float64(len(h.count)) * h.share(min(s, h.high)))
		h.count[min(max(i, 0), len(h.count)-1)]++
	}
	return h
}

// share is where a score lies between the ends, from 0 to 1.
func (h *scores) share(v float64) float64 { return (v - h.low) / (h.high - h.low) }

// histogram shows the scores with the thresholds at the start of the run.
func (p *paper) histogram() {
	const height = 30.0
	x, y, w := p.plot(height)
	var all []float64
	for s := range p.view.Samples() {
		if !math.IsNaN(s.Score) {
			all = append(all, s.Score)
		}
	}
	if len(all) == 0 {
		p.label(x, y+height/2-2, w, "no scores", "C")
		p.pdf.SetXY(margin, y+height+4)
		return
	}
	h := binned(all, p.run.Review, p.run.Reject)
	most := slices.Max(h.count[:])
	p.pdf.SetFillColor(96, 120, 150)
	bar := w / float64(len(h.count))
	for i, n := range h.count {
		if n > 0 {
			tall := max(0.4, (height-2)*float64(n)/float64(most))
			p.pdf.Rect(x+bar*float64(i)+0.2, y+height-tall, bar-0.4, tall, "F")
		}
	}
	p.thresholds(&h, x, y, w, height)
	p.label(margin, y-0.5, 13, fmt.Sprint(most), "R")
	beyond := ""
	if h.beyond > 0 {
		beyond = fmt.Sprintf("; the last bar holds %d beyond it", h.beyond)
	}
	p.label(x, y+height+0.5, 40, fmt.Sprintf("%.3g", h.low), "L")
	p.label(x+w-40, y+height+0.5, 40, fmt.Sprintf("%.3g", h.high), "R")
	p.label(x+40, y+height+0.5, w-80, fmt.Sprintf("scores of %d parts, thresholds at the start of the run%s", h.n, beyond), "C")
	p.pdf.SetXY(margin, y+height+4)
}

// thresholds draws the lines of review and reject, then their labels: beside its
// line and on white, so that no other line goes through one.
func (p *paper) thresholds(h *scores, x, y, w, height float64) {
	lines := []struct {
		name string
		v    float64
		c    [3]int
		row  float64
	}{{"review", p.run.Review, fills[history.REVIEW], y + 0.6}, {"reject", p.run.Reject, fills[history.NG], y + 4.4}}
	for _, t := range lines {
		if math.IsNaN(t.v) {
			continue
		}
		at := x + w*h.share(t.v)
		p.pdf.SetDrawColor(t.c[0], t.c[1], t.c[2])
		p.pdf.SetLineWidth(0.4)
		p.pdf.Line(at, y, at, y+height)
	}
	for _, t := range lines {
		if math.IsNaN(t.v) {
			continue
		}
		text, at := fmt.Sprintf("%s %.3g", t.name, t.v), x+w*h.share(t.v)
		p.font("", 7)
		width := p.pdf.GetStringWidth(text) + 1
		left := at + 0.6
		if left+width > x+w {
			left = at - 0.6 - width
		}
		p.pdf.SetFillColor(255, 255, 255)
		p.pdf.Rect(left, t.row, width, 3.2, "F")
		p.label(left, t.row, width, text, "C")
	}
}
