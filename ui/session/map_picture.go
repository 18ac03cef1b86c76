package session

import (
	"fmt"
	"math"
	"slices"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/report"
)

// MapColour says what the colours of a map mean.
type MapColour string

// What colours can mean.
const (
	ByVerdict MapColour = "verdict"
	ByType    MapColour = "type"
	ByCluster MapColour = "cluster"
	ByTime    MapColour = "time"
)

// MapColours lists them all.
var MapColours = []MapColour{ByVerdict, ByType, ByCluster, ByTime}

// MapGroups tells the parts of a map apart by colour: the name of each group,
// and for each point its group, -1 for none.
func MapGroups(m *history.Map, by MapColour) (names []string, of []int) {
	of = make([]int, len(m.Points))
	for i := range of {
		of[i] = -1
	}
	switch by {
	case ByVerdict:
		for _, v := range []history.Verdict{history.OK, history.REVIEW, history.NG} {
			names = append(names, string(v))
		}
		for i, p := range m.Points {
			of[i] = slices.Index(names, string(p.Part.Final))
		}
	case ByType:
		size := map[string]int{}
		for _, p := range m.Points {
			if c := classOf(p.Part); c != "" {
				size[c]++
			}
		}
		for c := range size {
			names = append(names, c)
		}
		slices.SortFunc(names, func(a, b string) int {
			if n := size[b] - size[a]; n != 0 {
				return n
			}
			if a < b {
				return -1
			}
			return 1
		})
		for i, p := range m.Points {
			of[i] = slices.Index(names, classOf(p.Part))
		}
	case ByCluster:
		at := map[int64]int{}
		for i, p := range m.Points {
			at[p.Verdict] = i
		}
		// What a person has drawn lies above what was found.
		for _, kind := range []history.ClusterKind{history.FoundCluster, history.NamedCluster} {
			for k, c := range m.Clusters {
				if c.Kind != kind {
					continue
				}
				for _, v := range c.Members {
					if i, ok := at[v]; ok {
						of[i] = len(names)
					}
				}
				names = append(names, ClusterName(m, k))
			}
		}
	case ByTime:
		names, of = timeGroups(m)
	}
	return names, of
}

// timeSpans is how many colours time has.
const timeSpans = 5

// timeGroups cuts the time that a map covers into equal numbers of parts.
func timeGroups(m *history.Map) (names []string, of []int) {
	order := make([]int, len(m.Points))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return m.Points[a].Part.Time.Compare(m.Points[b].Part.Time) })
	of = make([]int, len(order))
	spans := min(timeSpans, len(order))
	for g := range spans {
		part := order[g*len(order)/spans : (g+1)*len(order)/spans]
		first, last := m.Points[part[0]].Part.Time.Local(), m.Points[part[len(part)-1]].Part.Time.Local()
		names = append(names, span(first, last))
		for _, i := range part {
			of[i] = g
		}
	}
	return names, of
}

// span names the time from first to last.
func span(first, last time.Time) string {
	const day = "01-02 "
	clock := "15:04"
	if last.Sub(first) < time.Hour {
		clock = "15:04:05"
	}
	if first.Format(day) == last.Format(day) {
		return first.Format(day+clock) + "–" + last.Format(clock)
	}
	return first.Format(day+clock) + " – " + last.Format(day+clock)
}

// ClusterName is what cluster k of a map is called: its name, or its number among
// those that were found.
func ClusterName(m *history.Map, k int) string {
	if name := m.Clusters[k].Name; name != "" {
		return name
	}
	n := 0
	for _, c := range m.Clusters[:k+1] {
		if c.Kind == history.FoundCluster {
			n++
		}
	}
	return words.T("cluster %d", n)
}

// MapPicture draws a map for a report.
func MapPicture(m *history.Map, by MapColour) report.Scatter {
	names, of := MapGroups(m, by)
	groups := make([]report.Group, len(names)+1)
	rest := &groups[0]
	rest.Name, rest.Pale = "none", true
	if by == ByCluster {
		rest.Name = "in no cluster"
	}
	for g, name := range names {
		groups[g+1].Name = name
	}
	for i, p := range m.Points {
		g := &groups[of[i]+1]
		g.Points = append(g.Points, [2]float64{p.X, p.Y})
		g.Hollow = append(g.Hollow, p.Outside)
	}
	groups = slices.DeleteFunc(groups, func(g report.Group) bool { return len(g.Points) == 0 })
	return report.Scatter{
		Title: fmt.Sprintf("%s: %d parts by %s", m.Recipe, len(m.Points), by), Notes: mapFigures(m), Groups: groups,
	}
}

// mapFigures say how good a map is.
func mapFigures(m *history.Map) []string {
	return []string{
		"silhouette of the clusters " + quality(m.Silhouette, "%.2f"),
		"neighbours that agree " + quality(100*m.Agreement, "%.0f %%"),
		"trustworthiness " + quality(m.Trustworthiness, "%.3f"),
		"rings: unlike anything mapped",
	}
}

func quality(f float64, format string) string {
	if math.IsNaN(f) {
		return "-"
	}
	return fmt.Sprintf(format, f)
}
