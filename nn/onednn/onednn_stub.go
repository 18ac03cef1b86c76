//go:build !onednn

package onednn

import (
	"fmt"

	"agurscope/nn"
)

// Open reports that this build has no oneDNN.
func Open(Options) (nn.Engine, error) {
	return nil, fmt.Errorf("%w: this program was built without oneDNN; build with -tags onednn (make build does)", nn.ErrUnavailable)
}
