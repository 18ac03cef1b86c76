//go:build onednn && linux

package anomaly

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"agurscope/nn"
	"agurscope/nn/onednn"
)

// TestProfile prints where a forward pass's and a training step's time goes, per
// kind of operation: AGURSCOPE_PROFILE=T or B or L, an extent after it as in
// B512, AGURSCOPE_PROFILE_LAYERS for every layer, AGURSCOPE_THREADS for other
// than all cores, AGURSCOPE_PLAN for a file of the layers' algorithms. Every
// operation's least time of many counts, which other work on the machine disturbs
// least; one thread's is processor time, which other work does not stretch.
func TestProfile(t *testing.T) {
	size := os.Getenv("AGURSCOPE_PROFILE")
	if size == "" {
		t.Skip("prints a table; run it with AGURSCOPE_PROFILE=T")
	}
	threads, _ := strconv.Atoi(os.Getenv("AGURSCOPE_THREADS"))
	e, err := onednn.Open(onednn.Options{Threads: threads, Plan: os.Getenv("AGURSCOPE_PLAN")})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	side := 256
	if n, err := strconv.Atoi(size[1:]); err == nil {
		size, side = size[:1], n
	}
	m, err := NewModel(Network{Size: size, Width: side, Height: side}, 1)
	if err != nil {
		t.Fatal(err)
	}
	profile(t, "forward, batch 1", e, m.inference(1).Graph, nn.Inference, 40, threads == 1)
	profile(t, "forward, batch 8", e, m.inference(8).Graph, nn.Inference, 10, threads == 1)
	if side <= 256 && size != "L" {
		profile(t, "training step, batch 8", e, m.training(8, false).Graph, nn.Training, 5, threads == 1)
	}
}

// backwards tells the two passes apart.
var backwards = map[bool]string{true: " backward"}

// processorTime is what the calling thread has used.
func processorTime(t *testing.T) time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		t.Fatal(err)
	}
	return time.Duration(now.Nano())
}

func profile(t *testing.T, name string, e nn.Engine, g *nn.Graph, mode nn.Mode, runs int, cpu bool) {
	p, err := e.Compile(g, mode)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var names []string
	var least []time.Duration
	at, back := 0, false
	var spent time.Duration
	p.(nn.Profiler).Profile(func(op string, d time.Duration) {
		if cpu {
			now := processorTime(t)
			d, spent = now-spent, now
		}
		if at == len(names) {
			names, least = append(names, op+backwards[back]), append(least, d)
		}
		least[at] = min(least[at], d)
		at++
	})
	for range runs {
		at, back = 0, false
		if err := p.Forward(); err != nil {
			t.Fatal(err)
		}
		if mode == nn.Training {
			back = true
			if err := p.Backward(); err != nil {
				t.Fatal(err)
			}
		}
	}
	times, sum := map[string]time.Duration{}, time.Duration(0)
	for i, op := range names {
		if os.Getenv("AGURSCOPE_PROFILE_LAYERS") == "" {
			first, _, _ := strings.Cut(op, " ")
			if op = first; strings.HasSuffix(names[i], backwards[true]) {
				op += backwards[true]
			}
		}
		times[op] += least[i]
		sum += least[i]
	}
	fmt.Printf("%s: %.1f ms, %d MB, %.1f GFLOP\n", name, sum.Seconds()*1e3, p.Bytes()>>20, 2e-9*float64(g.MACs()))
	for _, op := range slices.SortedFunc(maps.Keys(times), func(a, b string) int { return cmp.Compare(times[b], times[a]) }) {
		fmt.Printf("  %-28s %7.2f ms  %4.1f %%\n", op, times[op].Seconds()*1e3, 100*times[op].Seconds()/sum.Seconds())
	}
}
