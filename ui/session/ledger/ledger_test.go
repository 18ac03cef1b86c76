package ledger

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func open(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// at is a cell whose names need quoting.
func at(method string, seed uint64) Cell {
	return Cell{method, "MVTec AD", "a, \"b\"\nc", seed, LastTick, "c0ffee"}
}

// twoCells writes a file of two cells.
func twoCells(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "cells.csv")
	l := open(t, path)
	defer l.Close()
	for i, name := range []string{"basic", "complete"} {
		f := Figures{Seconds: 1.5, "auroc": 1. / 3, "ap": 1./3 + float64(i), "aupro": math.NaN()}
		if err := l.Add(at(name, uint64(i)), f, "auroc", "none"); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestCellsAreReadBackBitForBit(t *testing.T) {
	path := twoCells(t)
	l := open(t, path)
	defer l.Close()
	got := l.Get(at("complete", 1))
	if len(l.Cells()) != 2 || got["ap"] != 1./3+1 || !math.IsNaN(got["aupro"]) || got[Seconds] != 1.5 {
		t.Errorf("%v", l.done)
	}
	records, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 1+2*4 || strings.Join(records[0], ",") != "method,dataset,category,seed,tick,metric,value,config" {
		t.Errorf("%d lines, the first %v", len(records), records[0])
	}
	if r := records[1]; r[0] != "basic" || r[1] != "MVTec AD" || r[2] != "a, \"b\" c" || r[4] != "400" || r[5] != "auroc" || r[7] != "c0ffee" {
		t.Errorf("line %v", r)
	}
	if r := records[4]; r[5] != Seconds {
		t.Errorf("a cell ends with %v", r)
	}
	other := at("complete", 1)
	other.Tick = 100
	if l.Get(other) != nil {
		t.Error("the figures of another tick")
	}
	if err := l.Add(other, Figures{"f1": 1}); err == nil {
		t.Error("a cell that does not end was taken")
	}
}

// Wherever a crash has cut the file, whole cells stay and half ones go, and
// what is added afterwards can be read.
func TestAFileCutAnywhereLosesOnlyItsHalfCell(t *testing.T) {
	path := twoCells(t)
	whole := read(t, path)
	first := strings.Index(whole, "\ncomplete") + 1
	count := func(n int) int {
		switch {
		case n == len(whole):
			return 2
		case n >= first:
			return 1
		}
		return 0
	}
	for n := range len(whole) + 1 {
		l := &Ledger{done: map[Cell]Figures{}}
		if _, err := l.read([]byte(whole[:n])); err != nil || len(l.done) != count(n) {
			t.Fatalf("cut at %d: %d cells, want %d; %v", n, len(l.done), count(n), err)
		}
	}
	for n := 0; n <= len(whole); n += 7 {
		if err := os.WriteFile(path, []byte(whole[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, path)
		if err := l.Add(at("pca", 9), Figures{"f1": .25, Seconds: 1}); err != nil {
			t.Fatal(err)
		}
		l.Close()
		l = open(t, path)
		if got := l.Get(at("pca", 9)); len(l.done) != count(n)+1 || got["f1"] != .25 {
			t.Errorf("cut at %d and continued: %d cells, the one added %v", n, len(l.done), got)
		}
		l.Close()
	}
}

func TestAFileThatIsNotOursIsLeftAlone(t *testing.T) {
	path := twoCells(t)
	good := read(t, path)
	for name, content := range map[string]string{
		"another file":         "name,value,a,b,c,d,e,f\nx,1,2,3,4,5,6,7\n",
		"a word for a seed":    strings.Replace(good, ",0,400,", ",zero,400,", 1),
		"a word for a tick":    strings.Replace(good, ",0,400,", ",0,last,", 1),
		"a word for a value":   strings.Replace(good, "auroc,0", "auroc,high", 1),
		"a line too short":     strings.Replace(good, "basic,MVTec AD,", "basic,", 1),
		"notes":                "these are my notes\n",
		"half a line of notes": "these are",
	} {
		if content == good {
			t.Fatalf("%s: the test changes nothing", name)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if l, err := Open(path); err == nil {
			l.Close()
			t.Errorf("%s was taken", name)
		}
		if read(t, path) != content {
			t.Errorf("%s was changed", name)
		}
	}
}

// Two programs that add to one file would write over each other's cells.
func TestALedgerBelongsToOneProgramAtATime(t *testing.T) {
	path := twoCells(t)
	l := open(t, path)
	if second, err := Open(path); err == nil {
		second.Close()
		t.Error("it was opened twice")
	} else if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "another program") {
		t.Error(err)
	}
	l.Close()
	l = open(t, path)
	defer l.Close()
	if len(l.Cells()) != 2 {
		t.Errorf("%d cells", len(l.Cells()))
	}
}
