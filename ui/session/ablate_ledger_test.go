package session

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/datasets"
)

// twoCells writes a file of two cells and returns it.
func twoCells(t *testing.T) (path string, set *datasets.Set) {
	t.Helper()
	path, set = filepath.Join(t.TempDir(), "cells.csv"), &datasets.Set{Root: "/data/a, \"b\"\nc", Layout: "MVTec AD"}
	l, err := openLedger(path, "c0ffee", set)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"basic", "complete"} {
		f := figures{cellSeconds: 1.5}
		for k, m := range measures {
			f[m.name] = float64(k)/3 + float64(i)
		}
		f["aupro"] = math.NaN()
		if err := l.add(cell{name, uint64(i)}, f); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path, set
}

func TestCellsAreReadBackBitForBit(t *testing.T) {
	path, set := twoCells(t)
	l, err := openLedger(path, "c0ffee", set)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := l.done[cell{"complete", 1}]
	if len(l.done) != 2 || got["image_ap"] != 1./3+1 || !math.IsNaN(got["aupro"]) || got[cellSeconds] != 1.5 {
		t.Errorf("%v", l.done)
	}
	records, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 1+2*(len(measures)+1) || strings.Join(records[0], ",") != "method,dataset,category,seed,tick,metric,value,config" {
		t.Errorf("%d lines, the first %v", len(records), records[0])
	}
	if r := records[1]; r[0] != "basic" || r[1] != "MVTec AD" || r[2] != "a, \"b\" c" || r[4] != "400" || r[5] != "image_auroc" || r[7] != "c0ffee" {
		t.Errorf("line %v", r)
	}
	other, err := openLedger(path, "decaf", set)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if len(other.done) != 0 {
		t.Errorf("cells of another configuration: %v", other.done)
	}
}

// Wherever a crash has cut the file, whole cells stay and half ones go, and
// what is added afterwards can be read.
func TestAFileCutAnywhereLosesOnlyItsHalfCell(t *testing.T) {
	path, set := twoCells(t)
	whole := read(t, path)
	first := strings.Index(whole, "\ncomplete") + 1
	cells := func(n int) int {
		switch {
		case n == len(whole):
			return 2
		case n >= first:
			return 1
		}
		return 0
	}
	for n := range len(whole) + 1 {
		l := &ledger{config: "c0ffee", done: map[cell]figures{}}
		if _, err := l.read([]byte(whole[:n])); err != nil || len(l.done) != cells(n) {
			t.Fatalf("cut at %d: %d cells, want %d; %v", n, len(l.done), cells(n), err)
		}
	}
	for n := 0; n <= len(whole); n += 97 {
		if err := os.WriteFile(path, []byte(whole[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := openLedger(path, "c0ffee", set)
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if err := l.add(cell{"pca", 9}, figures{"f1": .25}); err != nil {
			t.Fatal(err)
		}
		l.Close()
		if l, err = openLedger(path, "c0ffee", set); err != nil {
			t.Fatalf("cut at %d and continued: %v", n, err)
		}
		if got := l.done[cell{"pca", 9}]; len(l.done) != cells(n)+1 || got["f1"] != .25 {
			t.Errorf("cut at %d and continued: %d cells, the one added %v", n, len(l.done), got)
		}
		l.Close()
	}
}

func TestAFileThatIsNotOursIsLeftAlone(t *testing.T) {
	path, set := twoCells(t)
	good := read(t, path)
	for name, content := range map[string]string{
		"another file":         "name,value,a,b,c,d,e,f\nx,1,2,3,4,5,6,7\n",
		"a word for a seed":    strings.Replace(good, ",0,400,", ",zero,400,", 1),
		"a word for a value":   strings.Replace(good, "image_auroc,0,", "image_auroc,high,", 1),
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
		if l, err := openLedger(path, "c0ffee", set); err == nil {
			l.Close()
			t.Errorf("%s was taken", name)
		}
		if read(t, path) != content {
			t.Errorf("%s was changed", name)
		}
	}
}
