package v4l2

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kernel is what is asked of the system.
type kernel interface {
	open(path string) (int, error)
	close(fd int) error
	ioctl(fd int, request uintptr, arg unsafe.Pointer) error
	mmap(fd int, offset int64, length int) ([]byte, error)
	munmap(b []byte) error
	poll(fd int, wait time.Duration) (bool, error) // whether a buffer is there
}

// system is the real one.
type system struct{}

func (system) open(path string) (int, error) {
	return unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
}

func (system) close(fd int) error { return unix.Close(fd) }

func (system) ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		switch e {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return e
		}
	}
}

func (system) mmap(fd int, offset int64, length int) ([]byte, error) {
	return unix.Mmap(fd, offset, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

func (system) munmap(b []byte) error { return unix.Munmap(b) }

func (system) poll(fd int, wait time.Duration) (bool, error) {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(p, int(wait/time.Millisecond))
	switch {
	case errors.Is(err, unix.EINTR) || err == nil && n == 0:
		return false, nil
	case err != nil:
		return false, err
	case p[0].Revents&unix.POLLIN != 0:
		return true, nil
	}
	return false, unix.ENODEV // an error or a hang-up: it was unplugged
}

// The calls of linux/videodev2.h: direction, size of the argument, 'V', number.
const (
	queryCap     = 2<<30 | 104<<16 | 'V'<<8 | 0
	enumFormat   = 3<<30 | 64<<16 | 'V'<<8 | 2
	getFormat    = 3<<30 | 208<<16 | 'V'<<8 | 4
	setFormat    = 3<<30 | 208<<16 | 'V'<<8 | 5
	requestBufs  = 3<<30 | 20<<16 | 'V'<<8 | 8
	queryBuf     = 3<<30 | 88<<16 | 'V'<<8 | 9
	queueBuf     = 3<<30 | 88<<16 | 'V'<<8 | 15
	dequeueBuf   = 3<<30 | 88<<16 | 'V'<<8 | 17
	streamOn     = 1<<30 | 4<<16 | 'V'<<8 | 18
	streamOff    = 1<<30 | 4<<16 | 'V'<<8 | 19
	getParm      = 3<<30 | 204<<16 | 'V'<<8 | 21
	setParm      = 3<<30 | 204<<16 | 'V'<<8 | 22
	getControl   = 3<<30 | 8<<16 | 'V'<<8 | 27
	setControl   = 3<<30 | 8<<16 | 'V'<<8 | 28
	queryControl = 3<<30 | 68<<16 | 'V'<<8 | 36
)

const (
	typeCapture   = 1 // V4L2_BUF_TYPE_VIDEO_CAPTURE
	memoryMmap    = 1
	capCapture    = 0x00000001
	capStreaming  = 0x04000000
	capDeviceCaps = 0x80000000
	fieldNone     = 1
	flagError     = 0x00000040
	flagMonotonic = 0x00002000
	ctrlDisabled  = 0x0001

	cidGain         = 0x00980913
	cidAutoExposure = 0x009a0901
	cidExposure     = 0x009a0902 // in 100 µs
	manualExposure  = 1
)

type capability struct {
	driver     [16]byte
	card       [32]byte
	bus        [32]byte
	version    uint32
	caps       uint32
	deviceCaps uint32
	_          [3]uint32
}

type formatDesc struct {
	index       uint32
	kind        uint32
	flags       uint32
	description [32]byte
	pixel       uint32
	_           [4]uint32
}

type frameFormat struct {
	kind         uint32
	_            uint32
	width        uint32
	height       uint32
	pixel        uint32
	field        uint32
	bytesPerLine uint32
	sizeImage    uint32
	_            [176]byte
}

type bufferRequest struct {
	count  uint32
	kind   uint32
	memory uint32
	_      [2]uint32
}

type buffer struct {
	index     uint32
	kind      uint32
	used      uint32
	flags     uint32
	field     uint32
	_         uint32
	seconds   int64
	micros    int64
	_         [16]byte // time code
	sequence  uint32
	memory    uint32
	offset    uint64 // a union; the offset is its first half
	length    uint32
	_         uint32
	requestFD int32
	_         uint32
}

type streamParm struct {
	kind        uint32
	capability  uint32
	mode        uint32
	numerator   uint32
	denominator uint32
	_           [184]byte
}

type control struct {
	id    uint32
	value int32
}

type controlDesc struct {
	id    uint32
	kind  uint32
	name  [32]byte
	min   int32
	max   int32
	step  int32
	def   int32
	flags uint32
	_     [2]uint32
}
