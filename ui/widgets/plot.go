package widgets

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Plot shows groups beside each other, such as hours or causes: as stacked bars,
// as a line with limits and alarms, or both. One can be pointed at, or gone to with
// the arrow keys, and chosen.
type Plot struct {
	widget.BaseWidget
	OnChosen func(slot int)

	tips  *Tips
	keys  *Keys
	d     PlotData
	at    int // the slot that is looked at; -1: none
	focus bool
	drawn *plotRenderer
}

// PlotData is what a Plot shows.
type PlotData struct {
	Slots  []Slot
	Unit   string  // of the bars, or of the line where there are none
	Layers []Layer // of the bars, from below; none: there are no bars
	Line   string  // what the line is, "" for none; beside bars it has an axis of its own, from 0 to 100 %
	Share  bool    // the values of the line are shares of one
	Centre float64 // a level line; NaN: none
	Zero   bool    // the line's axis begins at 0
	Names  bool    // labels are shortened where they would be left out, which is for neighbours in time
	Empty  string  // said while there are no slots
}

// Slot is one group.
type Slot struct {
	Label        string
	Stack        []float64 // heights of its bars, in the order of the layers
	Line         float64   // NaN: the line has a gap
	Lower, Upper float64   // limits; NaN: none
	Alarm        bool
	Tip          string // said when it is looked at
}

// Layer is one kind of bar. Hatched ones can be told apart without colour.
type Layer struct {
	Name    string
	Ink     fyne.ThemeColorName
	Hatched bool
}

// NewPlot returns a plot that shows nothing yet.
func (t *Tips) NewPlot(keys *Keys, empty string) *Plot {
	p := &Plot{tips: t, keys: keys, at: -1, d: PlotData{Empty: empty, Centre: math.NaN()}}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows other groups.
func (p *Plot) Set(d PlotData) {
	p.d, p.at = d, -1
	p.Refresh()
}

// Data returns what is shown.
func (p *Plot) Data() PlotData { return p.d }

// Said is the text about the slot that is looked at.
func (p *Plot) Said() string {
	if p.at < 0 || p.at >= len(p.d.Slots) {
		return ""
	}
	return p.d.Slots[p.at].Tip
}

// axes are those of the bars and of the line.
func (p *Plot) axes() (bars, line axis) {
	bars = axis{max: 1}
	line = axis{min: math.Inf(1), max: math.Inf(-1)}
	for _, s := range p.d.Slots {
		sum := 0.0
		for _, v := range s.Stack {
			sum += v
		}
		bars.max = max(bars.max, sum*1.08)
		for _, v := range []float64{s.Line, s.Lower, s.Upper} {
			if !math.IsNaN(v) {
				line.min, line.max = min(line.min, v), max(line.max, v)
			}
		}
	}
	if !math.IsNaN(p.d.Centre) {
		line.min, line.max = min(line.min, p.d.Centre), max(line.max, p.d.Centre)
	}
	switch {
	case len(p.d.Layers) > 0 && p.d.Line != "": // a cumulative share, or a yield
		line.min, line.max = 0, 1.08
	case line.min > line.max:
		line.min, line.max = 0, 1
	default:
		room := (line.max - line.min) * .08
		if room == 0 {
			room = max(math.Abs(line.max)*.1, 1e-3)
		}
		line.max += room
		if p.d.Zero {
			line.min = 0
		} else {
			line.min -= room
		}
	}
	bars.whole = true
	return bars, line
}
