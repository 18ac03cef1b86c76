package live

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"agurscope/datasets"
)

// device is a driver that a test plays by hand. Next returns what is in events.
type device struct {
	refuse atomic.Bool
	events chan any // datasets.Frame or error
	opened atomic.Int32
	closed atomic.Int32
	asked  chan struct{} // of a device that can be triggered
}

type stream struct{ d *device }
type triggered struct{ stream }

func newDevice() *device { return &device{events: make(chan any, 100)} }

func (d *device) Open(context.Context) (Stream, error) {
	d.opened.Add(1)
	if d.refuse.Load() {
		return nil, errors.New("connection refused")
	}
	if d.asked != nil {
		return triggered{stream{d}}, nil
	}
	return stream{d}, nil
}

func (s stream) Next(ctx context.Context) (datasets.Frame, error) {
	select {
	case e := <-s.d.events:
		if err, ok := e.(error); ok {
			return datasets.Frame{}, err
		}
		f := e.(datasets.Frame)
		if f.Time.IsZero() {
			f.Time = time.Now()
		}
		return f, nil
	case <-ctx.Done():
		return datasets.Frame{}, ctx.Err()
	}
}

func (s stream) Close() error { s.d.closed.Add(1); return nil }

func (s triggered) Trigger(context.Context) error { s.d.asked <- struct{}{}; return nil }

// picture is an even picture, different for each v.
func picture(v uint8) datasets.Frame {
	m := image.NewGray(image.Rect(0, 0, 4, 3))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	return datasets.Frame{Image: m}
}

// got is what the inspection got.
type got struct {
	seq uint64
	v   uint8
	err error
}

// taking takes frames until the test is over.
func taking(t *testing.T, s *Source) (<-chan got, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	out := make(chan got, 100)
	go func() {
		defer close(out)
		for f, err := range s.Frames(ctx) {
			g := got{seq: f.Seq, err: err}
			if f.Image != nil {
				g.v = f.Image.(*image.Gray).Pix[0]
			}
			out <- g
		}
	}()
	return out, cancel
}

func TestSilenceIsStalledThenLostThenComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		s := New(Options{Name: "cam", Driver: d})
		out, cancel := taking(t, s)
		synctest.Wait()
		if st := s.Status(); st.State != Connecting {
			t.Fatalf("%+v", st)
		}
		d.events <- picture(1)
		if g := <-out; g.err != nil || s.Status().State != Streaming {
			t.Fatalf("%+v %+v", g, s.Status())
		}
		time.Sleep(1600 * time.Millisecond)
		synctest.Wait()
		if st := s.Status(); st.State != Stalled || st.Reason == "" {
			t.Fatalf("%+v", st)
		}
		var lost *LostError
		if g := <-out; !errors.As(g.err, &lost) || lost.Source != "cam" {
			t.Fatalf("%+v", g)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if st := s.Status(); st.Losses != 1 || d.opened.Load() < 5 || d.opened.Load() > 9 {
			t.Fatalf("opened %d times, %+v", d.opened.Load(), st)
		}
		d.events <- picture(1) // the last one before the loss, once more
		time.Sleep(time.Millisecond)
		d.events <- picture(2)
		if g := <-out; g.err != nil || g.v != 2 {
			t.Fatalf("after the loss: %+v", g)
		}
		if st := s.Status(); st.State != Streaming || st.Stale != 1 {
			t.Fatalf("%+v", st)
		}
		cancel()
		for range out {
		}
		if d.opened.Load() != d.closed.Load() || s.Status().State != Idle {
			t.Errorf("opened %d times, closed %d times, %+v", d.opened.Load(), d.closed.Load(), s.Status())
		}
	})
}

// hangsUp is a camera that starts up: it takes calls and ends them.
type hangsUp struct {
	*device
	left atomic.Int32
}

func (d *hangsUp) Open(ctx context.Context) (Stream, error) {
	if d.left.Add(-1) >= 0 {
		return nil, fmt.Errorf("describe: %w", io.EOF)
	}
	return d.device.Open(ctx)
}

func TestAHangUpWhileConnectingIsALossAndNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &hangsUp{device: newDevice()}
		d.left.Store(3)
		out, _ := taking(t, New(Options{Name: "cam", Driver: d}))
		d.events <- picture(7)
		var lost *LostError
		if g := <-out; !errors.As(g.err, &lost) || !strings.Contains(lost.Reason, "closed the connection") {
			t.Fatalf("first %+v", g)
		}
		if g := <-out; g.err != nil || g.v != 7 {
			t.Fatalf("then %+v", g)
		}
	})
}

