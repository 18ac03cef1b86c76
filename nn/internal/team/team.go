// Package team spreads pieces of work over the processors, always cut the same
// way: what a piece computes never depends on how many goroutines there are, so
// sums that are joined in the order of the pieces are the same to the last bit.
package team

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Team is a fixed number of goroutines that wait for work. Handing out work
// allocates nothing. Its methods belong to one goroutine.
type Team struct {
	size  int
	work  func(worker, piece int)
	of    int64
	next  atomic.Int64
	start chan int
	done  sync.WaitGroup
}

// New returns a team of as many goroutines as may run at a time. Close it.
func New() *Team {
	t := &Team{size: runtime.GOMAXPROCS(0), start: make(chan int)}
	for range t.size - 1 { // the caller is one of the team
		go func() {
			for worker := range t.start {
				t.run(worker)
				t.done.Done()
			}
		}()
	}
	return t
}

// Size returns the number of workers.
func (t *Team) Size() int { return t.size }

// Close lets the goroutines go.
func (t *Team) Close() { close(t.start) }

// Run calls work once for every piece from 0 to of-1 and returns when all are
// done. No two calls with the same worker run at a time.
func (t *Team) Run(of int, work func(worker, piece int)) {
	t.work, t.of = work, int64(of)
	t.next.Store(0)
	helpers := min(t.size, of) - 1
	if helpers > 0 {
		t.done.Add(helpers)
		for i := range helpers {
			t.start <- i + 1
		}
	}
	t.run(0)
	t.done.Wait()
	t.work = nil
}

func (t *Team) run(worker int) {
	for {
		piece := t.next.Add(1) - 1
		if piece >= t.of {
			return
		}
		t.work(worker, int(piece))
	}
}

// Each cuts n things into pieces of the given size and calls work for each
// piece's span. It stops handing out pieces when ctx ends and returns its error.
func Each(ctx context.Context, n, size int, work func(lo, hi int)) error {
	t := New()
	defer t.Close()
	t.Run((n+size-1)/size, func(_, piece int) {
		if ctx.Err() == nil {
			work(piece*size, min(piece*size+size, n))
		}
	})
	return ctx.Err()
}
