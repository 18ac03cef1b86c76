package session

import (
	"context"
	"errors"
	"image"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/live"
	"agurscope/history"
)

// scripted is a camera that does what a test says.
type scripted struct {
	frames chan datasets.Frame
	gone   atomic.Bool
}

func (s *scripted) Open(context.Context) (live.Stream, error) {
	if s.gone.Load() {
		return nil, errors.New("no route to host")
	}
	return s, nil
}

func (s *scripted) Next(ctx context.Context) (datasets.Frame, error) {
	select {
	case f, ok := <-s.frames:
		if !ok || f.Image == nil {
			s.gone.Store(true)
			return f, errors.New("no route to host")
		}
		f.Time = time.Now()
		return f, nil
	case <-ctx.Done():
		return datasets.Frame{}, ctx.Err()
	}
}

func (s *scripted) Close() error { return nil }

// shades are pictures that differ, none of them an NG part.
func shade(i int) datasets.Frame {
	m := grey(10)
	m.Pix[0] = uint8(i)
	return datasets.Frame{Image: m}
}

func TestLostCameraIsAnErrorOnRecordAndTheRunGoesOn(t *testing.T) {
	b := newBench(t)
	d := &scripted{frames: make(chan datasets.Frame)}
	src := live.New(live.Options{Name: "cam", Driver: d})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for i := range 5 {
			d.frames <- shade(i)
		}
		d.frames <- datasets.Frame{}
		for src.Status().State != live.Lost {
			time.Sleep(time.Millisecond)
		}
		d.gone.Store(false)
		for i := range 5 {
			d.frames <- shade(100 + i)
		}
	}()
	var last *Result
	run, err := b.Inspect(ctx, src, func(r *Result) {
		if last != nil && last.Frame.Seq >= r.Frame.Seq {
			t.Errorf("frame %d after frame %d", r.Frame.Seq, last.Frame.Seq)
		}
		if r.Frame.Image != nil && (r.Latency <= 0 || r.Latency > time.Minute) {
			t.Errorf("latency %v", r.Latency)
		}
		if last = r; r.Frame.Image != nil && r.Frame.Image.(*image.Gray).Pix[0] == 104 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	rows := b.rows(t, run.ID)
	lost, seen := 0, map[uint64]bool{}
	for _, r := range rows {
		if seen[r.Seq] {
			t.Errorf("frame %d is there twice", r.Seq)
		}
		seen[r.Seq] = true
		if r.Verdict == history.ERROR {
			lost++
			if !strings.Contains(r.Error, "cam brings no pictures: no route to host") {
				t.Errorf("says %q", r.Error)
			}
		}
	}
	st := src.Status()
	if lost != 1 || uint64(len(rows)) != st.Delivered+1 || st.Delivered+st.Dropped != st.Received || st.Received != 10 {
		t.Errorf("%d rows, %d of them the loss; %+v", len(rows), lost, st)
	}
}

// A camera that is faster than the network is inspected at its newest frame.
func TestSlowNetworkSeesTheNewestFrame(t *testing.T) {
	b := newBench(t)
	d := &scripted{frames: make(chan datasets.Frame)}
	src := live.New(live.Options{Name: "cam", Driver: d})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	go func() { d.frames <- shade(0) }()
	run, err := b.Inspect(ctx, src, func(r *Result) {
		switch n++; n {
		case 1: // while the first is judged, ten more come
			for i := range 10 {
				d.frames <- shade(1 + i)
			}
			for src.Status().Dropped != 9 {
				time.Sleep(time.Millisecond)
			}
		case 2:
			if v := r.Frame.Image.(*image.Gray).Pix[0]; v != 10 {
				t.Errorf("frame %d was inspected, the newest is 10", v)
			}
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(b.rows(t, run.ID)) != 2 {
		t.Errorf("%v, %d rows", err, len(b.rows(t, run.ID)))
	}
}

func TestCaptureTimeCountsOnlyWhereItCanBeTrue(t *testing.T) {
	now := time.Now()
	for at, counts := range map[time.Time]bool{now.Add(-time.Second): true, now.Add(time.Hour): false, now.Add(-time.Hour): false, {}: false} {
		if got := captured(datasets.Frame{Time: at}); got.Equal(at) != counts {
			t.Errorf("%v became %v", at, got)
		}
	}
}
