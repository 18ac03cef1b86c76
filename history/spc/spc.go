// Package spc reads a history as a process: yield over time, control charts,
// Pareto charts, drift of scores, false rejects and the repeatability of
// verdicts. Every function is pure: samples in, numbers out.
//
// The definitions are those of Montgomery, Introduction to Statistical Quality
// Control, and of the NIST/SEMATECH e-Handbook; the tests hold them against
// worked examples from the literature and against scikit-learn and scipy.
package spc

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"

	"agurscope/history"
)

// Group is the parts of one hour, shift, recipe or source.
type Group struct {
	Key   string
	Start time.Time // of the first part, or of the hour or shift
	Last  time.Time // of the last part

	N                     int // all of them
	OK, Review, NG, Error int // by what counts: the newest override, or the machine
	MachineOK             int // by what the machine said
	Overridden            int
}

// Yield is the share of parts that are OK after people have looked, NaN for
// none. An ERROR is not OK.
func (g Group) Yield() float64 { return share(g.OK, g.N) }

// FirstPass is the share of parts that the machine called OK by itself.
func (g Group) FirstPass() float64 { return share(g.MachineOK, g.N) }

func share(k, n int) float64 {
	if n == 0 {
		return math.NaN()
	}
	return float64(k) / float64(n)
}

// Key names the group of a part and when that began, zero for a group that is
// not one of time.
type Key func(history.Sample) (name string, start time.Time)

// ByRecipe groups by the recipe.
func ByRecipe(s history.Sample) (string, time.Time) { return s.Recipe, time.Time{} }

// BySource groups by the folder or camera.
func BySource(s history.Sample) (string, time.Time) { return s.Source, time.Time{} }

// A key of time remembers the span that it was asked for last, since parts mostly
// come in their order: it is for one goroutine.

// spans makes a Key of what says in which span of time an instant lies.
func spans(of func(t time.Time) (name string, start, end time.Time)) Key {
	var name string
	var start, end time.Time
	return func(s history.Sample) (string, time.Time) {
		if s.Time.Before(start) || !s.Time.Before(end) {
			name, start, end = of(s.Time)
		}
		return name, start
	}
}

// ByHour groups by the hours of a place.
func ByHour(where *time.Location) Key {
	return spans(func(t time.Time) (string, time.Time, time.Time) {
		t = t.In(where)
		// Not Truncate, which counts from UTC: some places are half an hour off.
		t = t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
		return t.Format("2006-01-02 15:04 -07"), t, t.Add(time.Hour)
	})
}

// ByDay groups by the days of a place.
func ByDay(where *time.Location) Key {
	return spans(func(t time.Time) (string, time.Time, time.Time) {
		y, m, d := t.In(where).Date()
		start := time.Date(y, m, d, 0, 0, 0, 0, where)
		return start.Format("2006-01-02"), start, time.Date(y, m, d+1, 0, 0, 0, 0, where)
	})
}

// ByMonth groups by the months of a place.
func ByMonth(where *time.Location) Key {
	return spans(func(t time.Time) (string, time.Time, time.Time) {
		y, m, _ := t.In(where).Date()
		start := time.Date(y, m, 1, 0, 0, 0, 0, where)
		return start.Format("2006-01"), start, time.Date(y, m+1, 1, 0, 0, 0, 0, where)
	})
}

// Groups counts the parts of every group, in the order of time and then of name.
func Groups(samples iter.Seq[history.Sample], key Key) []Group {
	groups := map[string]*Group{}
	for s := range samples {
		name, start := key(s)
		g := groups[name]
		if g == nil {
			g = &Group{Key: name, Start: start}
			if start.IsZero() {
				g.Start = s.Time
			}
			groups[name] = g
		}
		if start.IsZero() && s.Time.Before(g.Start) {
			g.Start = s.Time
		}
		if s.Time.After(g.Last) {
			g.Last = s.Time
		}
		g.count(s)
	}
	out := make([]Group, 0, len(groups))
	for _, g := range groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Key, b.Key)) })
	return out
}

func (g *Group) count(s history.Sample) {
	g.N++
	if s.Verdict == history.OK {
		g.MachineOK++
	}
	if s.Reviewed != "" {
		g.Overridden++
	}
	switch s.Final() {
	case history.OK:
		g.OK++
	case history.REVIEW:
		g.Review++
	case history.NG:
		g.NG++
	default:
		g.Error++
	}
}
