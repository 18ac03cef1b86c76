//go:build onednn && unix

package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"agurscope/history"
)

// build makes the real program.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(scratch, "agurscope")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-tags", "onednn", "-o", bin, "agurscope")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// acknowledged is a line that the program has printed.
type acknowledged struct {
	ID      int64  `json:"id"`
	Path    string `json:"path"`
	Verdict string `json:"verdict"`
}

// The program may die at any moment: a verdict that was printed is in the
// history, and the history is whole. AGURSCOPE_KILLS sets how often it dies.
func TestKilledInspectionLosesNothingPrinted(t *testing.T) {
	kills := 5
	if s := os.Getenv("AGURSCOPE_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("AGURSCOPE_KILLS is %q", s)
		}
		kills = n
	}
	bin, dir, db := build(t), flat(t, 60), filepath.Join(t.TempDir(), "h.db")
	rng := rand.New(rand.NewPCG(9, 81))
	printed := map[int64]acknowledged{}
	died := 0
	for range kills {
		if killAfter(t, 1+rng.IntN(40), printed, bin, "inspect", "--recipe", recipe(), "--db", db, "--threads", "1", "--json", dir) {
			died++
		}
		store, err := history.Open(db) // as the next start does
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Check(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	stored := map[int64]history.Record{}
	for _, r := range records(t, db) {
		stored[r.ID] = r
	}
	for id, a := range printed {
		if r := stored[id]; r.Path != a.Path || string(r.Verdict) != a.Verdict {
			t.Errorf("printed %+v, stored %d %s %s", a, r.ID, r.Path, r.Verdict)
		}
	}
	t.Logf("killed %d of %d times; %d verdicts printed, %d stored, 0 lost", died, kills, len(printed), len(stored))
	if died == 0 {
		t.Error("the program always finished first: nothing was shown")
	}
}

// killAfter runs the program until it has printed so many lines, kills it,
// and notes all whole lines that came out. It tells whether it was killed.
func killAfter(t *testing.T, n int, printed map[int64]acknowledged, bin string, args ...string) bool {
	t.Helper()
	cmd := exec.Command(bin, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	for i := 1; ; i++ {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break // a last line without its end was never printed
		}
		var a acknowledged
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		printed[a.ID] = a
		if i == n {
			if err := cmd.Process.Kill(); err != nil { // SIGKILL
				t.Error(err)
			}
		}
	}
	return cmd.Wait() != nil && cmd.ProcessState.ExitCode() == -1
}
