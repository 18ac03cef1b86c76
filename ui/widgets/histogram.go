package widgets

import (
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Histogram shows how numbers are spread, with marked values.
type Histogram struct {
	chart
	counts []int
	width  float64
}

// Mark is a labelled value on a histogram.
type Mark struct {
	At   float64
	Text string
	Ink  fyne.ThemeColorName
}

// NewHistogram returns an empty histogram.
func NewHistogram(x, y, empty string) *Histogram {
	h := &Histogram{}
	h.x.title, h.y.title, h.empty, h.y.whole = x, y, empty, true
	h.paint = h.draw
	h.ExtendBaseWidget(h)
	return h
}

// Set shows values, from 0 to beyond the highest value and mark.
func (h *Histogram) Set(values []float64, marks ...Mark) {
	h.marks = nil
	top := 0.0
	for _, m := range marks {
		h.marks = append(h.marks, chartMark{m.At, m.Text, m.Ink})
		top = max(top, m.At)
	}
	for _, v := range values {
		top = max(top, v)
	}
	h.has = len(values) > 0 && top > 0
	if !h.has {
		h.Refresh()
		return
	}
	const bins = 32
	h.x.min, h.x.max = 0, top*1.12
	h.width = h.x.max / bins
	h.counts = make([]int, bins)
	most := 1
	for _, v := range values {
		i := min(max(int(v/h.width), 0), bins-1)
		h.counts[i]++
		most = max(most, h.counts[i])
	}
	h.y.min, h.y.max = 0, float64(most)*1.15
	h.Refresh()
}

func (h *Histogram) draw(p pen) {
	fill := themes.Color(theme.ColorNamePrimary)
	for i, n := range h.counts {
		if n > 0 {
			x := float64(i) * h.width
			p.box(x+.06*h.width, 0, x+.94*h.width, float64(n), fill)
		}
	}
}
