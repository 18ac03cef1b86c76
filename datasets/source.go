package datasets

import (
	"context"
	"iter"
	"path/filepath"
	"slices"
)

// Source returns a recorded source over items in natural order of their names.
// It reads one picture at a time; a picture that cannot be read is an error of
// its own frame and the rest goes on.
func (s *Set) Source(items []Item) Source {
	sorted := slices.Clone(items)
	sortItems(sorted)
	return recorded{name: filepath.Base(s.Root), items: sorted}
}

// recorded is a Source over the items of a set.
type recorded struct {
	name  string
	items []Item
}

func (r recorded) Name() string { return r.name }
func (r recorded) Live() bool   { return false }

func (r recorded) Frames(ctx context.Context) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for i, it := range r.items {
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

func sortItems(items []Item) {
	slices.SortStableFunc(items, func(a, b Item) int { return CompareNatural(a.Name, b.Name) })
}
