package phrase

import (
	"math"
	"strconv"
	"strings"
)

// Number reads a number as people type it: with a comma or a point, whatever the
// language, and with its unit behind it or not. Infinities are no numbers.
func Number(text, unit string) (v float64, ok bool) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), unit))
	v, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}
