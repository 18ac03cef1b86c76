package handover

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile writes a file aside and gives it its name when it is complete, so
// that nobody ever finds half of it. One that is there already stays, unless
// replace is set; the error then matches fs.ErrExist.
func WriteFile(name string, replace bool, write func(io.Writer) error) (err error) {
	there := fmt.Errorf("write %s: it is there already: %w", name, fs.ErrExist)
	if _, err := os.Lstat(name); err == nil && !replace {
		return there
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".agurscope-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close() // a second time says so
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	b := bufio.NewWriter(f)
	_ = f.Chmod(0o644) // shares of other systems may not know permissions
	if err := errors.Join(write(b), b.Flush(), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if replace {
		return os.Rename(f.Name(), name)
	}
	// A link, unlike a new name, never takes the place of what has come meanwhile.
	switch err := os.Link(f.Name(), name); {
	case err == nil:
		return os.Remove(f.Name())
	case errors.Is(err, fs.ErrExist):
		return there
	}
	return os.Rename(f.Name(), name) // a disk without links
}
