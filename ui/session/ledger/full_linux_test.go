package ledger

import (
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// A disk that is full in the middle of a cell costs that cell alone: those after it
// can be read.
func TestAFullDiskCostsItsCellAlone(t *testing.T) {
	path := twoCells(t)
	before := read(t, path)
	l := open(t, path)
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	tight := old
	tight.Cur = uint64(len(before) + 100)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight); err != nil {
		t.Fatal(err)
	}
	err := l.Add(at("lost", 5), Figures{"auroc": .5, "ap": .25, "aupro": .125, Seconds: 1})
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); e != nil {
		t.Fatal(e)
	}
	if err == nil {
		t.Fatal("there was room")
	}
	if got := read(t, path); got != before {
		t.Errorf("left of it: %q", strings.TrimPrefix(got, before))
	}
	if err := l.Add(at("pca", 9), Figures{"f1": .25, Seconds: 1}); err != nil {
		t.Fatal(err)
	}
	l.Close()
	l = open(t, path)
	defer l.Close()
	if l.Get(at("lost", 5)) != nil || l.Get(at("pca", 9))["f1"] != .25 || len(l.Cells()) != 3 {
		t.Errorf("%v", l.Cells())
	}
}
