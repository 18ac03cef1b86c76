package v4l2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"agurscope/datasets"
	"agurscope/datasets/live"
	"agurscope/datasets/pixel"
)

// List finds the cameras that are plugged in.
func List() ([]Device, error) {
	paths, err := filepath.Glob("/dev/video*")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(paths, datasets.CompareNatural)
	return list(system{}, paths), nil
}

func list(k kernel, paths []string) []Device {
	var out []Device
	for _, p := range paths {
		fd, err := k.open(p)
		if err != nil {
			continue
		}
		if c, err := capabilities(k, fd); err == nil {
			out = append(out, Device{p, text(c.card[:]), text(c.bus[:])})
		}
		_ = k.close(fd) // nothing was written
	}
	return out
}

func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(b)
}

// capabilities tells what a device is, or why it is no camera.
func capabilities(k kernel, fd int) (*capability, error) {
	var c capability
	if err := k.ioctl(fd, queryCap, unsafe.Pointer(&c)); err != nil {
		return nil, errors.New("it is no video device")
	}
	caps := c.caps
	if caps&capDeviceCaps != 0 {
		caps = c.deviceCaps
	}
	if caps&capCapture == 0 || caps&capStreaming == 0 {
		return nil, errors.New("it brings no pictures (another device of the same camera may: see “agurscope camera list”)")
	}
	return &c, nil
}

// Open implements live.Driver.
func (d *Driver) Open(context.Context) (live.Stream, error) {
	k := d.kernel
	if k == nil {
		k = system{}
	}
	fd, err := k.open(d.Path)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return nil, errors.New("the camera is not plugged in")
	case errors.Is(err, unix.EACCES):
		return nil, errors.New("it may not be opened: add yourself to the group video with “sudo usermod -aG video $USER” and log in again")
	case errors.Is(err, unix.EBUSY):
		return nil, errors.New("another program is using the camera")
	case err != nil:
		return nil, err
	}
	s := &stream{d: d, k: k, fd: fd}
	if err := s.prepare(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

const buffers = 4

type stream struct {
	d *Driver
	k kernel

	mu      sync.RWMutex // for writing while it is closed
	fd      int
	closed  bool
	on      bool
	mapped  [][]byte
	format  frameFormat
	name    string // of the pixel format
	next    uint32 // sequence number that is due
	begun   bool
	broken  int
	skipped atomic.Uint64
}

func (s *stream) call(what string, request uintptr, arg unsafe.Pointer) error {
	err := s.k.ioctl(s.fd, request, arg)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.EIO):
		return errors.New("the camera was unplugged")
	case errors.Is(err, unix.EBUSY):
		return errors.New("another program is using the camera")
	}
	return fmt.Errorf("%s: %w", what, err)
}

// prepare puts the settings in force, maps the buffers and starts.
func (s *stream) prepare() error {
	if _, err := capabilities(s.k, s.fd); err != nil {
		return err
	}
	if err := s.choose(); err != nil {
		return err
	}
	for _, name := range order[2:] {
		if v, ok := s.d.settings.Get(name); ok {
			if err := s.set(name, v); err != nil {
				return fmt.Errorf("set %s to %s: %w", name, v, err)
			}
		}
	}
	req := bufferRequest{count: buffers, kind: typeCapture, memory: memoryMmap}
	if err := s.call("ask for buffers", requestBufs, unsafe.Pointer(&req)); err != nil {
		return err
	}
	if req.count == 0 || req.count > 32 {
		return fmt.Errorf("ask for buffers: the driver offers %d", req.count)
	}
	for i := range req.count {
		b := buffer{index: i, kind: typeCapture, memory: memoryMmap}
		if err := s.call("ask for a buffer", queryBuf, unsafe.Pointer(&b)); err != nil {
			return err
		}
		if b.length == 0 || b.length > 1<<30 {
			return fmt.Errorf("ask for a buffer: the driver offers %d bytes", b.length)
		}
		m, err := s.k.mmap(s.fd, int64(uint32(b.offset)), int(b.length))
		if err != nil {
			return fmt.Errorf("map a buffer: %w", err)
		}
		s.mapped = append(s.mapped, m)
		if err := s.call("queue a buffer", queueBuf, unsafe.Pointer(&b)); err != nil {
			return err
		}
	}
	kind := int32(typeCapture)
	if err := s.call("start", streamOn, unsafe.Pointer(&kind)); err != nil {
		return err
	}
	s.on = true
	return nil
}

// offered lists the pixel formats of the camera that are known here.
func (s *stream) offered() []string {
	var out []string
	for i := range uint32(64) {
		f := formatDesc{index: i, kind: typeCapture}
		if s.k.ioctl(s.fd, enumFormat, unsafe.Pointer(&f)) != nil {
			break
		}
		name := letters(f.pixel)
		if _, err := pixel.Named(name); err == nil || compressed(name) {
			out = append(out, name)
		}
	}
	return out
}

