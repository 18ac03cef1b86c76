package widgets

import (
	"fmt"
	"math"

	"agurscope/assets/words"
)

// axis is one direction of a chart.
type axis struct {
	title    string
	min, max float64
	whole    bool // ticks at whole numbers only
}

// ticks returns round numbers inside the axis, about n of them.
func (a axis) ticks(n int) []float64 {
	span := a.max - a.min
	if span <= 0 || n < 1 || math.IsInf(span, 0) || math.IsNaN(span) {
		return nil
	}
	raw := span / float64(n)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * unit
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= raw {
			step = m * unit
			break
		}
	}
	if a.whole {
		step = max(math.Round(step), 1)
	}
	var out []float64
	for k := math.Ceil(a.min/step - 1e-9); k*step <= a.max+1e-9*span; k++ {
		out = append(out, k*step+0) // plus 0: no negative zero
	}
	return out
}

// tickText writes a tick as short as its neighbours allow.
func tickText(v float64, ticks []float64) string {
	step := math.Abs(v)
	if len(ticks) > 1 {
		step = ticks[1] - ticks[0]
	}
	digits := 0
	if step > 0 && step < 1 {
		digits = int(math.Ceil(-math.Log10(step) - 1e-9))
	}
	if step >= 1000 && math.Mod(step, 1000) == 0 {
		return fmt.Sprintf("%.0fk", v/1000)
	}
	return words.Write("%.*f", min(digits, 6), v)
}
