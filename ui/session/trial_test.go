package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// blobs returns a map of small values with a few brighter spots.
func blobs(rng *rand.Rand, n int) *nn.Image {
	m := nn.NewImage(1, n, n)
	for i := range m.Pix {
		m.Pix[i] = float32(rng.Float64() * .3)
	}
	for range rng.IntN(4) {
		x, y, r, peak := rng.IntN(n), rng.IntN(n), 1+rng.IntN(4), rng.Float64()*3
		for dy := -r; dy <= r; dy++ {
			for dx := -r; dx <= r; dx++ {
				if u, v := x+dx, y+dy; u >= 0 && v >= 0 && u < n && v < n {
					m.Pix[v*n+u] += float32(peak * (1 - math.Hypot(float64(dx), float64(dy))/float64(r+1)))
				}
			}
		}
	}
	return m
}

// looseRecipe has thresholds in the range of blobs.
func looseRecipe(t testing.TB, mode segment.Mode) *anomaly.Recipe {
	r := recipe(t)
	c := r.Calibration
	c.Mode, c.Review, c.Reject = mode, 1, 2
	c.Pixel = map[segment.Mode]anomaly.Pair{
		segment.HalfPeak: {Low: .8, High: 1.6}, segment.Hysteresis: {Low: 1.3, High: 1.6}, segment.TwoSided: {Low: 3, High: 3},
	}
	return r
}

// synthetic returns a pass over parts that no network has seen, with the
// predictions behind them.
func synthetic(t testing.TB, rng *rand.Rand, n int, mode segment.Mode) (*Pass, []*anomaly.Prediction) {
	r := looseRecipe(t, mode)
	p := newPass(r, &datasets.Set{}, Recommended(r.Calibration))
	all := make([]*anomaly.Prediction, n)
	for i := range n {
		q := &anomaly.Prediction{Score: rng.Float64() * 4, Map: blobs(rng, 32), Signed: blobs(rng, 32)}
		for k := range q.Signed.Pix {
			q.Signed.Pix[k] = 4*q.Signed.Pix[k] - 2
		}
		s := Scored{Item: datasets.Item{Name: fmt.Sprintf("%03d", i)}, Truth: Truth(rng.IntN(3))}
		if s.Truth == TruthDefect {
			s.Item.Type = string(rune('a' + rng.IntN(3)))
		}
		p.Parts = append(p.Parts, s)
		res := &Result{Prediction: q}
		switch rng.IntN(12) {
		case 0:
			q.Doubt = errors.New("in doubt")
		case 1:
			res.Err, res.Prediction = errDecode, nil
			q = nil
		}
		all[i] = q
		p.take(i, res)
	}
	return p, all
}

func randomThresholds(rng *rand.Rand, m segment.Mode) Thresholds {
	return Thresholds{Mode: m, Low: rng.Float64()*4 - .2, High: rng.Float64()*4 - .2, Review: rng.Float64()*5 - .3, Reject: rng.Float64()*5 - .3, MaxShare: []float64{0, 0, rng.Float64() * .2}[rng.IntN(3)]}
}

// What a trial says of a part is what Judge says, for whatever thresholds: the
// screen and the line must not disagree.
func TestTrialSaysWhatJudgeSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, mode := range []segment.Mode{segment.HalfPeak, segment.Hysteresis, segment.TwoSided, segment.Both} {
		p, all := synthetic(t, rng, 80, segment.HalfPeak)
		if mode == segment.TwoSided || mode == segment.Both {
			p, all = nil, nil
			p, all = syntheticIn(t, rng, mode)
		}
		tr := NewTrial(p, p.Thresholds, p.Thresholds)
		var seg segment.Segmenter
		for range 60 {
			th := randomThresholds(rng, mode)
			tr.Try(th)
			for i, q := range all {
				want := history.ERROR
				if q != nil {
					want = Judge(&seg, q, p.Recipe.Calibration, tr.Now()).Verdict
				}
				if got := tr.Verdict(i); got != want {
					t.Fatalf("%s: part %d of score %g is %s, Judge says %s at %+v", mode, i, p.Parts[i].Score, got, want, tr.Now())
				}
			}
		}
	}
}

func syntheticIn(t testing.TB, rng *rand.Rand, mode segment.Mode) (*Pass, []*anomaly.Prediction) {
	r := looseRecipe(t, segment.HalfPeak)
	p := newPass(r, &datasets.Set{}, Recommended(r.Calibration).WithMode(r.Calibration, mode))
	base, all := synthetic(t, rng, 80, segment.HalfPeak)
	for i, q := range all {
		p.Parts = append(p.Parts, Scored{Item: base.Parts[i].Item, Truth: base.Parts[i].Truth})
		res := &Result{Prediction: q}
		if q == nil {
			res.Err = errDecode
		}
		p.take(i, res)
	}
	return p, all
}

