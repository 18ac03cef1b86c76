package widgets

import (
	"math"

	"fyne.io/fyne/v2/widget"
)

// Scores shows how the scores of parts are spread, good ones upwards and
// defective ones downwards, with the two image thresholds as lines that can be
// dragged. The lines are objects of their own: dragging paints no bar again.
type Scores struct {
	widget.BaseWidget
	OnDrag    func(line ScoreLine, at float64) // with every move
	OnDragged func()                           // at its end

	tips    *Tips
	keys    *Keys
	top     float64 // end of the axis; what lies beyond is in the last bar
	over    bool    // something does
	counts  [3][]int
	total   [3]int
	at      [2]float64
	mark    float64 // score of the part that is looked at; NaN for none
	empty   string
	active  ScoreLine
	grabbed bool
	focused bool
	near    bool // the pointer is over a line
	note    string
	painted func() // told after the bars were painted, for tests
	drawn   *scoresRenderer
}

// ScoreLine is one of the two thresholds.
type ScoreLine int

// The thresholds.
const (
	ReviewLine ScoreLine = iota
	RejectLine
)

// The series of a score chart, in the order of Set.
const (
	goodSeries = iota
	defectSeries
	otherSeries
)

const scoreBars = 56

// NewScores returns an empty chart; empty says why.
func (t *Tips) NewScores(empty string, keys *Keys) *Scores {
	s := &Scores{tips: t, keys: keys, empty: empty, active: RejectLine, mark: math.NaN()}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows other scores on an axis from 0 to top.
func (s *Scores) Set(good, defective, other []float64, top float64) {
	s.top, s.over = top, false
	for i, values := range [3][]float64{good, defective, other} {
		s.counts[i], s.total[i] = make([]int, scoreBars), 0
		for _, v := range values {
			if top > 0 && !math.IsNaN(v) {
				s.counts[i][min(max(int(v/top*scoreBars), 0), scoreBars-1)]++
				s.total[i]++
				s.over = s.over || v > top
			}
		}
	}
	s.note = ""
	s.Refresh()
}

// SetLines moves the thresholds.
func (s *Scores) SetLines(review, reject float64) {
	if s.at == [2]float64{review, reject} {
		return
	}
	s.at = [2]float64{review, reject}
	if r := s.drawn; r != nil {
		r.lines()
	}
}

// Mark shows where the part that is looked at lies; NaN for none.
func (s *Scores) Mark(score float64) {
	if s.mark == score || math.IsNaN(s.mark) && math.IsNaN(score) {
		return
	}
	s.mark = score
	if s.drawn != nil {
		s.drawn.lines()
	}
}

// Line returns where a threshold stands.
func (s *Scores) Line(l ScoreLine) float64 { return s.at[l] }

func (s *Scores) has() bool { return s.total != [3]int{} && s.top > 0 }
