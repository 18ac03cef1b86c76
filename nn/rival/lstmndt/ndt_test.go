package lstmndt

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// The thresholds, runs and pruned runs are those of testdata/ndt.py, which was
// written from the paper.
func TestThresholdIsTheReferences(t *testing.T) {
	raw, err := os.ReadFile("testdata/ndt.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Errors     []float64
		Epsilon    float64
		Runs, Kept [][2]int
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	found, pruned := 0, 0
	for i, c := range cases {
		epsilon, runs := Threshold(c.Errors)
		if math.Abs(epsilon-c.Epsilon) > 1e-9*max(1, c.Epsilon) {
			t.Errorf("case %d: ε %g, want %g", i, epsilon, c.Epsilon)
		}
		kept := Prune(c.Errors, runs, .13)
		if !equal(runs, c.Runs) || !equal(kept, c.Kept) {
			t.Errorf("case %d: runs %v, kept %v, want %v and %v", i, runs, kept, c.Runs, c.Kept)
		}
		found += len(runs)
		pruned += len(runs) - len(kept)
	}
	if found < 50 || pruned < 5 {
		t.Errorf("the cases have %d runs, of which %d are pruned: too few to prove anything", found, pruned)
	}
}

func equal(a []Run, b [][2]int) bool {
	if len(a) != len(b) {
		return false
	}
	for i, r := range a {
		if r != (Run{b[i][0], b[i][1]}) {
			return false
		}
	}
	return true
}
