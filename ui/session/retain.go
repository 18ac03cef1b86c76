package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"agurscope/history"
)

// keeper removes from the history what is older, or more, than is to be kept: when
// it is told how much that is, and once a day after that. It works in slices, so
// that no verdict waits long for it, and never while the history is not well.
type keeper struct {
	ask  chan struct{}
	stop context.CancelFunc
	done chan struct{}

	mu     sync.Mutex
	keep   history.Retention
	report func([]history.Tombstone, error)
}

// daily is how often the history is looked through.
const daily = 24 * time.Hour

// retainedBy is who removes what settings say, for the chain.
const retainedBy = "settings"

func newKeeper(s *Session) *keeper {
	ctx, stop := context.WithCancel(context.Background())
	k := &keeper{ask: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go k.run(ctx, s)
	return k
}

func (k *keeper) run(ctx context.Context, s *Session) {
	defer close(k.done)
	tick := time.NewTicker(daily)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.ask:
		case <-tick.C:
		}
		k.mu.Lock()
		keep, report := k.keep, k.report
		k.mu.Unlock()
		if keep == (history.Retention{}) || !s.Health().OK() {
			continue
		}
		keep.Operator = retainedBy
		gone, err := s.o.Store.Retain(ctx, keep)
		if err != nil && !errors.Is(err, context.Canceled) {
			err = problem("remove what is too old", err, "")
		}
		if report != nil && ctx.Err() == nil && (len(gone) > 0 || err != nil) {
			report(gone, err)
		}
	}
}

// close stops it, in the middle of a slice at the latest, which leaves a history
// that verifies.
func (k *keeper) close() {
	if k != nil {
		k.stop()
		<-k.done
	}
}

// SetRetention says how much of the history is kept from now on; zero keeps
// everything. What is too old or too much goes at once and then every day, beside
// whatever else is done.
func (s *Session) SetRetention(r history.Retention) {
	if s.keeper == nil {
		return
	}
	s.keeper.mu.Lock()
	s.keeper.keep = r
	s.keeper.mu.Unlock()
	select {
	case s.keeper.ask <- struct{}{}:
	default: // it looks soon
	}
}

// WatchRetention calls fn, from a goroutine of its own, with what retention has
// removed, or why it could not.
func (s *Session) WatchRetention(fn func([]history.Tombstone, error)) {
	if s.keeper != nil {
		s.keeper.mu.Lock()
		defer s.keeper.mu.Unlock()
		s.keeper.report = fn
	}
}
