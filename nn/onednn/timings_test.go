//go:build onednn

package onednn

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/nn"
	"agurscope/nn/gorgonia"
	"agurscope/nn/nntest"
)

func TestPlanMeasuresOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "plan.json")
	measured := 0
	fastest := func(p *timings, layer string, candidates ...string) string {
		t.Helper()
		best, err := p.fastest(layer, candidates, func(names []string) ([]time.Duration, error) {
			measured++
			times := map[string]time.Duration{"direct": 20, "winograd": 10, "bf16": 0} // the last is not there
			out := make([]time.Duration, len(names))
			for i, n := range names {
				out[i] = times[n] * time.Microsecond
			}
			return out, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return best
	}
	p := openTimings(file, "a machine")
	if got := fastest(p, "layer", "direct", "winograd", "bf16"); got != "winograd" {
		t.Errorf("the fastest is %s", got)
	}
	fastest(p, "layer", "direct", "winograd")
	p.save()
	if got := fastest(openTimings(file, "a machine"), "layer", "direct", "winograd"); got != "winograd" || measured != 1 {
		t.Errorf("read back: %s after %d measurements", got, measured)
	}
	if got := fastest(openTimings(file, "a machine"), "layer", "direct"); got != "direct" || measured != 1 {
		t.Errorf("without Winograd: %s after %d measurements", got, measured)
	}
	if fastest(openTimings(file, "another"), "layer", "direct", "winograd"); measured != 2 {
		t.Error("another machine was believed to be as fast")
	}
	if files, _ := os.ReadDir(filepath.Dir(file)); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}

// TestDamagedPlanIsNone: it must neither stop nor mislead the program.
func TestDamagedPlanIsNone(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"empty": "", "null": "null", "list": "[]", "cut": `{"m": {"l": {"dir`, "other": `{"m": 3}`,
		"words": `{"m": {"l": {"direct": "fast", "winograd": 1}}}`, "nothing": `{"m": null}`,
		"negative": `{"m": {"l": {"direct": -5, "winograd": -1}}}`,
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		p := openTimings(file, "m")
		best, err := p.fastest("l", []string{"direct", "winograd"}, func([]string) ([]time.Duration, error) {
			return []time.Duration{2, 1}, nil
		})
		if err != nil || best != "winograd" && name != "negative" || name == "negative" && best != "direct" {
			t.Errorf("%s: %s, %v", name, best, err)
		}
	}
	if p := openTimings(dir, "m"); len(p.all) != 0 {
		t.Error("a folder was read")
	}
	nowhere := openTimings("/proc/nowhere/plan.json", "m")
	nowhere.changed = true
	nowhere.save() // must only not crash
}

// TestTimedAlgorithmsConform: whatever was faster here is right.
func TestTimedAlgorithmsConform(t *testing.T) {
	for _, bf16 := range []bool{false, true} {
		e, err := Open(Options{Threads: 2, Plan: filepath.Join(t.TempDir(), "plan.json"), BF16: bf16})
		if err != nil {
			t.Fatal(err)
		}
		g, err := gorgonia.Open()
		if err != nil {
			t.Fatal(err)
		}
		within := 1e-4
		if bf16 {
			within = 3e-2
		}
		nntest.TestInference(t, e, g, within)
		if err := errors.Join(e.Close(), g.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPlanIsForInferenceAlone: training repeats bit for bit, whatever the
// machine was doing when layers were timed.
func TestPlanIsForInferenceAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plan.json")
	uses := func(o Options, m nn.Mode) []string {
		e, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 1))))
		y := g.Keep(g.Conv("c", g.Input("x", nn.Shape{1, 64, 16, 16}), 64, 3, nn.ConvOptions{}))
		g.Minimise("l2", g.L2Loss(y, g.Input("t", y.Shape)), 1)
		p, err := e.Compile(g, m)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		return p.(*program).implementations()
	}
	if with, without := uses(Options{Plan: file}, nn.Training), uses(Options{}, nn.Training); !slices.Equal(with, without) {
		t.Errorf("training uses %v with a plan and %v without", with, without)
	}
	uses(Options{Plan: file}, nn.Inference)
	if _, err := os.Stat(file); err != nil {
		t.Error("inference left no plan")
	}
}

// TestWhatDoesNotFitIsRefused: memory that is only promised would end the
// program later.
func TestWhatDoesNotFitIsRefused(t *testing.T) {
	if freeMemory() > 1<<50 {
		t.Skip("this system does not say how much memory is free")
	}
	e := start(t, Options{Threads: 1})
	g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 1))))
	x := g.Input("x", nn.Shape{16, 16, 1 << 11, 1 << 11})
	for range 64 {
		g.Keep(g.ReLU(x))
	}
	if _, err := e.Compile(g, nn.Inference); !errors.Is(err, nn.ErrMemory) {
		t.Errorf("256 GB were promised: %v", err)
	}
	g = newGraph()
	g.Keep(g.ReLU(g.Input("x", nn.Shape{128, 16, 1 << 10, 1 << 10})))
	if _, err := e.Compile(g, nn.Inference); !errors.Is(err, nn.ErrMemory) || !strings.Contains(err.Error(), "128x16x1024x1024") {
		t.Errorf("2^31 numbers are counted: %v", err)
	}
}
