package desk

import (
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
)

// Thread is the one place where work crosses to Fyne's goroutine.
type Thread struct {
	Post   func(func()) // nil: Fyne's own queue; tests put theirs here
	mu     sync.RWMutex // held for reading while something is put into the queue
	closed atomic.Bool
}

// OnUI runs f on Fyne's goroutine, later. After the window has gone it drops
// f: there is nobody to show anything to, and once Fyne's loop has ended, its queue
// would run f where it is called.
func (t *Thread) OnUI(f func()) {
	guarded := func() {
		if !t.closed.Load() {
			f()
		}
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed.Load() {
		return
	}
	if t.Post != nil {
		t.Post(guarded)
		return
	}
	fyne.Do(guarded)
}

// Close drops whatever still wants to be shown. It is to be called before Fyne's loop
// ends.
func (t *Thread) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed.Store(true)
}

// FrameGap keeps what arrives from elsewhere at 30 crossings a second.
const FrameGap = time.Second / 30

// Latest hands over only the newest of many updates, at most 30 times a second
// or once per Gap. Its zero value needs only the Thread.
type Latest struct {
	*Thread
	Gap     time.Duration // 0: FrameGap
	mu      sync.Mutex
	f       func()
	waiting bool
	last    time.Time
}

// PostLatest replaces the update that waits to be shown.
func (l *Latest) PostLatest(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.f = f
	if l.waiting {
		return
	}
	l.waiting = true
	if wait := max(l.Gap, FrameGap) - time.Since(l.last); wait > 0 {
		time.AfterFunc(wait, func() { l.OnUI(l.run) })
		return
	}
	l.OnUI(l.run)
}

func (l *Latest) run() {
	l.mu.Lock()
	f := l.f
	l.f, l.waiting, l.last = nil, false, time.Now()
	l.mu.Unlock()
	if f != nil {
		f()
	}
}
