package clusters

import (
	"slices"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/session"

	"fyne.io/fyne/v2/widget"
)

// tabulate lists the selected parts on the History screen.
func (s *Screen) tabulate() {
	if s.m == nil || s.chosen == nil {
		return
	}
	var ids []int64
	for _, i := range s.chosen {
		ids = append(ids, s.m.Points[i].Verdict)
	}
	what := s.what
	switch {
	case what == insideLine.String():
		what = words.T("from the map")
	case slices.Contains(s.names, what):
		what = words.T("of %s##a set", what)
	}
	s.ShowRecords(ids, what)
}

// Find selects the parts of these verdicts, once the map is there.
func (s *Screen) Find(ids []int64) {
	s.wanted = ids
	s.load()
}

func (s *Screen) findWanted() {
	ids := s.wanted
	if s.wanted = nil; s.m == nil || ids == nil {
		return
	}
	want := map[int64]bool{}
	for _, id := range ids {
		want[id] = true
	}
	var in []int
	for i, p := range s.m.Points {
		if want[p.Verdict] {
			in = append(in, i)
		}
	}
	switch {
	case len(in) == 0:
		s.Say(words.T("None of these parts is in the map of this recipe. Draw it anew to take them in."))
	case len(in) < len(ids):
		s.Say(words.T("%d of %d parts are in the map of this recipe.", len(in), len(ids)))
	}
	if len(in) > 0 {
		s.choose(in, fromHistory.String(), -1)
	}
	if len(in) == 1 {
		s.show(in[0])
	}
}

// What is selected is called so where it is no group of the map.
const (
	insideLine  = words.Text("inside the line")
	fromHistory = words.Text("from History")
)

// isolate selects the points of a group, or all when they are selected already.
func (s *Screen) isolate(group int) {
	if s.m == nil {
		return
	}
	name := s.groupName(group)
	if s.chosen != nil && s.what == name {
		s.choose(nil, "", -1)
		return
	}
	var in []int
	for i, g := range s.of {
		if g == group {
			in = append(in, i)
		}
	}
	which := -1
	if s.by == session.ByCluster && group >= 0 {
		which = s.clusterAt(group)
		in = s.members(which)
	}
	s.choose(in, name, which)
}

// groupName is what a group is called; -1 is that of the parts in no other.
func (s *Screen) groupName(group int) string {
	switch {
	case group >= 0:
		return s.names[group]
	case s.by == session.ByCluster:
		return words.T("in no cluster")
	}
	return words.T("not known")
}

// clusterAt is which cluster of the map the group of that number is.
func (s *Screen) clusterAt(group int) int {
	n := 0
	for _, kind := range []history.ClusterKind{history.FoundCluster, history.NamedCluster} {
		for k, c := range s.m.Clusters {
			if c.Kind != kind {
				continue
			}
			if n == group {
				return k
			}
			n++
		}
	}
	return -1
}

// members are the points of a cluster.
func (s *Screen) members(cluster int) []int {
	var in []int
	for i, p := range s.m.Points {
		if _, ok := slices.BinarySearch(s.m.Clusters[cluster].Members, p.Verdict); ok {
			in = append(in, i)
		}
	}
	return in
}

// choose selects points: the others are dimmed, and the list shows these only.
func (s *Screen) choose(in []int, what string, cluster int) {
	s.chosen, s.what, s.which = in, what, cluster
	s.light()
	s.scatter.Choose(-1)
	s.name.SetText("")
	s.drop.Hide()
	s.keep.SetText(words.T("Name"))
	if cluster >= 0 {
		c := s.m.Clusters[cluster]
		s.name.SetText(c.Name)
		s.keep.SetText(words.T("Rename"))
		if c.Kind == history.NamedCluster {
			s.drop.Show()
		}
	}
	s.heading()
	if in == nil {
		s.naming.Hide()
		s.table.Hide()
	} else {
		s.naming.Show()
		s.table.Show()
	}
	s.side.Refresh()
	s.list.Refresh()
	s.list.ScrollToTop()
}

// light dims what is not selected.
func (s *Screen) light() {
	var lit []bool
	if s.chosen != nil {
		lit = make([]bool, len(s.m.Points))
		for _, i := range s.chosen {
			lit[i] = true
		}
	}
	s.scatter.Light(lit)
}

func (s *Screen) heading() {
	switch {
	case s.m == nil:
		s.title.Set("")
	case s.chosen == nil:
		s.title.Set(words.T("All parts"))
	default:
		s.title.Set(words.N(len(s.chosen), "%d part", "%d parts") + words.Mark(", ") + s.what)
	}
}

func (s *Screen) toggleLasso() {
	s.scatter.Lasso = !s.scatter.Lasso
	s.lasso.Importance = widget.MediumImportance
	if s.scatter.Lasso {
		s.lasso.Importance = widget.HighImportance
	}
	s.lasso.Refresh()
}
