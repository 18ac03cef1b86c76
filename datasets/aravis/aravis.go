//go:build cgo && linux

package aravis

// #cgo LDFLAGS: -ldl
// #include <stdlib.h>
// #include "aravis.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"agurscope/datasets"
	"agurscope/datasets/live"
	"agurscope/datasets/pixel"
)

// library guards the parts of Aravis that are global, its list of devices above
// all.
var library sync.Mutex

// load loads the library; the caller holds it.
func load() error {
	if err := failed(C.av_load()); err != nil {
		return fmt.Errorf("%w (%w)", ErrUnavailable, err)
	}
	return nil
}

// failed takes an error of the C side.
func failed(s *C.char) error {
	if s == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(s))
	return errors.New(strings.TrimSpace(C.GoString(s)))
}

// Available says why the library cannot be used, or nil.
func Available() error {
	library.Lock()
	defer library.Unlock()
	return load()
}

// List looks for cameras on all networks and buses; it takes about a second.
func List() ([]Device, error) {
	library.Lock()
	defer library.Unlock()
	if err := load(); err != nil {
		return nil, err
	}
	out := make([]Device, C.av_list())
	for i := range out {
		var d C.av_device
		C.av_get_device(C.unsigned(i), &d)
		out[i] = Device{
			ID: C.GoString(d.id), Address: C.GoString(d.address), Vendor: C.GoString(d.vendor),
			Model: C.GoString(d.model), Serial: C.GoString(d.serial), Protocol: C.GoString(d.protocol),
		}
	}
	return out, nil
}

// Open implements live.Driver. Aravis cannot be interrupted while it looks for a
// camera, which takes some seconds at most.
func (d *Driver) Open(ctx context.Context) (live.Stream, error) {
	s, err := d.open()
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		s.Close()
		return nil, ctx.Err()
	}
	if d.Mode == live.Software {
		return triggered{s}, nil
	}
	return s, nil
}

