package phrase

import "testing"

func TestFiguresTellNumbersApart(t *testing.T) {
	for _, x := range []struct {
		a, b     float64
		from, to string
	}{{1, 2, "1.00", "2.00"}, {1.2501, 1.2504, "1.2501", "1.2504"}, {1, 1, "1.00", "1.00"}, {120, 120.2, "120.000", "120.200"}} {
		if from, to := Figures(x.a, x.b); from != x.from || to != x.to {
			t.Errorf("%v and %v: %q and %q", x.a, x.b, from, to)
		}
	}
}
