// Package cuda will run networks on NVIDIA graphics cards: the driver API
// through gorgonia.org/cu, kernels of our own embedded as PTX, and nothing
// needed at run time but the driver, so that one program starts on machines
// with and without a card.
//
// This version runs on the processor only: [Open] says so, and the program
// falls back to another engine.
package cuda

import (
	"fmt"

	"agurscope/nn"
)

// Device is a graphics card that can run networks.
type Device struct {
	Index  int
	Name   string
	Memory int64 // bytes
}

// Devices returns the usable graphics cards. Its error wraps
// nn.ErrUnavailable when this build or machine has no use for any.
func Devices() ([]Device, error) { return nil, unavailable() }

// Open starts the engine on a device by its index. Its error wraps
// nn.ErrUnavailable when it cannot.
func Open(device int) (nn.Engine, error) { return nil, unavailable() }

func unavailable() error {
	return fmt.Errorf("%w: this version runs on the processor only", nn.ErrUnavailable)
}
