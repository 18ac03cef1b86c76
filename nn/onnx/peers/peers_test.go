//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTableIsReplacedBetweenItsMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(path, []byte("before\n"+tableBegins+"old\n"+tableEnds+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"| new |\n", "| newer |\n"} {
		if err := replaceTable(path, table); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "before\n"+tableBegins+table+tableEnds+"\nafter\n" {
			t.Errorf("%q: %v", b, err)
		}
	}
	if err := os.WriteFile(path, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replaceTable(path, "x"); err == nil {
		t.Error("a file without marks was changed")
	}
}

func TestLineSaysMediansAndRatios(t *testing.T) {
	ours, runtime := &contestant{ms: []float64{10, 10, 40}, peak: 100}, &contestant{ms: []float64{20, 25, 30}, peak: 200}
	got := line(row{size: "B", side: 256}, [3]*contestant{ours, runtime, nil})
	for _, want := range []string{"| forward, B 256 |", "| 25.0 (", "ONNX Runtime 2.50×", "100, 200, – MB", "| – |"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}

// What is exported and what is drawn to measure with must not depend on the day.
func TestPreparedFilesAreTheSameEveryTime(t *testing.T) {
	r := row{size: "T", side: 64}
	var seen [2][]byte
	for i := range seen {
		f, err := prepare(t.TempDir(), r)
		if err != nil {
			t.Fatal(err)
		}
		if by, err := difference(f.picture, f.picture); err != nil || by != 0 {
			t.Errorf("a picture differs from itself by %g: %v", by, err)
		}
		if seen[i], err = os.ReadFile(f.recipe); err != nil {
			t.Fatal(err)
		}
	}
	if string(seen[0]) != string(seen[1]) {
		t.Error("two recipes differ")
	}
}
