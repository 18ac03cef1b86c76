//go:build nvidia

package cuda

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"gorgonia.org/cu"

	"agurscope/nn"
	"agurscope/nn/fallback"
	"agurscope/nn/gorgonia"
)

// simulate sets the faults of the simulated driver for the rest of the test.
func simulate(t *testing.T, faults string) { t.Setenv("AGURSCOPE_SIMULATE", faults) }

// frames inspects eight frames, with a program more for every third, and
// returns what came out.
func frames(t *testing.T, e nn.Engine, at func(frame int)) (out [][]float32) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	ps := nn.NewParams(rng)
	var p nn.Program
	var x, y *nn.Node
	for frame := range 8 {
		at(frame)
		if frame%3 == 0 {
			g := nn.NewGraph(ps)
			x = g.Input("x", nn.Shape{1, 3, 12, 12})
			y = g.Keep(g.Sigmoid(g.Conv("b", g.Norm("n", g.Conv("a", x, 8, 3, nn.ConvOptions{}), true), 3, 3, nn.ConvOptions{Bias: true})))
			var err error
			if p, err = e.Compile(g, nn.Inference); err != nil {
				t.Fatalf("frame %d: %v", frame, err)
			}
			defer p.Close()
		}
		data := make([]float32, x.Shape.Size())
		for i := range data {
			data[i] = rng.Float32()
		}
		p.Set(x, data)
		if err := p.Forward(); err != nil {
			t.Fatalf("frame %d: %v", frame, err)
		}
		out = append(out, p.Get(y, nil))
	}
	return out
}

// Whatever fails and whenever, every frame is inspected, the reason is known,
// and nothing is left behind.
func TestNoFrameIsLost(t *testing.T) {
	plain, err := gorgonia.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	want := frames(t, plain, func(int) {})
	for _, c := range []struct {
		fault string
		frame int
		why   string
	}{
		{"oom@1", 3, "its memory is full"},
		{"oom@3", 3, "its memory is full"},
		{"oom@5", 6, "its memory is full"},
		{"launch@1", 0, "a computation broke off"},
		{"launch@3", 2, "a computation broke off"},
		{"launch@7", 5, "a computation broke off"},
		{"lost@1", 4, "it does not answer any more"},
		{"lost@2", 7, "it does not answer any more"},
	} {
		t.Run(fmt.Sprintf("%s from frame %d", c.fault, c.frame), func(t *testing.T) {
			card, err := Open(Options{})
			if err != nil {
				t.Fatal(err)
			}
			card.(*engine).worker.Do(card.(*engine).pool.trim) // so that memory is asked for
			e := fallback.New(card, func() (nn.Engine, error) { return gorgonia.Open() }, nil)
			got := frames(t, e, func(frame int) {
				if frame == c.frame {
					simulate(t, c.fault)
				}
			})
			for i := range want {
				if d := largestDifference(got[i], want[i]); !(d < 1e-5) {
					t.Errorf("frame %d differs by %.2g", i, d)
				}
			}
			fault := e.(nn.Faulted).Fault()
			if fault == nil || !strings.Contains(fault.Error(), c.why) || e.Name() != "gorgonia" {
				t.Errorf("on %s after: %v", e.Name(), fault)
			}
			if err := card.Close(); err != nil {
				t.Errorf("the failed card leaks: %v", err)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A card that is full says so and can be used again.
func TestFullMemoryIsNotTheEnd(t *testing.T) {
	e := start(t)
	g := nn.NewGraph(nn.NewParams(rand.New(rand.NewPCG(1, 2))))
	g.Keep(g.ReLU(g.Input("x", nn.Shape{1, 1, 8, 8})))
	simulate(t, "oom@1")
	if p, err := e.Compile(g, nn.Inference); !errors.Is(err, nn.ErrFault) || p != nil {
		t.Errorf("Compile: %v, %v", p, err)
	}
	simulate(t, "")
	p, err := e.Compile(g, nn.Inference)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Forward(), p.Close()); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeUsedSaysWhy(t *testing.T) {
	if fault := os.Getenv("AGURSCOPE_TEST_OPEN"); fault != "" {
		if fault == "none" {
			library = "libnothing.so.1"
		}
		_, err := Open(Options{Precision: Precision(os.Getenv("AGURSCOPE_TEST_PRECISION"))})
		fmt.Printf("unavailable %v, broken %v: %v\n", errors.Is(err, nn.ErrUnavailable), errors.Is(err, nn.ErrFault), err)
		return
	}
	for fault, why := range map[string]string{ // behind “in”: of a precision
		"none":                    "no NVIDIA driver on this machine",
		"devices=0":               "finds no card",
		"init=803":                "of different versions; restart the machine",
		"init=999":                "does not start (error 999)",
		"version=11020":           "too old: it knows CUDA 11.2, and 11.4 is needed",
		"capability=61":           "Simulated 0 is of compute capability 6.1, and 7.0 is needed",
		"jit":                     "does not understand the kernels",
		"wrong":                   "computes wrong",
		"oom@1":                   "its memory is full",
		"launch@2":                "a computation broke off",
		"lost@1":                  "does not answer",
		"version=11040,devices=2": "<nil>",
		"capability=75":           "<nil>",
		"capability=75 in tf32":   "Simulated 0 is of compute capability 7.5, and tf32 needs the tensor cores of 8.0",
		"capability=80 in bf16":   "<nil>",
		"idle in bf16":            "its tensor cores compute wrong: in bf16",
	} {
		t.Run(fault, func(t *testing.T) {
			fault, precision, _ := strings.Cut(fault, " in ")
			cmd := exec.Command(os.Args[0], "-test.run=^TestWhatCannotBeUsedSaysWhy$")
			cmd.Env = append(os.Environ(), "AGURSCOPE_TEST_OPEN="+fault, "AGURSCOPE_SIMULATE="+fault, "AGURSCOPE_TEST_PRECISION="+precision, "AGURSCOPE_TEST_LIBRARY="+library)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			// What a person cannot mend is not told again and again.
			quiet := why == "<nil>" || strings.Contains("none devices=0", fault) || strings.HasPrefix(fault, "capability")
			if !strings.Contains(string(out), why) || strings.Contains(string(out), "unavailable true") == (why == "<nil>") ||
				strings.Contains(string(out), "broken true") == quiet {
				t.Errorf("says %s", out)
			}
		})
	}
}

// Open and close a thousand times: nothing is left, of the card's memory, of
// threads, of goroutines.
func TestThousandLives(t *testing.T) {
	life := func(check bool) {
		e, err := open(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if check {
			frames(t, e, func(int) {})
			if err := e.worker.Do(func() error {
				if err := e.pool.trim(); err != nil {
					return err
				}
				left, all, err := cu.MemInfo()
				if left != all {
					t.Errorf("%d bytes are in use", all-left)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	life(true)
	goroutines, threads := runtime.NumGoroutine(), len(tasks(t))
	for i := range 1000 {
		life(i%100 == 0)
	}
	// A life that left a thread or a goroutine would have left a thousand; the
	// scheduler's own come and go.
	const noise = 50
	for range 1000 { // threads end a little later
		if runtime.NumGoroutine() <= goroutines+noise && len(tasks(t)) <= threads+noise {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines have become %d, %d threads %d", goroutines, runtime.NumGoroutine(), threads, len(tasks(t)))
}

func tasks(t *testing.T) []os.DirEntry {
	d, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Skip("no /proc here")
	}
	return d
}
