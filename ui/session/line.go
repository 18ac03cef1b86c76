package session

import (
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
