package records

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/history/spc"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
)

// minuteLabel is a moment as short as it fits below a chart.
const minuteLabel = "01-02 15:04"

// units are what parts can be grouped by; the first takes the finest unit of time
// of which there are not too many.
var units = []struct {
	word, tip words.Text
	key       func(turns []spc.Shift) spc.Key
	form      string // of the labels; "": the group's name
	count     func(n int) string
}{
	{words.Text("Auto"), words.Text("Hours, days or months, whichever there are not too many of"), nil, "", nil},
	{words.Text("Hour"), words.Text("By the hours of the clock here"), func([]spc.Shift) spc.Key { return spc.ByHour(time.Local) }, minuteLabel, func(n int) string { return words.N(n, "%d hour", "%d hours") }},
	{words.Text("Shift"), words.Text("By the shifts of the station, see Settings; a night belongs to the day on which it began"), func(turns []spc.Shift) spc.Key { return spc.ByShift(time.Local, turns) }, minuteLabel, func(n int) string { return words.N(n, "%d shift", "%d shifts") }},
	{words.Text("Day"), words.Text("By days"), func([]spc.Shift) spc.Key { return spc.ByDay(time.Local) }, "01-02", func(n int) string { return words.N(n, "%d day", "%d days##in") }},
	{words.Text("Month"), words.Text("By months"), func([]spc.Shift) spc.Key { return spc.ByMonth(time.Local) }, "2006-01", func(n int) string { return words.N(n, "%d month", "%d months##in") }},
	{words.Text("Recipe"), words.Text("By what judged"), func([]spc.Shift) spc.Key { return spc.ByRecipe }, "", func(n int) string { return words.N(n, "%d recipe", "%d recipes##in") }},
}

// byRecipe is the last of units, and the only one that is not of time.
const byRecipe = 5

const (
	autoGroups  = 60  // as many can be told apart on half a screen
	mostGroups  = 180 // the newest are shown
	mostCauses  = 9   // bars of a Pareto chart, the others together
	driftPoints = 200
	leastDrift  = 20 // values, of which the first half says what is usual
)

// study is what a View says of the process.
type study struct {
	n       int
	unit    int         // of units, never the first
	groups  []spc.Group // the newest
	left    int         // groups that are older
	chart   spc.PChart  // of groups
	reviews spc.Reviews
	by      map[string]spc.Reviews // by group
	causes  [3][]cause             // by size, polarity and cluster
	mapped  bool                   // there is a map to take clusters from
	drift   drift
	runs    []history.RunFacet
}

// cause is a bar of a Pareto chart and what leads to its parts.
type cause struct {
	spc.Bar
	name string
	drop func(*more) // asks for what belongs to it; nil: nothing leads there
}

// drift is how the scores of good parts develop.
type drift struct {
	recipe string
	parts  int
	base   spc.EWMA
	points []driftPoint
	alarms int // parts at which the average was beyond its limits
	first  driftPoint
}

// driftPoint is a number of parts one after the other.
type driftPoint struct {
	spc.EWMAPoint // of the last of them; Alarm: of any
	from, to      time.Time
	n             int
}

// examine reads a View, whose rows are in the order of time.
func examine(ctx context.Context, v *history.View, unit int, turns []spc.Shift, clusters *clustered) (*study, error) {
	samples := func(yield func(history.Sample) bool) {
		n := 0
		for s := range v.Samples() {
			if n++; n%4096 == 0 && ctx.Err() != nil || !yield(s) {
				return
			}
		}
	}
	out := &study{n: v.Len(), runs: v.Facets().Runs}
	if out.unit = unit; unit == 0 {
		out.unit = automatic(v)
	}
	key := units[out.unit].key
	out.groups = spc.Groups(samples, key(turns))
	if more := len(out.groups) - mostGroups; more > 0 {
		out.groups, out.left = out.groups[more:], more
	}
	out.chart = spc.NewPChart(out.groups, 0)
	out.reviews, out.by = spc.Review(samples), spc.ReviewBy(samples, key(turns))
	out.causes, out.mapped = causes(ctx, v, clusters), clusters != nil
	out.drift = drifting(samples)
	return out, ctx.Err()
}

