package gorgonia

import (
	"testing"

	"agurscope/nn"
	"agurscope/nn/nntest"
)

func start(t *testing.T) nn.Engine {
	t.Helper()
	e, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEngineAgreesWithPlainLoops(t *testing.T) { nntest.TestEngine(t, start(t)) }
