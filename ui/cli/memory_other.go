//go:build !unix

package cli

import "math"

// peakRSS returns NaN: this system does not say.
func peakRSS() float64 { return math.NaN() }
