package session

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn/segment"
)

// Each side of a comparison says of every pair what its own trial says.
func TestComparisonBalances(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 8))
		p, _ := synthetic(t, rng, 40, segment.HalfPeak)
		q, _ := synthetic(t, rng, 40, segment.HalfPeak)
		// Not all parts are in both, nor in one order.
		p.Parts = p.Parts[:30+rng.IntN(10)]
		rng.Shuffle(len(q.Parts), func(i, j int) { q.Parts[i], q.Parts[j] = q.Parts[j], q.Parts[i] })
		a, b := NewTrial(p, p.Thresholds, randomThresholds(rng, segment.HalfPeak)), NewTrial(q, q.Thresholds, q.Thresholds)
		c := Compare(a, b)
		if len(c.Pairs) != len(p.Parts) {
			t.Fatalf("%d pairs of %d parts", len(c.Pairs), len(p.Parts))
		}
		if c.A.Matrix != a.Matrix() {
			t.Errorf("matrix %v, the trial's own %v", c.A.Matrix, a.Matrix())
		}
		sum, differ := 0, 0
		for _, row := range c.B.Matrix {
			for _, n := range row {
				sum += n
			}
		}
		for _, pair := range c.Pairs {
			x, y := pair.Right()
			if pair.Differ() {
				differ++
				if x && y {
					t.Error("both are right and disagree")
				}
			}
		}
		if sum != len(c.Pairs) {
			t.Errorf("%d of %d pairs in the matrix", sum, len(c.Pairs))
		}
		if same := Compare(a, a); seed == 0 {
			for _, pair := range same.Pairs {
				if pair.Differ() || pair.ScoreA != pair.ScoreB && pair.ScoreA == pair.ScoreA {
					t.Errorf("a trial disagrees with itself about %s", pair.Item.Name)
				}
			}
		}
	}
}

func TestWhatAPartMustGet(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"good/a.png", "defect/b.png", "review/c.png"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, grey(9))
	}
	if err := os.WriteFile(filepath.Join(dir, datasets.GoldenMark), []byte("release 4"), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := datasets.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]history.Verdict{"good": history.OK, "defect": history.NG, "review": history.REVIEW}
	for _, it := range set.Items {
		if got := wanted(set, it, truth(it)); got != want[it.Type] {
			t.Errorf("%s of a golden set must get %q, want %q", it.Type, got, want[it.Type])
		}
		if got := wanted(nil, it, TruthDefect); got != history.NG {
			t.Errorf("a defect of any other set must get %q", got)
		}
	}
	if got := wanted(set, set.Items[0], TruthUnknown); got != "" {
		t.Errorf("of what nobody knows %q is wanted", got)
	}
}

func TestRivalLogsNothingAndLeavesTheSessionAlone(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(t.TempDir(), "other.agur")
	if err := recipe(t).Save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := b.OpenSet(parts(t, grey(10), grey(200))); err != nil {
		t.Fatal(err)
	}
	mine := b.Recipe()
	r, err := b.Rival(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, err := r.RunPass(t.Context(), nil)
	if err != nil || len(p.Parts) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	if b.Recipe() != mine || b.Pass() != nil || r.Store() != nil || len(b.rows(t, 0)) != 0 {
		t.Error("the session has noticed")
	}
	if _, err := b.Rival(filepath.Join(t.TempDir(), "none.agur")); err == nil {
		t.Error("a recipe that is not there is compared")
	}
}
