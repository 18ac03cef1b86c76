package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/history"
)

// pictured is a small map with everything in it.
func pictured() *history.Map {
	m := &history.Map{Recipe: "board"}
	day := time.Date(2026, 3, 1, 8, 0, 0, 0, time.Local)
	for i := range 12 {
		p := history.MapPoint{Verdict: int64(i + 1), X: float64(i), Y: float64(i % 4), Outside: i == 11}
		p.Part = history.MapPart{Final: []history.Verdict{history.OK, history.NG, history.ERROR}[i%3], Time: day.Add(time.Duration(i) * time.Minute)}
		if i%2 == 0 {
			p.Part.Type = "scratch"
		}
		m.Points = append(m.Points, p)
	}
	m.Clusters = []history.Cluster{
		{Kind: history.FoundCluster, Members: []int64{1, 2, 3}},
		{Kind: history.ClassCluster, Name: "scratch", Members: []int64{1, 3}},
		{Kind: history.FoundCluster, Name: "bent", Members: []int64{4, 5}},
		{Kind: history.NamedCluster, Name: "dust", Members: []int64{5, 6}},
	}
	return m
}

func TestMapGroups(t *testing.T) {
	m := pictured()
	for by, want := range map[MapColour]struct {
		names string
		of    []int
	}{
		ByVerdict: {"OK REVIEW NG", []int{0, 2, -1, 0, 2, -1, 0, 2, -1, 0, 2, -1}},
		ByType:    {"scratch", []int{0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1}},
		ByCluster: {"cluster 1 bent dust", []int{0, 0, 0, 1, 2, 2, -1, -1, -1, -1, -1, -1}},
		ByTime: {
			"03-01 08:00:00–08:01:00 03-01 08:02:00–08:03:00 03-01 08:04:00–08:06:00 03-01 08:07:00–08:08:00 03-01 08:09:00–08:11:00",
			[]int{0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4},
		},
	} {
		names, of := MapGroups(m, by)
		if strings.Join(names, " ") != want.names || !slices.Equal(of, want.of) {
			t.Errorf("by %s: %q, %v", by, names, of)
		}
	}
	for _, by := range MapColours {
		p := MapPicture(m, by)
		n := 0
		for _, g := range p.Groups {
			n += len(g.Points)
		}
		if n != 12 || len(p.Notes) == 0 || !strings.Contains(p.Title, "12 parts") {
			t.Errorf("%+v", p)
		}
		if names, of := MapGroups(&history.Map{}, by); len(of) != 0 || by == ByTime && len(names) != 0 {
			t.Errorf("of an empty map: %v", names)
		}
	}
}
