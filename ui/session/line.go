package session

import (
	"context"
	"strings"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/live"
	"agurscope/history"
	"agurscope/ui/line"
)

// UseLine tells l from now on what is inspected: verdicts once they are on disk,
// and whether anything is being inspected at all. The caller closes l after the
// session. It needs a history, where verdicts wait until they are accepted.
func (s *Session) UseLine(l *line.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = l
}

// Line returns the line that is told, or nil.
func (s *Session) Line() *line.Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line
}

// lineState tells the line that a run has begun or ended. Only inspections are
// its business.
func (s *Session) lineState(kind string, st line.State, why error) {
	if kind != history.Inspect {
		return
	}
	reason := ""
	if why != nil {
		reason = why.Error()
	}
	s.Line().SetState(st, reason)
}

// camera is a source that can be lost, and asked for a picture.
type camera interface {
	Status() live.Status
	Mode() live.Mode
	Trigger(ctx context.Context) error
}

// attendEvery is how soon the line hears of a loss.
const attendEvery = 100 * time.Millisecond

// attend keeps the line informed while src is inspected: a camera that brings no
// pictures and a history that is not written are faults, and they pass. Peers may
// trigger a camera that waits for that. The function that it returns ends it.
func (s *Session) attend(ctx context.Context, src datasets.Source) (end func()) {
	l := s.Line()
	if l == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	cam, _ := src.(camera)
	if cam != nil && cam.Mode() == live.Software {
		l.SetTrigger(func() error { return cam.Trigger(ctx) })
	}
	tell := func() {
		state, reason := s.ableWith(cam)
		if now := l.Condition(); now.State != state || now.Reason != reason {
			l.SetState(state, reason)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		look := time.NewTicker(attendEvery)
		defer look.Stop()
		for tell(); ; tell() {
			select {
			case <-look.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		l.SetTrigger(nil)
		cancel()
		<-done
	}
}

// unwritten begins the reason while verdicts do not reach the history.
const unwritten = "the history is not written: "

// tellLine tells the line of a verdict that is kept. Where that is not in the history
// the line hears so first, for then no part passes.
func (s *Session) tellLine(rec *history.Record, start time.Time) {
	l := s.Line()
	if l == nil {
		return
	}
	now := l.Condition()
	if state, reason := s.ableWith(nil); state != now.State && (state == line.Fault || strings.HasPrefix(now.Reason, unwritten)) {
		l.SetState(state, reason)
	}
	l.Tell(rec, start)
}

// ableWith says whether what lies in front of the camera gets a verdict now.
func (s *Session) ableWith(cam camera) (line.State, string) {
	if h := s.Health(); !h.OK() {
		return line.Fault, unwritten + h.Reason()
	}
	if cam != nil {
		switch st := cam.Status(); st.State {
		case live.Streaming:
		case live.Stalled, live.Lost:
			return line.Fault, "the camera brings no pictures: " + st.Reason
		default:
			return line.Fault, "the camera is being connected"
		}
	}
	return line.Inspecting, ""
}
