//go:build unix

package ledger

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock keeps other programs from adding to the file, until it is closed or the
// program dies.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return fmt.Errorf("open %s: another program is writing to it; wait for its end, or choose another folder", f.Name())
	case errors.Is(err, syscall.ENOLCK), errors.Is(err, errors.ErrUnsupported): // a disk without locks
		return nil
	}
	return err
}
