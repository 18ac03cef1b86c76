package camera

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Saved is the cameras of a station, the one used last in front: a JSON file that
// its owner alone may read, for addresses may hold passwords.
type Saved struct{ Path string }

// DefaultSaved is where the window keeps them.
func DefaultSaved() Saved {
	dir, err := os.UserConfigDir()
	if err != nil {
		dir = os.TempDir()
	}
	return Saved{filepath.Join(dir, "agurscope", "cameras.json")}
}

// mostSaved bounds the list and mostSavedBytes its file.
const (
	mostSaved      = 20
	mostSavedBytes = 1 << 20
)

type savedFile struct {
	Schema  int      `json:"schema"`
	Cameras []string `json:"cameras"`
}

// List returns the addresses; none is no error. What cannot be opened any more is
// left out.
func (s Saved) List() ([]string, error) {
	info, err := os.Stat(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && info.Size() > mostSavedBytes {
		err = errors.New("it is too large")
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(s.Path)
	}
	var f savedFile
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		return nil, fmt.Errorf("read the saved cameras: %s cannot be used (%w); remove it and save them again", s.Path, err)
	}
	out := slices.DeleteFunc(f.Cameras, func(a string) bool { _, err := Parse(a); return err != nil })
	return out[:min(len(out), mostSaved)], nil
}

// Save puts an address in front.
func (s Saved) Save(address string) error {
	list, err := s.List()
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(a string) bool { return a == address })
	return s.write(append([]string{address}, list...))
}

// Forget takes an address out.
func (s Saved) Forget(address string) error {
	list, err := s.List()
	if err != nil {
		return err
	}
	return s.write(slices.DeleteFunc(list, func(a string) bool { return a == address }))
}

func (s Saved) write(list []string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("save the camera: %w", err)
		}
	}()
	b, err := json.MarshalIndent(savedFile{1, list[:min(len(list), mostSaved)]}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.Path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.Path), ".cameras-*") // for its owner alone
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.Path)
}