func TestBackoffNeverKeepsADeviceThatIsBackWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		d.refuse.Store(true)
		s := New(Options{Name: "cam", Driver: d})
		out, _ := taking(t, s)
		if g := <-out; g.err == nil || s.Status().Reason != "connection refused" || s.Status().State != Lost {
			t.Fatalf("%+v %+v", g, s.Status())
		}
		time.Sleep(time.Minute)
		if d.opened.Load() < 55 || d.opened.Load() > 95 {
			t.Errorf("tried %d times in a minute", d.opened.Load())
		}
		d.refuse.Store(false)
		back := time.Now()
		d.events <- picture(1)
		if g := <-out; g.err != nil || time.Since(back) > 2*time.Second {
			t.Errorf("%+v after %v", g, time.Since(back))
		}
	})
}

func TestRepeatedPictureIsNeverNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		s := New(Options{Name: "cam", Driver: d})
		out, _ := taking(t, s)
		d.events <- picture(7)
		<-out
		for range 20 { // two seconds of a frozen camera
			time.Sleep(100 * time.Millisecond)
			d.events <- picture(7)
		}
		synctest.Wait()
		if st := s.Status(); st.State != Stalled || st.Stale == 0 || st.Delivered != 1 {
			t.Fatalf("%+v", st)
		}
		if g := <-out; g.err == nil {
			t.Fatal("the frozen picture was handed over")
		}
	})
}

func TestStillSceneOfACompressedVideoIsNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		s := New(Options{Name: "cam", Driver: d, Still: 10 * time.Second})
		out, _ := taking(t, s)
		for range 50 {
			time.Sleep(100 * time.Millisecond)
			d.events <- picture(7)
		}
		synctest.Wait()
		if st := s.Status(); st.State != Streaming || st.Stale != 49 || st.Delivered != 1 {
			t.Fatalf("%+v", st)
		}
		<-out
		for range 200 {
			time.Sleep(100 * time.Millisecond)
			d.events <- picture(7)
		}
		if g := <-out; g.err == nil {
			t.Fatal("a picture that stands for 25 s is a frozen camera")
		}
	})
}

func TestIncompletePicturesAreCountedAndNeverHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		s := New(Options{Name: "cam", Driver: d})
		out, _ := taking(t, s)
		d.events <- ErrIncomplete
		d.events <- picture(1)
		if g := <-out; g.err != nil || g.v != 1 || s.Status().Incomplete != 1 {
			t.Fatalf("%+v %+v", g, s.Status())
		}
		for range 20 {
			time.Sleep(100 * time.Millisecond)
			d.events <- ErrIncomplete
		}
		if g := <-out; g.err == nil || s.Status().Reason != "its pictures arrive incomplete: packets are lost on the way" {
			t.Fatalf("%+v %+v", g, s.Status())
		}
	})
}

func TestNewestTakesThePlaceOfTheOldestAndErrorsStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		s := New(Options{Name: "cam", Driver: d})
		n := 0
		d.events <- picture(1)
		for f, err := range s.Frames(t.Context()) {
			switch n++; n {
			case 1:
				for v := range uint8(10) {
					d.events <- picture(100 + v)
				}
				synctest.Wait()
				d.events <- &PictureError{errors.New("damaged")}
				d.events <- picture(200)
				d.events <- picture(201)
				synctest.Wait()
			case 2:
				if err != nil || f.Image.(*image.Gray).Pix[0] != 109 {
					t.Fatalf("second %v %v", f, err)
				}
			case 3:
				if err == nil {
					t.Fatal("the error was dropped")
				}
			case 4:
				if err != nil || f.Image.(*image.Gray).Pix[0] != 201 {
					t.Fatalf("last %v %v", f, err)
				}
				if st := s.Status(); st.Dropped != 10 || st.Received != 13 || st.Delivered != 3 {
					t.Fatalf("%+v", st)
				}
				return
			}
		}
	})
}

func TestRecordingWaitsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		s := New(Options{Name: "video", Driver: d, Recorded: true, Repeats: true, Stall: -1})
		for range 20 {
			d.events <- picture(1)
		}
		d.events <- io.EOF
		n := uint64(0)
		for f, err := range s.Frames(t.Context()) {
			if err != nil || f.Seq != n {
				t.Fatalf("%v %v", f, err)
			}
			n++
			time.Sleep(time.Second)
		}
		if st := s.Status(); n != 20 || st.Dropped != 0 || st.State != Idle {
			t.Errorf("%d frames, %+v", n, st)
		}
	})
}

func TestEveryTriggerHasExactlyOneAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		d.asked = make(chan struct{}, 10)
		s := New(Options{Name: "cam", Driver: d, Mode: Software})
		if s.Trigger(t.Context()) == nil {
			t.Error("triggered while nobody takes pictures")
		}
		out, _ := taking(t, s)
		synctest.Wait()
		d.events <- picture(1) // that nobody asked for
		time.Sleep(time.Minute)
		if st := s.Status(); st.State != Streaming || st.Stale != 1 {
			t.Fatalf("waiting for a trigger: %+v", st)
		}
		for i := range 100 {
			if err := s.Trigger(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-d.asked
			d.events <- picture(uint8(100 + i))
			if g := <-out; g.err != nil || g.v != uint8(100+i) {
				t.Fatalf("trigger %d: %+v", i, g)
			}
		}
		// Twice at once: the first has its picture, the second an error.
		_ = s.Trigger(t.Context())
		if err := s.Trigger(t.Context()); !errors.Is(err, ErrBusy) {
			t.Fatalf("got %v", err)
		}
		if g := <-out; !errors.Is(g.err, ErrBusy) {
			t.Fatalf("got %+v", g)
		}
		d.events <- picture(1)
		if g := <-out; g.err != nil {
			t.Fatalf("got %+v", g)
		}
		// Lost on the way, the same picture, no picture at all: three errors.
		_ = s.Trigger(t.Context())
		d.events <- ErrIncomplete
		if g := <-out; !errors.Is(g.err, ErrIncomplete) {
			t.Fatalf("got %+v", g)
		}
		_ = s.Trigger(t.Context())
		d.events <- picture(1)
		if g := <-out; g.err == nil {
			t.Fatal("the picture before counts for another part")
		}
		_ = s.Trigger(t.Context())
		if g := <-out; g.err == nil {
			t.Fatal("no picture, no error")
		}
		// The late picture is nobody's, the connection is new.
		opened := d.opened.Load()
		time.Sleep(time.Second)
		d.events <- datasets.Frame{Image: picture(77).Image, Time: time.Now().Add(-time.Second)}
		if err := s.Trigger(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.events <- picture(88)
		if g := <-out; g.err != nil || g.v != 88 || d.opened.Load() != opened+1 {
			t.Fatalf("got %+v, opened %d times", g, d.opened.Load()-opened)
		}
		select {
		case g := <-out:
			t.Errorf("one too many: %+v", g)
		default:
		}
	})
}

func TestTriggerPicksFromACameraThatRunsFreely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		s := New(Options{Name: "cam", Driver: d, Mode: Software})
		out, _ := taking(t, s)
		for v := range uint8(5) {
			time.Sleep(100 * time.Millisecond)
			d.events <- picture(v)
		}
		synctest.Wait()
		if err := s.Trigger(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.events <- datasets.Frame{Image: picture(50).Image, Time: time.Now().Add(-time.Millisecond)} // exposed before
		d.events <- picture(51)
		d.events <- picture(52)
		if g := <-out; g.err != nil || g.v != 51 || g.seq != 0 {
			t.Fatalf("got %+v", g)
		}
		time.Sleep(time.Hour) // lost by now
		if err := s.Trigger(t.Context()); err == nil {
			t.Error("triggered a camera that is lost")
		}
		for range 2 { // the loss, and the trigger that came after it
			if g := <-out; g.err == nil {
				t.Errorf("got %+v", g)
			}
		}
	})
}

func TestDroppedPartOfAHardwareTriggerIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		s := New(Options{Name: "cam", Driver: d, Mode: Hardware})
		n, failed := 0, 0
		d.events <- picture(1)
		for _, err := range s.Frames(t.Context()) {
			if n++; err != nil {
				failed++
			}
			if n == 1 {
				for v := range uint8(4) {
					d.events <- picture(100 + v)
				}
				synctest.Wait()
				d.events <- ErrIncomplete
				synctest.Wait()
			}
			if n == 6 {
				break
			}
		}
		if failed != 4 {
			t.Errorf("%d errors of 6", failed)
		}
	})
}

func TestSecondReaderWaitsForNobody(t *testing.T) {
	s := New(Options{Name: "cam", Driver: newDevice()})
	_, cancel := taking(t, s)
	defer cancel()
	for s.Status().State == Idle {
		time.Sleep(time.Millisecond)
	}
	for _, err := range s.Frames(t.Context()) {
		if err == nil {
			t.Error("two readers")
		}
	}
}
