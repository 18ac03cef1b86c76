package widgets

import (
	"math"

	"agurscope/assets/words"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// value is the score at a position.
func (s *Scores) value(x float32) float64 {
	r := s.drawn
	if r == nil || r.a.w <= 0 {
		return 0
	}
	return float64((x-r.a.x)/r.a.w) * s.top
}

// Place is where a score lies on the widget.
func (s *Scores) Place(score float64) float32 {
	if s.drawn == nil || s.top <= 0 {
		return 0
	}
	return s.drawn.a.x + s.drawn.a.w*float32(score/s.top)
}

// nearest returns the line at a position and its distance.
func (s *Scores) nearest(x float32) (ScoreLine, float32) {
	r := s.drawn
	if r == nil || s.top <= 0 {
		return s.active, math.MaxFloat32
	}
	best, dist := RejectLine, float32(math.MaxFloat32)
	for i, v := range s.at {
		px := r.a.x + r.a.w*float32(min(max(v/s.top, 0), 1))
		d := float32(math.Abs(float64(px - x)))
		// On top of each other, the side of the pointer decides.
		if d < dist || d == dist && x < px {
			best, dist = ScoreLine(i), d
		}
	}
	if s.at[0] == s.at[1] && dist < 1e3 {
		best = RejectLine
		if s.value(x) < s.at[0] {
			best = ReviewLine
		}
	}
	return best, dist
}

const grabWidth = 12

// Dragged implements fyne.Draggable.
func (s *Scores) Dragged(e *fyne.DragEvent) {
	if !s.has() {
		return
	}
	if !s.grabbed {
		line, dist := s.nearest(e.Position.X - e.Dragged.DX)
		if dist > grabWidth {
			return
		}
		s.active, s.grabbed = line, true
	}
	s.move(s.value(e.Position.X))
}

// DragEnd implements fyne.Draggable.
func (s *Scores) DragEnd() {
	if !s.grabbed {
		return
	}
	s.grabbed = false
	s.ended()
	if r := s.drawn; r != nil {
		r.lines()
	}
}

func (s *Scores) ended() {
	if s.OnDragged != nil {
		s.OnDragged()
	}
}

// move asks for another value of the active line.
func (s *Scores) move(v float64) {
	if s.OnDrag != nil {
		s.OnDrag(s.active, min(max(v, s.top/1000), s.top))
	}
}

// Tapped implements fyne.Tappable: the nearer line gets the keys.
func (s *Scores) Tapped(e *fyne.PointEvent) {
	s.active, _ = s.nearest(e.Position.X)
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil {
		c.Focus(s)
	}
}

// Cursor implements desktop.Cursorable.
func (s *Scores) Cursor() desktop.Cursor {
	if s.near || s.grabbed {
		return desktop.HResizeCursor
	}
	return desktop.DefaultCursor
}

// MouseIn implements desktop.Hoverable.
func (s *Scores) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (s *Scores) MouseMoved(e *desktop.MouseEvent) {
	_, dist := s.nearest(e.Position.X)
	s.near = dist <= grabWidth
	r := s.drawn
	if r == nil || !s.has() {
		return
	}
	note := ""
	if v := s.value(e.Position.X); v >= 0 && v <= s.top {
		i := min(int(v/s.top*scoreBars), scoreBars-1)
		from, to := float64(i)*s.top/scoreBars, float64(i+1)*s.top/scoreBars
		what := words.T("%.2f to %.2f", from, to)
		if i == scoreBars-1 {
			what = words.T("%.2f and above", from)
		}
		note = words.T("%s: %d good, %d defective", what, s.counts[goodSeries][i], s.counts[defectSeries][i])
		if n := s.counts[otherSeries][i]; n > 0 {
			note += ", " + words.T("%d not labelled", n)
		}
	}
	s.say(note)
}

// MouseOut implements desktop.Hoverable.
func (s *Scores) MouseOut() {
	s.near = false
	s.say("")
}

func (s *Scores) say(note string) {
	if r := s.drawn; r != nil && s.note != note {
		s.note = note
		r.title.Hidden = note != ""
		r.ink(r.note, note, theme.ColorNameForeground, false)
	}
}

// FocusGained implements fyne.Focusable.
func (s *Scores) FocusGained() { s.focus(true) }

// FocusLost implements fyne.Focusable.
func (s *Scores) FocusLost() { s.focus(false) }

func (s *Scores) focus(on bool) {
	s.focused = on
	if r := s.drawn; r != nil {
		r.lines()
	}
}

// TypedRune implements fyne.Focusable.
func (s *Scores) TypedRune(r rune) { s.keys.rune(r) }

// TypedKey implements fyne.Focusable: left and right move the active line by a
// two-hundredth of the axis, up and down take the other one.
func (s *Scores) TypedKey(e *fyne.KeyEvent) {
	step := s.top / 200
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyRight:
		if e.Name == fyne.KeyLeft {
			step = -step
		}
		s.move(s.at[s.active] + step)
		s.ended()
	case fyne.KeyUp, fyne.KeyDown:
		s.active = 1 - s.active
		s.focus(true)
	default:
		s.keys.key(e)
	}
}
