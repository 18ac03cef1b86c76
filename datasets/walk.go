package datasets

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folder is the content of one directory in natural order: regular files and
// directories, links resolved, hidden names dropped.
type folder struct {
	path  string
	files []string
	dirs  []string
	left  []LeftOut // what could not be told, by full path
}

// list reads one directory.
func list(path string) (folder, error) {
	f := folder{path: path}
	entries, err := os.ReadDir(path)
	if err != nil {
		return f, err
	}
	for _, e := range entries {
		name := e.Name()
		if hidden(name) {
			continue
		}
		full := filepath.Join(path, name)
		mode := e.Type()
		if mode&os.ModeSymlink != 0 {
			info, err := os.Stat(full)
			if err != nil {
				f.left = append(f.left, LeftOut{full, fmt.Sprintf("it cannot be opened (%v)", plain(err))})
				continue
			}
			mode = info.Mode()
		}
		switch {
		case mode.IsDir():
			f.dirs = append(f.dirs, name)
		case mode.IsRegular():
			f.files = append(f.files, name)
		default:
			f.left = append(f.left, LeftOut{full, "it is no regular file"})
		}
	}
	slices.SortFunc(f.files, CompareNatural)
	slices.SortFunc(f.dirs, CompareNatural)
	return f, nil
}

// hidden reports whether a name is no business of people: dotfiles and what
// desktops leave behind.
func hidden(name string) bool {
	switch strings.ToLower(name) {
	case "thumbs.db", "desktop.ini", "__macosx":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// dir returns the path of the sub-directory with one of the names, regardless
// of case and punctuation.
func (f folder) dir(names ...string) (string, bool) {
	for _, d := range f.dirs {
		if slices.Contains(names, squash(d)) {
			return filepath.Join(f.path, d), true
		}
	}
	return "", false
}

// squash reduces a name to lower-case letters and digits, so that
// "Ground truth" and "ground_truth" are one.
func squash(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case 'A' <= c && c <= 'Z':
			return c - 'A' + 'a'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c > 127:
			return c
		}
		return -1
	}, name)
}

// stem returns a file name without its ending.
func stem(name string) string {
	base := filepath.Base(name)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// pictures returns the picture files under dir in natural order, deep first
// bounded and safe against links that go round; what is no picture is left out
// with its reason. skip names sub-folders not to enter.
func (r *reading) pictures(dir string, skip ...string) []string {
	w := walker{r: r, skip: skip, seen: map[string]bool{}}
	w.walk(dir, 0)
	return w.found
}

// walker collects pictures below a folder.
type walker struct {
	r     *reading
	skip  []string
	seen  map[string]bool // real paths of folders entered
	found []string
}

const maxDepth = 16 // folders within folders

func (w *walker) walk(dir string, depth int) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		w.r.leave(dir, fmt.Sprintf("it cannot be opened (%v)", plain(err)))
		return
	}
	if w.seen[real] {
		w.r.leave(dir, "it is a link to a folder that was read already")
		return
	}
	if depth > maxDepth {
		w.r.leave(dir, "it lies too deep")
		return
	}
	w.seen[real] = true
	f, err := list(dir)
	if err != nil {
		w.r.leave(dir, fmt.Sprintf("it cannot be opened (%v)", plain(err)))
		return
	}
	for _, l := range f.left {
		w.r.leave(l.Path, l.Reason)
	}
	for _, name := range f.files {
		path := filepath.Join(dir, name)
		if reason := unfit(path); reason != "" {
			w.r.leave(path, reason)
			continue
		}
		w.found = append(w.found, path)
	}
	for _, d := range f.dirs {
		if slices.Contains(w.skip, squash(d)) {
			w.r.leave(filepath.Join(dir, d), "it holds masks, not parts")
			continue
		}
		w.walk(filepath.Join(dir, d), depth+1)
	}
}

// unfit says why a file is no picture, "" if it is one. A name of a picture is
// believed, so that a broken picture is reported when it is inspected and not
// lost here; of other files the first bytes are looked at.
func unfit(path string) string {
	if ImageName(path) {
		return ""
	}
	f, err := openRegular(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	head := make([]byte, sniffLen)
	n, err := io.ReadFull(f, head)
	if n == 0 {
		return "it is not an image; it is empty"
	}
	if err != nil && err != io.ErrUnexpectedEOF {
		return "it cannot be read (" + plain(err) + ")"
	}
	if _, ok := sniffFormat(head[:n]); ok {
		return ""
	}
	what, picture := describe(head[:n])
	if picture {
		return "it is " + what + ", which is not supported; " + exportAgain
	}
	return "it is not an image; it looks like " + what
}