// Whatever a person does, the trial's books balance.
func TestTrialKeepsItsBooksUnderRandomCommands(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		mode := []segment.Mode{segment.HalfPeak, segment.Hysteresis}[rng.IntN(2)]
		p, _ := synthetic(t, rng, 60, mode)
		start := p.Thresholds
		tr := NewTrial(p, start, start)
		model := []Thresholds{tr.Now()} // what undo must come back to
		at, steps := 0, []string{}
		set := func(th Thresholds) {
			tr.Set(th)
			if tr.Now() != model[at] {
				model = append(model[:at+1], tr.Now())
				at++
			}
		}
		for range 120 {
			op := rng.IntN(8)
			steps = append(steps, fmt.Sprint(op))
			switch op {
			case 0, 1:
				set(randomThresholds(rng, mode))
			case 2: // a drag
				for range 1 + rng.IntN(5) {
					tr.Try(randomThresholds(rng, mode))
				}
				tr.Keep()
				if tr.Now() != model[at] {
					model = append(model[:at+1], tr.Now())
					at++
				}
			case 3:
				tr.Undo()
				at = max(at-1, 0)
			case 4:
				tr.Redo()
				at = min(at+1, len(model)-1)
			case 5:
				tr.CountAsGood(rng.IntN(2) == 0)
			case 6:
				if th, _, err := tr.ForFalseRejects(rng.Float64()*.5 + .001); err == nil {
					set(th)
				}
			case 7:
				if rng.IntN(3) == 0 {
					tr.Save()
				} else if th, err := tr.ForRecall(rng.Float64()*.99 + .01); err == nil {
					set(th)
				}
			}
			if tr.Now() != model[at] {
				t.Fatalf("seed %d after %v: %+v, want %+v", seed, steps, tr.Now(), model[at])
			}
			checkTrial(t, tr, p)
			if (at > 0) != tr.CanUndo() || (at < len(model)-1) != tr.CanRedo() {
				t.Fatalf("seed %d: step %d of %d, undo %t, redo %t", seed, at, len(model), tr.CanUndo(), tr.CanRedo())
			}
		}
	}
}

func checkTrial(t *testing.T, tr *Trial, p *Pass) {
	t.Helper()
	th := tr.Now()
	if !(th.Review >= 0 && th.Review <= th.Reject && th.Reject > 0 && th.Low > 0 && th.Low <= th.High && th.High >= p.Floor()) {
		t.Fatalf("thresholds contradict each other: %+v", th)
	}
	sum := 0
	m := tr.Matrix()
	for _, truth := range Truths {
		for k, v := range Verdicts {
			cell := tr.Cell(truth, v)
			if len(cell) != m[truth][k] {
				t.Fatalf("cell %s %s lists %d of %d", truth, v, len(cell), m[truth][k])
			}
			if !slices.IsSortedFunc(cell, func(a, b int) int {
				if p.Parts[a].Score < p.Parts[b].Score {
					return 1
				}
				return -1
			}) && v != history.ERROR {
				t.Fatalf("cell %s %s is not in order", truth, v)
			}
			sum += len(cell)
		}
	}
	if sum != len(p.Parts) {
		t.Fatalf("%d of %d parts in the matrix", sum, len(p.Parts))
	}
	types := 0
	for _, r := range tr.Types() {
		types += r.OK + r.Review + r.NG
	}
	if types != m.Row(TruthDefect) {
		t.Fatalf("%d of %d defects in the table of types", types, m.Row(TruthDefect))
	}
	if (len(tr.Changes()) == 0) != (th == tr.saved) || tr.Changed() != (th != tr.saved) {
		t.Fatalf("changes %v", tr.Changes())
	}
	for i := 1; i < len(tr.ROC()); i++ {
		if a, b := tr.ROC()[i-1], tr.ROC()[i]; b.FPR < a.FPR || b.TPR < a.TPR {
			t.Fatal("the ROC falls")
		}
	}
}

