package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"agurscope/datasets"
)

// question is a trigger that waits for its picture.
type question struct {
	at    time.Time
	timer *time.Timer
}

// ErrBusy is a trigger that came before the one before was answered.
var ErrBusy = errors.New("the trigger before has no picture yet")

// Trigger asks for one picture: of the device where that can be triggered, else
// the first one taken after now. Every call makes exactly one item of Frames, a
// picture or an error; an error is returned as well when it is known at once.
func (s *Source) Trigger(ctx context.Context) error {
	if s.o.Mode != Software {
		return fmt.Errorf("trigger %s: it is not in software trigger mode", s.o.Name)
	}
	q := &question{at: time.Now()}
	s.mu.Lock()
	var err error
	switch {
	case s.box == nil:
		s.mu.Unlock()
		return fmt.Errorf("trigger %s: nobody takes its pictures", s.o.Name)
	case s.asked != nil:
		err = ErrBusy
	case s.stream == nil || s.status.State != Streaming:
		err = &LostError{s.o.Name, s.without()}
	}
	if err != nil {
		it, box, run := item{s.number(datasets.Frame{Time: q.at}), err}, s.box, s.ctx
		s.mu.Unlock()
		box.put(run, it)
		return fmt.Errorf("trigger %s: %w", s.o.Name, err)
	}
	s.asked = q
	q.timer = time.AfterFunc(s.o.Answer, func() { s.unanswered(q) })
	stream := s.stream
	s.mu.Unlock()
	if t, ok := stream.(Triggerer); ok {
		if err := t.Trigger(ctx); err != nil {
			s.fail(q, fmt.Errorf("the camera refuses the trigger: %w", err))
			return fmt.Errorf("trigger %s: %w", s.o.Name, err)
		}
	}
	return nil
}

// without says why there is no picture. The caller holds the lock.
func (s *Source) without() string {
	if s.status.Reason != "" {
		return s.status.Reason
	}
	return "it is not connected yet"
}

// answers takes the pending trigger if a picture taken at t can be its answer:
// one from before is late or was never asked for. The caller holds the lock.
func (s *Source) answers(t time.Time) bool {
	if s.asked == nil || t.Before(s.asked.at) {
		return false
	}
	s.forget()
	return true
}

// refuse answers the pending trigger, if what happened at t concerns it, with an
// error. The caller holds the lock.
func (s *Source) refuse(t time.Time, err error) (item, bool) {
	if s.asked == nil || t.Before(s.asked.at) {
		return item{}, false
	}
	s.forget()
	return item{s.number(datasets.Frame{Time: t}), err}, true
}

// forget drops the pending trigger. The caller holds the lock.
func (s *Source) forget() {
	if s.asked != nil {
		s.asked.timer.Stop()
		s.asked = nil
	}
}

// unanswered is a trigger without a picture in time: its part is not inspected,
// and the connection is made anew, so that a late picture cannot pass for the
// next part.
func (s *Source) unanswered(q *question) {
	err := fmt.Errorf("the trigger brought no picture within %v", s.o.Answer)
	if s.fail(q, err) {
		s.mu.Lock()
		stop := s.stop
		s.told = true // by the answer itself
		s.mu.Unlock()
		if stop != nil {
			stop(err)
		}
	}
}

// fail answers one trigger with an error, if it still waits.
func (s *Source) fail(q *question, err error) bool {
	s.mu.Lock()
	if s.asked != q || s.box == nil {
		s.mu.Unlock()
		return false
	}
	it, answered := s.refuse(time.Now(), err)
	box, ctx := s.box, s.ctx
	s.mu.Unlock()
	if answered {
		box.put(ctx, it)
	}
	return answered
}

// errNoControls is a device without settings.
var errNoControls = errors.New("this camera has no settings that can be changed here")

// Controls returns the settings of the device while it is connected.
func (s *Source) Controls() ([]Control, error) {
	c, err := s.controller("read the settings of")
	if err != nil {
		return nil, err
	}
	return c.Controls()
}

// Set changes a setting while the device is connected.
func (s *Source) Set(name, value string) error {
	c, err := s.controller("set " + name + " of")
	if err != nil {
		return err
	}
	return c.Set(name, value)
}

func (s *Source) controller(op string) (Controller, error) {
	s.mu.Lock()
	stream := s.stream
	s.mu.Unlock()
	if stream == nil {
		return nil, fmt.Errorf("%s %s: it is not connected", op, s.o.Name)
	}
	c, ok := stream.(Controller)
	if !ok {
		return nil, fmt.Errorf("%s %s: %w", op, s.o.Name, errNoControls)
	}
	return c, nil
}
