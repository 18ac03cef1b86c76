//go:build onednn

package onednn

import (
	"testing"

	"agurscope/nn"
	"agurscope/nn/nntest"
)

// start opens the engine for one test.
func start(t *testing.T, o Options) nn.Engine {
	t.Helper()
	e, err := Open(o)
	if err != nil {
		t.Skipf("this machine cannot run the engine: %v", err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

func TestEngineAgreesWithPlainLoops(t *testing.T) { nntest.TestEngine(t, start(t, Options{})) }