// The choosers against trying every threshold.
func TestChoosersFindWhatTryingAllFinds(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 3))
		p, _ := synthetic(t, rng, 50, segment.HalfPeak)
		tr := NewTrial(p, p.Thresholds, p.Thresholds)
		tr.CountAsGood(rng.IntN(2) == 0)
		recallAt := func(reject float64) (recall, fr float64) {
			th := tr.Now()
			th.Review, th.Reject = 0, reject
			n := [2]int{}
			k := [2]int{}
			for i := range p.Parts {
				truth := tr.Truth(i)
				if truth == TruthUnknown || p.Parts[i].Err != nil {
					continue
				}
				n[truth]++
				if tr.verdict(i, th, tr.cut[i]) == history.NG || p.Parts[i].Doubt != nil {
					k[truth]++
				}
			}
			return float64(k[1]) / float64(n[1]), float64(k[0]) / float64(n[0])
		}
		wish := rng.Float64()*.98 + .01
		th, err := tr.ForRecall(wish)
		if err != nil {
			t.Fatal(err)
		}
		recall, fr := recallAt(th.Reject)
		if recall < wish {
			t.Errorf("seed %d: recall %g, wished %g", seed, recall, wish)
		}
		c := Cost{Escape: 1 + 99*rng.Float64(), FalseReject: 1 + 9*rng.Float64(), Defects: .01 + .3*rng.Float64()}
		best, cost, err := tr.ForCost(c)
		if err != nil {
			t.Fatal(err)
		}
		recall2, fr2 := recallAt(best.Reject)
		if got := c.Of(1-recall2, fr2); math.Abs(got-cost) > 1e-9 {
			t.Errorf("seed %d: cost %g, promised %g", seed, got, cost)
		}
		for _, v := range p.scores(TruthGood) {
			for _, w := range []float64{v, v + 1e-6} {
				r, f := recallAt(w)
				if r >= wish && f < fr-1e-12 {
					t.Errorf("seed %d: reject %g keeps recall %g with %g false rejects, not %g", seed, w, r, f, fr)
				}
				if c.Of(1-r, f) < cost-1e-9 {
					t.Errorf("seed %d: reject %g costs %g, not %g", seed, w, c.Of(1-r, f), cost)
				}
			}
		}
	}
}

// The chooser by false rejects is calibration's own rule.
func TestForFalseRejectsIsTheRuleOfCalibration(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	p, _ := synthetic(t, rng, 200, segment.HalfPeak)
	tr := NewTrial(p, p.Thresholds, p.Thresholds)
	th, note, err := tr.ForFalseRejects(.05)
	if err != nil || note != "" {
		t.Fatal(note, err)
	}
	tr.Set(th)
	good := 0
	for i := range p.Parts {
		if p.Parts[i].Truth == TruthGood && p.Parts[i].Doubt == nil && p.Parts[i].Err == nil {
			good++
		}
	}
	if fr := tr.FalseRejects(); float64(fr.K) > math.Ceil(.05*float64(good+1)) {
		t.Errorf("%d of %d good parts are rejected at 5 %%", fr.K, good)
	}
	if _, note, _ := tr.ForFalseRejects(.0001); note == "" {
		t.Error("nobody says that so few parts cannot show 0.01 %")
	}
	for _, bad := range []float64{0, 1, -1, math.NaN()} {
		if _, _, err := tr.ForFalseRejects(bad); err == nil {
			t.Errorf("a rate of %g is taken", bad)
		}
	}
}

// The interval covers the true share as often as it says.
func TestIntervalCoversTheTrueShare(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, share := range []float64{.005, .05, .4, .9} {
		for _, n := range []int{1, 8, 60, 300} {
			hits := 0
			const draws = 2000
			for range draws {
				k := 0
				for range n {
					if rng.Float64() < share {
						k++
					}
				}
				if p := NewProportion(k, n); p.Low <= share && share <= p.High {
					hits++
				}
			}
			if float64(hits)/draws < .94 {
				t.Errorf("%g of %d: covered %d of %d times", share, n, hits, draws)
			}
		}
	}
	if p := NewProportion(0, 0); p.Low != 0 || p.High != 1 {
		t.Errorf("of none: %+v", p)
	}
	// The rule of three, exactly.
	if p := NewProportion(0, 100); math.Abs(p.High-(1-math.Pow(.025, .01))) > 1e-9 || p.Low != 0 {
		t.Errorf("none of 100: %+v", p)
	}
}