// automatic is the finest unit of time with few enough groups: of time from the
// first part to the last, whether anything was inspected in it or not.
func automatic(v *history.View) int {
	if v.Len() == 0 {
		return 1
	}
	span := v.Sample(v.Len() - 1).Time.Sub(v.Sample(0).Time)
	switch {
	case span <= autoGroups*time.Hour:
		return 1
	case span <= 2*autoGroups*24*time.Hour:
		return 3
	}
	return 4
}

// clustered says to which cluster of a map a verdict belongs.
type clustered struct {
	names []string
	of    map[int64]int // -1: to none
	in    [][]int64     // the verdicts of each
}

// clustersOf reads the newest map of the recipe that is open; nil where there is
// none.
func clustersOf(ctx context.Context, s *session.Session) (*clustered, error) {
	m, err := s.Map(ctx)
	if errors.Is(err, history.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names, of := session.MapGroups(m, session.ByCluster)
	out := &clustered{names: names, of: map[int64]int{}, in: make([][]int64, len(names))}
	for i, p := range m.Points {
		out.of[p.Verdict] = of[i]
		if of[i] >= 0 {
			out.in[of[i]] = append(out.in[of[i]], p.Verdict)
		}
	}
	return out, nil
}

// causes counts regions by size, by polarity and by the cluster of their part.
func causes(ctx context.Context, v *history.View, clusters *clustered) (out [3][]cause) {
	sizes, polarities, areas := map[string]int{}, map[string]int{}, map[string][2]int{}
	var among map[string]int
	if clusters != nil {
		among = map[string]int{}
	}
	n := 0
	for d := range v.Defects() {
		if n++; n%4096 == 0 && ctx.Err() != nil {
			return out
		}
		size := spc.SizeClass(d.Area)
		sizes[size]++
		if a, ok := areas[size]; ok {
			areas[size] = [2]int{min(a[0], d.Area), max(a[1], d.Area)}
		} else {
			areas[size] = [2]int{d.Area, d.Area}
		}
		polarities[d.Polarity]++
		if clusters != nil {
			if k, ok := clusters.of[d.Verdict]; ok && k >= 0 {
				among[clusters.names[k]]++
			}
		}
	}
	asItIs := func(label string) string { return label }
	out[0] = pareto(sizes, asItIs, func(label string) func(*more) {
		return func(m *more) { m.minArea, m.maxArea = areas[label][0], areas[label][1] }
	})
	out[1] = pareto(polarities, polarity, func(label string) func(*more) {
		if label == "" {
			return nil
		}
		return func(m *more) { m.polarity = label }
	})
	out[2] = pareto(among, asItIs, func(label string) func(*more) {
		return func(m *more) {
			m.picked, m.what = nil, words.T("of %s##a set", label)
			for k, name := range clusters.names {
				if name == label { // several may be called the same
					m.picked = append(m.picked, clusters.in[k]...)
				}
			}
		}
	})
	return out
}

// polarity names the cause that is a kind of region.
func polarity(p string) string {
	if p == "" {
		return words.T("not known")
	}
	return phrase.Polarity(p)
}

// pareto orders causes and takes the rare ones together.
func pareto(counts map[string]int, name func(string) string, drop func(string) func(*more)) []cause {
	var out []cause
	for _, b := range spc.Pareto(counts) {
		if len(out) == mostCauses-1 && len(counts) > mostCauses {
			out = append(out, cause{Bar: spc.Bar{Cumulative: 1}, name: words.T("others")})
		}
		if len(out) == mostCauses && len(counts) > mostCauses {
			o := &out[mostCauses-1]
			o.Count, o.Share = o.Count+b.Count, o.Share+b.Share
			continue
		}
		out = append(out, cause{b, name(b.Label), drop(b.Label)})
	}
	return out
}

// drifting follows the scores of the good parts of one recipe, the one with most
// of them: other recipes have other scores. The first half says what is usual.
func drifting(samples iter.Seq[history.Sample]) drift {
	counts := map[string]int{}
	var d drift
	for s := range samples {
		if s.Final() == history.OK {
			counts[s.Recipe]++
		}
	}
	for r, n := range counts {
		if most := counts[d.recipe]; n > most || n == most && r < d.recipe {
			d.recipe = r
		}
	}
	var scores []float64
	var times []time.Time
	for s := range samples {
		if s.Recipe == d.recipe && s.Final() == history.OK && !math.IsNaN(s.Score) {
			scores, times = append(scores, s.Score), append(times, s.Time)
		}
	}
	d.parts = len(scores)
	if d.parts < leastDrift {
		return d
	}
	d.base = spc.Baseline(scores[:len(scores)/2])
	each := (len(scores) + driftPoints - 1) / driftPoints
	for i, p := range d.base.Chart(scores) {
		p.Alarm = p.Alarm && i >= len(scores)/2
		if i%each == 0 {
			d.points = append(d.points, driftPoint{EWMAPoint: p, from: times[i]})
		}
		q := &d.points[len(d.points)-1]
		p.Alarm, q.to, q.n = p.Alarm || q.Alarm, times[i], q.n+1
		if p.Alarm && !q.Alarm && d.alarms == 0 {
			d.first = driftPoint{EWMAPoint: p, from: times[i], to: times[i], n: 1}
		}
		if p.Alarm {
			d.alarms++
		}
		q.EWMAPoint = p
	}
	return d
}

// mostRepeated bounds the parts of a run that are compared with those of others.
const mostRepeated = 20_000

// repeated judges how far several runs agree on the parts that all of them have
// seen, and names the verdicts on those of which they do not.
func repeated(ctx context.Context, store *history.Store, runs []int64) (spc.Study, []int64, error) {
	var all [][]history.Record
	ids := map[string][]int64{}
	for _, run := range runs {
		var records []history.Record
		for r, err := range store.Verdicts(ctx, history.Filter{Run: run, Limit: mostRepeated}) {
			if err != nil {
				return spc.Study{}, nil, err
			}
			// Only what is compared: a run may be long.
			records = append(records, history.Record{Part: r.Part, Name: r.Name, Verdict: r.Verdict, Reviewed: r.Reviewed})
			name := cmp.Or(r.Part, r.Name)
			ids[name] = append(ids[name], r.ID)
		}
		all = append(all, records)
	}
	s := spc.Repeatability(spc.Trials(all...))
	var unstable []int64
	for _, p := range s.Unstable {
		unstable = append(unstable, ids[p.Name]...)
	}
	return s, unstable, nil
}

// alikeRuns chooses, among runs that come newest first, the newest that shares its
// source with another one, and those others; of more than a handful of parts, if
// there are such.
func alikeRuns(runs []history.RunFacet) []int64 {
	const most, handful = 5, 5
	for _, least := range []int{handful, 1} {
		for i, r := range runs {
			out := []int64{r.Run}
			for _, o := range runs[i+1:] {
				if o.Source == r.Source && o.Recipe == r.Recipe && o.N >= least && len(out) < most {
					out = append(out, o.Run)
				}
			}
			if len(out) > 1 && r.N >= least {
				return out
			}
		}
	}
	return nil
}

// offered are the runs to choose from: those that are chosen, and the newest.
func offered(runs []history.RunFacet, chosen []int64) []history.RunFacet {
	var out []history.RunFacet
	for i, r := range runs {
		if i < mostOffered || slices.Contains(chosen, r.Run) {
			out = append(out, r)
		}
	}
	return out
}

// mostOffered is how many runs are offered without having been chosen.
const mostOffered = 10
