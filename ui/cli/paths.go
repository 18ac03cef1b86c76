package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"agurscope/datasets"
)

// pictureEndings are the names of pictures, readable here or not. A file so
// called is never passed over in silence: what cannot be read gets a verdict
// ERROR.
var pictureEndings = []string{
	".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".btf",
	".gif", ".heic", ".heif", ".avif", ".jp2", ".j2k", ".jpx", ".jxl", ".psd", ".ico", ".pbm", ".pgm", ".ppm", ".pnm",
	".fits", ".fit", ".exr", ".hdr", ".tga", ".dng", ".raw", ".cr2", ".cr3", ".nef", ".arw", ".svg",
}

func namedPicture(path string) bool {
	return slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(path)))
}

// selection is what the arguments of inspect came to.
type selection struct {
	name    string // of the source
	items   []datasets.Item
	ignored []datasets.LeftOut // files that are no pictures, and masks
	layouts []string           // for people: what the folders were recognised as
}

// choose turns paths into pictures: files as they are, folders by their
// layout, all of their pictures with whatever label the layout gives them.
func choose(paths []string) (*selection, error) {
	s := &selection{name: strings.Join(paths, " ")}
	for _, p := range paths {
		full, err := filepath.Abs(p) // the history must still know tomorrow which file it was
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", p, err)
		}
		info, err := os.Stat(full)
		switch {
		case err == nil && !info.IsDir():
			s.items = append(s.items, datasets.Item{Path: full, Name: filepath.Base(full)})
		case err != nil && !strings.Contains(p, "#"): // DIR#class is a layout's business
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("find %s: %w; nothing was inspected", p, errors.Unwrap(err))
			}
			return nil, fmt.Errorf("find %s: there is no such file or folder; nothing was inspected", p)
		default:
			prefix := ""
			if len(paths) > 1 {
				prefix = filepath.Base(full) + "/"
			}
			if err := s.folder(full, prefix); err != nil {
				return nil, err
			}
		}
	}
	if len(s.items) == 0 {
		return nil, fmt.Errorf("inspect %s: %w; choose PNG, JPEG, BMP, WebP or TIFF files", s.name, datasets.ErrNoPictures)
	}
	return s, nil
}

// folder adds the pictures of a folder.
func (s *selection) folder(dir, prefix string) error {
	set, err := datasets.Open(dir)
	var choice *datasets.ChoiceError
	switch {
	case errors.As(err, &choice):
		return err
	case err != nil:
		// Not one readable picture; unreadable ones are inspected all the same.
		if set, err = bare(dir, err); err != nil {
			return err
		}
	}
	s.layouts = append(s.layouts, set.Layout)
	items := append(slices.Clone(set.Items), s.claimed(set)...)
	slices.SortStableFunc(items, func(a, b datasets.Item) int { return datasets.CompareNatural(a.Name, b.Name) })
	for _, it := range items {
		it.Name = prefix + it.Name
		s.items = append(s.items, it)
	}
	return nil
}

// claimed returns the files that the layout has left out although they are
// pictures of parts, or say so by their name. A layout leaves out what is not
// fit for training, and what cannot be read; an inspection may not.
func (s *selection) claimed(set *datasets.Set) []datasets.Item {
	masks := map[string]bool{}
	for _, it := range set.Items {
		masks[it.MaskPath] = true
	}
	var out []datasets.Item
	for _, l := range set.Report.LeftOut {
		path := l.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(set.Root, filepath.FromSlash(path))
		}
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			s.left(l) // its pictures are masks, or reported by themselves
			continue
		}
		picture := namedPicture(path) || strings.Contains(l.Reason, "not supported")
		if !picture || masks[path] || strings.Contains(l.Reason, "mask") {
			s.left(l)
			continue
		}
		out = append(out, datasets.Item{Path: path, Name: l.Path})
	}
	return out
}

func (s *selection) left(l datasets.LeftOut) { s.ignored = append(s.ignored, l) }

// bare lists the files of a folder in which no layout was recognised.
func bare(dir string, why error) (*datasets.Set, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, why
	}
	set := &datasets.Set{Root: dir, Layout: "folder without a readable picture"}
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			set.Report.LeftOut = append(set.Report.LeftOut, datasets.LeftOut{Path: e.Name(), Reason: "it is not an image"})
		}
	}
	if !slices.ContainsFunc(set.Report.LeftOut, func(l datasets.LeftOut) bool { return namedPicture(l.Path) }) {
		return nil, why
	}
	return set, nil
}

// source yields the selection in its order.
type source struct{ *selection }

// Name implements datasets.Source.
func (s source) Name() string { return s.name }

// Live implements datasets.Source.
func (s source) Live() bool { return false }

// Frames implements datasets.Source.
func (s source) Frames(ctx context.Context) iter.Seq2[datasets.Frame, error] {
	return func(yield func(datasets.Frame, error) bool) {
		for i, it := range s.items {
			if ctx.Err() != nil {
				return
			}
			f, err := it.Load()
			f.Seq = uint64(i)
			if !yield(f, err) {
				return
			}
		}
	}
}
