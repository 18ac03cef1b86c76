//go:build nvidia

package cuda

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// worker runs functions on one locked operating system thread, in turn: a
// context of the driver belongs to a thread.
type worker struct {
	jobs chan job
	once sync.Once
	done chan struct{}
}

type job struct {
	run    func() error
	result chan<- error
}

var errStopped = errors.New("the CUDA engine is closed")

func startWorker() *worker {
	w := &worker{jobs: make(chan job), done: make(chan struct{})}
	go func() {
		// Never unlocked: the thread ends with the goroutine.
		runtime.LockOSThread()
		for {
			select {
			case j := <-w.jobs:
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
	select {
	case <-w.done:
		return errStopped
	default:
	}
	result := make(chan error, 1)
	select {
	case w.jobs <- job{f, result}:
		return <-result
	case <-w.done:
		return errStopped
	}
}

func (w *worker) stop() { w.once.Do(func() { close(w.done) }) }
