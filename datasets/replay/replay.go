// Package replay plays a set of pictures like a camera: one after the other at a
// fixed rate, whether somebody keeps up or not. It is the camera of
// demonstrations and tests.
package replay

import (
	"context"
	"io"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/live"
)

// Driver plays the pictures of a folder.
type Driver struct {
	Dir  string
	Rate float64 // pictures per second; 0: 5
	Loop bool    // begin again at the end
}

// Open implements live.Driver.
func (d *Driver) Open(context.Context) (live.Stream, error) {
	set, err := datasets.Open(d.Dir)
	if err != nil {
		return nil, err
	}
	items := set.Test()
	if len(items) == 0 {
		items = set.Items
	}
	rate := d.Rate
	if rate <= 0 {
		rate = 5
	}
	return &stream{d: d, items: items, gap: time.Duration(float64(time.Second) / rate)}, nil
}

type stream struct {
	d     *Driver
	items []datasets.Item
	gap   time.Duration
	i     int
	due   time.Time
}

// Next implements live.Stream.
func (s *stream) Next(ctx context.Context) (datasets.Frame, error) {
	if s.i == len(s.items) {
		if !s.d.Loop {
			return datasets.Frame{}, io.EOF
		}
		s.i = 0
	}
	if now := time.Now(); s.due.IsZero() || now.Sub(s.due) > time.Second { // after a pause, no burst
		s.due = now
	}
	wait := time.NewTimer(time.Until(s.due))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return datasets.Frame{}, ctx.Err()
	}
	s.due = s.due.Add(s.gap)
	f, err := s.items[s.i].Load()
	s.i++
	f.Time = time.Now()
	if err != nil {
		return f, &live.PictureError{Err: err}
	}
	return f, nil
}

// Close implements live.Stream.
func (s *stream) Close() error { return nil }
