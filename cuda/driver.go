//go:build nvidia

package cuda

/*
#cgo LDFLAGS: -lcuda -ldl
#include "shim/cuda.h"
#include "shim/shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"gorgonia.org/cu"

	"agurscope/nn"
)

// library is what the loader is asked for; tests have one of their own.
var library = "libcuda.so.1"

// oldest is the driver version (CUDA 11.4) and capability (Volta) from which on
// the kernels' PTX is understood; from tensorMajor on (Ampere) also those for
// tensor cores.
const (
	oldest      = 11040
	capability  = 70
	tensorMajor = 8
)

var driver struct {
	sync.Mutex
	loaded bool
}

// load makes the driver's calls reach a driver.
func load() error {
	driver.Lock()
	defer driver.Unlock()
	if driver.loaded {
		return nil
	}
	name := C.CString(library)
	defer C.free(unsafe.Pointer(name))
	var why [256]C.char
	switch r := C.shim_load(name, &why[0], C.size_t(len(why))); r {
	case 0:
		driver.loaded = true
		return nil
	case -1:
		return unavailable("no NVIDIA driver on this machine (%s)", C.GoString(&why[0]))
	case C.CUDA_ERROR_NO_DEVICE:
		return unavailable("the NVIDIA driver finds no card")
	case C.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH:
		return broken("the NVIDIA driver and its kernel module are of different versions; restart the machine")
	default:
		return broken("the NVIDIA driver does not start (error %d)", int(r))
	}
}

// unavailable says that there is no card for this program.
func unavailable(format string, args ...any) error {
	return fmt.Errorf("%w: %s", nn.ErrUnavailable, fmt.Sprintf(format, args...))
}

// broken says that there is one and it cannot be used: somebody should know.
func broken(format string, args ...any) error {
	return &brokenError{fmt.Sprintf(format, args...)}
}

// brokenError is an nn.ErrUnavailable and an nn.ErrFault.
type brokenError struct{ why string }

// Error implements error.
func (e *brokenError) Error() string { return nn.ErrUnavailable.Error() + ": " + e.why }

// Is implements errors.Is.
func (e *brokenError) Is(target error) bool {
	return target == nn.ErrUnavailable || target == nn.ErrFault
}

// Devices returns the usable graphics cards. Its error wraps
// nn.ErrUnavailable when this build or machine has no use for any.
func Devices() ([]Device, error) {
	if err := load(); err != nil {
		return nil, err
	}
	if v := cu.Version(); v < oldest {
		return nil, broken("the NVIDIA driver is too old: it knows CUDA %d.%d, and %d.%d is needed; install driver 470 or newer",
			v/1000, v%1000/10, oldest/1000, oldest%1000/10)
	}
	count, err := cu.NumDevices()
	if err != nil {
		return nil, broken("the NVIDIA driver lists no cards: %v", err)
	}
	var out []Device
	var old []string
	for i := range count {
		d, err := describe(i)
		if err != nil {
			return nil, broken("ask for card %d: %v", i, err)
		}
		if d.Major*10+d.Minor < capability {
			old = append(old, fmt.Sprintf("%s is of compute capability %d.%d", d.Name, d.Major, d.Minor))
			continue
		}
		out = append(out, d)
	}
	switch {
	case len(out) > 0:
		return out, nil
	case len(old) > 0:
		return nil, unavailable("%s, and 7.0 is needed", old[0])
	default:
		return nil, unavailable("the NVIDIA driver finds no card")
	}
}

func describe(i int) (d Device, err error) {
	dev, err := cu.GetDevice(i)
	if err != nil {
		return d, err
	}
	d.Index = i
	if d.Name, err = dev.Name(); err != nil {
		return d, err
	}
	if d.Memory, err = dev.TotalMem(); err != nil {
		return d, err
	}
	d.Major, d.Minor, err = dev.ComputeCapability()
	return d, err
}

// fault names what a call of the driver was for, in words for people.
func fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	switch {
	case errors.Is(err, cu.OutOfMemory):
		text = "its memory is full"
	case errors.Is(err, cu.LaunchFailed), errors.Is(err, cu.IllegalAddress):
		text = "a computation broke off (" + text + ")"
	case errors.Is(err, cu.Unknown):
		text = "it does not answer any more"
	case errors.Is(err, cu.NoBinaryForGpu), errors.Is(err, cu.InvalidPtx), text == ptxVersion:
		text = "its driver does not understand the kernels (" + text + "); install a newer driver"
	}
	return &faultError{doing, text}
}

// faultError says what the card failed to do, and why. It is an nn.ErrFault.
type faultError struct{ doing, why string }

// Error implements error.
func (e *faultError) Error() string {
	return "the graphics card failed: " + e.doing + ": " + e.why
}

// Is implements errors.Is.
func (e *faultError) Is(target error) bool { return target == nn.ErrFault }

// What gorgonia.org/cu does not have: pinned memory and graphs that run.

// ptxVersion is how gorgonia.org/cu words CUDA_ERROR_UNSUPPORTED_PTX_VERSION.
const ptxVersion = "UnknownErrorCode:222"

func result(r C.CUresult) error {
	switch r {
	case C.CUDA_SUCCESS:
		return nil
	case C.CUDA_ERROR_OUT_OF_MEMORY:
		return cu.OutOfMemory
	case C.CUDA_ERROR_LAUNCH_FAILED:
		return cu.LaunchFailed
	case C.CUDA_ERROR_UNKNOWN:
		return cu.Unknown
	}
	return fmt.Errorf("driver error %d", int(r))
}

// hostAlloc returns memory of the host that the card reads and writes itself.
func hostAlloc(bytes int) (p unsafe.Pointer, err error) {
	err = result(C.cuMemHostAlloc(&p, C.size_t(bytes), 0))
	return p, err
}

// replay is a list of work that the driver holds as a whole.
type replay struct{ exec C.CUgraphExec }

// capture records what f puts on the stream.
func capture(s cu.Stream, f func() error) (*replay, error) {
	stream := C.CUstream(unsafe.Pointer(s.C()))
	if err := result(C.cuStreamBeginCapture(stream, C.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)); err != nil {
		return nil, err
	}
	err := f()
	var g C.CUgraph
	if end := result(C.cuStreamEndCapture(stream, &g)); err == nil {
		err = end
	}
	if g != nil {
		defer C.cuGraphDestroy(g)
	}
	if err != nil {
		return nil, err
	}
	r := &replay{}
	return r, result(C.cuGraphInstantiateWithFlags(&r.exec, g, 0))
}

func (r *replay) launch(s cu.Stream) error {
	return result(C.cuGraphLaunch(r.exec, C.CUstream(unsafe.Pointer(s.C()))))
}

func (r *replay) close() error { return result(C.cuGraphExecDestroy(r.exec)) }