func (d *Driver) open() (*stream, error) {
	library.Lock()
	err := load()
	var c *C.av_camera
	if err == nil {
		name := C.CString(d.Name)
		defer C.free(unsafe.Pointer(name))
		var why *C.char
		if c = C.av_open(name, flag(strings.HasPrefix(d.Name, "Fake_")), &why); c == nil {
			err = failed(why)
		}
	}
	library.Unlock()
	if err != nil {
		return nil, err
	}
	s := &stream{d: d, c: c}
	if err := s.prepare(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// buffers are how many pictures may be under way: at 4 of them a camera of 100
// pictures per second leaves 40 ms to take one.
const buffers = 8

// stream is a connection. The lock is held for reading by every call into the
// library with it, a tenth of a second at most, and for writing while the stream
// within is exchanged or closed.
type stream struct {
	d *Driver

	mu      sync.RWMutex
	c       *C.av_camera // nil once closed
	skipped atomic.Uint64
	broken  int // of Next alone
}

// triggered is a stream whose camera waits to be told.
type triggered struct{ *stream }

var errClosed = errors.New("the camera is not connected any more")

// do calls into the library with the camera.
func (s *stream) do(f func(c *C.av_camera) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.c == nil {
		return errClosed
	}
	return f(s.c)
}

// prepare puts mode and settings in force and starts.
func (s *stream) prepare() error {
	var source *C.char
	switch s.d.Mode {
	case live.Software:
		source = C.CString("Software")
	case live.Hardware:
		line := s.d.Line
		if line == "" {
			line = "Line1"
		}
		source = C.CString(line)
	}
	defer C.free(unsafe.Pointer(source))
	return s.do(func(c *C.av_camera) error {
		for _, name := range order {
			if v, ok := s.d.settings.Get(name); ok {
				if err := set(c, name, v); err != nil {
					return fmt.Errorf("set %s to %s: %w", name, v, err)
				}
			}
		}
		if err := failed(C.av_set_trigger(c, source)); err != nil && source != nil {
			return fmt.Errorf("set the trigger to %s: %w", s.d.Mode, err)
		}
		return failed(C.av_start(c, buffers))
	})
}

// wait is how long one call may keep the lock.
const wait = 100 * time.Millisecond

// Next implements live.Stream. Without a trigger it takes the newest of the
// pictures that are there.
func (s *stream) Next(ctx context.Context) (datasets.Frame, error) {
	for ctx.Err() == nil {
		var f datasets.Frame
		there := false
		err := s.do(func(c *C.av_camera) (err error) {
			if s.broken > 0 {
				s.broken--
				return live.ErrIncomplete
			}
			var b C.av_frame
			if C.av_pop(c, C.uint64_t(wait/time.Microsecond), &b) == 0 {
				if C.av_lost(c) != 0 {
					return errors.New("the camera has gone: it does not answer any more, or another program has taken it")
				}
				return nil
			}
			if s.d.Mode == live.Free {
				b = s.newest(c, b)
			}
			there = true
			f, err = picture(&b)
			C.av_push(c, b.buffer)
			return err
		})
		if there || err != nil {
			return f, err
		}
	}
	return datasets.Frame{}, ctx.Err()
}

// newest takes what else is there and keeps the last complete picture.
func (s *stream) newest(c *C.av_camera, b C.av_frame) C.av_frame {
	for {
		var n C.av_frame
		if C.av_try_pop(c, &n) == 0 {
			return b
		}
		if n.status != 0 {
			s.broken++
			C.av_push(c, n.buffer)
			continue
		}
		if b.status != 0 {
			s.broken++
		} else {
			s.skipped.Add(1)
		}
		C.av_push(c, b.buffer)
		b = n
	}
}

// picture makes a frame of a buffer.
func picture(b *C.av_frame) (datasets.Frame, error) {
	if b.status != 0 {
		return datasets.Frame{}, live.ErrIncomplete
	}
	if b.data == nil {
		return datasets.Frame{}, fmt.Errorf("the camera sends something else than pictures (payload type %d): choose a pixel format without compression", int(b.payload))
	}
	format, err := formatOf(uint32(b.format))
	if err != nil {
		return datasets.Frame{}, err
	}
	w, h := int(b.width), int(b.height)
	stride := 0
	if b.padding > 0 {
		stride = format.Row(w) + int(b.padding)
	}
	m, err := format.Decode(w, h, stride, unsafe.Slice((*byte)(b.data), int(b.size)))
	if err != nil {
		return datasets.Frame{}, fmt.Errorf("%w: %w", live.ErrIncomplete, err)
	}
	return datasets.Frame{Image: m, Time: arrival(uint64(b.arrived))}, nil
}

// arrival is when the first packet was there, with a reading of the monotonic
// clock.
func arrival(ns uint64) time.Time {
	now := time.Now()
	age := now.Sub(time.Unix(0, int64(ns)))
	if age < 0 || age > time.Minute { // the clock was set meanwhile
		return now
	}
	return now.Add(-age)
}

// Skipped implements live.Skipper.
func (s *stream) Skipped() uint64 { return s.skipped.Load() }

// Close implements live.Stream.
func (s *stream) Close() error {
	s.mu.Lock()
	c := s.c
	s.c = nil
	s.mu.Unlock()
	if c != nil {
		C.av_close(c)
	}
	return nil
}

// Trigger implements live.Triggerer; the command is sent beside a Next that waits.
func (s triggered) Trigger(context.Context) error {
	return s.do(func(c *C.av_camera) error { return failed(C.av_trigger(c)) })
}

// The numbers among the controls.
var numbers = []struct {
	name, unit string
	id         C.int
}{
	{"exposure", "µs", C.AV_EXPOSURE}, {"gain", "dB", C.AV_GAIN}, {"rate", "1/s", C.AV_RATE},
}

// Controls implements live.Controller.
func (s *stream) Controls() ([]live.Control, error) {
	var out []live.Control
	err := s.do(func(c *C.av_camera) error {
		for _, n := range numbers {
			if C.av_has(c, n.id) == 0 {
				continue
			}
			var v, low, high C.double
			if err := failed(C.av_get(c, n.id, &v, &low, &high)); err != nil {
				return fmt.Errorf("read %s: %w", n.name, err)
			}
			out = append(out, live.Control{Name: n.name, Unit: n.unit, Value: number(float64(v)), Min: float64(low), Max: float64(high)})
		}
		var r, b [4]C.int
		if err := failed(C.av_get_region(c, &r[0], &b[0])); err != nil {
			return fmt.Errorf("read the region: %w", err)
		}
		out = append(out, live.Control{Name: "region", Unit: "x,y,width,height", Value: fmt.Sprintf("%d,%d,%d,%d", r[0], r[1], r[2], r[3]), Max: float64(max(b[1], b[3]))})
		var now, choices *C.char
		if err := failed(C.av_get_format(c, &now, &choices)); err != nil {
			return fmt.Errorf("read the pixel format: %w", err)
		}
		defer C.free(unsafe.Pointer(now))
		defer C.free(unsafe.Pointer(choices))
		var known []string
		for name := range strings.SplitSeq(C.GoString(choices), "\n") {
			if _, err := pixel.Named(name); err == nil {
				known = append(known, name)
			}
		}
		out = append(out, live.Control{Name: "format", Value: C.GoString(now), Choices: known})
		return nil
	})
	return out, err
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// Set implements live.Controller. What changes the size of a picture needs new
// buffers; the camera pauses for it.
func (s *stream) Set(name, value string) error {
	var err error
	if name == "region" || name == "format" {
		err = s.resize(name, value)
	} else {
		err = s.do(func(c *C.av_camera) error { return set(c, name, value) })
	}
	if err != nil {
		return fmt.Errorf("set %s to %s: %w", name, value, err)
	}
	s.d.settings.Keep(name, value)
	return nil
}

func (s *stream) resize(name, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil {
		return errClosed
	}
	C.av_stop(s.c)
	err := set(s.c, name, value)
	return errors.Join(err, failed(C.av_start(s.c, buffers)))
}

func set(c *C.av_camera, name, value string) error {
	for _, n := range numbers {
		if n.name != name {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.New("it must be a number")
		}
		if C.av_has(c, n.id) == 0 {
			return errors.New("this camera has no such setting")
		}
		var now, low, high C.double
		if err := failed(C.av_get(c, n.id, &now, &low, &high)); err == nil && low < high && (C.double(v) < low || C.double(v) > high) {
			return fmt.Errorf("it must lie between %s and %s", number(float64(low)), number(float64(high)))
		}
		return failed(C.av_set(c, n.id, C.double(v)))
	}
	switch name {
	case "region":
		x, y, w, h, err := region(value)
		if err != nil {
			return err
		}
		var r, b [4]C.int
		if err := failed(C.av_get_region(c, &r[0], &b[0])); err != nil {
			return err
		}
		if w > int(b[1]) || h > int(b[3]) {
			return fmt.Errorf("the camera has %d x %d pixels at most", b[1], b[3])
		}
		return failed(C.av_set_region(c, C.int(x), C.int(y), C.int(w), C.int(h)))
	case "format":
		if _, err := pixel.Named(value); err != nil {
			return err
		}
		v := C.CString(value)
		defer C.free(unsafe.Pointer(v))
		return failed(C.av_set_format(c, v))
	}
	return errors.New("there is no such setting")
}
