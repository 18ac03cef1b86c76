//go:build !onednn

package onednn

import (
	"errors"
	"strings"
	"testing"

	"agurscope/nn"
)

func TestBuildWithoutOneDNNSaysSo(t *testing.T) {
	_, err := Open(Options{})
	if !errors.Is(err, nn.ErrUnavailable) || !strings.Contains(err.Error(), "-tags onednn") {
		t.Errorf("Open: %v", err)
	}
}
