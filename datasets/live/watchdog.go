package live

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// watchdog notices that a connection stands without bringing anything new: the
// commonest way for a camera to die.
type watchdog struct {
	stall      time.Duration
	bark, bite *time.Timer
}

// watch says that the source is stalled after o.Stall without a new picture,
// and ends the connection after twice as long.
func (s *Source) watch(stop context.CancelCauseFunc) *watchdog {
	d := &watchdog{stall: s.o.Stall}
	s.mu.Lock()
	due := s.due()
	s.mu.Unlock()
	if !due {
		return d
	}
	d.bark = time.AfterFunc(d.stall, func() {
		if reason, quiet := s.quiet(); quiet {
			s.trouble(Stalled, reason)
		}
	})
	d.bite = time.AfterFunc(2*d.stall, func() {
		reason, _ := s.quiet()
		stop(errors.New(reason))
	})
	return d
}

// due reports whether pictures must come by themselves: not from a folder, and
// not from a device that waits for a trigger. The caller holds the lock.
func (s *Source) due() bool {
	_, waits := s.stream.(Triggerer)
	return s.o.Stall >= 0 && s.o.Mode != Hardware && !(s.o.Mode == Software && waits)
}

// quiet reports whether nothing new has come for long enough, and what came
// instead.
func (s *Source) quiet() (reason string, quiet bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := time.Since(s.fresh)
	if reason = s.why; reason == "" {
		reason = fmt.Sprintf("nothing has come for %.1f s", since.Seconds())
	}
	return reason, since >= s.o.Stall
}

// fed puts the alarms off after a sign of life.
func (d *watchdog) fed(alive bool) {
	if d.bark == nil || !alive {
		return
	}
	d.bark.Reset(d.stall)
	d.bite.Reset(2 * d.stall)
}

func (d *watchdog) stop() {
	if d.bark != nil {
		d.bark.Stop()
		d.bite.Stop()
	}
}
