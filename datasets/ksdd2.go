package datasets

import (
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// ksdd2 reads the naming of KolektorSDD2 (Božič, Tabernik, Skočaj, Computers in
// Industry 2021): train and test with ID.png and its mask ID_GT.png. A part is
// defective when its mask is not empty, so the masks are read here. Either
// folder may also be opened alone.
func (r *reading) ksdd2() (bool, error) {
	root := r.here
	if hasGT(root) {
		split := Test
		if strings.EqualFold(filepath.Base(r.root), "train") {
			split = Train
		}
		r.gtFolder(root, split)
		return true, nil
	}
	var parts []folder
	var splits []Subset
	found := false
	for _, split := range []Subset{Train, Test} {
		dir, ok := root.dir(split.String())
		if !ok {
			continue
		}
		f, err := list(dir)
		if err != nil {
			return false, err
		}
		parts, splits = append(parts, f), append(splits, split)
		found = found || hasGT(f)
	}
	if !found {
		return false, nil
	}
	for i, f := range parts {
		r.gtFolder(f, splits[i])
	}
	return true, nil
}

// gtStem returns the stem of the picture that a file is the mask of.
func gtStem(name string) (string, bool) {
	s := stem(name)
	n := len(s) - len("_GT")
	if n <= 0 || !ImageName(name) || !strings.EqualFold(s[n:], "_GT") {
		return "", false
	}
	return s[:n], true
}

func hasGT(f folder) bool {
	for _, name := range f.files {
		if _, ok := gtStem(name); ok {
			return true
		}
	}
	return false
}

// gtFolder adds the parts of one folder.
func (r *reading) gtFolder(f folder, split Subset) {
	masks := map[string]string{}
	for _, name := range f.files {
		if s, ok := gtStem(name); ok {
			masks[s] = filepath.Join(f.path, name)
		}
	}
	var items []Item
	for _, name := range f.files {
		if _, ok := gtStem(name); ok {
			continue
		}
		path := filepath.Join(f.path, name)
		if reason := unfit(path); reason != "" {
			r.leave(path, reason)
			continue
		}
		items = append(items, Item{Path: path, Split: split, MaskPath: masks[stem(name)]})
		delete(masks, stem(name))
	}
	faults := labelByMask(items)
	for i, it := range items {
		r.addMasked(it, faults[i])
	}
	for _, name := range f.files {
		if s, ok := gtStem(name); ok && masks[s] != "" {
			r.leave(filepath.Join(f.path, name), "it is a mask without its picture")
		}
	}
}

// addMasked adds a part whose label came from its mask, or leaves it out of
// training for what is wrong with it.
func (r *reading) addMasked(it Item, fault error) {
	switch {
	case it.Split == Train && it.Label == Anomalous:
		r.leave(it.Path, "it is defective, and training learns from good parts only")
		return
	case it.Split == Train && fault != nil:
		r.leave(it.Path, "its mask does not say whether it is good: "+fault.Error())
		return
	case it.Split == Train && it.Label == Unknown:
		r.leave(it.Path, "no mask says that it is good")
		return
	case fault != nil:
		r.leave(it.MaskPath, "the part is taken without it: "+fault.Error())
		it.MaskPath = ""
	}
	r.add(it)
}

// labelByMask sets label and type of each item by its mask and returns what
// was wrong with the mask, if anything.
func labelByMask(items []Item) []error {
	faults := make([]error, len(items))
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(items)) {
		wg.Go(func() {
			for i := range next {
				faults[i] = items[i].labelByMask()
			}
		})
	}
	for i := range items {
		next <- i
	}
	close(next)
	wg.Wait()
	return faults
}

func (it *Item) labelByMask() error {
	if it.MaskPath == "" {
		return nil
	}
	m, err := DecodeMask(it.MaskPath)
	if err != nil {
		return err
	}
	if marked(m) {
		it.Label, it.Type = Anomalous, "defect"
	} else {
		it.Label, it.Type, it.MaskPath = Normal, Good, ""
	}
	return nil
}
