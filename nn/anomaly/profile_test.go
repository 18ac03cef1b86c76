//go:build onednn

package anomaly

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/nn"
	"agurscope/nn/onednn"
)

// TestProfile prints where a training step's and a forward pass's time goes,
// per kind of operation: AGURSCOPE_PROFILE=T or B or L.
func TestProfile(t *testing.T) {
	size := os.Getenv("AGURSCOPE_PROFILE")
	if size == "" {
		t.Skip("prints a table; run it with AGURSCOPE_PROFILE=T")
	}
	e, err := onednn.Open(onednn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	side := 256
	if size == "T" {
		side = 128
	}
	m, err := NewModel(Network{Size: size, Width: side, Height: side}, 1)
	if err != nil {
		t.Fatal(err)
	}
	train, infer := m.training(8, false), m.inference(1)
	for _, c := range []struct {
		name string
		g    *nn.Graph
		mode nn.Mode
	}{{"training step, batch 8", train.Graph, nn.Training}, {"forward, batch 1", infer.Graph, nn.Inference}} {
		p, err := e.Compile(c.g, c.mode)
		if err != nil {
			t.Fatal(err)
		}
		profile(t, c.name, p, c.mode)
		p.Close()
	}
}

func profile(t *testing.T, name string, p nn.Program, mode nn.Mode) {
	step := func() {
		if err := p.Forward(); err != nil {
			t.Fatal(err)
		}
		if mode == nn.Training {
			if err := p.Backward(); err != nil {
				t.Fatal(err)
			}
		}
	}
	step()
	const runs = 5
	times := map[string]time.Duration{}
	start := time.Now()
	for range runs {
		step()
	}
	wall := time.Since(start) / runs
	p.(nn.Profiler).Profile(func(op string, d time.Duration) {
		if os.Getenv("AGURSCOPE_PROFILE_LAYERS") == "" {
			op, _, _ = strings.Cut(op, " ")
		}
		times[op] += d / runs
	})
	for range runs {
		step()
	}
	fmt.Printf("%s: %.1f ms, %d MB\n", name, wall.Seconds()*1e3, p.Bytes()>>20)
	for _, op := range slices.SortedFunc(maps.Keys(times), func(a, b string) int { return cmp.Compare(times[b], times[a]) }) {
		fmt.Printf("  %-28s %7.2f ms\n", op, times[op].Seconds()*1e3)
	}
}
