package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// The reasons a caller may want to tell apart. All but ErrClosed, ErrReadOnly,
// ErrNotFound and ErrEnded arrive inside a [*StorageError].
var (
	// ErrClosed is returned by a Store or Recorder that has been closed.
	ErrClosed = errors.New("the history is closed")
	// ErrReadOnly is returned when something is to be written through a Store of OpenReadOnly.
	ErrReadOnly = errors.New("the history was opened for reading only")
	// ErrNotFound is returned when no run, verdict or thumbnail has the given name.
	ErrNotFound = errors.New("not in the history")
	// ErrEnded is returned when a run is to end that has ended already.
	ErrEnded = errors.New("the run has already ended")
	// ErrLocked means that another program holds the history for writing.
	ErrLocked = errors.New("another program is writing to it")
	// ErrStation means, beside ErrLocked, that the other program is a station.
	ErrStation = errors.New("a window has it open")
	// ErrNotDatabase means that the file is no SQLite database.
	ErrNotDatabase = errors.New("the file is not a database")
	// ErrForeign means that the file is an SQLite database of another program.
	ErrForeign = errors.New("the file is the database of another program")
	// ErrNewerSchema means that a newer Agurscope wrote the file.
	ErrNewerSchema = errors.New("the file was written by a newer Agurscope")
	// ErrOlderSchema means that the file must be opened for writing once before it can be read.
	ErrOlderSchema = errors.New("the file was written by an older Agurscope")
	// ErrDamaged means that the file contradicts itself.
	ErrDamaged = errors.New("the database is damaged")
	// ErrFull means that there is no room left where the file lies.
	ErrFull = errors.New("the disk is full")
	// ErrDenied means that the file or its folder may not be written.
	ErrDenied = errors.New("writing is not permitted")
)

// StorageError says that the history could not be kept or read, where, and
// what a person can do about it. A station that meets one on writing stops
// saying OK: what was not stored did not happen.
type StorageError struct {
	Op   string // what was being done, such as "open history"
	Path string // the database file
	Hint string // the remedy, for a person; may be empty
	Err  error  // the reason; matches one of this package's errors where one fits
}

// Error returns one sentence: what was done, to which file, why it stopped and what helps.
func (e *StorageError) Error() string {
	s := fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Err)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap returns the reason.
func (e *StorageError) Unwrap() error { return e.Err }

// remedies holds the reasons with what a person can do about each. An error that has
// several, as of a full disk that takes neither database nor journal, is called by the
// first of them.
var remedies = []struct {
	reason error
	hint   string
}{
	{ErrLocked, "close the other program, or open the history for reading"},
	{ErrNotDatabase, "choose another file, or move this one away to start a new history; it was left as it is"},
	{ErrForeign, "choose another file; this one was left as it is"},
	{ErrNewerSchema, "update Agurscope to open it; it was left as it is"},
	{ErrOlderSchema, "open it once for writing to bring it up to date"},
	{ErrDamaged, "copy the file to a safe place, then restore a backup; it was left as it is"},
	{ErrFull, "make room on the disk, then try again; nothing already stored is lost"},
	{errJournal, "move it away; whatever it is, it was left as it is"},
	{ErrDenied, "make the file and its folder writable, or choose another place"},
	{errIO, "check that the disk is there and healthy, then try again"},
	{ErrWaiting, "wait until the journal is empty"},
	{errBeingRead, "close what reads it, if waiting does not help"},
}

// storage wraps err, which stopped op, in a StorageError with its remedy.
// Errors that are not the disk's doing pass with op in front.
func storage(op, path string, err error) error {
	var done *StorageError
	if err == nil || errors.As(err, &done) || isOurs(err) {
		return err
	}
	reason, hint := reasonOf(err)
	if reason == nil {
		return fmt.Errorf("%s %s: %w", op, path, err)
	}
	if !errors.Is(err, reason) {
		err = fmt.Errorf("%w (%w)", reason, err)
	}
	return &StorageError{Op: op, Path: path, Hint: hint, Err: err}
}

// isOurs reports whether err is an answer rather than a fault.
func isOurs(err error) bool {
	for _, e := range []error{ErrClosed, ErrReadOnly, ErrNotFound, ErrEnded, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// reasonOf names the reason behind err and its remedy; nil where none fits.
func reasonOf(err error) (reason error, hint string) {
	for _, r := range remedies {
		if errors.Is(err, r.reason) {
			return r.reason, r.hint
		}
	}
	reason = systemReason(err)
	for _, r := range remedies {
		if r.reason == reason {
			hint = r.hint
		}
	}
	return reason, hint
}

// systemReason names the reason behind an error of the system or of SQLite.
func systemReason(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return ErrFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return ErrDenied
	case errors.Is(err, syscall.EIO):
		return errIO
	}
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.SystemErrno {
	case syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG:
		return ErrFull
	case syscall.EROFS, syscall.EACCES, syscall.EPERM:
		return ErrDenied
	}
	return sqliteReasons[e.Code]
}

// isForeignKey reports whether err says that a row refers to one that is not there.
func isForeignKey(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && e.ExtendedCode == sqlite3.ErrConstraintForeignKey
}

// sqliteReasons maps SQLite's result codes to this package's reasons.
var sqliteReasons = map[sqlite3.ErrNo]error{
	sqlite3.ErrFull:     ErrFull,
	sqlite3.ErrReadonly: ErrDenied,
	sqlite3.ErrPerm:     ErrDenied,
	sqlite3.ErrAuth:     ErrDenied,
	sqlite3.ErrBusy:     ErrLocked,
	sqlite3.ErrLocked:   ErrLocked,
	sqlite3.ErrNotADB:   ErrNotDatabase,
	sqlite3.ErrCorrupt:  ErrDamaged,
	sqlite3.ErrIoErr:    errIO,
	sqlite3.ErrCantOpen: errIO,
}

// errIO stands for faults of the disk that fit no other reason.
var errIO = errors.New("the disk reported a fault")
