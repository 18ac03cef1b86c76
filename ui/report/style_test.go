package report

import "testing"

func TestTicksEndInNoZeroThatAllHave(t *testing.T) {
	for _, x := range []struct {
		high float64
		want []string
	}{{560, []string{"0", "250", "500"}}, {1.05, []string{"0.0", "0.5", "1.0"}}} {
		var got []string
		for _, tick := range (shortTicks{}).Ticks(0, x.high) {
			if tick.Label != "" {
				got = append(got, tick.Label)
			}
		}
		if len(got) != len(x.want) || got[1] != x.want[1] || got[2] != x.want[2] {
			t.Errorf("up to %v: %q, want %q", x.high, got, x.want)
		}
	}
}
