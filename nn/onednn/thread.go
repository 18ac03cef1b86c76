//go:build onednn

package onednn

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// worker runs functions on one locked operating system thread, in turn.
type worker struct {
	jobs chan job
	once sync.Once
	done chan struct{}
}

type job struct {
	run    func() error
	result chan<- error
}

// results are channels for answers: waiting for one allocates nothing.
var results = sync.Pool{New: func() any { return make(chan error, 1) }}

var errStopped = errors.New("the oneDNN engine is closed")

func startWorker() *worker {
	w := &worker{jobs: make(chan job), done: make(chan struct{})}
	go func() {
		// Never unlocked: the thread, and OpenMP's pool with it, ends with the
		// goroutine.
		runtime.LockOSThread()
		for {
			select {
			case j := <-w.jobs:
				select {
				case <-w.done: // both were ready: nothing runs after stop
					j.result <- errStopped
					return
				default:
				}
				j.result <- protect(j.run)
			case <-w.done:
				return
			}
		}
	}()
	return w
}

// protect turns a panic into an error, so that a bug in one program does not
// take the window and its unsaved verdicts with it.
func protect(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("engine panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}

// do runs f on the worker and waits for it.
func (w *worker) do(f func() error) error {
	result := results.Get().(chan error)
	defer results.Put(result) // empty again, or never filled
	select {
	case w.jobs <- job{f, result}:
		return <-result
	case <-w.done:
		return errStopped
	}
}

func (w *worker) stop() { w.once.Do(func() { close(w.done) }) }
