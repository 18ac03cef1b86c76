package live

import (
	"context"
	"sync"
)

// Newest lies between a device that sends by itself and Stream.Next: what is not
// taken in time is replaced by what comes after it, before anybody decodes it.
// What would be left in the buffers of a network instead would be seconds old.
type Newest[T any] struct {
	mu      sync.Mutex
	v       *T
	broken  int
	skipped uint64
	err     error
	come    chan struct{} // capacity 1
}

// NewNewest returns an empty one.
func NewNewest[T any]() *Newest[T] { return &Newest[T]{come: make(chan struct{}, 1)} }

// Put replaces what was not taken.
func (n *Newest[T]) Put(v T) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.v != nil {
		n.skipped++
	}
	n.v = &v
	signal(n.come)
}

// Break notes an incomplete picture.
func (n *Newest[T]) Break() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.broken++
	signal(n.come)
}

// Skip notes a picture that was let go of elsewhere.
func (n *Newest[T]) Skip() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.skipped++
}

// End says that nothing more comes, and why; the first reason stays.
func (n *Newest[T]) End(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		n.err = err
	}
	signal(n.come)
}

// Take waits for something new. Incomplete pictures are ErrIncomplete, each.
func (n *Newest[T]) Take(ctx context.Context) (v T, err error) {
	for {
		n.mu.Lock()
		switch {
		case n.v != nil:
			v, n.v = *n.v, nil
			if n.broken > 0 || n.err != nil {
				signal(n.come)
			}
			n.mu.Unlock()
			return v, nil
		case n.broken > 0:
			n.broken--
			if n.broken > 0 || n.err != nil {
				signal(n.come)
			}
			n.mu.Unlock()
			return v, ErrIncomplete
		case n.err != nil:
			err = n.err
			n.mu.Unlock()
			return v, err
		}
		n.mu.Unlock()
		select {
		case <-n.come:
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
}

// Skipped is how many were replaced.
func (n *Newest[T]) Skipped() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.skipped
}
