package history

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// Recorder writes verdicts for many goroutines through one. What queues up
// while the disk is busy is committed together, so a lone record is durable
// after one flush of the disk and a crowd of them costs hardly more.
type Recorder struct {
	store *Store
	queue chan *request
	ended chan struct{}

	mu     sync.RWMutex // held for reading while something is put in the queue
	closed bool
}

// request is one call of Add on its way.
type request struct {
	records []*Record
	claimed atomic.Bool // by the writer, or by an Add that gave up
	result  chan error
}

// maxCommit bounds how many records wait for one commit; more would not be
// faster, only later.
const maxCommit = 1000

// NewRecorder returns a Recorder on s. Close it before the Store.
func NewRecorder(s *Store) *Recorder {
	r := &Recorder{store: s, queue: make(chan *request, maxCommit), ended: make(chan struct{})}
	go r.run()
	return r
}

// Add stores records, all or none, sets their IDs and returns when they are on
// the disk. The error is certain: if ctx ends first, either the records were
// withdrawn from the queue, nothing is stored and the error of ctx is returned,
// or their commit was under way and Add returns what became of it. The records
// must not be touched meanwhile. See [Store.Add] for what is filled in.
func (r *Recorder) Add(ctx context.Context, records ...*Record) error {
	if err := r.store.complete(records); err != nil {
		return err
	}
	q := &request{records: records, result: make(chan error, 1)}
	if err := r.enqueue(ctx, q); err != nil {
		return err
	}
	select {
	case err := <-q.result:
		return err
	case <-ctx.Done():
		if q.claimed.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-q.result
	}
}

func (r *Recorder) enqueue(ctx context.Context, q *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return ErrClosed
	}
	select {
	case r.queue <- q:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close stores what is still queued, answers everyone who waits and stops.
// Closing twice does nothing.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.queue)
	}
	r.mu.Unlock()
	<-r.ended
	return nil
}

func (r *Recorder) run() {
	defer close(r.ended)
	for first := range r.queue {
		r.commit(r.gather(first))
	}
}

// gather claims first and whatever else has queued up by now.
func (r *Recorder) gather(first *request) []*request {
	var batch []*request
	n := 0
	claim := func(q *request) {
		if q.claimed.CompareAndSwap(false, true) {
			batch = append(batch, q)
			n += len(q.records)
		}
	}
	for claim(first); n < maxCommit; {
		select {
		case q, ok := <-r.queue:
			if !ok {
				return batch
			}
			claim(q)
		default:
			return batch
		}
	}
	return batch
}

// commit stores a batch in one transaction. One bad request must not take the
// others down with it, so a batch that is refused is tried again one by one;
// a fault of the disk is everyone's.
func (r *Recorder) commit(batch []*request) {
	var all []*Record
	for _, q := range batch {
		all = append(all, q.records...)
	}
	err := r.store.store(context.Background(), all)
	var fault *StorageError
	alone := err != nil && len(batch) > 1 && !errors.As(err, &fault)
	for _, q := range batch {
		if alone {
			err = r.store.store(context.Background(), q.records)
		}
		q.result <- err
	}
}
