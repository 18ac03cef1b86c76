package team

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
)

func TestEveryPieceOnce(t *testing.T) {
	for _, procs := range []int{1, 2, 7} {
		old := runtime.GOMAXPROCS(procs)
		team := New()
		for _, n := range []int{0, 1, 2, 100} {
			count := make([]atomic.Int32, n)
			busy := make([]atomic.Int32, team.Size())
			team.Run(n, func(worker, piece int) {
				if busy[worker].Add(1) != 1 {
					t.Error("two calls of one worker at a time")
				}
				count[piece].Add(1)
				busy[worker].Add(-1)
			})
			for i := range count {
				if count[i].Load() != 1 {
					t.Errorf("%d processors: piece %d of %d ran %d times", procs, i, n, count[i].Load())
				}
			}
		}
		team.Close()
		runtime.GOMAXPROCS(old)
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	team := New()
	defer team.Close()
	work := func(int, int) {}
	if n := testing.AllocsPerRun(100, func() { team.Run(10, work) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEachStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	n := atomic.Int32{}
	err := Each(ctx, 1000, 1, func(int, int) { n.Add(1); cancel() })
	if err == nil || n.Load() > 20 {
		t.Errorf("%d pieces after cancelling, %v", n.Load(), err)
	}
	var sum atomic.Int64
	if err := Each(context.Background(), 10, 3, func(lo, hi int) { sum.Add(int64(hi - lo)) }); err != nil || sum.Load() != 10 {
		t.Errorf("%d of 10, %v", sum.Load(), err)
	}
}
