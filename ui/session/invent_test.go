package session

import "testing"

func TestAnInventedPassCanBeTriedOn(t *testing.T) {
	b := newBench(t)
	if err := b.InventPass(100); err == nil {
		t.Error("invented without a set")
	}
	if _, err := b.OpenSet(parts(t, grey(20), grey(200))); err != nil {
		t.Fatal(err)
	}
	if err := b.InventPass(10_000); err != nil {
		t.Fatal(err)
	}
	p := b.Pass()
	if p == nil || len(p.Parts) != 10_000 {
		t.Fatalf("%+v", p)
	}
	m := NewTrial(p, b.Thresholds(), b.Thresholds()).Matrix()
	if m.Row(TruthGood) != 9000 || m.Row(TruthDefect) != 1000 {
		t.Errorf("%v", m)
	}
	for _, truth := range []Truth{TruthGood, TruthDefect} {
		if m[truth][0] == 0 || m[truth][2] == 0 {
			t.Errorf("%v parts are all on one side: %v", truth, m)
		}
	}
}
