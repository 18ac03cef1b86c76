package datasets

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Set is an opened folder: its pictures, not yet read, and a report.
type Set struct {
	Root   string // folder (or file) that names are relative to
	Layout string // name of the recognised layout
	Items  []Item // every picture once, in natural order within its subset
	Report Report // what goes where, and what was left out
}

// ErrNoPictures is wrapped by Open when a folder holds nothing to inspect.
var ErrNoPictures = errors.New("no pictures found")

// layout is a way of arranging files. read returns false when the root is not
// arranged that way.
type layout struct {
	name string
	read func(*reading) (bool, error)
}

// layouts lists the layouts from the most to the least particular.
func layouts() []layout {
	return []layout{
		{"VisA", (*reading).visa},
		{"IDX", (*reading).idx},
		{"KolektorSDD2", (*reading).ksdd2},
		{"MVTec AD", (*reading).trainTest},
		{goldenLayout, (*reading).golden},
		{"good and defect folders", (*reading).labelled},
		{"flat folder", (*reading).flat},
	}
}

// Open recognises the layout of a folder and lists its pictures without reading
// them (KolektorSDD2 apart, where a part is defective when its mask is not
// empty). These layouts are known:
//
//   - MVTec AD: train/good, test/TYPE, ground_truth/TYPE/NAME_mask.png; other
//     words for good (ok, normal, ...) will do;
//   - YDFID: train/defect-free, test/defect-free, test/defect, test/ground truth;
//   - KolektorSDD2: train/ID.png with train/ID_GT.png, test likewise, or one of
//     these folders alone;
//   - VisA: split_csv/1cls.csv or another CSV file with the columns object,
//     split, label, image, mask; "DIR#candle" or the folder of an object chooses
//     one object;
//   - IDX as of Fashion-MNIST, plain or gzipped; "DIR#0" or "DIR#trouser" chooses
//     the class that counts as normal;
//   - a folder with good parts in a sub-folder called good, ok, normal,
//     defect-free or the like, and every other sub-folder a type of defect;
//   - any other folder of pictures: training takes all as good, inspection as
//     unknown;
//   - a single picture file.
//
// Defective pictures in a training part are left out and listed. A root with
// several sets gives a *[ChoiceError]; one with nothing in it [ErrNoPictures].
func Open(root string) (*Set, error) {
	dir, pick := splitPick(root)
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("open set %s: %s; check the folder's name", root, plain(err))
	}
	if !info.IsDir() {
		return openFile(dir), nil
	}
	here, err := list(filepath.Clean(dir))
	if err != nil {
		return nil, fmt.Errorf("open set %s: %s; check that it may be read", root, plain(err))
	}
	for _, l := range layouts() {
		r := &reading{root: here.path, here: here, pick: pick, layout: l.name}
		ok, err := l.read(r)
		if choice := (*ChoiceError)(nil); errors.As(err, &choice) {
			return nil, choice // names the root itself
		}
		if err != nil {
			return nil, fmt.Errorf("open set %s: %w", root, err)
		}
		if ok {
			return r.set(root)
		}
	}
	return nil, fmt.Errorf("open set %s: %w; choose a folder with PNG, JPEG, BMP, WebP or TIFF files", root, ErrNoPictures)
}

// splitPick divides "DIR#class"; a folder really called so comes first.
func splitPick(root string) (dir, pick string) {
	i := strings.LastIndexByte(root, '#')
	if i < 0 {
		return root, ""
	}
	if _, err := os.Stat(root); err == nil {
		return root, ""
	}
	return root[:i], root[i+1:]
}

// openFile makes a set of one file, be it a picture or not: what was asked to
// be inspected is reported on.
func openFile(path string) *Set {
	items := []Item{{Path: path, Name: filepath.Base(path)}}
	const name = "single file"
	return &Set{Root: path, Layout: name, Items: items, Report: Report{Layout: name, Groups: summarise(items)}}
}

// Train returns the items to learn from: all normal. Items of a flat folder
// are taken as good.
func (s *Set) Train() []Item {
	var out []Item
	for _, it := range s.Items {
		switch {
		case it.Split == Either:
			it.Label, it.Type = Normal, Good
			out = append(out, it)
		case it.Split == Train && it.Label == Normal:
			out = append(out, it)
		}
	}
	return out
}

// Test returns the items to inspect: the labelled test part, or everything in
// a flat folder, not labelled.
func (s *Set) Test() []Item {
	var out []Item
	for _, it := range s.Items {
		if it.Split != Train {
			out = append(out, it)
		}
	}
	return out
}

// reading is a set in the making.
type reading struct {
	root   string
	here   folder // the root's content
	pick   string // what follows # in the root
	layout string
	items  []Item
	extra  []Group // lines of the report that do not follow from items
	left   []LeftOut
}

func (r *reading) add(it Item) {
	if it.Name == "" {
		it.Name = r.rel(it.Path)
	}
	r.items = append(r.items, it)
}

func (r *reading) leave(path, reason string) {
	r.left = append(r.left, LeftOut{r.rel(path), reason})
}

// rel returns a path relative to the root, slash separated.
func (r *reading) rel(path string) string {
	if s, err := filepath.Rel(r.root, path); err == nil {
		path = s
	}
	return filepath.ToSlash(path)
}

func (r *reading) set(asked string) (*Set, error) {
	if len(r.items) == 0 {
		err := fmt.Errorf("open set %s (%s): %w", asked, r.layout, ErrNoPictures)
		if len(r.left) > 0 {
			err = fmt.Errorf("%w; %d files were left out, the first is %s: %s", err, len(r.left), r.left[0].Path, r.left[0].Reason)
		}
		return nil, err
	}
	return &Set{
		Root:   r.root,
		Layout: r.layout,
		Items:  r.items,
		Report: Report{Layout: r.layout, Groups: append(summarise(r.items), r.extra...), LeftOut: r.left},
	}, nil
}
