package nn

import (
	"errors"
	"fmt"
)

// ErrUnavailable is wrapped by the error of an engine's Open when the machine
// or the build lacks what the engine needs.
var ErrUnavailable = errors.New("engine unavailable")

// ErrFault is wrapped by errors of an engine whose device has failed: out of
// memory, a computation that broke off, a card or driver that is gone. Another
// engine can do the work. An Open wraps it beside ErrUnavailable where a device is
// there and does not work.
var ErrFault = errors.New("the device failed")

// ErrMemory is wrapped where a network does not fit into the memory that is free.
var ErrMemory = errors.New("there is not enough memory")

// ShapeError says which operation was given tensors that do not fit together.
type ShapeError struct {
	Op   string // the operation
	Want string // what it needs
	Got  []Shape
}

// Error implements error.
func (e *ShapeError) Error() string {
	return fmt.Sprintf("%s: needs %s, got %v", e.Op, e.Want, e.Got)
}

// Try runs f and returns a shape mistake made in it as an error. Any other
// panic goes on.
func Try(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *ShapeError:
			err = r
		default:
			panic(r)
		}
	}()
	f()
	return nil
}
