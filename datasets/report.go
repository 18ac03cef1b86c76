package datasets

import (
	"fmt"
	"strings"
)

// Report says, for people, what an import found: what goes where, and what was
// left out and why.
type Report struct {
	Layout  string    // name of the layout, such as "MVTec AD"
	Groups  []Group   // what was taken
	LeftOut []LeftOut // what was not
}

// Group is one line of a report.
type Group struct {
	What  string // such as "test / bent_lead"
	Count int    // pictures
	Goes  string // such as "test, defective"
}

// LeftOut is one file or folder that was not taken.
type LeftOut struct {
	Path   string // relative to the root
	Reason string // why, in words
}

// String returns the report as a table for a terminal.
func (r Report) String() string {
	var b strings.Builder
	wide := len("left out")
	for _, g := range r.Groups {
		wide = max(wide, len(g.What))
	}
	fmt.Fprintf(&b, "layout: %s\n", r.Layout)
	for _, g := range r.Groups {
		fmt.Fprintf(&b, "  %-*s %7d  %s\n", wide, g.What, g.Count, g.Goes)
	}
	if len(r.LeftOut) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "  %-*s %7d\n", wide, "left out", len(r.LeftOut))
	const shown = 20
	for i, l := range r.LeftOut {
		if i == shown {
			fmt.Fprintf(&b, "    and %d more\n", len(r.LeftOut)-shown)
			break
		}
		fmt.Fprintf(&b, "    %s: %s\n", l.Path, l.Reason)
	}
	return b.String()
}

// summarise counts items by where they go.
func summarise(items []Item) []Group {
	type key struct {
		split Subset
		label Label
		kind  string
	}
	var order []key
	count, masks := map[key]int{}, map[key]int{}
	for _, it := range items {
		k := key{it.Split, it.Label, it.Type}
		if count[k] == 0 {
			order = append(order, k)
		}
		count[k]++
		if it.MaskPath != "" {
			masks[k]++
		}
	}
	groups := make([]Group, 0, len(order))
	for _, k := range order {
		what := k.kind
		if what == "" {
			what = "pictures"
		}
		if k.split != Either {
			what = k.split.String() + " / " + what
		}
		goes := destination(k.split, k.label)
		if n := masks[k]; n > 0 {
			goes = fmt.Sprintf("%v (%d with mask)", goes, n)
		}
		groups = append(groups, Group{what, count[k], goes})
	}
	return groups
}

func destination(s Subset, l Label) string {
	switch {
	case s == Either:
		return "taken as good for training; not labelled for inspection"
	case s == Train:
		return "training and calibration"
	case l == Normal:
		return "test, good"
	case l == Anomalous:
		return "test, defective"
	}
	return "test, not labelled"
}