// choose sets pixel format and size: those wished for, or the best.
func (s *stream) choose() error {
	f := frameFormat{kind: typeCapture}
	if err := s.call("read the format", getFormat, unsafe.Pointer(&f)); err != nil {
		return err
	}
	offered := s.offered()
	name, wished := s.d.settings.Get("format")
	if wished && !slices.Contains(offered, name) {
		return fmt.Errorf("the camera has no pixel format %s; it has %v", name, offered)
	}
	if !wished {
		i := slices.IndexFunc(preferred, func(p string) bool { return slices.Contains(offered, p) })
		if i < 0 {
			return fmt.Errorf("the camera has no pixel format that is known here (%s)", letters(f.pixel))
		}
		name = preferred[i]
	}
	if v, ok := s.d.settings.Get("size"); ok {
		w, h, err := size(v)
		if err != nil {
			return err
		}
		f.width, f.height = w, h
	}
	code, err := fourcc(name)
	if err != nil {
		return err
	}
	f.pixel, f.field, f.bytesPerLine, f.sizeImage = code, fieldNone, 0, 0
	if err := s.call("set the format", setFormat, unsafe.Pointer(&f)); err != nil {
		return err
	}
	if f.pixel != code {
		return fmt.Errorf("the camera does not take the pixel format %s", name)
	}
	if f.width == 0 || f.height == 0 || f.width > datasets.MaxSide || f.height > datasets.MaxSide {
		return fmt.Errorf("the camera brings pictures of %d x %d", f.width, f.height)
	}
	s.format, s.name = f, name
	return nil
}

// Next implements live.Stream: the newest of the pictures that are there.
func (s *stream) Next(ctx context.Context) (datasets.Frame, error) {
	if s.broken > 0 {
		s.broken--
		return datasets.Frame{}, live.ErrIncomplete
	}
	const wait = 100 * time.Millisecond
	for ctx.Err() == nil {
		there, err := s.k.poll(s.fd, wait)
		if err != nil {
			return datasets.Frame{}, errors.New("the camera was unplugged")
		}
		if !there {
			continue
		}
		b, err := s.newest()
		if err != nil {
			return datasets.Frame{}, err
		}
		f, err := s.picture(b)
		if e := s.call("queue a buffer", queueBuf, unsafe.Pointer(b)); e != nil && err == nil {
			err = e
		}
		return f, err
	}
	return datasets.Frame{}, ctx.Err()
}

// newest takes buffers as long as there are any, and keeps the last whole one.
func (s *stream) newest() (*buffer, error) {
	b, err := s.take()
	if err != nil {
		return nil, err
	}
	for {
		there, err := s.k.poll(s.fd, 0)
		if err != nil || !there {
			return b, nil // an error comes up again with the next call
		}
		n, err := s.take()
		if err != nil {
			return b, nil
		}
		old := b
		if n.flags&flagError != 0 {
			old = n
			s.broken++
		} else {
			if b.flags&flagError != 0 {
				s.broken++
			} else {
				s.skipped.Add(1)
			}
			b = n
		}
		if err := s.call("queue a buffer", queueBuf, unsafe.Pointer(old)); err != nil {
			return nil, err
		}
	}
}

func (s *stream) take() (*buffer, error) {
	b := &buffer{kind: typeCapture, memory: memoryMmap}
	if err := s.call("take a buffer", dequeueBuf, unsafe.Pointer(b)); err != nil {
		return nil, err
	}
	if int(b.index) >= len(s.mapped) {
		return nil, fmt.Errorf("take a buffer: the driver returns number %d of %d", b.index, len(s.mapped))
	}
	if gap := b.sequence - s.next; s.begun && gap > 0 && gap < 1<<16 { // the driver had no buffer free
		s.skipped.Add(uint64(gap))
	}
	s.next, s.begun = b.sequence+1, true
	return b, nil
}

func (s *stream) picture(b *buffer) (datasets.Frame, error) {
	at := captured(b)
	data := s.mapped[b.index]
	if b.flags&flagError != 0 || int(b.used) > len(data) {
		return datasets.Frame{}, live.ErrIncomplete
	}
	data = data[:b.used]
	if compressed(s.name) {
		m, err := datasets.DecodeBytes("the picture", complete(data))
		if err != nil {
			return datasets.Frame{}, fmt.Errorf("%w: %w", live.ErrIncomplete, err)
		}
		return datasets.Frame{Image: m, Time: at}, nil
	}
	f, err := pixel.Named(s.name)
	if err != nil {
		return datasets.Frame{}, err
	}
	m, err := f.Decode(int(s.format.width), int(s.format.height), int(s.format.bytesPerLine), data)
	if err != nil {
		return datasets.Frame{}, fmt.Errorf("%w: %w", live.ErrIncomplete, err)
	}
	return datasets.Frame{Image: m, Time: at}, nil
}

