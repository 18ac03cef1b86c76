package v4l2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"agurscope/datasets/live"
	"agurscope/datasets/live/livetest"
)

// webcam plays the kernel with a camera behind it.
type webcam struct {
	mu       sync.Mutex
	gone     bool
	formats  []string
	format   frameFormat
	on       bool
	queued   []uint32
	memory   [][]byte
	seq      uint32
	due      time.Time
	flags    uint32 // of the next buffers
	exposure int32
	auto     int32
	rate     [2]uint32
	fds      int
	mapped   int
	draw     func(b []byte, seq uint32) int // into a buffer
}

func newWebcam(formats ...string) *webcam {
	w := &webcam{formats: formats, rate: [2]uint32{1, 30}, exposure: 100}
	w.draw = func(b []byte, seq uint32) int {
		n := int(w.format.sizeImage)
		for i := range b[:n] {
			b[i] = byte(i) + byte(seq)*3
		}
		return n
	}
	return w
}

func (w *webcam) open(path string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone || !strings.HasPrefix(path, "/dev/video") {
		return 0, unix.ENOENT
	}
	w.fds++
	return 7, nil
}

func (w *webcam) close(int) error { w.mu.Lock(); defer w.mu.Unlock(); w.fds--; return nil }

func (w *webcam) mmap(_ int, offset int64, length int) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if int(offset)>>20 >= len(w.memory) || length != len(w.memory[offset>>20]) {
		return nil, unix.EINVAL
	}
	w.mapped++
	return w.memory[offset>>20], nil
}

func (w *webcam) munmap([]byte) error { w.mu.Lock(); defer w.mu.Unlock(); w.mapped--; return nil }

func (w *webcam) poll(_ int, wait time.Duration) (bool, error) {
	for end := time.Now().Add(wait); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		gone, there := w.gone, w.on && len(w.queued) > 0 && !time.Now().Before(w.due)
		w.mu.Unlock()
		if gone {
			return false, unix.ENODEV
		}
		if there || !time.Now().Before(end) {
			return there, nil
		}
	}
}

func (w *webcam) ioctl(_ int, request uintptr, arg unsafe.Pointer) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone {
		return unix.ENODEV
	}
	switch request {
	case queryCap:
		c := (*capability)(arg)
		copy(c.card[:], "A camera")
		copy(c.bus[:], "usb-1")
		c.caps, c.deviceCaps = capDeviceCaps, capCapture|capStreaming
	case enumFormat:
		f := (*formatDesc)(arg)
		if int(f.index) >= len(w.formats) {
			return unix.EINVAL
		}
		f.pixel, _ = fourcc(w.formats[f.index])
	case getFormat:
		f := (*frameFormat)(arg)
		f.width, f.height = 64, 48
		f.pixel, _ = fourcc(w.formats[0])
	case setFormat:
		f := (*frameFormat)(arg)
		f.width, f.height = min(f.width, 320), min(f.height, 240) // as far as the sensor goes
		f.bytesPerLine = f.width*2 + 32
		f.sizeImage = f.bytesPerLine * f.height
		w.format = *f
	case requestBufs:
		r := (*bufferRequest)(arg)
		w.memory = nil
		for range r.count {
			w.memory = append(w.memory, make([]byte, w.format.sizeImage+4096))
		}
	case queryBuf:
		b := (*buffer)(arg)
		b.offset, b.length = uint64(b.index)<<20, uint32(len(w.memory[b.index]))
	case queueBuf:
		w.queued = append(w.queued, (*buffer)(arg).index)
	case dequeueBuf:
		b := (*buffer)(arg)
		if len(w.queued) == 0 || !w.on {
			return unix.EAGAIN
		}
		b.index = w.queued[0]
		w.queued = w.queued[1:]
		b.used = uint32(w.draw(w.memory[b.index], w.seq))
		b.sequence, b.flags = w.seq, w.flags|flagMonotonic
		w.seq++
		w.due = time.Now().Add(5 * time.Millisecond)
		var ts unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
		b.seconds, b.micros = ts.Sec, ts.Nsec/1000
	case streamOn:
		w.on = true
	case streamOff:
		w.on, w.queued = false, nil
	case getParm:
		p := (*streamParm)(arg)
		p.numerator, p.denominator = w.rate[0], w.rate[1]
	case setParm:
		p := (*streamParm)(arg)
		w.rate = [2]uint32{p.numerator, p.denominator}
	case queryControl:
		q := (*controlDesc)(arg)
		if q.id != cidExposure {
			return unix.EINVAL
		}
		q.min, q.max = 1, 5000
	case getControl:
		(*control)(arg).value = w.exposure
	case setControl:
		c := (*control)(arg)
		if c.id == cidAutoExposure {
			w.auto = c.value
			return nil
		}
		w.exposure = c.value
	default:
		return unix.ENOTTY
	}
	return nil
}

// Stop and Start implement livetest.Peer: the plug.
func (w *webcam) Stop()  { w.mu.Lock(); defer w.mu.Unlock(); w.gone, w.on, w.queued = true, false, nil }
func (w *webcam) Start() { w.mu.Lock(); defer w.mu.Unlock(); w.gone = false }

