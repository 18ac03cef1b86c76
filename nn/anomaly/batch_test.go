//go:build onednn && linux

package anomaly

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"agurscope/nn"
	"agurscope/nn/onednn"
)

// TestBatches prints what a picture costs an inference alone and with others, for
// the question whether folders should be inspected several pictures at a time:
// AGURSCOPE_BATCHES=1. Batches take turns and the least time of many turns counts;
// with one thread it is processor time.
func TestBatches(t *testing.T) {
	if os.Getenv("AGURSCOPE_BATCHES") == "" {
		t.Skip("prints a table; make bench-batches runs it")
	}
	batches := []int{1, 2, 4, 8}
	for _, threads := range []int{1, 2} {
		e, err := onednn.Open(onednn.Options{Threads: threads, Plan: filepath.Join(t.TempDir(), "plan.json")})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		for _, n := range []Network{{Size: "T", Width: 64, Height: 64}, {Size: "T", Width: 256, Height: 256}, {Size: "B", Width: 256, Height: 256}} {
			m, err := NewModel(n, 1)
			if err != nil {
				t.Fatal(err)
			}
			programs, least := make([]nn.Program, len(batches)), make([]time.Duration, len(batches))
			for i, batch := range batches {
				if programs[i], err = e.Compile(m.inference(batch).Graph, nn.Inference); err != nil {
					t.Fatal(err)
				}
				defer programs[i].Close()
			}
			for turn := range 40 {
				for i, p := range programs {
					d := forwardTime(t, p, threads == 1)
					if turn == 0 || d < least[i] {
						least[i] = d
					}
				}
			}
			fmt.Printf("%s %d, %d threads, ms a picture:", n.Size, n.Width, threads)
			for i, batch := range batches {
				fmt.Printf("  %d: %.2f, %d MB", batch, least[i].Seconds()*1e3/float64(batch), programs[i].Bytes()>>20)
			}
			fmt.Println()
		}
	}
}

// forwardTime is how long one pass takes, in processor time of the engine's thread
// where that is asked for.
func forwardTime(t *testing.T, p nn.Program, cpu bool) time.Duration {
	if !cpu {
		start := time.Now()
		if err := p.Forward(); err != nil {
			t.Fatal(err)
		}
		return time.Since(start)
	}
	var from, to time.Duration
	p.(nn.Profiler).Profile(func(string, time.Duration) {
		if to = processorTime(t); from == 0 {
			from = to
		}
	})
	defer p.(nn.Profiler).Profile(nil)
	if err := p.Forward(); err != nil {
		t.Fatal(err)
	}
	return to - from
}
