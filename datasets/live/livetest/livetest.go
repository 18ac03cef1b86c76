// Package livetest is the contract of live sources: one suite of tests that
// every kind of camera runs against a real peer.
package livetest

import (
	"context"
	"errors"
	"image"
	"os"
	"runtime"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/live"
)

// Peer is what a source connects to.
type Peer interface {
	Stop()  // as by kill -9
	Start() // again, at the same address
}

// Kind is a kind of source under test.
type Kind struct {
	Open  func(t *testing.T) *live.Source // onto a peer that is there
	Peer  Peer                            // nil: it cannot go away
	Ends  bool                            // a recording that ends by itself
	Waits bool                            // frames wait for the inspection
	Few   bool                            // it brings too few frames for a slow reader to miss any
}

// patience is how long anything may take here on a busy machine; tests wait for
// what they look for, never for a time.
const patience = 30 * time.Second

// Run holds a kind to the contract.
func Run(t *testing.T, k Kind) {
	t.Run("FramesAreNumberedNamedAndPassTheBorder", k.frames)
	t.Run("OpensTwiceOneAfterTheOther", k.twice)
	t.Run("SecondReaderIsRefused", k.second)
	t.Run("CancelAndBreakLeaveNothingBehind", k.leaves)
	t.Run("SlowReader", k.slow)
	if k.Peer != nil {
		t.Run("LossIsAnErrorAndReturnsByItself", k.loss)
	}
}

func (k Kind) frames(t *testing.T) {
	s := k.Open(t)
	if s.Name() == "" || s.Live() == k.Waits {
		t.Errorf("name %q, live %v", s.Name(), s.Live())
	}
	if st := s.Status(); st.State != live.Idle {
		t.Errorf("before anybody asks it is %v", st.State)
	}
	names := map[string]bool{}
	var last datasets.Frame
	for i, f := range Take(t, s, 3) {
		Border(t, f.Image)
		if i > 0 && (f.Seq <= last.Seq || f.Time.Before(last.Time)) {
			t.Errorf("frame %d at %v after frame %d at %v", f.Seq, f.Time, last.Seq, last.Time)
		}
		if f.Name == "" || names[f.Name] || f.Time.IsZero() {
			t.Errorf("name %q, time %v", f.Name, f.Time)
		}
		names[f.Name], last = true, f
	}
	st := s.Status()
	if st.State != live.Idle || st.Received < 3 || st.Delivered < 3 || st.Width == 0 || st.Height == 0 {
		t.Errorf("afterwards: %+v", st)
	}
}

func (k Kind) twice(t *testing.T) {
	s := k.Open(t)
	first := Take(t, s, 1)[0]
	again := Take(t, s, 1)[0]
	if again.Seq <= first.Seq {
		t.Errorf("frame %d after %d: numbers must not come twice", again.Seq, first.Seq)
	}
}

func (k Kind) second(t *testing.T) {
	s := k.Open(t)
	for _, err := range s.Frames(deadline(t)) {
		if err != nil {
			continue
		}
		for _, err := range s.Frames(deadline(t)) {
			if err == nil {
				t.Error("two readers share the frames")
			}
			break
		}
		return
	}
	t.Error("no frame")
}

func (k Kind) leaves(t *testing.T) {
	s := k.Open(t)
	Take(t, s, 1) // what stays for good is there now
	before := Held()
	Take(t, s, 2)
	ctx, cancel := context.WithCancel(deadline(t))
	n := 0
	for range s.Frames(ctx) {
		if n++; n == 1 {
			cancel()
		}
	}
	cancel()
	if n > 1 {
		t.Errorf("%d frames after the cancel", n-1)
	}
	if st := s.Status(); st.State != live.Idle {
		t.Errorf("after the cancel it is %v", st.State)
	}
	before.Released(t)
}

