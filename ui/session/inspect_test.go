package session

import (
	"context"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/segment"
)

func TestInspectLogsEveryFrameInOrderBeforeItTells(t *testing.T) {
	b := newBench(t)
	pictures := []image.Image{grey(10), nil, grey(120), brittle{}, grey(200), grey(102)}
	want := []history.Verdict{history.OK, history.ERROR, history.REVIEW, history.ERROR, history.NG, history.REVIEW}
	told := 0
	run, err := b.Inspect(context.Background(), source{pictures: pictures}, func(r *Result) {
		// Read the database from within: the row must be there by now.
		rows := b.rows(t, 0)
		if len(rows) != told+1 {
			t.Fatalf("frame %d is told while %d rows are stored", told, len(rows))
		}
		row := rows[told]
		if row.ID != r.ID || r.ID == 0 || row.Seq != uint64(told) || row.Verdict != r.Verdict || row.Name != r.Frame.Name {
			t.Errorf("frame %d: told %s as %d, stored %+v", told, r.Verdict, r.ID, row)
		}
		if r.Verdict != want[told] || r.Final() != want[told] {
			t.Errorf("frame %d: %s, want %s (%v)", told, r.Verdict, want[told], r.Err)
		}
		if (r.Verdict == history.ERROR) != (r.Err != nil) || (r.Err != nil) != (row.Error != "") || (r.Prediction == nil) != (r.Err != nil) {
			t.Errorf("frame %d: %s with error %v, stored %q", told, r.Verdict, r.Err, row.Error)
		}
		if r.Verdict == history.ERROR && (!math.IsNaN(row.Score) || !math.IsNaN(r.Index)) {
			t.Errorf("frame %d: an ERROR with score %g, index %g", told, row.Score, r.Index)
		}
		if r.Verdict != history.ERROR && (row.Score != r.Prediction.Score || row.Low != r.Thresholds.Low || row.Reject != .5 || row.Mode != "half-peak" ||
			row.Recipe != "fake" || row.RecipeSHA256 != "5a5a" || row.ThumbnailSHA256 == "" || r.Latency <= 0) {
			t.Errorf("frame %d: stored %+v", told, row)
		}
		told++
	})
	if err != nil {
		t.Fatal(err)
	}
	if told != len(pictures) {
		t.Errorf("%d frames told, want %d", told, len(pictures))
	}
	got := b.run(t, run.ID)
	if got.Status != history.Done || got.Summary != (history.Summary{OK: 1, Review: 2, NG: 1, Error: 2}) || got.Kind != history.Inspect || got.Engine != "fake" || got.Recipe != "fake" {
		t.Errorf("run %+v", got)
	}
}

// TestNothingUninspectedIsOK: with thresholds that let everything pass, what
// was not inspected is still an ERROR.
func TestNothingUninspectedIsOK(t *testing.T) {
	broken := errors.New("the engine broke")
	for _, c := range []struct {
		name    string
		picture image.Image
		set     func(e *fakeEngine)
		want    string
	}{
		{"cannot be decoded", nil, nil, "cut short"},
		{"cannot be prepared", brittle{}, nil, "no such pixel"},
		{"no pixels", image.NewGray(image.Rectangle{}), nil, "prepare"},
		{"engine fails", grey(9), func(e *fakeEngine) { e.fail = func([]float32) error { return broken } }, "broke"},
		{"output is no number", grey(9), func(e *fakeEngine) { e.nan = func([]float32) bool { return true } }, "not a number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.SetThresholds(Thresholds{High: 1e9, Review: 1e9, Reject: 1e9})
			if c.set != nil {
				c.set(b.e)
			}
			n := 0
			run, err := b.Inspect(context.Background(), source{pictures: []image.Image{c.picture, c.picture}}, func(r *Result) {
				n++
				if r.Verdict != history.ERROR || r.Err == nil || !strings.Contains(r.Err.Error(), c.want) {
					t.Errorf("%s, %v, want ERROR with %q", r.Verdict, r.Err, c.want)
				}
				b.Rejudge(new(segment.Segmenter), r, Thresholds{High: 1e9, Review: 1e9, Reject: 1e9})
				if r.Final() != history.ERROR {
					t.Errorf("judged again it is %s", r.Final())
				}
			})
			if err != nil || n != 2 {
				t.Fatalf("%d frames, %v: one bad frame must not stop the run", n, err)
			}
			if got := b.run(t, run.ID).Summary; got != (history.Summary{Error: 2}) {
				t.Errorf("summary %+v", got)
			}
		})
	}
	if got := (&Result{}).Final(); got != history.ERROR {
		t.Errorf("a result nobody filled in is %s", got)
	}
}

