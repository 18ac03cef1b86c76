//go:build onednn

package lab

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/nn/onednn"
	"agurscope/ui/session/ledger"
)

// tiny is the least that can be called a run: the ablation's rows are left out of
// it, their measurement is session's and tested there. It makes so many measurements
// side by side.
func tiny(t testing.TB, out string, beside int) Options {
	t.Helper()
	e, err := onednn.Open(onednn.Options{Threads: beside})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return Options{
		Experiments: []string{"table2"}, Out: out, Engine: e, Program: "test",
		least: &Budget{Size: "T", Input: 32, Timed: 32, Steps: 2, Seeds: 1, Ticks: []int{200, 400}, Train: 10, Test: 6, Pictures: 6, WarmUp: 1},
	}
}

const killed = "AGURSCOPE_LAB_KILLED"

// A process that is killed runs this.
func TestRunToBeKilled(t *testing.T) {
	dir := os.Getenv(killed)
	if dir == "" {
		t.Skip("only run by the test that kills it")
	}
	if _, err := Run(context.Background(), tiny(t, dir, 2), nil); err != nil {
		t.Fatal(err)
	}
}

// lasting are the lines of a file of measurements without those that tell time, in
// order.
func lasting(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	recs, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range recs {
		if m := r[5]; !strings.HasSuffix(m, "_ms") && m != ledger.Seconds {
			out = append(out, strings.Join(r, ","))
		}
	}
	slices.Sort(out)
	return out
}

// Three kills of a run that makes two measurements at a time change nothing of the
// result of one that makes one after the other, but what time it took and in which
// order they were finished.
func TestARunThatIsKilledThreeTimesHasTheSameResult(t *testing.T) {
	whole, broken := t.TempDir(), t.TempDir()
	out, err := Run(context.Background(), tiny(t, whole, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if out.Cells != len(methods)+len(controls) || out.Found != 0 {
		t.Errorf("%+v", out)
	}
	lines := func() int {
		b, _ := os.ReadFile(filepath.Join(broken, cellsFile)) // not there at first
		return bytes.Count(b, []byte("\n"))
	}
	for kill := range 3 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestRunToBeKilled$")
		cmd.Env = append(os.Environ(), killed+"="+broken)
		before := lines()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for alive := true; alive; {
			select {
			case err := <-ended: // it was done before it could be killed
				if err != nil {
					t.Fatalf("kill %d: %v", kill, err)
				}
				alive = false
			case <-time.After(2 * time.Millisecond):
				if lines() > before {
					_ = cmd.Process.Kill() // SIGKILL: it may just have ended
					<-ended
					alive = false
				}
			}
		}
	}
	// What a kill in the middle of a write leaves.
	f, err := os.OpenFile(filepath.Join(broken, cellsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("cflow,SynthEC,components,0,400,acc"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	again, err := Run(context.Background(), tiny(t, broken, 2), nil)
	if err != nil {
		t.Fatal(err)
	}
	if again.Found < 2 {
		t.Errorf("of what was measured before the kills %d were found", again.Found)
	}
	for _, name := range []string{cellsFile, "table2.csv"} {
		a, b := lasting(t, filepath.Join(whole, name)), lasting(t, filepath.Join(broken, name))
		if strings.Join(a, "\n") != strings.Join(b, "\n") {
			t.Errorf("%s differs:\n%s\n\n%s", name, strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	}
	for _, name := range []string{"table2.md", "table2-b.svg", "table2-b.png", "results.json"} {
		a, errA := os.ReadFile(filepath.Join(whole, name))
		b, errB := os.ReadFile(filepath.Join(broken, name))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs (%v, %v)", name, errA, errB)
		}
	}
	sheet, err := os.ReadFile(filepath.Join(broken, "paper-and-ours.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Why the numbers cannot be equal", "YDFID-1: it is not in", "SynthEC components", "| AGUR-Net | ours |", "paper, ECD", "| mean grey | ours |", "Beats the mean grey", "two pooled standard deviations apart", "**open**"} {
		if !bytes.Contains(sheet, []byte(want)) {
			t.Errorf("the sheet lacks %q", want)
		}
	}
	var m manifest
	b, err := os.ReadFile(filepath.Join(broken, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &m); err != nil || m.Program != "test" || len(m.Data) != 1 || len(m.Data[0].SHA256) != 64 || m.Data[0].StandsIn != "ECD" {
		t.Errorf("manifest %+v, %v", m, err)
	}
	pages, err := Read(broken)
	if err != nil || len(pages) != 1 || pages[0].Done != len(methods)+len(controls) || len(pages[0].Claims) != 2 {
		t.Errorf("read back: %+v, %v", pages, err)
	}
}

// Time, gallery and map, with a run that ends when it is told to.
func TestSpecialMeasurements(t *testing.T) {
	o := tiny(t, t.TempDir(), 2)
	o.Experiments = []string{"fig9", "fig10", "fig12", "table3"}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, err := open(ctx, o, nothing)
	if err != nil {
		t.Fatal(err)
	}
	r.tasks = []task{
		{spread, raw, fourKinds, 0, ledger.LastTick},
		{timing, "mscdae", "time/x2", 0, ledger.LastTick},
		{gallery, "lstm-ndt", stages, 0, ledger.LastTick},
		{rowTime, "template", ecd, 0, ledger.LastTick},
	}
	timed := map[string]bool{r.describe(r.tasks[1]).English(): false, r.describe(r.tasks[3]).English(): false}
	if _, err := r.all(ctx, func(e Event) {
		for _, d := range e.Doing {
			if _, ok := timed[d.What.English()]; ok {
				if timed[d.What.English()] = true; len(e.Doing) > 1 {
					t.Errorf("time is taken beside other measurements: %v", e.Doing)
				}
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
	layouts, classes, err := Layouts(o.Out)
	if err != nil || len(layouts) != 1 || len(classes) != 4 || len(layouts[0].Points) < 12 || layouts[0].Method.String() != "pixels" || classes[0] != "SynthEC jittered" {
		t.Errorf("%d layouts of %v, %v", len(layouts), classes, err)
	}
	panes := Panes(o.Out, 4)
	if len(panes) != 3 || panes[2].Title.String() != "LSTM-NDT" || !strings.HasPrefix(panes[2].Note, "LocAcc 0.") || panes[0].Note != "" {
		t.Errorf("panes %+v", panes)
	}
	for what, seen := range timed {
		if !seen {
			t.Errorf("%s was never seen under way", what)
		}
	}
	if f := r.figures(r.tasks[3]); f["latency_p50_ms"] <= 0 || f["latency_p95_ms"] < f["latency_p50_ms"] {
		t.Errorf("times of a row %v", f)
	}
	f := r.figures(r.tasks[1])
	if f["p50_A_ms"]+f["p50_B_ms"]+f["p50_C_ms"] <= 0 || f["images_all"] < 6 {
		t.Errorf("times %v", f)
	}
	for _, name := range stageNames {
		if v, ok := f["stage_"+name+"_ms"]; !ok || v < 0 {
			t.Errorf("no time of the stage %s in %v", name, f)
		}
	}
	cancel()
	if _, err := Run(ctx, o, nil); err == nil {
		t.Error("a run that was cancelled is said to be done")
	}
}

func nothing(Event) {}
