package desk

import (
	"context"
	"errors"

	"agurscope/ui/session"
)

// Scoring runs the one pass over the open set that several screens look at. It
// belongs to Fyne's goroutine.
type Scoring struct {
	d      *Desk
	cancel context.CancelFunc // nil: none under way
	now    session.Progress
	err    error
	flush  Latest
	watch  []func()
}

func newScoring(d *Desk) *Scoring { return &Scoring{d: d, flush: Latest{Thread: d.Thread}} }

// Watch calls f whenever a pass begins, gets on or ends.
func (s *Scoring) Watch(f func()) { s.watch = append(s.watch, f) }

// Running reports whether a pass is under way, and how far it is.
func (s *Scoring) Running() (session.Progress, bool) { return s.now, s.cancel != nil }

// Err is why the last pass did not come to its end; nil also for a wish.
func (s *Scoring) Err() error { return s.err }

// Begin starts a pass, unless one is under way or nothing can be scored.
func (s *Scoring) Begin() {
	if s.cancel != nil || s.d.Session.Recipe() == nil || s.d.Session.Set() == nil || s.d.Session.Engine() == nil {
		return
	}
	ctx, cancel := context.WithCancel(s.d.Context())
	s.cancel, s.now, s.err = cancel, session.Progress{}, nil
	s.tell()
	s.d.Job(func(context.Context) {
		defer cancel()
		_, err := s.d.Session.RunPass(ctx, func(p session.Progress) {
			s.flush.PostLatest(func() {
				if s.cancel != nil {
					s.now = p
					s.tell()
				}
			})
		})
		s.d.OnUI(func() {
			s.cancel = nil
			if err != nil && !errors.Is(err, context.Canceled) {
				s.err = err
				s.d.Report(err)
			}
			s.tell()
		})
	})
}

// Cancel ends the pass under way; what was found before it stays.
func (s *Scoring) Cancel() {
	if s.cancel != nil {
		s.cancel()
	}
}

func (s *Scoring) tell() {
	for _, f := range s.watch {
		f()
	}
}
