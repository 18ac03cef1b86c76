//go:build !nvidia

package cuda

import (
	"errors"
	"testing"

	"agurscope/nn"
)

// A program that asks for the card must be able to tell that it has none, and
// fall back.
func TestAbsenceIsRecognisable(t *testing.T) {
	if e, err := Open(Options{}); e != nil || !errors.Is(err, nn.ErrUnavailable) {
		t.Errorf("Open(Options{}) = %v, %v", e, err)
	}
	if d, err := Devices(); d != nil || !errors.Is(err, nn.ErrUnavailable) {
		t.Errorf("Devices() = %v, %v", d, err)
	}
}
