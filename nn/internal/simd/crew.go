package simd

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// call is one Do: chunks of [0,n) that are taken one by one.
type call struct {
	f       func(lo, hi int)
	n, size int
	next    atomic.Int64
	helpers sync.WaitGroup
}

func (c *call) work() {
	for {
		lo := int(c.next.Add(1)-1) * c.size
		if lo >= c.n {
			return
		}
		c.f(lo, min(lo+c.size, c.n))
	}
}

var (
	calls = sync.Pool{New: func() any { return new(call) }}
	crew  = sync.OnceValue(hire)
)

// hire starts goroutines that help with every Do, for as long as the program
// runs: starting some for each would cost an allocation.
func hire() chan *call {
	work := make(chan *call)
	for range runtime.GOMAXPROCS(0) - 1 {
		go func() {
			for c := range work {
				c.work()
				c.helpers.Done()
			}
		}()
	}
	return work
}

// Do calls f for [0,n) in chunks of at most size, on all processors that have
// nothing else to do. It allocates nothing; f should be made once and kept.
func Do(n, size int, f func(lo, hi int)) {
	if n <= size {
		if n > 0 {
			f(0, n)
		}
		return
	}
	c := calls.Get().(*call)
	c.f, c.n, c.size = f, n, size
	c.next.Store(0)
	work := crew()
	for range min(runtime.GOMAXPROCS(0), (n+size-1)/size) - 1 {
		c.helpers.Add(1)
		select {
		case work <- c:
		default: // all are busy
			c.helpers.Done()
		}
	}
	c.work()
	c.helpers.Wait()
	c.f = nil
	calls.Put(c)
}
