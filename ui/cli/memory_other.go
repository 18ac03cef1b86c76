//go:build !unix

package cli

import (
	"math"
	"time"
)

// peakRSS returns NaN: this system does not say.
func peakRSS() float64 { return math.NaN() }

// processorTime returns 0: this system does not say.
func processorTime() time.Duration { return 0 }

// resetPeakRSS does nothing: there is nothing to forget.
func resetPeakRSS() {}
