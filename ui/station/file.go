package station

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxFile bounds what is read: no settings are that long.
const maxFile = 1 << 20

// readFile reads JSON into v. What is there but is none is put aside under
// another name, so that what replaces it destroys nothing; the error says so. A
// file that is not there is no error.
func readFile(path string, v any) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	_ = f.Close() // only read
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if len(b) > maxFile {
		err = errors.New("it is too long")
	} else {
		err = json.Unmarshal(b, v)
	}
	if err == nil {
		return nil
	}
	aside := path + ".damaged"
	if moved := os.Rename(path, aside); moved != nil {
		return fmt.Errorf("%s is damaged (%w) and cannot be put aside: %w", path, err, moved)
	}
	return fmt.Errorf("%s was damaged (%w) and is now %s; the defaults are in force", path, err, filepath.Base(aside))
}

// writeFile writes v as JSON: whoever reads sees the file before or after, never
// between, and after it the file is on disk.
func writeFile(path string, v any) (err error) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(append(b, '\n')); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil //nolint:nilerr // the file is there; a folder that cannot be opened cannot be synced
	}
	_ = d.Sync() // not every file system can
	return d.Close()
}