func (w *webcam) source(settings map[string]string) *live.Source {
	return live.New(live.Options{Name: "webcam", Driver: (&Driver{Path: "/dev/video0", kernel: w}).With(settings)})
}

func TestContract(t *testing.T) {
	w := newWebcam("YUYV")
	livetest.Run(t, livetest.Kind{Peer: w, Open: func(*testing.T) *live.Source { return w.source(nil) }})
	if w.fds != 0 || w.mapped != 0 || w.on {
		t.Errorf("%d files and %d buffers are left over, streaming %v", w.fds, w.mapped, w.on)
	}
}

func TestTheBestFormatIsChosenAndAWishObeyed(t *testing.T) {
	w := newWebcam("MJPG", "H264", "YUYV", "GREY")
	if m := livetest.Take(t, w.source(nil), 1)[0].Image; m.Bounds() != image.Rect(0, 0, 64, 48) {
		t.Errorf("%v", m.Bounds())
	} else if _, grey := m.(*image.Gray); !grey {
		t.Errorf("%T", m)
	}
	m := livetest.Take(t, w.source(map[string]string{"format": "YUYV", "size": "128x96"}), 1)[0].Image
	if _, colour := m.(*image.RGBA); !colour || m.Bounds() != image.Rect(0, 0, 128, 96) {
		t.Errorf("%T %v", m, m.Bounds())
	}
	for _, wish := range []map[string]string{{"format": "H264"}, {"format": "NOPE!"}, {"size": "big"}, {"rate": "0"}, {"exposure": "9e9"}, {"gain": "1"}} {
		if _, err := (&Driver{Path: "/dev/video0", kernel: w}).With(wish).Open(t.Context()); err == nil {
			t.Errorf("%v was obeyed", wish)
		}
	}
	if w.fds != 0 {
		t.Errorf("%d files are left open", w.fds)
	}
}

// Webcams leave the Huffman tables out of their pictures.
func TestMotionJPEGWithoutTables(t *testing.T) {
	w := newWebcam("MJPG")
	w.draw = func(b []byte, seq uint32) int {
		m := image.NewRGBA(image.Rect(0, 0, 64, 48))
		for i := range m.Pix {
			m.Pix[i] = byte(i) * byte(seq+1)
		}
		var buf bytes.Buffer
		_ = jpeg.Encode(&buf, m, nil)
		p := buf.Bytes()
		at := bytes.Index(p, []byte{0xff, 0xc4})
		n := 2 + int(p[at+2])<<8 + int(p[at+3])
		return copy(b, append(p[:at:at], p[at+n:]...))
	}
	livetest.Border(t, livetest.Take(t, w.source(nil), 2)[1].Image)
}

func TestBrokenBuffersAreIncomplete(t *testing.T) {
	w := newWebcam("GREY")
	s := w.source(nil)
	n := 0
	for range s.Frames(t.Context()) {
		n++
		w.mu.Lock()
		w.flags = flagError
		w.mu.Unlock()
		livetest.Until(t, "they are counted", func() bool { return s.Status().Incomplete >= 3 })
		break
	}
	if n != 1 {
		t.Errorf("%d frames", n)
	}
}

