package ui

import (
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
)

// thread is the one place where work crosses to Fyne's goroutine.
type thread struct {
	post   func(func()) // nil: Fyne's own queue; tests put theirs here
	closed atomic.Bool
}

// onUI runs f on Fyne's goroutine, later. After the window has gone it drops
// f: there is nobody to show anything to.
func (t *thread) onUI(f func()) {
	if t.closed.Load() {
		return
	}
	guarded := func() {
		if !t.closed.Load() {
			f()
		}
	}
	if t.post != nil {
		t.post(guarded)
		return
	}
	fyne.Do(guarded)
}

// frameGap keeps what arrives from elsewhere at 30 crossings a second.
const frameGap = time.Second / 30

// latest hands over only the newest of many updates, at most 30 times a second
// or once per gap. Its zero value needs only the thread.
type latest struct {
	*thread
	gap     time.Duration // 0: frameGap
	mu      sync.Mutex
	f       func()
	waiting bool
	last    time.Time
}

// postLatest replaces the update that waits to be shown.
func (l *latest) postLatest(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.f = f
	if l.waiting {
		return
	}
	l.waiting = true
	if wait := max(l.gap, frameGap) - time.Since(l.last); wait > 0 {
		time.AfterFunc(wait, func() { l.onUI(l.run) })
		return
	}
	l.onUI(l.run)
}

func (l *latest) run() {
	l.mu.Lock()
	f := l.f
	l.f, l.waiting, l.last = nil, false, time.Now()
	l.mu.Unlock()
	if f != nil {
		f()
	}
}
