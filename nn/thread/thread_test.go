package thread

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

var errStopped = errors.New("stopped")

func TestOneAfterTheOther(t *testing.T) {
	w := Start(errStopped)
	defer w.Stop()
	n := 0 // the race detector watches
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if err := w.Do(func() error { n++; return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n != 100 {
		t.Errorf("%d of 100 have run", n)
	}
}

func TestPanicIsAnError(t *testing.T) {
	w := Start(errStopped)
	defer w.Stop()
	if err := w.Do(func() error { panic("a bug") }); err == nil || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("a panic gives %v", err)
	}
	if err := w.Do(func() error { return nil }); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

func TestNothingRunsAfterStop(t *testing.T) {
	w := Start(errStopped)
	w.Stop()
	w.Stop()
	for range 1000 { // jobs and the end may both be ready
		if err := w.Do(func() error { t.Error("runs after Stop"); return nil }); !errors.Is(err, errStopped) {
			t.Fatalf("after Stop: %v", err)
		}
	}
}

func TestWaitingAllocatesNothing(t *testing.T) {
	w := Start(errStopped)
	defer w.Stop()
	f := func() error { return nil }
	if n := testing.AllocsPerRun(100, func() { _ = w.Do(f) }); n > 0.5 {
		t.Errorf("%v allocations", n)
	}
}
