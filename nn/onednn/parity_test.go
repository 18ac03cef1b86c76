//go:build onednn

package onednn

import (
	"testing"

	"agurscope/nn/gorgonia"
	"agurscope/nn/nntest"
)

func TestTrainingStepEqualsGorgonias(t *testing.T) {
	other, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	nntest.TestParity(t, start(t, Options{}), other, 1e-4)
}
