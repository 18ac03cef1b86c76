// Package thread keeps an engine on one thread of the operating system: what
// libraries and drivers bind to a thread, such as a context or a pool of helpers,
// is then always the same one's.
package thread

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// Worker runs functions on one locked thread, in turn. It may be used from any
// goroutine.
type Worker struct {
	jobs    chan job
	once    sync.Once
	done    chan struct{}
	stopped error
}

type job struct {
	run    func() error
	result chan<- error
}

// results are channels for answers: waiting for one allocates nothing.
var results = sync.Pool{New: func() any { return make(chan error, 1) }}

// Start returns a worker. stopped is what Do returns once it is stopped.
func Start(stopped error) *Worker {
	w := &Worker{jobs: make(chan job), done: make(chan struct{}), stopped: stopped}
	go w.loop()
	return w
}

func (w *Worker) loop() {
	// Never unlocked: the thread, and what is bound to it, ends with the goroutine.
	runtime.LockOSThread()
	for {
		select {
		case j := <-w.jobs:
			select {
			case <-w.done: // both were ready: nothing runs after Stop
				j.result <- w.stopped
				return
			default:
			}
			j.result <- protect(j.run)
		case <-w.done:
			return
		}
	}
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

// Do runs f on the worker's thread and waits for it.
func (w *Worker) Do(f func() error) error {
	result := results.Get().(chan error)
	defer results.Put(result) // empty again, or never filled
	select {
	case w.jobs <- job{f, result}:
		return <-result
	case <-w.done:
		return w.stopped
	}
}

// Stop ends the worker after what it is running. Stopping twice does nothing.
func (w *Worker) Stop() { w.once.Do(func() { close(w.done) }) }
