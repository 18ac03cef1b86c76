package datasets

import (
	"path/filepath"
	"slices"
	"strings"
)

// goodNames are the names of folders with good parts, squashed.
var goodNames = []string{
	"good", "ok", "okay", "normal", "defectfree", "nodefect", "nodefects", "faultfree", "pass", "passed", "io", "gut",
}

// maskNames are the names of folders with ground truth, squashed.
var maskNames = []string{"groundtruth", "groundtruths", "gt", "mask", "masks"}

func isGood(name string) bool { return slices.Contains(goodNames, squash(name)) }

// trainTest reads the layout of MVTec AD (Bergmann et al., CVPR 2019) and its
// relatives: train/GOOD, test/GOOD, test/TYPE, with masks in ground_truth/TYPE
// at the root or beside the test types, where YDFID has them.
func (r *reading) trainTest() (bool, error) {
	root := r.here
	trainDir, ok := root.dir("train", "training")
	if !ok {
		return false, nil
	}
	train, err := list(trainDir)
	if err != nil {
		return false, err
	}
	good, ok := train.dir(goodNames...)
	if !ok {
		return false, nil
	}
	switch squash(filepath.Base(good)) {
	case "good":
	case "defectfree":
		r.layout = "YDFID"
	default:
		r.layout = "train and test folders"
	}
	for _, p := range r.pictures(good) {
		r.add(Item{Path: p, Type: Good, Label: Normal, Split: Train})
	}
	for _, d := range train.dirs {
		if dir := filepath.Join(trainDir, d); dir != good {
			r.leave(dir, "training learns from good parts only")
		}
	}
	testDir, ok := root.dir("test", "testing")
	if !ok {
		return true, nil
	}
	test, err := list(testDir)
	if err != nil {
		return false, err
	}
	masks := r.masks(root, test)
	r.types(test, masks, Test)
	for _, p := range masks.unused() {
		r.leave(p, "it is a mask without its picture")
	}
	return true, nil
}

// types adds the sub-folders of f as good parts and types of defects.
func (r *reading) types(f folder, masks maskIndex, split Subset) {
	for _, d := range f.dirs {
		if slices.Contains(maskNames, squash(d)) {
			continue
		}
		it := Item{Type: d, Label: Anomalous, Split: split}
		if isGood(d) {
			it.Type, it.Label = Good, Normal
		}
		for _, p := range r.pictures(filepath.Join(f.path, d)) {
			it.Path, it.MaskPath = p, ""
			if it.Label == Anomalous {
				it.MaskPath = masks.take(d, p)
			}
			r.add(it)
		}
	}
}

// maskIndex finds mask files by type and stem of their picture.
type maskIndex map[[2]string]*maskFile

type maskFile struct {
	path string
	used bool
}

// masks indexes the ground-truth folders directly in the given folders.
func (r *reading) masks(in ...folder) maskIndex {
	m := maskIndex{}
	for _, f := range in {
		dir, ok := f.dir(maskNames...)
		if !ok {
			continue
		}
		for _, p := range r.pictures(dir) {
			kind, err := filepath.Rel(dir, filepath.Dir(p))
			if err != nil || kind == "." {
				kind = ""
			}
			m[[2]string{squash(kind), maskStem(p)}] = &maskFile{path: p}
		}
	}
	return m
}

// maskStem returns the stem of the picture that a mask belongs to.
func maskStem(path string) string {
	s := stem(path)
	for _, end := range []string{"_mask", "_gt", "_label"} {
		if n := len(s) - len(end); n > 0 && strings.EqualFold(s[n:], end) {
			return s[:n]
		}
	}
	return s
}

// take returns the mask of a picture, "" if there is none.
func (m maskIndex) take(kind, picture string) string {
	for _, k := range []string{squash(kind), ""} {
		if f, ok := m[[2]string{k, stem(picture)}]; ok {
			f.used = true
			return f.path
		}
	}
	return ""
}

// unused returns the masks that no picture took.
func (m maskIndex) unused() []string {
	var out []string
	for k, f := range m {
		if !f.used && !isGood(k[0]) {
			out = append(out, f.path)
		}
	}
	slices.SortFunc(out, CompareNatural)
	return out
}
