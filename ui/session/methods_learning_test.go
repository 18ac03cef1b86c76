//go:build onednn

package session

import (
	"path/filepath"
	"testing"

	"agurscope/datasets/synthec"
	"agurscope/nn/onednn"
)

// Every method, trained for a few seconds on aligned SynthEC parts, learns where
// damage is, and all but one tell good from damaged better than the mean grey does:
// the highest residual of MSCDAE is an edge of any part until it has learnt for long
// (on 128 pixels and a minute it has 0.66 against 0.55). Figures worth having are
// those of agurscope experiments.
func TestEveryMethodLearns(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	e, err := onednn.Open(onednn.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	dir := t.TempDir()
	o := synthec.Options{Size: 64, Pose: synthec.Aligned, Seed: 1}
	if err := synthec.Write(t.Context(), filepath.Join(dir, "set"), o, synthec.Counts{Train: 60, TestGood: 30, PerDefect: 6}); err != nil {
		t.Fatal(err)
	}
	s := New(Options{Engine: e, Program: "test"})
	defer s.Close()
	set, err := s.OpenSet(filepath.Join(dir, "set"))
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]int{"dagan": 100, "lstm-ndt": 30, "bilstm": 40, "mscdae": 90, "cflow": 120}
	for _, method := range Methods[1:] {
		t.Run(method, func(t *testing.T) {
			out := filepath.Join(dir, method+".agur")
			res, err := s.Train(t.Context(), set, TrainOptions{Method: method, Out: out, Input: 64, Steps: steps[method], Seed: 1}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.UseRecipe(res.Recipe); err != nil {
				t.Fatal(err)
			}
			ev, err := s.Evaluate(t.Context(), set, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d steps in %.1f s: image AUROC %.3f, mean grey %.3f, pixel AUROC %.3f, %.1f ms", res.Summary.Steps, res.Summary.Seconds,
				ev.ImageAUROC, ev.Mean, ev.PixelAUROC, ev.Latency.P50)
			if ev.ImageAUROC <= ev.Mean && method != "mscdae" {
				t.Errorf("image AUROC %.3f, the mean grey alone has %.3f", ev.ImageAUROC, ev.Mean)
			}
			if ev.PixelAUROC < .6 {
				t.Errorf("pixel AUROC %.3f", ev.PixelAUROC)
			}
		})
	}
}
