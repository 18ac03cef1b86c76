package cli

import (
	"strings"

	"agurscope/nn/anomaly"
)

// checkNetwork checks the flags --size, --input and --steps, 0 for a default, of
// every command that trains.
func checkNetwork(size *string, input, steps int) error {
	*size = strings.ToUpper(*size)
	if _, err := anomaly.SizeByName(*size); err != nil {
		return usage("--size is %q: choose T, B or L", *size)
	}
	switch {
	case input != 0 && (input < 32 || input > 1024):
		return usage("--input is %d: it must be 32 to 1024", input)
	case steps < 0:
		return usage("--steps is %d: it must be 1 or more", steps)
	}
	return nil
}
