//go:build unix

package history

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// lock is the right to write to a history. The kernel takes it back when the
// program that holds it dies, however it dies.
type lock struct{ file *os.File }

// acquire takes the lock file at path, or says which process holds it.
func acquire(path string) (*lock, error) {
	for {
		l, err := lockFile(path)
		if err != nil {
			return nil, err
		}
		// Who leaves a stand-in removes the file while it holds the lock: one on a
		// file without that name keeps nobody out.
		if l.named(path) {
			return l, nil
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
}

func (l *lock) named(path string) bool {
	mine, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there)
}

func lockFile(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		pid, station := holder(f)
		switch {
		case station:
			return nil, fmt.Errorf("%w: %w (process %d)", ErrLocked, ErrStation, pid)
		case pid > 0:
			return nil, fmt.Errorf("%w (process %d)", ErrLocked, pid)
		}
		return nil, ErrLocked
	}
	l := &lock{f}
	if err := l.sign(""); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// stationSign is what a station writes behind its process number.
const stationSign = "station"

// sign says in the file who holds the lock, which only serves sentences.
func (l *lock) sign(what string) error {
	_, err := l.file.WriteAt(fmt.Appendf(nil, "%-20d%-11s\n", os.Getpid(), what), 0)
	return err
}

// holder reads from a lock file which process holds it, 0 where that cannot be
// said, and whether that is a station.
func holder(f *os.File) (pid int, station bool) {
	head, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	if err != nil {
		return 0, false
	}
	words := strings.Fields(string(head))
	if len(words) == 0 {
		return 0, false
	}
	if pid, err = strconv.Atoi(words[0]); err != nil {
		return 0, false
	}
	return pid, len(words) > 1 && words[1] == stationSign
}

// Close gives the lock back. The file stays, but for that of a stand-in which is
// left.
func (l *lock) Close() error { return l.file.Close() }
