package spc

import "math"

// EWMA is an exponentially weighted moving average with limits: it finds small
// lasting shifts that single values hide. Lambda is the weight of the newest
// value; Width the limits in standard deviations of the average.
type EWMA struct {
	Mean, Deviation float64 // of the values in control
	Lambda          float64 // 0: 0.2
	Width           float64 // 0: 3
}

// EWMAPoint is one value on the chart.
type EWMAPoint struct {
	Value, Average float64
	Lower, Upper   float64
	Alarm          bool
}

// Baseline takes mean and standard deviation from values that are in control,
// such as the scores of the parts on which the recipe was calibrated.
func Baseline(values []float64) EWMA {
	var e EWMA
	n := 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
			d := v - e.Mean
			e.Mean += d / n
			e.Deviation += d * (v - e.Mean)
		}
	}
	if n > 1 {
		e.Deviation = math.Sqrt(e.Deviation / (n - 1))
	}
	return e
}

// Chart follows values from the mean on. What is not a number, as the score of
// an ERROR, is no value and repeats the point before it.
func (e EWMA) Chart(values []float64) []EWMAPoint {
	lambda, width := e.Lambda, e.Width
	if lambda <= 0 || lambda > 1 {
		lambda = 0.2
	}
	if width <= 0 {
		width = 3
	}
	out := make([]EWMAPoint, 0, len(values))
	z, forget := e.Mean, 1.0
	point := EWMAPoint{Value: math.NaN(), Average: e.Mean, Lower: e.Mean, Upper: e.Mean}
	for _, v := range values {
		if math.IsNaN(v) {
			point.Value = v
			out = append(out, point)
			continue
		}
		z += lambda * (v - z)
		forget *= (1 - lambda) * (1 - lambda)
		w := width * e.Deviation * math.Sqrt(lambda/(2-lambda)*(1-forget))
		point = EWMAPoint{Value: v, Average: z, Lower: e.Mean - w, Upper: e.Mean + w, Alarm: math.Abs(z-e.Mean) > w}
		out = append(out, point)
	}
	return out
}
