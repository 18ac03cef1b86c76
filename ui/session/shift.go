package session

import (
	"context"
	"errors"
	"math"
	"time"

	"agurscope/history"
)

// Shift is what was decided since a shift began, with people's verdicts in place
// of the program's.
type Shift struct {
	Since                 time.Time
	OK, Review, NG, Error int
}

// Total is how many parts were inspected.
func (s Shift) Total() int { return s.OK + s.Review + s.NG + s.Error }

// Yield is the share of parts that are OK, NaN before the first.
func (s Shift) Yield() float64 {
	if s.Total() == 0 {
		return math.NaN()
	}
	return float64(s.OK) / float64(s.Total())
}

// Shift counts the verdicts in the history from since on, whatever they came from:
// it outlives the program and knows what was overridden on any screen.
func (s *Session) Shift(ctx context.Context, since time.Time) (Shift, error) {
	out := Shift{Since: since}
	if s.o.Store == nil {
		return out, problem("count the shift", errors.New("there is no history"), "Start with a history database.")
	}
	v, err := s.o.Store.View(ctx, history.Filter{Since: since})
	if err != nil {
		return out, problem("count the shift", err, "")
	}
	for x := range v.Samples() {
		switch x.Final() {
		case history.OK:
			out.OK++
		case history.REVIEW:
			out.Review++
		case history.NG:
			out.NG++
		default:
			out.Error++
		}
	}
	return out, nil
}

// WatchVerdicts calls fn with every verdict once it is on disk, from the goroutine
// that inspects, which waits for it; person says that a person gave it in place of
// the program's. It replaces who watched before.
func (s *Session) WatchVerdicts(fn func(v history.Verdict, person bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = fn
}

// tell tells who watches of a verdict.
func (s *Session) tell(v history.Verdict, person bool) {
	s.mu.Lock()
	fn := s.told
	s.mu.Unlock()
	if fn != nil {
		fn(v, person)
	}
}
