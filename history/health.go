package history

import (
	"errors"
	"fmt"
	"time"
)

// Health says whether verdicts reach the database. Its zero value is that they
// do. While they do not, a station is not OK, whatever its parts are; those that
// Recorder.Add has acknowledged are safe in the journal.
type Health struct {
	Fault   error     // why the database does not take them; nil: it does
	Since   time.Time // when that began
	Waiting int       // verdicts, and things said of them, in the journal
	Journal string    // that file
}

// OK reports whether everything is in the database.
func (h Health) OK() bool { return h.Fault == nil }

// Reason says in a few words why not, for a status bar.
func (h Health) Reason() string {
	if h.Fault == nil {
		return ""
	}
	for _, r := range remedies {
		if errors.Is(h.Fault, r.reason) {
			return r.reason.Error()
		}
	}
	return h.Fault.Error()
}

// Remedy says what a person can do about it.
func (h Health) Remedy() string {
	var fault *StorageError
	if !errors.As(h.Fault, &fault) {
		return ""
	}
	return fault.Hint
}

// String is one sentence for people.
func (h Health) String() string {
	if h.OK() {
		return "every verdict is in the history"
	}
	return fmt.Sprintf("the history is not being written since %s: %v; %d entries wait in %s", h.Since.Local().Format(time.TimeOnly), h.Fault, h.Waiting, h.Journal)
}

// Health returns the present state.
func (r *Recorder) Health() Health {
	r.stateMu.Lock()
	defer r.stateMu.Unlock()
	return r.health
}

// Watch calls fn whenever the state has changed, from the recorder's own
// goroutine, which it must not hold up. One function watches; nil stops it.
func (r *Recorder) Watch(fn func(Health)) {
	r.stateMu.Lock()
	defer r.stateMu.Unlock()
	r.watch = fn
}

// state notes how the database is: err is why it did not take something, nil
// that it has taken everything.
func (r *Recorder) state(err error) {
	r.stateMu.Lock()
	before := r.health
	h := Health{Fault: err}
	if err != nil {
		b := r.store.in()
		h.Since, h.Journal = before.Since, b.writer.journal.path
		h.Waiting = int(b.writer.journal.waiting.Load())
		if b.away != nil {
			h.Journal, h.Waiting = b.path, h.Waiting+int(b.away.held.Load())
		}
		if before.OK() {
			h.Since = r.store.Now()
		}
	}
	r.health = h
	watch := r.watch
	r.stateMu.Unlock()
	if watch != nil && (before.OK() != h.OK() || before.Waiting != h.Waiting || before.Reason() != h.Reason()) {
		watch(h)
	}
}
