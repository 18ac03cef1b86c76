package session

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/nn/anomaly"
)

// The worst-scored good parts come first, and of too many all that were kept
// back are among those that are scored.
func TestRatedPartsAreTheWorst(t *testing.T) {
	b := newBench(t)
	r := recipe(t)
	d, err := anomaly.NewDetector(b.Engine(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	const n, learnt = 250, 200
	var items []datasets.Item
	var parts []*anomaly.Prepared
	for i := range n {
		items = append(items, datasets.Item{Name: string(rune('a'+i%26)) + string(rune('a'+i/26))})
		parts = append(parts, d.Prepare(grey(uint8(i*37%251))))
	}
	got, err := b.rate(t.Context(), r, items, parts, learnt)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != worstRated || !slices.IsSortedFunc(got, func(a, b Rated) int {
		if a.Score < b.Score {
			return 1
		}
		return -1
	}) {
		t.Fatalf("%d parts: %+v", len(got), got)
	}
	worstHeld := 0.
	for i := learnt; i < n; i++ {
		worstHeld = max(worstHeld, float64(i*37%251)/255)
	}
	if got[0].Score < worstHeld-1e-6 {
		t.Errorf("the worst is %g, a part that was kept back has %g", got[0].Score, worstHeld)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.rate(ctx, r, items, parts, learnt); err == nil {
		t.Error("a cancelled training rates parts")
	}
}

// What a new recipe replaces is kept, and the new one is its next version.
func TestARecipeThatIsReplacedIsKept(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "r.agur")
	r := recipe(t)
	if kept, err := b.succeed(r, TrainOptions{Out: path}); err != nil || kept != "" || r.Version() != 1 {
		t.Fatalf("kept %q, version %d, %v where there was nothing", kept, r.Version(), err)
	}
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	for i, want := range []string{"r.v1.agur", "r.v1-2.agur"} {
		next := recipe(t)
		next.Training.Set = "parts"
		kept, err := b.succeed(next, TrainOptions{Out: path, Author: "me"})
		if err != nil || filepath.Base(kept) != want {
			t.Fatalf("time %d: kept as %q, %v", i, kept, err)
		}
		got, err := os.ReadFile(kept)
		if err != nil || string(got) != string(before) {
			t.Errorf("what is kept is not what was there: %v", err)
		}
		if v := next.Versions; len(v) != 1 || v[0].Number != 2 || v[0].Author != "me" || v[0].From != r.SHA256 || v[0].Reason == "" || v[0].Setting != nil {
			t.Errorf("%+v", v)
		}
	}
	if err := os.WriteFile(path, []byte("no recipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	if kept, err := b.succeed(recipe(t), TrainOptions{Out: path}); err != nil || kept != "" {
		t.Errorf("a damaged file stops the training: %q, %v", kept, err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "r.v0.agur")); err != nil || string(got) != "no recipe" {
		t.Errorf("a file that somebody may want back is gone: %q, %v", got, err)
	}
}

func TestEstimateCountsWhatIsKeptForTheEnd(t *testing.T) {
	e := Estimate{Forecast: anomaly.Forecast{Step: 100 * time.Millisecond, Bytes: 7}, Pictures: 3}
	if n := e.Steps(time.Minute); n != 450 {
		t.Errorf("%d steps in a minute, want 450", n)
	}
	if e.Time(600) != time.Minute || e.Memory() != 10 {
		t.Errorf("%v, %d bytes", e.Time(600), e.Memory())
	}
	if (Estimate{}).Steps(time.Hour) != 0 {
		t.Error("steps of no time")
	}
}
