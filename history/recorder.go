package history

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Recorder writes verdicts for many goroutines through one. What queues up
// while the disk is busy is committed together, so a lone record is durable
// after one flush of the disk and a crowd of them costs hardly more.
//
// What the database does not take, for whatever reason of the disk, goes to the
// journal instead and from there to the database once that works again; see
// [Health].
type Recorder struct {
	store *Store
	queue chan *request
	ended chan struct{}

	mu     sync.RWMutex // held for reading while something is put in the queue
	closed bool

	// Of the goroutine.
	pause time.Duration // until the next attempt to empty the journal
	fault error         // why the database takes nothing, without what the journal said since

	now chan struct{} // asks for an attempt at once

	stateMu sync.Mutex
	health  Health
	watch   func(Health)
}

// request is one call on its way: of Add, or of what records an event.
type request struct {
	records []*Record
	event   *event
	claimed atomic.Bool // by the writer, or by an Add that gave up
	result  chan error
}

// maxCommit bounds how many records wait for one commit; more would not be
// faster, only later.
const maxCommit = 1000

// NewRecorder returns a Recorder on s. Close it before the Store.
func NewRecorder(s *Store) *Recorder { return newRecorder(s, firstPause) }

func newRecorder(s *Store, pause time.Duration) *Recorder {
	r := &Recorder{store: s, queue: make(chan *request, maxCommit), ended: make(chan struct{}), now: make(chan struct{}, 1)}
	why, _ := s.Away()
	if why == nil {
		why = s.left
	}
	if why != nil && s.in().writer != nil {
		r.pause, r.fault = pause, why
		r.state(why)
	}
	go r.run()
	return r
}

// Add stores records, all or none, sets their IDs and returns when they are on
// the disk: in the database, or in the journal while that is out of order. The
// error is certain: if ctx ends first, either the records were withdrawn from the
// queue, nothing is stored and the error of ctx is returned, or their commit was
// under way and Add returns what became of it. The records must not be touched
// meanwhile. See [Store.Add] for what is filled in.
func (r *Recorder) Add(ctx context.Context, records ...*Record) error {
	if err := r.store.complete(records); err != nil {
		return err
	}
	return r.await(ctx, &request{records: records, result: make(chan error, 1)})
}

// await puts a request into the queue and returns what became of it.
func (r *Recorder) await(ctx context.Context, q *request) error {
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

// Close stores what is still queued, answers everyone who waits and stops. The
// error is why verdicts remain in the journal; the next Open of the history
// brings them in. Closing twice does nothing.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.queue)
	}
	r.mu.Unlock()
	<-r.ended
	if h := r.Health(); !h.OK() && h.Waiting > 0 {
		return fmt.Errorf("%d entries wait in %s: %w", h.Waiting, h.Journal, h.Fault)
	}
	return nil
}

// The pauses between attempts to empty the journal grow from the first to the
// second of these.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = 15 * time.Second
)

func (r *Recorder) run() {
	defer close(r.ended)
	// One timer from a fault on: what is recorded meanwhile must not put the next
	// attempt off, or a line that never rests would never get its history back.
	var retry <-chan time.Time
	for {
		if r.Health().OK() {
			retry = nil
		} else if retry == nil {
			retry = time.After(r.pause)
		}
		select {
		case first, ok := <-r.queue:
			if !ok {
				if !r.Health().OK() {
					r.retry()
				}
				return
			}
			r.commit(r.gather(first))
		case <-retry:
			retry = nil
			r.retry()
		case <-r.now:
			if !r.Health().OK() {
				retry = nil
				r.retry()
			}
		}
	}
}

// Retry asks for an attempt to write the history again, at once instead of after
// the usual pause. What comes of it is told by Health.
func (r *Recorder) Retry() {
	select {
	case r.now <- struct{}{}:
	default: // one is asked for
	}
}

// works reports whether what is recorded goes to a database: that of the history
// while it is well, or a stand-in.
func (r *Recorder) works() bool { return r.Health().OK() || r.store.in().away != nil }

// retry brings the journal into the database, if that works again.
func (r *Recorder) retry() {
	r.fault = r.store.recover()
	if r.fault == nil {
		r.pause = 0
	} else {
		r.pause = min(2*max(r.pause, firstPause), lastPause)
	}
	r.state(r.fault)
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

// commit stores what has queued up, in its order.
func (r *Recorder) commit(batch []*request) {
	for len(batch) > 0 {
		n := 0
		for n < len(batch) && batch[n].event == nil {
			n++
		}
		if n == 0 {
			n = 1
			r.commitEvent(batch[0])
		} else {
			r.commitRecords(batch[:n])
		}
		batch = batch[n:]
	}
}

func (r *Recorder) commitEvent(q *request) {
	works := r.works()
	var err error
	if works {
		err = r.store.record(context.Background(), q.event)
	}
	var fault *StorageError
	if !works || errors.As(err, &fault) {
		r.pend([]*request{q}, err)
		return
	}
	q.result <- err
}

// commitRecords stores a batch in one transaction. One bad request must not take the
// others down with it, so a batch that is refused is tried again one by one;
// a fault of the disk is everyone's.
func (r *Recorder) commitRecords(batch []*request) {
	var all []*Record
	for _, q := range batch {
		all = append(all, q.records...)
	}
	works := r.works()
	var err error
	if works {
		err = r.store.store(context.Background(), all)
	}
	var fault *StorageError
	if !works || errors.As(err, &fault) {
		r.pend(batch, err)
		return
	}
	standIn := r.Health()
	alone := err != nil && len(batch) > 1
	for i, q := range batch {
		if alone {
			err = r.store.store(context.Background(), q.records)
		}
		if errors.As(err, &fault) {
			r.pend(batch[i:], err)
			return
		}
		if !standIn.OK() { // more waits in it now: said before anybody hears of the verdict
			r.state(standIn.Fault)
		}
		q.result <- err
	}
}

// pend keeps a batch in the journal. Only what is there is acknowledged.
func (r *Recorder) pend(batch []*request, fault error) {
	if fault != nil {
		r.fault = fault
	}
	for _, q := range batch {
		fault := r.fault
		var err error
		if q.event != nil {
			err = r.store.pendEvent(q.event)
		} else {
			err = r.store.pend(q.records)
		}
		var storage *StorageError
		if errors.As(err, &storage) {
			fault = errors.Join(fault, err)
			err = fault
		}
		r.state(fault) // before anybody hears of the verdict
		q.result <- err
	}
	r.pause = max(r.pause, firstPause)
}