// captured is when the picture was taken, where the driver says so by the clock
// that Go uses, too.
func captured(b *buffer) time.Time {
	now := time.Now()
	var ts unix.Timespec
	if b.flags&flagMonotonic == 0 || unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return now
	}
	age := time.Duration(ts.Nano()) - (time.Duration(b.seconds)*time.Second + time.Duration(b.micros)*time.Microsecond)
	if age < 0 || age > time.Minute {
		return now
	}
	return now.Add(-age)
}

// Skipped implements live.Skipper.
func (s *stream) Skipped() uint64 { return s.skipped.Load() }

// Close implements live.Stream.
func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	if kind := int32(typeCapture); s.on {
		_ = s.k.ioctl(s.fd, streamOff, unsafe.Pointer(&kind)) // it fails for one that was unplugged
	}
	for _, m := range s.mapped {
		errs = append(errs, s.k.munmap(m))
	}
	return errors.Join(append(errs, s.k.close(s.fd))...)
}

// ids are the controls that are numbers, with what a unit here is in theirs.
var ids = map[string]struct {
	id   uint32
	unit string
	per  float64
}{
	"exposure": {cidExposure, "µs", 100}, "gain": {cidGain, "", 1},
}

// Controls implements live.Controller.
func (s *stream) Controls() ([]live.Control, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errors.New("the camera is not connected any more")
	}
	var out []live.Control
	for _, name := range []string{"exposure", "gain"} {
		c := ids[name]
		q, v := controlDesc{id: c.id}, control{id: c.id}
		if s.k.ioctl(s.fd, queryControl, unsafe.Pointer(&q)) != nil || q.flags&ctrlDisabled != 0 || s.k.ioctl(s.fd, getControl, unsafe.Pointer(&v)) != nil {
			continue
		}
		out = append(out, live.Control{
			Name: name, Unit: c.unit, Value: number(float64(v.value) * c.per), Min: float64(q.min) * c.per, Max: float64(q.max) * c.per,
		})
	}
	p := streamParm{kind: typeCapture}
	if s.k.ioctl(s.fd, getParm, unsafe.Pointer(&p)) == nil && p.numerator > 0 {
		out = append(out, live.Control{Name: "rate", Unit: "1/s", Value: number(float64(p.denominator) / float64(p.numerator)), Min: 1, Max: 1000})
	}
	return append(out,
		live.Control{Name: "size", Value: fmt.Sprintf("%dx%d", s.format.width, s.format.height), ReadOnly: true},
		live.Control{Name: "format", Value: s.name, Choices: s.offered(), ReadOnly: true}), nil
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// Set implements live.Controller. Size and format belong to the address: they
// take another connection.
func (s *stream) Set(name, value string) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errors.New("the camera is not connected any more")
	}
	if err := s.set(name, value); err != nil {
		return fmt.Errorf("set %s to %s: %w", name, value, err)
	}
	s.d.settings.Keep(name, value)
	return nil
}

func (s *stream) set(name, value string) error {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e9 {
		return errors.New("it must be a number")
	}
	if name == "rate" {
		if v < 0.1 || v > 1000 {
			return errors.New("it must lie between 0.1 and 1000")
		}
		p := streamParm{kind: typeCapture, numerator: 1000, denominator: uint32(math.Round(1000 * v))}
		return s.call("set the rate", setParm, unsafe.Pointer(&p))
	}
	c, ok := ids[name]
	if !ok {
		return errors.New("there is no such setting while it runs")
	}
	q := controlDesc{id: c.id}
	if s.k.ioctl(s.fd, queryControl, unsafe.Pointer(&q)) != nil || q.flags&ctrlDisabled != 0 {
		return errors.New("this camera has no such setting")
	}
	if n := v / c.per; n < float64(q.min) || n > float64(q.max) {
		return fmt.Errorf("it must lie between %s and %s", number(float64(q.min)*c.per), number(float64(q.max)*c.per))
	}
	if name == "exposure" {
		auto := control{id: cidAutoExposure, value: manualExposure}
		_ = s.k.ioctl(s.fd, setControl, unsafe.Pointer(&auto)) // not every camera has an automatic one
	}
	ctl := control{id: c.id, value: int32(math.Round(v / c.per))}
	return s.call("set it", setControl, unsafe.Pointer(&ctl))
}
