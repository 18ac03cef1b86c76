//go:build !nvidia

package cuda

import (
	"fmt"

	"agurscope/nn"
)

// Devices returns the usable graphics cards. Its error wraps
// nn.ErrUnavailable when this build or machine has no use for any.
func Devices() ([]Device, error) { return nil, unavailable() }

// Open starts the engine. Its error wraps nn.ErrUnavailable when it cannot.
func Open(Options) (nn.Engine, error) { return nil, unavailable() }

func unavailable() error {
	return fmt.Errorf("%w: this program was built without CUDA; build with “make build”", nn.ErrUnavailable)
}
