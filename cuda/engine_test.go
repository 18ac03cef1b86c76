//go:build nvidia

package cuda

import (
	"testing"

	"agurscope/nn/nntest"
)

func TestEngine(t *testing.T) { nntest.TestEngine(t, start(t)) }
