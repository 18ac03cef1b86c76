package live

import (
	"context"
	"sync"

	"agurscope/datasets"
)

// item is a frame on its way to the inspection, or why there is none.
type item struct {
	frame datasets.Frame
	err   error
}

// mailbox lies between a device and the inspection. A live one holds a single
// frame, and a newer one takes its place: what is inspected is always what lies
// in front of the camera now. A recorded one makes the device wait. Errors are
// never replaced.
type mailbox struct {
	waits   bool
	dropped func(datasets.Frame) error // told of a frame that was replaced; its error stays in the frame's place

	mu     sync.Mutex
	items  []item
	closed bool
	filled chan struct{} // capacity 1
	taken  chan struct{} // capacity 1
}

// mostItems bounds what waits when the inspection hangs: beyond it, the oldest
// errors go.
const mostItems = 256

func newMailbox(waits bool, dropped func(datasets.Frame) error) *mailbox {
	return &mailbox{waits: waits, dropped: dropped, filled: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put hands an item over; a recorded frame waits for its place until ctx ends.
func (m *mailbox) put(ctx context.Context, it item) {
	for m.waits {
		m.mu.Lock()
		free := len(m.items) == 0
		m.mu.Unlock()
		if free {
			break
		}
		select {
		case <-m.taken:
		case <-ctx.Done():
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	if n := len(m.items); n > 0 && it.err == nil && m.items[n-1].err == nil && !m.waits {
		old := m.items[n-1]
		m.items = m.items[:n-1]
		if err := m.dropped(old.frame); err != nil {
			old.frame.Image = nil
			m.items = append(m.items, item{old.frame, err})
		}
	}
	if len(m.items) >= mostItems {
		m.items = append(m.items[:0], m.items[1:]...)
	}
	m.items = append(m.items, it)
	signal(m.filled)
}

// take waits for an item; false when there will be none.
func (m *mailbox) take(ctx context.Context) (item, bool) {
	for {
		m.mu.Lock()
		if len(m.items) > 0 {
			it := m.items[0]
			m.items = append(m.items[:0], m.items[1:]...)
			m.mu.Unlock()
			signal(m.taken)
			return it, true
		}
		closed := m.closed
		m.mu.Unlock()
		if closed {
			return item{}, false
		}
		select {
		case <-m.filled:
		case <-ctx.Done():
			return item{}, false
		}
	}
}

// close says that nothing more comes; what waits can still be taken.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	signal(m.filled)
}
