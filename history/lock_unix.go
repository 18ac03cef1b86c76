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
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if pid := holder(f); pid > 0 {
			return nil, fmt.Errorf("%w (process %d)", ErrLocked, pid)
		}
		return nil, ErrLocked
	}
	// The number inside only serves the sentence above.
	_, err = f.WriteAt(fmt.Appendf(nil, "%-20d\n", os.Getpid()), 0)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lock{f}, nil
}

// holder reads the process number from a lock file, 0 where there is none.
func holder(f *os.File) int {
	head, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(head)))
	if err != nil {
		return 0
	}
	return pid
}

// Close gives the lock back. The file stays: removing it would let two
// programs hold locks on two files of the same name.
func (l *lock) Close() error { return l.file.Close() }