func TestControls(t *testing.T) {
	w := newWebcam("GREY")
	st, err := (&Driver{Path: "/dev/video0", kernel: w}).With(map[string]string{"exposure": "2000", "rate": "12.5"}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := st.(*stream)
	list, err := s.Controls()
	if err != nil || len(list) != 4 || list[0].Name != "exposure" || list[0].Value != "2000" || list[0].Min != 100 || list[0].Max != 500000 {
		t.Errorf("%+v %v", list, err)
	}
	if w.auto != manualExposure || w.rate != [2]uint32{1000, 12500} {
		t.Errorf("auto %d, rate %v", w.auto, w.rate)
	}
	if err := s.Set("exposure", "5000"); err != nil || w.exposure != 50 {
		t.Errorf("%v, exposure %d", err, w.exposure)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if s.Set("exposure", "5000") == nil {
		t.Error("set a closed camera")
	}
}

func TestReasonsAreForPeople(t *testing.T) {
	for err, words := range map[error]string{unix.ENOENT: "not plugged in", unix.EACCES: "usermod", unix.EBUSY: "another program"} {
		if _, got := (&Driver{Path: "/dev/video0", kernel: refusing{err}}).Open(context.Background()); got == nil || !strings.Contains(got.Error(), words) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if d := list(newWebcam("GREY"), []string{"/dev/video0", "/dev/nothing"}); len(d) != 1 || d[0] != (Device{"/dev/video0", "A camera", "usb-1"}) {
		t.Errorf("%+v", d)
	}
	if _, err := (&Driver{Path: "/dev/video97"}).Open(context.Background()); err == nil {
		t.Error("a camera that is not there was opened")
	}
}

type refusing struct{ err error }

func (r refusing) open(string) (int, error)               { return 0, r.err }
func (refusing) close(int) error                          { return nil }
func (refusing) ioctl(int, uintptr, unsafe.Pointer) error { return errors.New("no") }
func (refusing) mmap(int, int64, int) ([]byte, error)     { return nil, errors.New("no") }
func (refusing) munmap([]byte) error                      { return nil }
func (refusing) poll(int, time.Duration) (bool, error)    { return false, nil }

// The structures and calls are those of the kernel's own header.
func TestStructuresAgreeWithTheHeader(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("written for 64 bits")
	}
	text := "#include <linux/videodev2.h>\n#include <stddef.h>\n"
	n := 0
	same := func(c string, v uintptr) {
		text += fmt.Sprintf("typedef char t%d[(%s) == %dul ? 1 : -1];\n", n, c, v)
		n++
	}
	same("sizeof(struct v4l2_capability)", unsafe.Sizeof(capability{}))
	same("sizeof(struct v4l2_fmtdesc)", unsafe.Sizeof(formatDesc{}))
	same("sizeof(struct v4l2_format)", unsafe.Sizeof(frameFormat{}))
	same("sizeof(struct v4l2_requestbuffers)", unsafe.Sizeof(bufferRequest{}))
	same("sizeof(struct v4l2_buffer)", unsafe.Sizeof(buffer{}))
	same("sizeof(struct v4l2_streamparm)", unsafe.Sizeof(streamParm{}))
	same("sizeof(struct v4l2_control)", unsafe.Sizeof(control{}))
	same("sizeof(struct v4l2_queryctrl)", unsafe.Sizeof(controlDesc{}))
	same("offsetof(struct v4l2_capability, device_caps)", unsafe.Offsetof(capability{}.deviceCaps))
	same("offsetof(struct v4l2_fmtdesc, pixelformat)", unsafe.Offsetof(formatDesc{}.pixel))
	same("offsetof(struct v4l2_format, fmt.pix.width)", unsafe.Offsetof(frameFormat{}.width))
	same("offsetof(struct v4l2_format, fmt.pix.bytesperline)", unsafe.Offsetof(frameFormat{}.bytesPerLine))
	same("offsetof(struct v4l2_format, fmt.pix.sizeimage)", unsafe.Offsetof(frameFormat{}.sizeImage))
	same("offsetof(struct v4l2_buffer, timestamp)", unsafe.Offsetof(buffer{}.seconds))
	same("offsetof(struct v4l2_buffer, sequence)", unsafe.Offsetof(buffer{}.sequence))
	same("offsetof(struct v4l2_buffer, m.offset)", unsafe.Offsetof(buffer{}.offset))
	same("offsetof(struct v4l2_buffer, length)", unsafe.Offsetof(buffer{}.length))
	same("offsetof(struct v4l2_streamparm, parm.capture.timeperframe.numerator)", unsafe.Offsetof(streamParm{}.numerator))
	same("offsetof(struct v4l2_queryctrl, minimum)", unsafe.Offsetof(controlDesc{}.min))
	same("offsetof(struct v4l2_queryctrl, flags)", unsafe.Offsetof(controlDesc{}.flags))
	for c, v := range map[string]uintptr{
		"VIDIOC_QUERYCAP": queryCap, "VIDIOC_ENUM_FMT": enumFormat, "VIDIOC_G_FMT": getFormat, "VIDIOC_S_FMT": setFormat,
		"VIDIOC_REQBUFS": requestBufs, "VIDIOC_QUERYBUF": queryBuf, "VIDIOC_QBUF": queueBuf, "VIDIOC_DQBUF": dequeueBuf,
		"VIDIOC_STREAMON": streamOn, "VIDIOC_STREAMOFF": streamOff, "VIDIOC_G_PARM": getParm, "VIDIOC_S_PARM": setParm,
		"VIDIOC_G_CTRL": getControl, "VIDIOC_S_CTRL": setControl, "VIDIOC_QUERYCTRL": queryControl,
		"V4L2_BUF_FLAG_ERROR": flagError, "V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC": flagMonotonic, "V4L2_CAP_STREAMING": capStreaming,
		"V4L2_CID_GAIN": cidGain, "V4L2_CID_EXPOSURE_AUTO": cidAutoExposure, "V4L2_CID_EXPOSURE_ABSOLUTE": cidExposure,
		"V4L2_PIX_FMT_SBGGR8": 'B' | 'A'<<8 | '8'<<16 | '1'<<24, "V4L2_PIX_FMT_Y16": 'Y' | '1'<<8 | '6'<<16 | ' '<<24,
	} {
		same("(unsigned long)("+c+")", v)
	}
	cmd := exec.Command("gcc", "-fsyntax-only", "-x", "c", "-")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) || bytes.Contains(out, []byte("videodev2.h: No such file")) {
		t.Skip("the kernel's headers are not installed")
	}
	if err != nil {
		t.Errorf("%s", out)
	}
}

func FuzzComplete(f *testing.F) {
	f.Add([]byte{0xff, 0xd8, 0xff, 0xda})
	f.Fuzz(func(t *testing.T, b []byte) {
		if out := complete(b); len(out) < len(b) {
			t.Error("something was lost")
		}
	})
}
