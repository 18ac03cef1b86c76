package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"agurscope/datasets"
)

// Source is a device as a datasets.Source. One goroutine at a time takes its
// frames; everything else may be called from anywhere.
type Source struct {
	o Options

	mu     sync.Mutex
	status Status
	told   bool // the loss that lasts is on record
	seq    uint64
	busy   bool // somebody takes frames
	box    *mailbox
	ctx    context.Context // of the one who takes frames
	stream Stream
	stop   context.CancelCauseFunc // ends the connection
	asked  *question
	seen   fingerprint
	fresh  time.Time // when the newest new picture came
	why    string    // what came instead of a picture since then
	pace   pace
	skip   uint64 // of the stream, counted already
}

// New returns a source over a driver. Nothing is opened before somebody takes
// frames.
func New(o Options) *Source {
	o.Stall, o.Open, o.Answer = or(o.Stall, defaultStall), or(o.Open, defaultOpen), or(o.Answer, defaultAnswer)
	return &Source{o: o, status: Status{Since: time.Now()}}
}

// Name implements datasets.Source.
func (s *Source) Name() string { return s.o.Name }

// Live implements datasets.Source.
func (s *Source) Live() bool { return !s.o.Recorded }

// Mode returns what makes the device take a picture.
func (s *Source) Mode() Mode { return s.o.Mode }

// Status returns the state and the counters.
func (s *Source) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.status
	st.Rate = s.pace.rate(time.Now())
	return st
}

// Frames implements datasets.Source. It returns with no goroutine and no
// connection left behind.
func (s *Source) Frames(ctx context.Context) iter.Seq2[datasets.Frame, error] {
	return func(yield func(datasets.Frame, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		box, err := s.begin(ctx)
		if err != nil {
			yield(datasets.Frame{Name: s.o.Name, Time: time.Now()}, err)
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer box.close()
			s.run(ctx)
		}()
		defer s.end()
		defer func() { <-done }()
		defer cancel()
		for {
			it, ok := box.take(ctx)
			if !ok || ctx.Err() != nil {
				return
			}
			if it.err == nil {
				s.mu.Lock()
				s.status.Delivered++
				s.mu.Unlock()
			}
			if !yield(it.frame, it.err) {
				return
			}
		}
	}
}

func (s *Source) begin(ctx context.Context) (*mailbox, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return nil, fmt.Errorf("open %s: it is in use already", s.o.Name)
	}
	s.busy, s.told, s.why, s.ctx = true, false, "", ctx
	s.pace, s.fresh = pace{}, time.Now()
	s.box = newMailbox(s.o.Recorded, s.drop)
	return s.box, nil
}

func (s *Source) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy, s.box, s.ctx = false, nil, nil
	s.forget()
	s.enter(Idle, "")
}

// run connects again and again until ctx ends or a recording does.
func (s *Source) run(ctx context.Context) {
	s.state(Connecting, "")
	var wait backoff
	for ctx.Err() == nil {
		err := s.connection(ctx, &wait)
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			return
		}
		s.lose(err)
		if !sleep(ctx, wait.next()) {
			return
		}
	}
}

// errHungUp is a device that ends the conversation while it is connected to, as
// one does that starts up.
var errHungUp = errors.New("the camera has closed the connection")

// connection is one life of a stream; it returns why it ended. Closing a device
// that is dead may take seconds: the loss is told before.
func (s *Source) connection(ctx context.Context, wait *backoff) error {
	opening, cancel := context.WithTimeoutCause(ctx, s.o.Open, fmt.Errorf("it does not answer within %v", s.o.Open))
	stream, err := s.o.Driver.Open(opening)
	if err != nil && opening.Err() != nil && errors.Is(err, opening.Err()) {
		err = context.Cause(opening)
	}
	cancel()
	switch {
	case errors.Is(err, io.EOF): // the end of a recording is a stream's to tell
		return errHungUp
	case err != nil:
		return err
	}
	defer stream.Close()
	err = s.life(ctx, stream, wait)
	if ctx.Err() == nil && !errors.Is(err, io.EOF) {
		s.lose(err)
	}
	return err
}

// life takes pictures of a stream until it ends.
func (s *Source) life(ctx context.Context, stream Stream, wait *backoff) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s.attach(stream, stop)
	defer s.attach(nil, nil)
	dog := s.watch(stop)
	defer dog.stop()
	for {
		f, err := stream.Next(ctx)
		var bad *PictureError
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			if f.Image == nil {
				return errors.New("the driver brought a frame without a picture")
			}
			if s.took(ctx, f) {
				wait.reset()
			}
			dog.fed(s.lastFresh())
		case errors.Is(err, ErrIncomplete):
			s.incomplete(ctx)
		case errors.As(err, &bad):
			wait.reset()
			s.deliver(ctx, f, bad.Err)
			dog.fed(s.lastFresh())
		default:
			return err
		}
	}
}

