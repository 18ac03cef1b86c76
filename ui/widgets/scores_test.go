package widgets

import (
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// drawn returns a chart of the size on a window, with lines at 3 and 4 of 8.
func drawn(t *testing.T, keys *Keys) *Scores {
	t.Helper()
	themed(t, "dark")
	s := NewTips().NewScores("nothing", keys)
	good, bad := bells(50, 20)
	s.Set(good, bad, nil, 8)
	s.SetLines(3, 4)
	win := test.NewTempWindow(t, s)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(440, 260))
	return s
}

func dragTo(s *Scores, from, to float32) {
	const steps = 10
	for i := range steps {
		x := from + (to-from)*float32(i+1)/steps
		s.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, 80)}, Dragged: fyne.NewDelta((to-from)/steps, 0)})
	}
	s.DragEnd()
}

func TestScoresAreDraggedByTheNearestLineOnly(t *testing.T) {
	s := drawn(t, nil)
	var line ScoreLine
	var at float64
	moves, ends := 0, 0
	s.OnDrag = func(l ScoreLine, v float64) { line, at, moves = l, v, moves+1 }
	s.OnDragged = func() { ends++ }
	dragTo(s, s.Place(4)+2, s.Place(6))
	if line != RejectLine || math.Abs(at-6) > .05 || moves != 10 || ends != 1 {
		t.Errorf("line %d at %g after %d moves and %d ends", line, at, moves, ends)
	}
	dragTo(s, s.Place(3)-3, s.Place(1))
	if line != ReviewLine || math.Abs(at-1) > .1 {
		t.Errorf("line %d at %g", line, at)
	}
	moves, ends = 0, 0
	dragTo(s, s.Place(7), s.Place(5))
	if moves != 0 || ends != 0 {
		t.Error("a drag beside the lines moves one")
	}
	// Off the chart the line stays on it.
	dragTo(s, s.Place(4), s.Place(4)+4000)
	if at != 8 {
		t.Errorf("dragged to %g of 8", at)
	}
}

func TestLinesOnTopOfEachOtherComeApartBothWays(t *testing.T) {
	s := drawn(t, nil)
	s.SetLines(4, 4)
	var line ScoreLine
	s.OnDrag = func(l ScoreLine, v float64) { line = l }
	dragTo(s, s.Place(4)-2, s.Place(3))
	if line != ReviewLine {
		t.Error("dragging left takes the reject line")
	}
	dragTo(s, s.Place(4)+2, s.Place(5))
	if line != RejectLine {
		t.Error("dragging right takes the review line")
	}
}

func TestScoresMoveByKeysAndPassOnOthers(t *testing.T) {
	var passed []fyne.KeyName
	s := drawn(t, &Keys{Key: func(e *fyne.KeyEvent) { passed = append(passed, e.Name) }})
	s.OnDrag = func(l ScoreLine, v float64) {
		at := s.at
		at[l] = v
		s.SetLines(at[0], at[1])
	}
	s.FocusGained()
	for _, k := range []fyne.KeyName{fyne.KeyRight, fyne.KeyRight, fyne.KeyUp, fyne.KeyLeft, fyne.KeySpace} {
		s.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if math.Abs(s.Line(RejectLine)-4.08) > 1e-9 || math.Abs(s.Line(ReviewLine)-2.96) > 1e-9 {
		t.Errorf("lines at %g and %g", s.Line(ReviewLine), s.Line(RejectLine))
	}
	if len(passed) != 1 || passed[0] != fyne.KeySpace {
		t.Errorf("passed on %v", passed)
	}
}

// A drag must not paint the bars anew: they have not changed.
func TestDraggingPaintsNoBars(t *testing.T) {
	s := drawn(t, nil)
	painted := 0
	s.painted = func() { painted++ }
	for i := range 50 {
		s.SetLines(3, 4+float64(i)/50)
	}
	if painted != 0 {
		t.Errorf("painted %d times", painted)
	}
}

func TestLabelsOfTheLinesNeverOverlap(t *testing.T) {
	s := drawn(t, nil)
	for review := 0.; review <= 8; review += .25 {
		for reject := review; reject <= 8; reject += .25 {
			s.SetLines(review, reject)
			a, b := s.drawn.label[0], s.drawn.label[1]
			if end := a.Position().X + a.Size().Width; end > b.Position().X {
				t.Fatalf("at %g and %g the labels overlap by %g", review, reject, end-b.Position().X)
			}
			if b.Position().X+b.Size().Width > 441 {
				t.Fatalf("at %g and %g the label leaves the chart", review, reject)
			}
		}
	}
}

func TestNoLineCrossesTheNamesOfTheSides(t *testing.T) {
	s := drawn(t, nil)
	for _, mark := range []float64{math.NaN(), 0, 2.5, 7.5, 8} {
		s.Mark(mark)
		for review := 0.; review <= 8; review += .25 {
			for reject := review; reject <= 8; reject += .25 {
				s.SetLines(review, reject)
				for i, side := range s.drawn.side {
					from, to := side.Position().X, side.Position().X+side.Size().Width
					if side.Text == "" || from < 0 || to > 440 {
						t.Fatalf("%q lies from %g to %g", side.Text, from, to)
					}
					for k, v := range []float64{review, reject, mark} {
						if i == 1 && k == 2 { // which is below
							continue
						}
						if x := s.Place(v); x > from-4 && x < to+4 {
							t.Fatalf("at %g and %g, part at %g: %q from %g to %g is crossed at %g", review, reject, mark, side.Text, from, to, x)
						}
					}
				}
			}
		}
	}
}

func TestEveryScoreIsInABar(t *testing.T) {
	s := drawn(t, nil)
	s.Set([]float64{0, 1, 8, 1e9, math.NaN()}, []float64{-1}, []float64{4}, 8)
	if s.total != [3]int{4, 1, 1} {
		t.Errorf("counted %v", s.total)
	}
	sum := 0
	for _, c := range s.counts {
		for _, n := range c {
			sum += n
		}
	}
	if sum != 6 || !s.over {
		t.Errorf("%d in bars, over %t", sum, s.over)
	}
}

func TestMatrixTellsWhichCellWasChosen(t *testing.T) {
	themed(t, "dark")
	m := testMatrix()
	got := [2]int{-1, -1}
	m.OnChosen = func(row, column int) { got = [2]int{row, column} }
	m.Set([][]int{{1, 2, 3, 0}, {4, 5, 6, 0}})
	show(t, m, 480, 160)
	test.Tap(m.cells[1][2])
	if got != [2]int{1, 2} || !m.cells[1][2].chosen {
		t.Errorf("chosen %v", got)
	}
	m.cells[0][1].TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if got != [2]int{0, 1} || m.cells[1][2].chosen {
		t.Errorf("chosen %v by key", got)
	}
}
