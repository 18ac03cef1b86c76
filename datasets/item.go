package datasets

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Subset is the part of a set that an item belongs to. (The function that
// divides training items further is [Split].)
type Subset int8

// The subsets of a set.
const (
	Either Subset = iota // a flat folder: training takes it as good, inspection as unknown
	Train
	Test
)

// String returns the subset as a lower-case word.
func (s Subset) String() string {
	switch s {
	case Train:
		return "train"
	case Test:
		return "test"
	default:
		return "either"
	}
}

// Item is one picture of a set, not yet read.
type Item struct {
	Path     string // file of the picture
	Name     string // path relative to the set's root, slash separated; unique in the set
	MaskPath string // file of the ground truth; "" when there is none
	Type     string // defect type; Good for a normal part; "" if unknown
	Label    Label  // truth, if known
	Split    Subset // the subset it belongs to

	idx    *idxFile // the container, for a picture that is no file of its own
	record int      // position in idx
}

// Load reads the picture and its mask. On error the frame still carries Path,
// Name, Label and Type.
func (it Item) Load() (Frame, error) {
	f := Frame{Path: it.Path, Name: it.Name, Label: it.Label, Type: it.Type, Time: modified(it.Path)}
	if it.idx != nil {
		m, err := it.idx.image(it.record)
		if err != nil {
			return f, fmt.Errorf("load %s: %w", it.Name, err)
		}
		f.Image = m
		return f, nil
	}
	m, err := Decode(it.Path)
	if err != nil {
		return f, err
	}
	if f.Image = m; it.MaskPath == "" || it.Label == Normal {
		return f, nil
	}
	mask, err := DecodeMask(it.MaskPath)
	if err != nil {
		f.Image = nil
		return f, err
	}
	if f.Mask, err = fitMask(mask, m.Bounds().Size()); err != nil {
		f.Image = nil
		return f, &DecodeError{Path: it.MaskPath, Reason: err.Error(), Remedy: "replace or remove the mask", Err: errors.Join(ErrDamaged, err)}
	}
	return f, nil
}

// modified returns a file's modification time, zero if it cannot be told.
func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