func (k Kind) slow(t *testing.T) {
	if k.Few {
		t.Skip("too few frames")
	}
	s := k.Open(t)
	var held time.Time
	n := uint64(0)
	for f, err := range s.Frames(deadline(t)) {
		if err != nil {
			continue
		}
		n++
		switch {
		case n == 1 && k.Waits:
			time.Sleep(200 * time.Millisecond) // it must not matter how long
		case n == 1:
			Until(t, "frames are dropped", func() bool { return s.Status().Dropped >= 2 })
			held = time.Now()
		case n == 4:
			st := s.Status()
			if k.Waits && (st.Dropped > 0 || f.Seq != 3) {
				t.Errorf("frame %d, %d dropped", f.Seq, st.Dropped)
			}
			if !k.Waits && f.Time.Before(held.Add(-10*time.Second)) {
				t.Errorf("a frame of %v was handed over at %v", f.Time, held)
			}
			if st.Delivered+st.Dropped+st.Stale > st.Received {
				t.Errorf("the counters contradict each other: %+v", st)
			}
			return
		}
	}
	t.Errorf("only %d frames", n)
}

func (k Kind) loss(t *testing.T) {
	s := k.Open(t)
	before := Held()
	k.lossOf(t, s)
	before.Released(t)
}

func (k Kind) lossOf(t *testing.T, s *live.Source) {
	stage, lost := 0, 0
	var last uint64
	for f, err := range s.Frames(deadline(t)) {
		var l *live.LostError
		switch {
		case stage == 0 && err == nil:
			k.Peer.Stop()
			stage, last = 1, f.Seq
		case stage == 1 && errors.As(err, &l):
			if l.Reason == "" || f.Image != nil {
				t.Errorf("lost because of %q, with picture %v", l.Reason, f.Image != nil)
			}
			Until(t, "the state says so", func() bool { return s.Status().State != live.Streaming && s.Status().Reason != "" })
			stage, lost = 2, lost+1
			k.Peer.Start()
		case stage == 2 && err != nil:
			lost++
		case stage == 2:
			if f.Seq <= last {
				t.Errorf("frame %d after %d", f.Seq, last)
			}
			if st := s.Status(); lost != 1 || st.Losses != 1 || st.State != live.Streaming {
				t.Errorf("told %d times of one loss: %+v", lost, st)
			}
			return
		}
	}
	t.Fatalf("it did not come back: stage %d, %+v", stage, s.Status())
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// Take returns the next n frames that are no errors.
func Take(t *testing.T, s *live.Source, n int) []datasets.Frame {
	t.Helper()
	var out []datasets.Frame
	var failed error
	for f, err := range s.Frames(deadline(t)) {
		if err != nil {
			failed = err
			continue
		}
		if out = append(out, f); len(out) == n {
			return out
		}
	}
	t.Fatalf("%d of %d frames came; last error %v; %+v", len(out), n, failed, s.Status())
	return nil
}

// Until waits until something holds.
func Until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited %v in vain until %s", patience, what)
}

// Border holds a picture to the promise of datasets.Frame.
func Border(t *testing.T, m image.Image) {
	t.Helper()
	if m == nil {
		t.Fatal("no picture")
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	var n, stride, per int
	switch m := m.(type) {
	case *image.Gray:
		n, stride, per = len(m.Pix), m.Stride, 1
	case *image.Gray16:
		n, stride, per = len(m.Pix), m.Stride, 2
	case *image.RGBA:
		n, stride, per = len(m.Pix), m.Stride, 4
	case *image.RGBA64:
		n, stride, per = len(m.Pix), m.Stride, 8
	default:
		t.Fatalf("%T", m)
	}
	if m.Bounds().Min != (image.Point{}) || w == 0 || stride != w*per || n != w*h*per || !m.(interface{ Opaque() bool }).Opaque() {
		t.Fatalf("%T %v: stride %d, %d bytes", m, m.Bounds(), stride, n)
	}
}

// Holding is what a process holds.
type Holding struct{ goroutines, files int }

// Held counts goroutines and open files.
func Held() Holding {
	entries, _ := os.ReadDir("/proc/self/fd") // elsewhere than on Linux only goroutines count
	return Holding{runtime.NumGoroutine(), len(entries)}
}

// Released waits until nothing more is held than before.
func (h Holding) Released(t *testing.T) {
	t.Helper()
	var now Holding
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if now = Held(); now.goroutines <= h.goroutines && now.files <= h.files {
			return
		}
	}
	stacks := make([]byte, 1<<16)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Fatalf("%d goroutines and %d files are left over\n%s", now.goroutines-h.goroutines, now.files-h.files, stacks)
}
