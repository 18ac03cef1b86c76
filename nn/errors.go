package nn

import (
	"errors"
	"fmt"
)

// ErrUnavailable is wrapped by the error of an engine's Open when the machine
// or the build lacks what the engine needs.
var ErrUnavailable = errors.New("engine unavailable")

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