func (s *Source) attach(stream Stream, stop context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stream, s.stop, s.skip = stream, stop, 0
	if stream != nil {
		s.fresh, s.why = time.Now(), ""
		if !s.due() {
			s.alive()
		}
	}
}

// took handles a complete picture and reports whether it is new.
func (s *Source) took(ctx context.Context, f datasets.Frame) bool {
	s.mu.Lock()
	now := time.Now()
	s.skipped()
	s.status.Received++
	s.pace.tick(now)
	b := f.Image.Bounds()
	s.status.Width, s.status.Height, s.status.Last = b.Dx(), b.Dy(), f.Time
	if !s.o.Repeats {
		if print := fingerprintOf(f.Image); print == s.seen {
			s.status.Stale++
			s.why = "it sends the same picture again and again"
			if now.Sub(s.fresh) < s.o.Still {
				s.alive()
			}
			it, answered := s.refuse(f.Time, errors.New("the camera sent the picture before once more"))
			box := s.box
			s.mu.Unlock()
			if answered {
				box.put(ctx, it)
			}
			return false
		} else {
			s.seen = print
		}
	}
	s.fresh, s.why = now, ""
	s.alive()
	if s.o.Mode == Software && !s.answers(f.Time) {
		s.status.Stale++
		s.mu.Unlock()
		return true
	}
	s.mu.Unlock()
	s.deliver(ctx, f, nil)
	return true
}

// skipped counts what the stream has let go of. The caller holds the lock.
func (s *Source) skipped() {
	k, ok := s.stream.(Skipper)
	if !ok {
		return
	}
	n := k.Skipped()
	s.status.Received += n - s.skip
	s.status.Dropped += n - s.skip
	for range min(n-s.skip, uint64(len(s.pace.at))) {
		s.pace.tick(time.Now())
	}
	s.skip = n
}

// alive says that pictures come. The caller holds the lock.
func (s *Source) alive() {
	s.told = false
	s.enter(Streaming, "")
}

// lastFresh is when the connection last showed a sign of life that counts.
func (s *Source) lastFresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why == "" || time.Since(s.fresh) < s.o.Still
}

func (s *Source) incomplete(ctx context.Context) {
	s.mu.Lock()
	s.status.Incomplete++
	s.why = "its pictures arrive incomplete: packets are lost on the way"
	it, answered := s.refuse(time.Now(), ErrIncomplete)
	if s.o.Mode == Hardware { // a part was there and is not inspected
		it, answered = item{s.number(datasets.Frame{Time: time.Now()}), ErrIncomplete}, true
	}
	box := s.box
	s.mu.Unlock()
	if answered {
		box.put(ctx, it)
	}
}

// deliver numbers a frame and hands it over.
func (s *Source) deliver(ctx context.Context, f datasets.Frame, err error) {
	s.mu.Lock()
	f, box := s.number(f), s.box
	if err != nil {
		s.alive()
	}
	s.mu.Unlock()
	box.put(ctx, item{f, err})
}

// number gives a frame its place and its name. The caller holds the lock.
func (s *Source) number(f datasets.Frame) datasets.Frame {
	f.Seq = s.seq
	s.seq++
	if f.Name == "" {
		f.Name = fmt.Sprintf("%s/%s-%06d", s.o.Name, f.Time.Format("20060102-150405.000"), f.Seq)
	}
	return f
}

// drop counts a frame that was replaced. A triggered one was a part that nobody
// inspects now, which must not pass in silence.
func (s *Source) drop(datasets.Frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Dropped++
	if s.o.Mode == Free {
		return nil
	}
	return errors.New("the next part came before this one could be inspected: trigger more slowly or choose a faster recipe")
}

// lose says that the connection has ended.
func (s *Source) lose(err error) {
	reason := "the connection has ended"
	if err != nil {
		reason = err.Error()
	}
	s.trouble(Lost, reason)
}

// trouble enters a state without pictures, and puts it on record once.
func (s *Source) trouble(state State, reason string) {
	s.mu.Lock()
	s.enter(state, reason)
	err := &LostError{s.o.Name, reason}
	it, record := s.refuse(time.Now(), err)
	if !s.told {
		s.told = true
		s.status.Losses++
		if !record {
			it, record = item{s.number(datasets.Frame{Time: time.Now()}), err}, true
		}
	}
	box, ctx := s.box, s.ctx
	s.mu.Unlock()
	if record && box != nil {
		box.put(ctx, it)
	}
}

func (s *Source) state(state State, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enter(state, reason)
}

// enter changes the state. The caller holds the lock.
func (s *Source) enter(state State, reason string) {
	if s.status.State != state {
		s.status.Since = time.Now()
	}
	s.status.State, s.status.Reason = state, reason
}
