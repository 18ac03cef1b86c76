package history

import (
	"cmp"
	"slices"
	"time"
)

// Facets is what the records of a View differ in, for the choices of a filter.
type Facets struct {
	Recipes, Sources, Operators []string // by name, without the empty one
	Polarities                  []string // of the regions of the whole history
	Runs                        []RunFacet
}

// RunFacet is one run as far as it is in a View.
type RunFacet struct {
	Run             int64
	N               int // of its records
	Source, Recipe  string
	Earliest, Until time.Time // of its records
}

// Facets looks once at every row; it reads nothing. Runs come newest first.
func (v *View) Facets() Facets {
	c := v.columns
	type extent struct {
		n        int
		from, to int64
	}
	by := make([]extent, len(c.classes))
	for _, row := range v.rows {
		e, at := &by[c.class[row]], c.times[row]
		if e.n == 0 {
			e.from, e.to = at, at
		}
		e.n, e.from, e.to = e.n+1, min(e.from, at), max(e.to, at)
	}
	out := Facets{Polarities: slices.DeleteFunc(slices.Clone(c.polarity), func(p string) bool { return p == "" })}
	recipes, sources, operators, runs := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[int64]*RunFacet{}
	for i, e := range by {
		if e.n == 0 {
			continue
		}
		k := &c.classes[i]
		recipes[k.recipe], sources[k.source], operators[k.operator] = true, true, true
		r := runs[k.run]
		if r == nil {
			r = &RunFacet{Run: k.run, Source: k.source, Recipe: k.recipe, Earliest: fromMicros(e.from), Until: fromMicros(e.to)}
			runs[k.run] = r
		}
		r.N += e.n
		if t := fromMicros(e.from); t.Before(r.Earliest) {
			r.Earliest = t
		}
		if t := fromMicros(e.to); t.After(r.Until) {
			r.Until = t
		}
	}
	out.Recipes, out.Sources, out.Operators = names(recipes), names(sources), names(operators)
	for _, r := range runs {
		out.Runs = append(out.Runs, *r)
	}
	slices.SortFunc(out.Runs, func(a, b RunFacet) int { return cmp.Compare(b.Run, a.Run) })
	slices.Sort(out.Polarities)
	return out
}

func names(set map[string]bool) []string {
	var out []string
	for s := range set {
		if s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// InOrder returns the rows of v whose records are among ids, in the order of ids.
func (v *View) InOrder(ids []int64) *View {
	c := v.columns
	in := make(map[uint32]bool, len(v.rows))
	for _, row := range v.rows {
		in[row] = true
	}
	out := &View{store: v.store, columns: c}
	for _, id := range ids {
		if row, ok := slices.BinarySearch(c.ids, id); ok && in[uint32(row)] {
			delete(in, uint32(row)) // once
			out.rows = append(out.rows, uint32(row))
		}
	}
	out.summary = c.summary(out.rows)
	return out
}
