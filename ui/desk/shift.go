package desk

import (
	"context"
	"math"
	"time"

	"agurscope/assets/words"
	"agurscope/history/spc"
	"agurscope/themes"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
)

// Shift counts what was inspected since the shift began, for every screen that
// shows it. It belongs to Fyne's goroutine.
type Shift struct {
	d     *Desk
	turns []spc.Shift // of a day; none: a shift lasts until a person begins another
	said  time.Time   // when a person began one
	now   session.Shift
	known bool // counted at least once
	busy  bool // a count is under way
	again bool // and something has changed since
	flush Latest
	watch []func()

	// OnBegin is told when a person begins another shift.
	OnBegin func(since time.Time)
}

// countGap is how long verdicts are gathered before they are counted.
const countGap = 400 * time.Millisecond

func newShift(d *Desk) *Shift {
	return &Shift{d: d, now: session.Shift{Since: time.Now()}, flush: Latest{Thread: d.Thread, Gap: countGap}}
}

// Now is the shift as it was counted last.
func (s *Shift) Now() session.Shift { return s.now }

// Turns are the shifts of a day.
func (s *Shift) Turns() []spc.Shift { return s.turns }

// Use counts by these shifts of a day from now on.
func (s *Shift) Use(turns []spc.Shift) {
	s.turns = turns
	s.Follow(time.Now())
}

// Begin is a person's word that a shift begins; the clock begins the next.
func (s *Shift) Begin(since time.Time) {
	s.said = since
	s.from(since)
}

// Follow begins another shift when the clock has come to it.
func (s *Shift) Follow(now time.Time) {
	since := spc.Began(time.Local, s.turns, now)
	if s.said.After(since) {
		since = s.said
	}
	if !since.IsZero() && !since.Equal(s.now.Since) {
		s.from(since)
	}
}

// from counts from a moment on.
func (s *Shift) from(since time.Time) {
	s.now, s.known = session.Shift{Since: since}, false
	s.tell()
	s.count()
}

// Judged says, from any goroutine, that there are other verdicts than before.
func (s *Shift) Judged() { s.flush.PostLatest(s.count) }

func (s *Shift) count() {
	if s.busy {
		s.again = true
		return
	}
	if s.d.Session.Store() == nil {
		return
	}
	s.busy, s.again = true, false
	since := s.now.Since
	s.d.Job(func(ctx context.Context) {
		n, err := s.d.Session.Shift(ctx, since)
		s.d.OnUI(func() {
			s.busy = false
			if err == nil && since.Equal(s.now.Since) { // a history that cannot be read is said elsewhere
				s.now, s.known = n, true
				s.tell()
			}
			if s.again || !since.Equal(s.now.Since) {
				s.count()
			}
		})
	})
}

func (s *Shift) tell() {
	for _, f := range s.watch {
		f()
	}
}

// NewLine returns a line that says how the shift is going, with a button that
// begins another one.
func (s *Shift) NewLine() fyne.CanvasObject {
	yield := widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText, Style: fyne.TextStyle{Bold: true}})
	counts := widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText, ColorName: themes.ColorNameMuted, Elide: widgets.ElideEnd})
	text := widgets.Row(6, yield, widgets.NewSpring(counts))
	hint := s.d.Tips.Over(text, "")
	begin := s.d.Tips.NewFlatButton("", theme.ViewRefreshIcon(), words.T("Begin another shift: the counts start from nothing. The history keeps everything."), s.ask)
	line := widgets.Row(4, widgets.NewSpring(hint), begin)
	show := func() {
		n := s.now
		y := "–"
		if v := n.Yield(); !math.IsNaN(v) {
			y = words.Write("%.1f %%", 100*v)
		}
		yield.Set(words.T("Yield %s", y))
		counts.Set(words.T("of %s since %s", words.N(n.Total(), "%d part", "%d parts"), moment(n.Since)))
		text.Refresh() // the bold part has another width
		hint.Tip = words.T("This shift: %d OK, %d REVIEW, %d NG, %d ERROR. People's verdicts count in place of the program's; parts of all sources count.", n.OK, n.Review, n.NG, n.Error)
	}
	s.watch = append(s.watch, show)
	show()
	if s.d.Session.Store() == nil {
		line.Hide()
	}
	return line
}

// moment is a time of today, or a day with its time.
func moment(t time.Time) string {
	t = t.Local()
	if t.Format(time.DateOnly) == time.Now().Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("01-02 15:04")
}

// ask begins another shift after a question.
func (s *Shift) ask() {
	q := dialog.NewConfirm(words.T("Begin another shift?"), words.T("Counts and yield start from nothing. The history keeps everything."), func(yes bool) {
		if !yes {
			return
		}
		now := time.Now()
		s.Begin(now)
		if s.OnBegin != nil {
			s.OnBegin(now)
		}
	}, s.d.Window)
	q.SetConfirmText(words.T("Begin"))
	q.SetDismissText(words.T("Cancel"))
	s.d.Dialog(q)
}