// What a verdict was spent on has every stage once and is no more than all of it.
func TestStagesAreAllAndNoMoreThanTheLatency(t *testing.T) {
	b := newBench(t)
	names := func(s history.Stages) (out string) {
		for _, g := range s {
			out += g.Name + " "
		}
		return out
	}
	n := 0
	_, err := b.Inspect(t.Context(), source{pictures: []image.Image{grey(9), nil, grey(7)}}, func(r *Result) {
		want := "decode prepare detect judge "
		if r.Err != nil {
			want = "decode "
		}
		if got := names(r.Stages); got != want || r.Stages.Total() > r.Latency {
			t.Errorf("%q (%v) of %v, want %q", got, r.Stages.Total(), r.Latency, want)
		}
		n++
	})
	if err != nil || n != 3 {
		t.Errorf("%d frames, %v", n, err)
	}
}

func TestThresholdsMovedInMidRunCountFromThenOn(t *testing.T) {
	b := newBench(t)
	lenient := b.Thresholds()
	lenient.Review, lenient.Reject = 1, 2
	moved := make(chan struct{})
	pictures := make([]image.Image, 10)
	for i := range pictures {
		pictures[i] = grey(200)
	}
	var got []history.Verdict
	_, err := b.Inspect(context.Background(), source{pictures: pictures, before: func(i int) {
		if i == 5 {
			<-moved
		}
	}}, func(r *Result) {
		got = append(got, r.Verdict)
		if len(got) == 3 {
			b.SetThresholds(lenient)
			close(moved)
		}
		if th := r.Thresholds.Reject; th != .5 && th != 2 {
			t.Errorf("judged at %g", th)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		want := history.NG
		if i >= 3 {
			want = history.OK
		}
		if v != want {
			t.Errorf("frame %d is %s, want %s", i, v, want)
		}
	}
}

func TestCancelledRunKeepsWhatWasDone(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pictures := make([]image.Image, 100)
	for i := range pictures {
		pictures[i] = grey(10)
	}
	n := 0
	run, err := b.Inspect(ctx, source{pictures: pictures}, func(*Result) {
		if n++; n == 4 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := b.run(t, run.ID); n != 4 || got.Status != history.Cancelled || got.Summary != (history.Summary{OK: 4}) || got.Ended.IsZero() {
		t.Errorf("%d told, run %+v", n, got)
	}
}

func TestADeadlineIsNoVerdict(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	b.e.fail = func([]float32) error { <-ctx.Done(); return ctx.Err() }
	run, err := b.Inspect(ctx, source{pictures: []image.Image{grey(10), grey(10)}}, func(r *Result) { t.Errorf("told %s", r.Verdict) })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if got := b.run(t, run.ID); got.Status != history.Cancelled || got.Summary.Total() != 0 {
		t.Errorf("run %+v", got)
	}
}

func TestAHistoryThatFailsStopsTheRun(t *testing.T) {
	b := newBench(t)
	n := 0
	_, err := b.Inspect(context.Background(), source{pictures: []image.Image{grey(1), grey(2), grey(3), grey(4)}}, func(*Result) {
		if n++; n == 2 {
			if err := b.store.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
	var p *Problem
	if !errors.As(err, &p) || !errors.Is(err, history.ErrClosed) || n != 2 {
		t.Errorf("%d frames told, %v: want a Problem after the second", n, err)
	}
}

func TestAnotherRecipeStopsTheRun(t *testing.T) {
	for name, change := range map[string]func(b *bench) error{
		"replaced": func(b *bench) error { return b.UseRecipe(recipe(t)) },
		"closed":   func(b *bench) error { return b.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			n := 0
			run, err := b.Inspect(context.Background(), source{pictures: []image.Image{grey(1), grey(2), grey(3), grey(4)}}, func(r *Result) {
				if n++; n == 2 {
					if err := change(b); err != nil {
						t.Fatal(err)
					}
				}
			})
			var p *Problem
			if !errors.As(err, &p) || p.Hint == "" || n != 2 {
				t.Errorf("%d frames told, %v: want a Problem after the second", n, err)
			}
			if got := b.run(t, run.ID); got.Status != history.Failed || got.Summary.Total() != 2 {
				t.Errorf("run %+v", got)
			}
		})
	}
}

// TestThresholdsBelongToTheirDetector: between opening a recipe and closing
// the one before, the old detector must not be judged by the new thresholds.
func TestThresholdsBelongToTheirDetector(t *testing.T) {
	b := newBench(t)
	old := b.detector
	if th, err := b.inForce(old); err != nil || th != b.Thresholds() {
		t.Fatalf("%+v, %v", th, err)
	}
	if err := b.UseRecipe(recipe(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.inForce(old); !errors.Is(err, errReplaced) {
		t.Errorf("thresholds for a detector that was replaced: %v", err)
	}
}

func TestRejudgeDecidesAgain(t *testing.T) {
	b := newBench(t)
	var kept *Result
	run, err := b.Inspect(context.Background(), source{pictures: []image.Image{grey(200)}}, func(r *Result) { kept = r })
	if err != nil {
		t.Fatal(err)
	}
	var seg segment.Segmenter
	th := b.Thresholds()
	for _, c := range []struct {
		set  func(*Thresholds)
		want history.Verdict
		n    int
	}{
		{func(t *Thresholds) { t.Review, t.Reject = .9, .99 }, history.OK, 0},
		{func(t *Thresholds) { t.Review = .1 }, history.REVIEW, 0},
		{func(t *Thresholds) { t.High, t.Low = .5, .2 }, history.NG, 1},
	} {
		c.set(&th)
		b.Rejudge(&seg, kept, th)
		if kept.Verdict != c.want || len(kept.Regions) != c.n || kept.Thresholds != th {
			t.Errorf("at %+v: %s with %d regions, want %s with %d", th, kept.Verdict, len(kept.Regions), c.want, c.n)
		}
	}
	// The whole picture, in its own pixels.
	if r := kept.Regions[0]; r.X != 0 || r.Y != 0 || r.W != 2*side || r.H != side || r.Area != 2*side*side {
		t.Errorf("region %+v", r)
	}
	if row := b.rows(t, run.ID)[0]; row.Verdict != history.NG || row.Reject != .5 || len(row.Regions) != 0 {
		t.Errorf("the history now says %+v", row)
	}
}

func TestOverride(t *testing.T) {
	b := newBench(t)
	var id int64
	if _, err := b.Inspect(context.Background(), source{pictures: []image.Image{grey(200)}}, func(r *Result) { id = r.ID }); err != nil {
		t.Fatal(err)
	}
	if err := b.Override(context.Background(), id, history.OK, "Ann", "dust"); err != nil {
		t.Fatal(err)
	}
	row, err := b.store.Verdict(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	if row.Verdict != history.NG || row.Final() != history.OK || row.Reviewer != "Ann" || row.Reason != "dust" {
		t.Errorf("%+v", row)
	}
	var p *Problem
	for name, err := range map[string]error{
		"no verdict":      b.Override(context.Background(), 0, history.OK, "Ann", ""),
		"unknown verdict": b.Override(context.Background(), id+99, history.OK, "Ann", ""),
		"nobody":          b.Override(context.Background(), id, history.OK, " ", ""),
		"to ERROR":        b.Override(context.Background(), id, history.ERROR, "Ann", ""),
		"no history":      New(Options{}).Override(context.Background(), 1, history.OK, "Ann", ""),
	} {
		if !errors.As(err, &p) {
			t.Errorf("%s: %v, want a Problem", name, err)
		}
	}
}

func TestWithoutHistoryNothingIsLoggedAndAllIsTold(t *testing.T) {
	s := New(Options{Engine: &fakeEngine{}})
	if err := s.UseRecipe(recipe(t)); err != nil {
		t.Fatal(err)
	}
	n := 0
	run, err := s.Inspect(context.Background(), source{pictures: []image.Image{grey(1), nil}}, func(r *Result) {
		if n++; r.ID != 0 {
			t.Errorf("id %d", r.ID)
		}
	})
	if err != nil || n != 2 || run.ID != 0 {
		t.Errorf("%d told, run %d, %v", n, run.ID, err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
}

func TestNotReadyIsAProblemWithARemedy(t *testing.T) {
	ctx := context.Background()
	why := errors.New("libdnnl is missing")
	blind := New(Options{Why: why})
	idle := New(Options{Engine: &fakeEngine{}})
	set := &datasets.Set{Root: "x"}
	for name, f := range map[string]func() error{
		"inspect without engine":   func() error { _, err := blind.Inspect(ctx, source{}, nil); return err },
		"recipe without engine":    func() error { return blind.UseRecipe(recipe(t)) },
		"train without engine":     func() error { _, err := blind.Train(ctx, set, TrainOptions{}, nil); return err },
		"inspect without recipe":   func() error { _, err := idle.Inspect(ctx, source{}, nil); return err },
		"one without recipe":       func() error { _, err := idle.InspectOne(ctx, history.Run{}, datasets.Item{}); return err },
		"run without recipe":       func() error { _, err := idle.StartRun(ctx, "x"); return err },
		"evaluate without recipe":  func() error { _, err := idle.Evaluate(ctx, set, nil); return err },
		"recipe that is not there": func() error { _, err := idle.OpenRecipe("none.agur"); return err },
		"set that is not there":    func() error { _, err := idle.OpenSet(filepath.Join(t.TempDir(), "none")); return err },
	} {
		var p *Problem
		if err := f(); !errors.As(err, &p) || p.Error() == "" || strings.Contains(p.Error(), "\n") {
			t.Errorf("%s: %v, want a Problem in one sentence", name, err)
		}
	}
	if err := blind.UseRecipe(recipe(t)); !errors.Is(err, why) {
		t.Errorf("%v does not say why there is no engine", err)
	}
	if err := New(Options{}).UseRecipe(recipe(t)); !errors.Is(err, nn.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}

func TestARecipeThatFailsLeavesTheOneBefore(t *testing.T) {
	b := newBench(t)
	r, th := b.Recipe(), b.Thresholds()
	if _, err := b.OpenRecipe(filepath.Join(t.TempDir(), "none.agur")); err == nil {
		t.Fatal("a recipe that is not there was opened")
	}
	bad := recipe(t)
	bad.Calibration = nil
	if err := b.UseRecipe(bad); err == nil {
		t.Fatal("a recipe without calibration was opened")
	}
	if b.Recipe() != r || b.Thresholds() != th {
		t.Error("the recipe before it is gone")
	}
}

func TestInspectOneUnderAnOpenRun(t *testing.T) {
	b := newBench(t)
	dir := parts(t, grey(10), grey(200))
	set, err := b.OpenSet(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	run, err := b.StartRun(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	items := append(set.Test(), datasets.Item{Path: filepath.Join(dir, "gone.png"), Name: "gone.png"})
	for i, want := range []history.Verdict{history.OK, history.NG, history.ERROR} {
		res, err := b.InspectOne(ctx, run, items[i])
		if err != nil || res.Verdict != want || res.ID == 0 {
			t.Fatalf("%s: %+v, %v, want %s", items[i].Name, res, err, want)
		}
		again, err := b.Preview(ctx, items[i])
		if err != nil || again.Verdict != want || again.ID != 0 {
			t.Errorf("a preview says %+v, %v", again, err)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if res, err := b.InspectOne(cancelled, run, items[0]); !errors.Is(err, context.Canceled) || res != nil {
		t.Errorf("cancelled: %v, %v", res, err)
	}
	if err := b.EndRun(ctx, run, nil); err != nil {
		t.Fatal(err)
	}
	if got := b.run(t, run.ID); got.Status != history.Done || got.Summary != (history.Summary{OK: 1, NG: 1, Error: 1}) {
		t.Errorf("run %+v", got)
	}
}

// FuzzSession drives a session by random commands: whatever people do, every
// verdict told is stored, in order, and no unread picture is OK.
func FuzzSession(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Add([]byte{3, 0, 0, 5, 4, 0, 1, 6, 6, 0, 2, 0})
	f.Add([]byte{7, 0, 0, 7, 0})
	f.Fuzz(func(t *testing.T, commands []byte) {
		b := newBench(t)
		rng := rand.New(rand.NewPCG(uint64(len(commands)), 1))
		var told []*Result
		open := true
		for _, c := range commands[:min(len(commands), 12)] {
			pictures := greys(rng, 1+int(c>>4))
			ctx, cancel := context.WithCancel(context.Background())
			before := len(told)
			on := func(r *Result) {
				told = append(told, r)
				switch {
				case c&7 == 1 && len(told) == before+2:
					cancel()
				case c&7 == 2:
					b.SetThresholds(Thresholds{High: 9, Review: rng.Float64(), Reject: rng.Float64()})
				case c&7 == 3 && len(told) == before+1:
					if err := b.UseRecipe(recipe(t)); err != nil {
						t.Fatal(err)
					}
				}
			}
			switch c & 7 {
			case 4:
				b.SetThresholds(Thresholds{High: rng.Float64(), Review: math.NaN(), Reject: 1})
			case 5:
				if len(told) > 0 {
					r := told[rng.IntN(len(told))]
					b.Rejudge(new(segment.Segmenter), r, Thresholds{High: 1e9, Review: 1e9, Reject: 1e9})
					if r.Prediction == nil && r.Final() != history.ERROR {
						t.Errorf("an unread picture became %s", r.Final())
					}
				}
			case 6:
				if len(told) > 0 {
					if err := b.Override(ctx, told[0].ID, history.REVIEW, "fuzz", ""); err != nil {
						t.Error(err)
					}
				}
			case 7:
				if err := b.Session.Close(); err != nil {
					t.Fatal(err)
				}
				open = false
			default:
				_, err := b.Inspect(ctx, source{pictures: pictures}, on)
				if err == nil && (!open || len(told) != before+len(pictures)) {
					t.Errorf("a run ended well with %d of %d frames, open %t", len(told)-before, len(pictures), open)
				}
			}
			cancel()
		}
		rows := b.rows(t, 0)
		if len(rows) != len(told) {
			t.Fatalf("%d verdicts told, %d stored", len(told), len(rows))
		}
		for i, r := range told {
			row := rows[i]
			if row.ID != r.ID || row.Name != r.Frame.Name {
				t.Errorf("verdict %d: told %d of %s, stored %d of %s", i, r.ID, r.Frame.Name, row.ID, row.Name)
			}
			if _, unread := r.Frame.Image.(*image.Gray); !unread && row.Verdict != history.ERROR {
				t.Errorf("verdict %d: a picture nobody could read is stored as %s", i, row.Verdict)
			}
			if row.Verdict != history.ERROR && math.IsNaN(row.Score) || row.Verdict == history.ERROR && row.Error == "" {
				t.Errorf("verdict %d: stored %+v", i, row)
			}
		}
	})
}