func TestPassScoresTheSetOnceAndLogsNothing(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	for _, sub := range []string{"good", "dent"} {
		if err := os.MkdirAll(filepath.Join(dir, "test", sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range []uint8{10, 120, 250} {
		write(t, filepath.Join(dir, "test", "good", fmt.Sprintf("%d.png", i)), grey(v))
		write(t, filepath.Join(dir, "test", "dent", fmt.Sprintf("%d.png", i)), grey(v))
	}
	if _, err := b.RunPass(t.Context(), nil); !errors.Is(err, ErrNoParts) {
		t.Fatalf("a pass over no set: %v", err)
	}
	if _, err := b.OpenSet(dir); err != nil {
		t.Fatal(err)
	}
	last := Progress{}
	p, err := b.RunPass(t.Context(), func(q Progress) { last = q })
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Parts) != 6 || last.Done != 6 || b.Pass() != p {
		t.Fatalf("%d parts, %+v", len(p.Parts), last)
	}
	tr := NewTrial(p, p.Thresholds, p.Thresholds)
	if m := tr.Matrix(); m != (Matrix{{1, 1, 1, 0}, {1, 1, 1, 0}}) {
		t.Errorf("matrix %v", m)
	}
	if len(b.rows(t, 0)) != 0 {
		t.Error("a pass has written verdicts")
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := b.RunPass(ctx, func(Progress) { cancel() }); !errors.Is(err, context.Canceled) || b.Pass() != p {
		t.Errorf("a cancelled pass: %v", err)
	}
	if err := b.UseRecipe(recipe(t)); err != nil {
		t.Fatal(err)
	}
	if b.Pass() != nil {
		t.Error("the pass outlives its recipe")
	}
}

// Parts that the network has learnt from say nothing about others.
func TestPassLeavesOutWhatWasLearntFrom(t *testing.T) {
	b := newBench(t)
	var m []string
	dir := t.TempDir()
	for i := range 20 {
		name := fmt.Sprintf("%02d.png", i)
		write(t, filepath.Join(dir, name), grey(uint8(10*i)))
		m = append(m, name)
	}
	set, err := b.OpenSet(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.RunPass(t.Context(), nil)
	if err != nil || len(p.Parts) != len(m) || p.Parts[0].Truth != TruthUnknown || p.Learnt != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	r := recipe(t)
	train, held := datasets.Split(set.Train(), 7, datasets.DefaultShare)
	sum, err := datasets.ManifestHash(t.Context(), set.Train())
	if err != nil {
		t.Fatal(err)
	}
	r.Training = anomaly.Training{Manifest: sum, Seed: 7, Images: len(train)}
	if err := b.UseRecipe(r); err != nil {
		t.Fatal(err)
	}
	p, err = b.RunPass(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Parts) != len(held) || p.Learnt != len(train) {
		t.Fatalf("%d parts, %d learnt, want %d and %d", len(p.Parts), p.Learnt, len(held), len(train))
	}
	for _, s := range p.Parts {
		if s.Truth != TruthGood || !s.Held {
			t.Errorf("%s is %s, kept back %t", s.Item.Name, s.Truth, s.Held)
		}
	}
}

func TestVersionIsSavedAndComesBack(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(t.TempDir(), "r.agur")
	r := recipe(t)
	if _, err := b.SaveVersion(b.Thresholds(), "me", "why"); err == nil {
		t.Error("a recipe without a file was saved")
	}
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := b.OpenRecipe(path); err != nil {
		t.Fatal(err)
	}
	th := b.Thresholds()
	th.Review, th.Reject = .3, .6
	for _, missing := range [][2]string{{"", "why"}, {"me", "  "}} {
		if _, err := b.SaveVersion(th, missing[0], missing[1]); err == nil {
			t.Errorf("saved by %q because of %q", missing[0], missing[1])
		}
	}
	if _, err := b.SaveVersion(th, "me", "fewer false rejects"); err != nil {
		t.Fatal(err)
	}
	if b.Thresholds() != th || b.Recipe().Version() != 2 {
		t.Errorf("%+v in version %d", b.Thresholds(), b.Recipe().Version())
	}
	again, err := b.OpenRecipe(path)
	if err != nil {
		t.Fatal(err)
	}
	if again.Version() != 2 || b.Thresholds() != th || again.Versions[0].Reason != "fewer false rejects" || again.Versions[0].From != r.SHA256 {
		t.Errorf("%+v, thresholds %+v", again.Versions, b.Thresholds())
	}
	if Recommended(again.Calibration) == th {
		t.Error("the calibrated thresholds are gone")
	}
}

// A drag over 10,000 parts.
func BenchmarkTrialImageThreshold(b *testing.B) {
	rng := rand.New(rand.NewPCG(6, 6))
	p, _ := synthetic(b, rng, 10_000, segment.HalfPeak)
	tr := NewTrial(p, p.Thresholds, p.Thresholds)
	b.ResetTimer()
	for i := range b.N {
		th := tr.Now()
		th.Reject = 1 + float64(i%1000)/500
		tr.Try(th)
		m := tr.Matrix()
		tr.FalseRejects()
		if m.Row(TruthGood) == 0 {
			b.Fatal("no parts")
		}
	}
}
