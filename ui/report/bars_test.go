package report

import "testing"

// Labels that would run into each other are turned, few as they may be; short ones
// stand upright, many as they may be.
func TestCrowdedLabels(t *testing.T) {
	style := newPlot("", "", "").X.Tick.Label
	four := make([]Series, 4)
	for _, c := range []struct {
		labels []string
		want   bool
	}{
		{[]string{"A, point-like", "B, line-like", "C, area-like"}, false},
		{[]string{"Fashion-MNIST bag", "Fashion-MNIST sandal", "Fashion-MNIST pullover", "Fashion-MNIST coat"}, true},
		{[]string{"a", "b", "c", "d", "e", "f", "g", "h"}, false},
		{nil, false},
	} {
		if got := (Bars{Labels: c.labels, Series: four}).crowded(style); got != c.want {
			t.Errorf("%v: crowded %v", c.labels, got)
		}
	}
}
