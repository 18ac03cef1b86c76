package session

import (
	"context"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/history"
	"agurscope/nn/anomaly"
)

// good draws noisy good parts.
func good(n, w, h int) []image.Image {
	rng := rand.New(rand.NewPCG(1, 1))
	out := make([]image.Image, n)
	for i := range out {
		m := image.NewGray(image.Rect(0, 0, w, h))
		for k := range m.Pix {
			m.Pix[k] = uint8(50 + rng.IntN(50))
		}
		out[i] = m
	}
	return out
}

// quick is a training of a few steps on the fake engine.
func quick(t *testing.T) TrainOptions {
	t.Helper()
	return TrainOptions{Out: filepath.Join(t.TempDir(), "new", "part.agur"), Input: 32, Steps: 3, Seed: 5,
		Variant: "basic"}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestTrainMakesARecipeThatInspects(t *testing.T) {
	b := newBench(t)
	set, err := b.OpenSet(parts(t, good(12, 40, 40)...))
	if err != nil {
		t.Fatal(err)
	}
	o := quick(t)
	var stages []Stage
	read, steps := 0, 0
	res, err := b.Train(context.Background(), set, o, func(e TrainEvent) {
		if len(stages) == 0 || stages[len(stages)-1] != e.Stage {
			stages = append(stages, e.Stage)
		}
		if e.Stage == Reading {
			if read++; e.Done != read || e.Total != 12 {
				t.Errorf("%d of %d read at event %d", e.Done, e.Total, read)
			}
		}
		if e.Step > 0 {
			steps++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(stages, []Stage{Looking, Reading, Training, Calibrating, Saving}) || read != 12 || steps != 3 {
		t.Errorf("stages %v, %d read, %d steps", stages, read, steps)
	}
	if exists(Checkpoint(o.Out)) {
		t.Error("the checkpoint is still there")
	}
	r, err := b.OpenRecipe(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	tr := r.Training
	if r.Name != "part" || r.Program != "test" || len(r.Thumbnail) == 0 || tr.Images != 10 || tr.Seed != 5 || tr.Steps != 3 || tr.Manifest == "" || r.Calibration.Normals != 2 || r.SHA256 != res.Recipe.SHA256 {
		t.Errorf("recipe %+v", r)
	}
	if b.Thresholds() != Recommended(r.Calibration) {
		t.Error("the recipe's thresholds are not in force")
	}
	if _, err := b.Inspect(context.Background(), set.Source(set.Test()), nil); err != nil {
		t.Error(err)
	}
	run := b.run(t, 1)
	if run.Kind != history.Train || run.Status != history.Done || !math.IsNaN(run.Reject) {
		t.Errorf("run %+v: a training has no thresholds", run)
	}
}

func TestTrainNeedsFiveParts(t *testing.T) {
	b := newBench(t)
	for n, ok := range map[int]bool{1: false, 4: false, 5: true, 6: true, 7: true, 8: true} {
		set, err := b.OpenSet(parts(t, good(n, 32, 32)...))
		if err != nil {
			t.Fatal(err)
		}
		o := quick(t)
		res, err := b.Train(context.Background(), set, o, nil)
		var p *Problem
		switch {
		case ok && (err != nil || res.Recipe.Calibration.Normals < 2):
			t.Errorf("%d parts: %v", n, err)
		case !ok && (!errors.As(err, &p) || !strings.Contains(err.Error(), "at least 5") || p.Hint == ""):
			t.Errorf("%d parts: %v, want a Problem", n, err)
		}
		if exists(o.Out) != ok {
			t.Errorf("%d parts: recipe there %t", n, !ok)
		}
	}
}

func TestTrainSkipsAndListsWhatItCannotRead(t *testing.T) {
	b := newBench(t)
	dir := parts(t, good(20, 32, 32)...)
	for _, name := range []string{"a.png", "007.png"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("\x89PNG\r\n\x1a\nno more"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := b.OpenSet(dir)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.Train(context.Background(), set, quick(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Recipe.Training.Images + res.Recipe.Calibration.Normals; got != 19 || len(res.Skipped) != 2 {
		t.Errorf("%d pictures used, skipped %v", got, res.Skipped)
	}
	all := errors.Join(res.Skipped...).Error()
	if !strings.Contains(all, "a.png") || !strings.Contains(all, "007.png") {
		t.Errorf("%q does not name the skipped files", all)
	}
	for i := range 20 { // nothing left
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(set.Items[i].Path)), []byte("\x89PNG\r\n\x1a\nno more"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := quick(t)
	var p *Problem
	if _, err := b.Train(context.Background(), set, o, nil); !errors.As(err, &p) || exists(o.Out) {
		t.Errorf("nothing readable: %v", err)
	}
}

func TestTrainKeepsTheAspectOfElongatedParts(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct{ w, h, wantW, wantH int }{{64, 64, 64, 64}, {50, 125, 48, 96}, {125, 50, 96, 48}} {
		pictures := good(8, c.w, c.h)
		pictures[3] = good(1, 300, 20)[0] // one odd picture changes nothing
		set, err := b.OpenSet(parts(t, pictures...))
		if err != nil {
			t.Fatal(err)
		}
		o := quick(t)
		o.Input = 64
		res, err := b.Train(context.Background(), set, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := res.Recipe.Model.Network; n.Width != c.wantW || n.Height != c.wantH {
			t.Errorf("%d x %d: input %d x %d, want %d x %d", c.w, c.h, n.Width, n.Height, c.wantW, c.wantH)
		}
	}
}

func TestCancelledTrainingLeavesItsCheckpointAndNoRecipe(t *testing.T) {
	b := newBench(t)
	set, err := b.OpenSet(parts(t, good(8, 32, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range []Stage{Reading, Training, Calibrating} {
		o := quick(t)
		ctx, cancel := context.WithCancel(context.Background())
		_, err := b.Train(ctx, set, o, func(e TrainEvent) {
			if e.Stage == stage && (stage != Training || e.Step == 2) {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: %v", stage, err)
		}
		if exists(o.Out) || exists(Checkpoint(o.Out)) != (stage != Reading) {
			t.Errorf("cancelled when %s: recipe there %t, checkpoint there %t", stage, exists(o.Out), exists(Checkpoint(o.Out)))
		}
		o.Resume = true
		first := 0
		res, err := b.Train(context.Background(), set, o, func(e TrainEvent) {
			if first == 0 {
				first = e.Step
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		want := map[Stage]int{Reading: 1, Training: 3, Calibrating: 0}[stage]
		if first != want || res.Summary.Resumed != (stage != Reading) || !exists(o.Out) || exists(Checkpoint(o.Out)) {
			t.Errorf("cancelled when %s: resumed with step %d, %+v", stage, first, res.Summary)
		}
	}
	runs := map[string]int{}
	for r, err := range b.store.Runs(context.Background(), history.RunFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		runs[r.Status]++
	}
	if runs[history.Cancelled] != 3 || runs[history.Done] != 3 {
		t.Errorf("runs %v", runs)
	}
}

func TestFailedTrainingLeavesNoRecipe(t *testing.T) {
	b := newBench(t)
	set, err := b.OpenSet(parts(t, good(8, 32, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the engine broke")
	for name, set2 := range map[string]func(){
		"engine fails":        func() { b.e.fail = func([]float32) error { return broken } },
		"output is no number": func() { b.e.nan = func([]float32) bool { return true } },
	} {
		o := quick(t)
		if err := os.MkdirAll(filepath.Dir(o.Out), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(o.Out, []byte("the recipe before"), 0o600); err != nil {
			t.Fatal(err)
		}
		set2()
		_, err := b.Train(context.Background(), set, o, nil)
		b.e.fail, b.e.nan = nil, nil
		var p *Problem
		if !errors.As(err, &p) {
			t.Errorf("%s: %v, want a Problem", name, err)
		}
		if old, _ := os.ReadFile(o.Out); string(old) != "the recipe before" {
			t.Errorf("%s: the recipe before it is now %q", name, old)
		}
	}
}

func TestTrainOptionsAreChecked(t *testing.T) {
	b := newBench(t)
	set, err := b.OpenSet(parts(t, good(8, 32, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(*TrainOptions){
		"size":                  func(o *TrainOptions) { o.Size = "M" },
		"variant":               func(o *TrainOptions) { o.Variant = "none of them" },
		"small input":           func(o *TrainOptions) { o.Input = 31 },
		"large input":           func(o *TrainOptions) { o.Input = 1025 },
		"no extension":          func(o *TrainOptions) { o.Out = strings.TrimSuffix(o.Out, ".agur") },
		"no file":               func(o *TrainOptions) { o.Out = "" },
		"below a file":          func(o *TrainOptions) { o.Out = filepath.Join(file, "r.agur") },
		"a rate of one":         func(o *TrainOptions) { o.Rate = 1 },
		"a negative rate":       func(o *TrainOptions) { o.Rate = -.1 },
		"a rate that is no one": func(o *TrainOptions) { o.Rate = math.NaN() },
	} {
		o := quick(t)
		f(&o)
		var p *Problem
		if _, err := b.Train(context.Background(), set, o, nil); !errors.As(err, &p) {
			t.Errorf("%s: %v, want a Problem", name, err)
		}
	}
	for r, err := range b.store.Runs(context.Background(), history.RunFilter{}) {
		t.Errorf("a training that never began is logged: %+v, %v", r, err)
	}
}

func TestMaxTimeIsForEverything(t *testing.T) {
	b := newBench(t)
	set, err := b.OpenSet(parts(t, good(8, 32, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	o := quick(t)
	o.Steps, o.MaxTime = 0, 1500*time.Millisecond
	start := time.Now()
	res, err := b.Train(context.Background(), set, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Not below what training was given; above it only by what calibration
	// and a busy machine take.
	early := res.Summary.Stopped == anomaly.ByFlat
	if took := time.Since(start); took < time.Second && !early || took > 10*time.Second || res.Summary.Steps < 1 {
		t.Errorf("%d steps in %v of %v", res.Summary.Steps, took, o.MaxTime)
	}
}

func TestCheckpointLiesBesideTheRecipe(t *testing.T) {
	for out, want := range map[string]string{"a.agur": "a.checkpoint", "/x/b.AGUR": "/x/b.checkpoint", "c.d.agur": "c.d.checkpoint"} {
		if got := Checkpoint(out); got != want {
			t.Errorf("%s: %s, want %s", out, got, want)
		}
	}
}
