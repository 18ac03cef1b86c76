package cuda

import "errors"

// Device is a graphics card that can run networks.
type Device struct {
	Index        int
	Name         string
	Memory       int64 // bytes
	Major, Minor int   // compute capability
}

// ErrFault is wrapped by errors of a card that has failed: out of memory, a
// launch that went wrong, a card or driver that is gone. Another engine can do
// the work.
var ErrFault = errors.New("the graphics card failed")
