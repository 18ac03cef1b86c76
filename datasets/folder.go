package datasets

import (
	"path/filepath"
	"slices"
)

// holdOut keeps every so-many-th good part of a labelled folder for the test,
// when there are at least twice as many: testing on parts that were learnt
// would flatter.
const holdOut = 5

// labelled reads a folder whose sub-folders say what the parts are: one for
// good parts, the others for types of defects, perhaps one for masks.
func (r *reading) labelled() (bool, error) {
	root := r.here
	if !slices.ContainsFunc(root.dirs, isGood) {
		return false, nil
	}
	masks := r.masks(root)
	r.types(root, masks, Test)
	for _, name := range root.files {
		if path := filepath.Join(r.root, name); unfit(path) == "" {
			r.leave(path, "it lies beside the folders that say what parts are")
		}
	}
	for _, p := range masks.unused() {
		r.leave(p, "it is a mask without its picture")
	}
	r.divideGood()
	return true, nil
}

// GoldenMark is the file that makes a folder of good and defective parts a golden
// set: all of it is there to judge recipes by, and none of it to learn from.
const GoldenMark = "golden-set.txt"

const goldenLayout = "golden set"

// Golden reports whether the set is a golden one.
func (s *Set) Golden() bool { return s.Layout == goldenLayout }

func (r *reading) golden() (bool, error) {
	root := r.here
	if !slices.Contains(root.files, GoldenMark) {
		return false, nil
	}
	r.types(root, r.masks(root), Test)
	return len(r.items) > 0, nil
}

// divideGood gives good parts to training, every fifth to the test.
func (r *reading) divideGood() {
	var good []int
	for i, it := range r.items {
		if it.Label == Normal {
			good = append(good, i)
		}
	}
	for n, i := range good {
		if len(good) < 2*holdOut || n%holdOut != holdOut-1 {
			r.items[i].Split = Train
		}
	}
	if len(good) >= 2*holdOut {
		r.layout += " (every fifth good part kept for the test)"
	}
	slices.SortStableFunc(r.items, func(a, b Item) int { return int(a.Split) - int(b.Split) })
}

// flat reads any other folder of pictures. Before it takes a whole tree for
// one kind of part, it looks whether the folder holds sets of its own.
func (r *reading) flat() (bool, error) {
	choices := r.sets(r.root, 0)
	switch len(choices) {
	case 0:
	case 1:
		inner, err := Open(choices[0].Root)
		if err != nil {
			return false, err
		}
		*r = reading{
			root: inner.Root, layout: inner.Layout, items: inner.Items, left: inner.Report.LeftOut,
			extra: inner.Report.Groups[min(len(summarise(inner.Items)), len(inner.Report.Groups)):],
		}
		return true, nil
	default:
		return false, &ChoiceError{Root: r.root, What: "sets", Choices: choices}
	}
	for _, p := range r.pictures(r.root, maskNames...) {
		r.add(Item{Path: p})
	}
	return len(r.items) > 0, nil
}

// sets lists the folders below dir that are labelled sets, up to three deep as
// in YDFID's SL/SL1.
func (r *reading) sets(dir string, depth int) []Choice {
	const deepest = 3
	f, err := list(dir)
	if err != nil || depth == deepest {
		return nil
	}
	var out []Choice
	for _, d := range f.dirs {
		sub := filepath.Join(dir, d)
		if isSet(sub) {
			out = append(out, Choice{Name: r.rel(sub), Root: sub})
			continue
		}
		out = append(out, r.sets(sub, depth+1)...)
	}
	return out
}

// isSet reports, by names alone, whether a folder is arranged as a set.
func isSet(dir string) bool {
	f, err := list(dir)
	if err != nil {
		return false
	}
	if slices.ContainsFunc(f.dirs, isGood) || hasGT(f) {
		return true
	}
	if train, ok := f.dir("train"); ok {
		if t, err := list(train); err == nil && (slices.ContainsFunc(t.dirs, isGood) || hasGT(t)) {
			return true
		}
	}
	if files, err := findIDX(f); err == nil && len(files) > 0 {
		return true
	}
	table, err := findVisA(f)
	return err == nil && table != nil
}
