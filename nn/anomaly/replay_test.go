package anomaly

import (
	"math"
	"slices"
	"testing"
)

func TestReplayKeepsTheWorstAndShowsThemAgain(t *testing.T) {
	var r replay
	for step := range 100 {
		n := r.draw(1, step, 4, .25)
		if fresh := uint64(4 * step); n[0] != fresh || n[2] != fresh+2 {
			t.Fatalf("step %d draws %v", step, n)
		}
		hard := slices.ContainsFunc(r.Hard, func(h hardImage) bool { return h.Number == n[3] })
		if enough := len(r.Hard) == remembered; hard != enough {
			t.Fatalf("step %d, %d remembered: the last of %v is hard: %v", step, len(r.Hard), n, hard)
		}
		if again := r.draw(1, step, 4, .25); !slices.Equal(n, again) {
			t.Fatalf("step %d draws %v, then %v", step, n, again)
		}
		losses := make([]float64, 4)
		for k, v := range n {
			losses[k] = float64(v % 50) // the higher, the worse
		}
		r.learn(n, losses)
	}
	if len(r.Hard) != remembered || !slices.IsSortedFunc(r.Hard, func(a, b hardImage) int { return int(a.Number) - int(b.Number) }) {
		t.Fatalf("%d remembered", len(r.Hard))
	}
	for _, h := range r.Hard {
		if h.Loss < 30 {
			t.Errorf("image %d of loss %g is among the worst", h.Number, h.Loss)
		}
	}
}

func TestFocalIsThatOfTheGraph(t *testing.T) {
	logits, mask := []float32{0, 3, -3, 3}, []float32{0, 1, 1, 0}
	got := focal(logits, mask, 2)
	one := func(z, m float64) float64 {
		p := 1 / (1 + math.Exp(-z))
		pt := p*m + (1-p)*(1-m)
		return (1 - pt) * (1 - pt) * -math.Log(pt) * (1 + 4*m)
	}
	want := []float64{(one(0, 0) + one(3, 1)) / 2, (one(-3, 1) + one(3, 0)) / 2}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-9 {
			t.Errorf("image %d: %g, want %g", i, got[i], want[i])
		}
	}
}
