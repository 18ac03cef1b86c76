// Package history keeps what was decided: runs, the verdicts they reached and
// the overrides people made, in one SQLite file.
//
// A [Store] has one writer and any number of readers. What [Store.Add] or
// [Recorder.Add] returned without an error is on the disk and survives the
// death of the program at any moment (write-ahead log, synchronous=FULL; with
// an honest disk it survives a power cut, too). Verdicts and overrides are
// only ever added: a person's opinion stands beside the machine's answer and
// never replaces it, and triggers in the file hold other programs to the same.
//
// A history belongs to one writing program at a time. The file NAME.lock
// beside it is held for as long as that program lives, so runs that are still
// marked running when the lock is free were interrupted, and Open says so in
// their status. Reading never waits for the writer: see [OpenReadOnly].
//
// Times are UTC with microseconds. A number that was not measured is NaN in Go,
// NULL in the file and null in JSON; an ERROR verdict never has a score.
package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/mattn/go-sqlite3" // registers the driver "sqlite3"
)

// Store is an open history. Its methods may be called from many goroutines.
type Store struct {
	// Now tells the time of what is recorded; tests replace it before use.
	Now func() time.Time

	base    atomic.Pointer[base]
	home    atomic.Pointer[home] // of a stand-in's IDs; nil: there was none
	left    error                // why a stand-in of an earlier program was not taken in
	closed  atomic.Bool
	columns columns      // for View
	gallery gallery      // for Nearest
	keeping sync.RWMutex // held for reading from keeping a verdict's files to its commit
}

// Open opens the history at path for writing, making the file and its folders
// where there are none and bringing an older file up to date. Runs that a
// program left behind unfinished are marked interrupted. A file that is
// damaged, foreign or newer than this program is left untouched; the error is
// then a [*StorageError].
func Open(path string) (*Store, error) {
	s, err := open(path)
	if err == nil {
		s.left = s.takeIn(context.Background())
	}
	return s, storage("open history", path, err)
}

func newStore(path string, readers *sql.DB, w *writer) *Store {
	s := &Store{Now: time.Now}
	s.base.Store(&base{path: path, readers: readers, writer: w})
	return s
}

func open(path string) (*Store, error) {
	path, fresh, err := locate(path)
	if err != nil {
		return nil, err
	}
	l, err := acquire(path + ".lock")
	if err != nil {
		return nil, err
	}
	s, err := openLocked(path, fresh, l)
	if err != nil {
		l.Close()
		return nil, err
	}
	return s, nil
}

// openLocked opens the file at path once its lock is ours.
func openLocked(path string, fresh bool, l *lock) (_ *Store, err error) {
	if !fresh {
		if err := undo(path); err != nil {
			return nil, err
		}
		if fresh, err = probe(path); err != nil {
			return nil, err
		}
	}
	w, err := openWriter(path, l)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = w.close(nil) // err says more
		}
	}()
	if w.journal, err = openJournal(pending(path)); err != nil {
		return nil, err
	}
	w.next, w.nextRun = max(w.next, w.journal.last+1), max(w.nextRun, w.journal.lastRun+1)
	// The journal is a new file, and the database may be one.
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	readers, err := openReaders(path)
	if err != nil {
		return nil, err
	}
	s := newStore(path, readers, w)
	if err := errors.Join(s.replay(context.Background()), s.interruptRuns()); err != nil {
		readers.Close()
		return nil, err
	}
	return s, nil
}

// OpenReadOnly opens the history at path for reading, also while another
// program writes to it or when the folder may not be written.
func OpenReadOnly(path string) (*Store, error) {
	s, err := openReadOnly(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &StorageError{Op: "read history", Path: path, Err: os.ErrNotExist, Hint: "inspect something first, or name another file"}
	}
	return s, storage("read history", path, err)
}

func openReadOnly(path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err // before locate makes a folder
	}
	path, fresh, err := locate(path)
	if err == nil && !fresh {
		fresh, err = probe(path)
	}
	if err != nil {
		return nil, err
	}
	newest, err := newestSchema(migrations)
	if err != nil {
		return nil, err
	}
	readers, err := openReaders(path)
	if err != nil {
		return nil, err
	}
	var version int
	if !fresh {
		err = readers.QueryRow("PRAGMA user_version").Scan(&version)
	}
	if err == nil && version < newest {
		err = ErrOlderSchema
	}
	if err != nil {
		return nil, errors.Join(err, readers.Close())
	}
	return newStore(path, readers, nil), nil
}

// Path returns the file of the history, with links resolved.
func (s *Store) Path() string { return s.in().path }

// Close brings everything into the main file and closes it. A Recorder on the
// Store is to be closed first. Closing twice does nothing.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	b := s.in()
	err := b.readers.Close()
	if b.writer != nil {
		err = errors.Join(err, b.writer.close(func() error {
			if b.away == nil || b.writer.head != (Head{}) || b.writer.journal.waiting.Load() > 0 {
				return nil
			}
			return errors.Join(os.Remove(b.path), os.Remove(b.path+".lock")) // a stand-in in which nothing happened
		}))
	}
	return storage("close history", b.path, err)
}

// Check reads the whole file and returns an error that matches [ErrDamaged]
// where it contradicts itself. It takes a while on a large history and does
// not hold up the writer.
func (s *Store) Check(ctx context.Context) error {
	return s.reading("check history", func() error {
		for _, q := range []string{
			"PRAGMA quick_check(20)",
			"SELECT 'row ' || coalesce(rowid, '?') || ' of ' || \"table\" || ' refers to nothing' FROM pragma_foreign_key_check LIMIT 20",
		} {
			faults, err := column(ctx, s.in().readers, q)
			if err != nil {
				return err
			}
			faults = slices.DeleteFunc(faults, func(s string) bool { return s == "ok" })
			if len(faults) > 0 {
				return fmt.Errorf("%w: %s", ErrDamaged, strings.Join(faults, ", "))
			}
		}
		return nil
	})
}

// reading runs fn unless the Store is closed and dresses its error.
func (s *Store) reading(op string, fn func() error) error {
	if s.closed.Load() {
		return ErrClosed
	}
	return storage(op, s.in().path, fn())
}

// column returns the single text column that query selects.
func column(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// micros is t as the file keeps it.
func micros(t time.Time) int64 { return t.UnixMicro() }

// fromMicros is the inverse of micros.
func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// stamp returns t, or the present where t is zero, in UTC with microseconds.
func (s *Store) stamp(t time.Time) time.Time {
	if t.IsZero() {
		t = s.Now()
	}
	return fromMicros(micros(t))
}

// measured returns f for SQLite, nil where it was not measured.
func measured(f float64) any {
	if math.IsNaN(f) {
		return nil
	}
	return f
}

// number is the inverse of measured.
func number(f sql.NullFloat64) float64 {
	if !f.Valid {
		return math.NaN()
	}
	return f.Float64
}

// text returns s without zero bytes, which would end it early for many readers.
func text(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }
