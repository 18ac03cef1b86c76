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
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/mattn/go-sqlite3" // registers the driver "sqlite3"
)

// Store is an open history. Its methods may be called from many goroutines.
type Store struct {
	// Now tells the time of what is recorded; tests replace it before use.
	Now func() time.Time

	path    string
	readers *sql.DB
	writer  *writer // nil: opened for reading only
	closed  atomic.Bool
}

// Open opens the history at path for writing, making the file and its folders
// where there are none and bringing an older file up to date. Runs that a
// program left behind unfinished are marked interrupted. A file that is
// damaged, foreign or newer than this program is left untouched; the error is
// then a [*StorageError].
func Open(path string) (*Store, error) {
	s, err := open(path)
	return s, storage("open history", path, err)
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
			_ = w.close() // err says more
		}
	}()
	if fresh {
		if err := syncFolder(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	readers, err := openReaders(path)
	if err != nil {
		return nil, err
	}
	s := &Store{Now: time.Now, path: path, readers: readers, writer: w}
	if err := s.interruptRuns(); err != nil {
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
	return &Store{Now: time.Now, path: path, readers: readers}, nil
}

// Path returns the file of the history, with links resolved.
func (s *Store) Path() string { return s.path }

// Close brings everything into the main file and closes it. A Recorder on the
// Store is to be closed first. Closing twice does nothing.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	err := s.readers.Close()
	if s.writer != nil {
		err = errors.Join(err, s.writer.close())
	}
	return storage("close history", s.path, err)
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
			faults, err := column(ctx, s.readers, q)
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
	return storage(op, s.path, fn())
}

// locate returns the absolute path with links resolved (two names for one file
// must share one lock) and whether there is nothing yet. It makes the folder.
func locate(path string) (resolved string, fresh bool, err error) {
	if path == "" {
		return "", false, errors.New("no file was named")
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", false, err
	}
	if resolved, err = filepath.EvalSymlinks(path); err == nil {
		fresh, err = peek(resolved)
		return resolved, fresh, err
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", false, err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", false, err
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return "", false, err
	}
	return filepath.Join(folder, filepath.Base(path)), true, nil
}

// peek reads the first bytes of the file at path, so that SQLite is never let
// loose on something else.
func peek(path string) (empty bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, ErrNotDatabase
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	const magic, header = "SQLite format 3\x00", 100
	head := make([]byte, header)
	n, err := io.ReadFull(f, head)
	if n == 0 && err == io.EOF {
		return true, nil
	}
	if err == io.ErrUnexpectedEOF || err == nil && string(head[:len(magic)]) != magic {
		return false, ErrNotDatabase
	}
	return false, err
}

// probe looks at the database without changing it. It returns whether the
// database is empty, or why it is not for us.
func probe(path string) (empty bool, err error) {
	db, err := openReaders(path)
	if _, missing := os.Lstat(path + "-journal"); err != nil && missing == nil {
		// A program died while it was making the file. SQLite undoes what was
		// left half done, for which it must write.
		db, err = openPool(path, "mode=rw")
	}
	if err != nil {
		return false, err
	}
	defer db.Close()
	var application, version, objects int
	err = db.QueryRow(`SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
		FROM pragma_application_id, pragma_user_version`).Scan(&application, &version, &objects)
	if err != nil {
		return false, err
	}
	newest, err := newestSchema(migrations)
	switch {
	case err != nil:
		return false, err
	case application == 0 && version == 0 && objects == 0:
		return true, nil
	case application != applicationID:
		return false, ErrForeign
	case version > newest:
		return false, fmt.Errorf("%w (schema %d, this program knows %d)", ErrNewerSchema, version, newest)
	}
	return false, nil
}

// applicationID marks a database as a history of ours ("Agur").
const applicationID = 0x41677572

// address returns the URI under which SQLite opens path.
func address(path string, settings ...string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + strings.Join(settings, "&")
}

// openReaders opens a pool of connections that cannot write.
func openReaders(path string) (*sql.DB, error) {
	db, err := openPool(path, "mode=ro", "_query_only=on")
	if err == nil || !alone(path) {
		return db, err
	}
	// To read a history SQLite puts two side files next to it. Where it may
	// not, a history that was closed cleanly can still be read as it stands.
	if still, err := openPool(path, "mode=ro", "_query_only=on", "immutable=1"); err == nil {
		return still, nil
	}
	return nil, err
}

// openPool opens a pool of connections and makes sure that they can read.
func openPool(path string, settings ...string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", address(path, append(settings, "_busy_timeout=5000")...))
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(4)
	var objects int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&objects); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// alone reports whether the database has no side files, so that nobody is
// writing to it and no rows wait in a log.
func alone(path string) bool {
	for _, side := range []string{"-wal", "-shm"} {
		if _, err := os.Lstat(path + side); !errors.Is(err, os.ErrNotExist) {
			return false
		}
	}
	return true
}

// syncFolder makes a new file's name in folder durable.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
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
