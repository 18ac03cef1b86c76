//go:build onednn

package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
	"agurscope/nn/metrics"
	"agurscope/nn/onednn"
)

// TestAccuracySynthEC prints the table of `make accuracy`: size T at 128 x 128,
// three minutes each, three seeds, on jittered SynthEC parts. It takes ten
// minutes and is not part of `make test`.
func TestAccuracySynthEC(t *testing.T) {
	if os.Getenv("AGURSCOPE_ACCURACY") == "" {
		t.Skip("takes ten minutes; run it with `make accuracy`")
	}
	e, err := onednn.Open(onednn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var aurocs []float64
	fmt.Println("seed  steps  seconds  image AUROC  pixel AUROC  AUPRO  IoU    false rejects")
	for seed := range uint64(3) {
		dir := t.TempDir()
		set := filepath.Join(dir, "set")
		if err := synthec.Write(set, synthec.Options{Size: 128, Pose: synthec.Jittered, Seed: seed}, synthec.Counts{}); err != nil {
			t.Fatal(err)
		}
		s := New(Options{Engine: e, Program: "test"})
		open, err := s.OpenSet(set)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Train(context.Background(), open, TrainOptions{
			Out: filepath.Join(dir, "p.agur"), MaxTime: 3 * time.Minute, Seed: seed,
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ev := evaluate(t, s, r, open)
		fmt.Printf("%4d  %5d  %7.0f  %11.3f  %11.3f  %5.3f  %5.3f  %5.3f   terms %v, R2 %.2f %s\n", seed, r.Summary.Steps, r.Summary.Seconds,
			ev.ImageAUROC, ev.PixelAUROC, ev.AUPRO, ev.IoU, ev.FalseRejectRate, ev.Terms, r.Recipe.Calibration.PositionShare, r.Recipe.Calibration.Alignment)
		aurocs = append(aurocs, float64(ev.ImageAUROC))
		s.Close()
	}
	mean, sd := metrics.MeanStd(aurocs)
	fmt.Printf("mean image AUROC %.3f ± %.3f\n", mean, sd)
	if mean < .95 {
		t.Errorf("mean image AUROC %.3f, want at least 0.95", mean)
	}
}

func evaluate(t *testing.T, s *Session, r *TrainResult, set *datasets.Set) *Evaluation {
	t.Helper()
	if err := s.UseRecipe(r.Recipe); err != nil {
		t.Fatal(err)
	}
	ev, err := s.Evaluate(context.Background(), set, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ev
}
