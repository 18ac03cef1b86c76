package spc

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"agurscope/history"
)

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance || math.IsNaN(a) && math.IsNaN(b)
}

// reference is what other people's code computes; testdata/reference.py made it.
type reference struct {
	Cohen []struct {
		A, B  []int
		Kappa float64
	}
	Fleiss []struct {
		Table [][]int
		Kappa float64
	}
	Wilson []struct {
		K, N      int
		Low, High float64
	}
	EWMA struct {
		X                       []float64
		Baseline                int
		Lambda, Width, Mean, SD float64
		Points                  [][3]float64
	}
	PChart struct {
		N, D         []int
		Centre       float64
		Lower, Upper []float64
		Out          []bool
	}
}

func loadReference(t *testing.T) (r reference) {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.json")
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAgainstOtherPeoplesCode(t *testing.T) {
	ref := loadReference(t)
	for i, c := range ref.Cohen {
		if got := Cohen(c.A, c.B); !near(got, c.Kappa, 1e-12) {
			t.Errorf("Cohen %d: %v, want %v", i, got, c.Kappa)
		}
	}
	for i, c := range ref.Fleiss {
		if got := Fleiss(c.Table); !near(got, c.Kappa, 1e-12) {
			t.Errorf("Fleiss %d: %v, want %v", i, got, c.Kappa)
		}
	}
	for _, c := range ref.Wilson {
		if got := NewRate(c.K, c.N); !near(got.Lower, c.Low, 1e-9) || !near(got.Upper, c.High, 1e-9) {
			t.Errorf("Wilson %d of %d: %v to %v, want %v to %v", c.K, c.N, got.Lower, got.Upper, c.Low, c.High)
		}
	}
	w := ref.EWMA
	e := Baseline(w.X[:w.Baseline])
	e.Lambda, e.Width = w.Lambda, w.Width
	if !near(e.Mean, w.Mean, 1e-12) || !near(e.Deviation, w.SD, 1e-12) {
		t.Errorf("baseline %v, want %v and %v", e, w.Mean, w.SD)
	}
	for i, p := range e.Chart(w.X) {
		want := w.Points[i]
		if !near(p.Average, want[0], 1e-10) || !near(p.Lower, want[1], 1e-10) || !near(p.Upper, want[2], 1e-10) || p.Alarm != (want[0] < want[1] || want[0] > want[2]) {
			t.Errorf("EWMA %d: %+v, want %v", i, p, want)
		}
	}
	var groups []Group
	for i, n := range ref.PChart.N {
		groups = append(groups, Group{Key: fmt.Sprint(i), N: n, OK: n - ref.PChart.D[i]})
	}
	c := NewPChart(groups, 0)
	for i, p := range c.Points {
		if !near(c.Centre, ref.PChart.Centre, 1e-12) || !near(p.Lower, ref.PChart.Lower[i], 1e-12) || !near(p.Upper, ref.PChart.Upper[i], 1e-12) || p.Out != ref.PChart.Out[i] {
			t.Errorf("p-chart %d: %+v, want %v to %v, out %v", i, p, ref.PChart.Lower[i], ref.PChart.Upper[i], ref.PChart.Out[i])
		}
	}
}

// The worked examples that everybody knows.
func TestWorkedExamples(t *testing.T) {
	// Fleiss 1971: fourteen raters, ten patients, five diagnoses.
	fleiss := [][]int{{0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0}, {2, 2, 8, 1, 1}, {7, 7, 0, 0, 0}, {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2}, {6, 5, 2, 1, 0}, {0, 2, 2, 3, 7}}
	if k := Fleiss(fleiss); !near(k, 0.210, 0.0005) {
		t.Errorf("Fleiss %v", k)
	}
	// Cohen: 20 both yes, 15 both no, 5 and 10 apart.
	var a, b []bool
	for _, c := range []struct {
		a, b bool
		n    int
	}{{true, true, 20}, {true, false, 5}, {false, true, 10}, {false, false, 15}} {
		for range c.n {
			a, b = append(a, c.a), append(b, c.b)
		}
	}
	if k := Cohen(a, b); !near(k, 0.4, 1e-12) {
		t.Errorf("Cohen %v", k)
	}
	// NIST e-Handbook 6.3.3.2: thirty wafers of fifty chips.
	var groups []Group
	for _, d := range []int{12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6} {
		groups = append(groups, Group{N: 50, OK: 50 - d})
	}
	c := NewPChart(groups, 0)
	if p := c.Points[0]; !near(c.Centre, 0.2313, 5e-5) || !near(p.Upper, 0.4102, 5e-5) || !near(p.Lower, 0.0524, 5e-5) || !c.Points[14].Out || !c.Points[22].Out {
		t.Errorf("p-chart %v, %+v", c.Centre, p)
	}
	// NIST e-Handbook 6.3.2.4.
	e := EWMA{Mean: 50, Deviation: 2.0539, Lambda: 0.3}
	want := []float64{50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99}
	points := e.Chart([]float64{52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1})
	for i, p := range points {
		if !near(p.Average, want[i], 0.006) || p.Alarm {
			t.Errorf("EWMA %d: %+v, want %v", i, p, want[i])
		}
	}
	if p := points[19]; !near(p.Upper, 52.5884, 5e-4) || !near(p.Lower, 47.4115, 5e-4) {
		t.Errorf("limits %+v", p)
	}
}

func TestGroupsAreOfTheirHourAndShift(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		berlin = time.FixedZone("CET", 3600)
	}
	at := func(s string) history.Sample {
		when, err := time.ParseInLocation("2006-01-02 15:04:05", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return history.Sample{Time: when.UTC(), Verdict: history.OK, Recipe: "r" + s[12:13], Source: "x"}
	}
	all := []history.Sample{at("2026-03-02 05:59:59"), at("2026-03-02 06:00:00"), at("2026-03-02 14:30:00"), at("2026-03-02 22:00:00"), at("2026-03-03 01:00:00"), at("2026-03-02 06:59:59")}
	all[1].Verdict, all[2].Reviewed, all[3].Verdict, all[4].Verdict, all[4].Reviewed = history.ERROR, history.NG, history.REVIEW, history.NG, history.OK
	shifts := []Shift{{"late", 14, 0}, {"night", 22, 0}, {"early", 6, 0}}
	groups := Groups(slices.Values(all), ByShift(berlin, shifts))
	var got []string
	for _, g := range groups {
		got = append(got, fmt.Sprintf("%s %d/%d/%d/%d of %d", g.Key, g.OK, g.Review, g.NG, g.Error, g.N))
	}
	want := []string{"2026-03-01 night 1/0/0/0 of 1", "2026-03-02 early 1/0/0/1 of 2", "2026-03-02 late 0/0/1/0 of 1", "2026-03-02 night 1/1/0/0 of 2"}
	if !slices.Equal(got, want) {
		t.Errorf("shifts %q, want %q", got, want)
	}
	if g := groups[3]; g.Yield() != 0.5 || g.FirstPass() != 0 || g.Overridden != 1 {
		t.Errorf("night %+v", g)
	}
	hours := Groups(slices.Values(all), ByHour(berlin))
	if len(hours) != 5 || hours[1].N != 2 || hours[1].Start.Minute() != 0 {
		t.Errorf("hours %+v", hours)
	}
	kathmandu := time.FixedZone("+0545", 5*3600+45*60)
	if name, start := ByHour(kathmandu)(all[0]); start.Minute() != 0 || name == "" || start.After(all[0].Time) || all[0].Time.Sub(start) >= time.Hour {
		t.Errorf("%s %v", name, start)
	}
	if g := Groups(slices.Values(all), ByRecipe); len(g) != 5 {
		t.Errorf("recipes %+v", g)
	}
	if g := Groups(slices.Values(all), BySource); len(g) != 1 || g[0].N != 6 || !g[0].Start.Equal(all[0].Time) {
		t.Errorf("sources %+v", g)
	}
	if !math.IsNaN(Group{}.Yield()) {
		t.Error("the yield of nothing")
	}
}

func TestRunOfNinePointsIsASignal(t *testing.T) {
	var groups []Group
	for i := range 20 {
		ok := 90
		if i >= 10 {
			ok = 88
		}
		groups = append(groups, Group{N: 100, OK: ok}, Group{})
	}
	c := NewPChart(groups, 10)
	if c.Centre != 0.1 || len(c.Points) != 20 || c.Points[17].Run || !c.Points[18].Run || c.Points[19].Out {
		t.Errorf("%+v", c)
	}
}

func TestParetoAndSizes(t *testing.T) {
	got := Pareto(map[string]int{"dark": 5, "bright": 3, "mixed": 3, "none": 0, "x": 1})
	want := []Bar{{"dark", 5, 5. / 12, 5. / 12}, {"bright", 3, .25, 8. / 12}, {"mixed", 3, .25, 11. / 12}, {"x", 1, 1. / 12, 1}}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	for area, want := range map[int]string{0: "0–15 px", 15: "0–15 px", 16: "16–63 px", 255: "64–255 px", 1 << 30: "from 1048576 px"} {
		if got := SizeClass(area); got != want {
			t.Errorf("%d is %s", area, got)
		}
	}
}

func TestReviewsJudgeOnlyWhatPeopleLookedAt(t *testing.T) {
	v := func(machine, person history.Verdict) history.Sample {
		return history.Sample{Verdict: machine, Reviewed: person}
	}
	r := Review(slices.Values([]history.Sample{
		v(history.NG, history.OK), v(history.NG, history.NG), v(history.REVIEW, history.OK), v(history.NG, ""),
		v(history.OK, history.NG), v(history.OK, ""), v(history.OK, history.OK), v(history.ERROR, history.OK), v(history.ERROR, ""),
	}))
	if p := r.PseudoReject; p.Count != 2 || p.Of != 3 || r.Escape.Count != 1 || r.Escape.Of != 2 || r.Unreviewed != 1 {
		t.Errorf("%+v", r)
	}
	if r := Review(slices.Values([]history.Sample{})); !math.IsNaN(r.PseudoReject.Value) || !math.IsNaN(r.Escape.Upper) {
		t.Errorf("of nothing %+v", r)
	}
}

func TestRepeatabilityStudy(t *testing.T) {
	run := func(n int64, verdicts ...history.Verdict) (out []history.Record) {
		for i, v := range verdicts {
			out = append(out, history.Record{ID: 10*n + int64(i), Name: fmt.Sprint("part ", i), Part: []string{"", "SN1"}[i%2], Verdict: v})
		}
		return out
	}
	const O, R, N = history.OK, history.REVIEW, history.NG
	a, b, c := run(1, O, N, R, O, N), run(2, O, N, N, O), run(3, O, N, R, N, O)
	// Odd places share the number SN1: the last of them counts.
	a[0].Reviewed, b[2].Reviewed = O, N
	parts := Trials(a, b, c)
	var names []string
	for _, p := range parts {
		names = append(names, fmt.Sprint(p.Name, p.Verdicts, p.Reference))
	}
	want := []string{"SN1[OK OK NG]", "part 0[OK OK OK]OK", "part 2[REVIEW NG REVIEW]NG"}
	if !slices.Equal(names, want) {
		t.Fatalf("%q", names)
	}
	s := Repeatability(parts)
	if s.Runs != 3 || s.Agreement.Count != 1 || s.Agreement.Of != 3 || len(s.Unstable) != 2 || s.Reference.Count != 1 || s.Reference.Of != 2 {
		t.Errorf("%+v", s)
	}
	// By hand: P = (1/3 + 1 + 1/3)/3, Pe = (5² + 2² + 2²)/81.
	if want := (5./9 - 33./81) / (1 - 33./81); !near(s.Fleiss, want, 1e-12) {
		t.Errorf("Fleiss %v, want %v", s.Fleiss, want)
	}
	if s := Repeatability(nil); !math.IsNaN(s.Fleiss) || s.Parts != 0 {
		t.Errorf("of nothing %+v", s)
	}
	if k := Cohen([]int{1, 1}, []int{1, 1}); !math.IsNaN(k) {
		t.Errorf("constant answers: %v", k)
	}
}

func TestEWMASkipsWhatIsNoNumber(t *testing.T) {
	e := Baseline([]float64{1, 2, 3, math.NaN()})
	if e.Mean != 2 || e.Deviation != 1 {
		t.Errorf("%+v", e)
	}
	p := e.Chart([]float64{2, math.NaN(), 20, 20})
	if p[1].Average != 2 || p[1].Alarm || !p[3].Alarm {
		t.Errorf("%+v", p)
	}
}
