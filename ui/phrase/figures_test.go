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

func TestNumbersAreReadAsPeopleTypeThem(t *testing.T) {
	for text, want := range map[string]float64{"1.5": 1.5, " 1,5 ": 1.5, "12 %": 12, "12%": 12, "0": 0, "-2": -2, "1e3": 1000} {
		if got, ok := Number(text, "%"); !ok || got != want {
			t.Errorf("%q: %v, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "%", "nan", "inf", "-Inf", "1.234,5", "five", "1 2", "12 mm"} {
		if got, ok := Number(text, "%"); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}
