package lab

import (
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets/synthec"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

func spreads(v map[string]float64, off ...float64) map[string]session.Spread {
	out := map[string]session.Spread{}
	for k, x := range v {
		values := []float64{x}
		for _, d := range off {
			values = append(values, x+d)
		}
		out[k] = session.SpreadOf(values)
	}
	return out
}

// AGUR-Net is said to be first only where two seeds or more tell it from every
// rival; one value each tells nothing, whoever is ahead.
func TestFirstSaysWhoIs(t *testing.T) {
	one, two, wide := []float64{}, []float64{.004}, []float64{.2}
	for _, c := range []struct {
		of   map[string]float64
		off  []float64
		high bool
		want words.Text
		says string
	}{
		{map[string]float64{"agurnet": .9, "dagan": .8}, two, true, session.Reproduced, "AGUR-Net 0.902 ± 0.003, DAGAN 0.802 ± 0.003"},
		{map[string]float64{"agurnet": .9, "dagan": .8}, one, true, session.Open, "not told from DAGAN (one seed)"},
		{map[string]float64{"agurnet": .9, "dagan": .8, "bilstm": .7}, wide, true, session.Open, "not told from DAGAN, BiLSTM (within two pooled standard deviations)"},
		{map[string]float64{"agurnet": .9, "dagan": .8, "bilstm": .899}, two, true, session.Open, "not told from BiLSTM (within"},
		{map[string]float64{"agurnet": .8, "dagan": .9}, two, true, session.NotReproduced, "DAGAN is first"},
		{map[string]float64{"agurnet": .8, "dagan": .9}, one, true, session.Open, "DAGAN is first"},
		{map[string]float64{"agurnet": .8, "bilstm": .9}, two, false, session.Reproduced, ""},
		{map[string]float64{"agurnet": .8, "bilstm": .7}, two, false, session.NotReproduced, "BiLSTM is first"},
		{map[string]float64{"agurnet": .8}, two, true, session.Open, "at least one rival"},
		{map[string]float64{"dagan": .8}, two, true, session.Open, "at least one rival"},
		{map[string]float64{"agurnet": math.NaN(), "dagan": .8}, two, true, session.Open, "at least one rival"},
		{nil, two, true, session.Open, "at least one rival"},
	} {
		got := first(words.Plain("x"), spreads(c.of, c.off...), c.high, "%.3f")
		if got.Verdict != c.want || !strings.Contains(got.String(), c.says) {
			t.Errorf("%v: %s, want %s", c.of, got, c.want)
		}
	}
	of := spreads(map[string]float64{"agurnet": .9, "dagan": .8})
	if got := shown(words.Plain("x"), of, true, "%.3f"); got.Verdict != session.Illustration {
		t.Errorf("one value each: %s", got)
	}
	if got := shown(words.Plain("x"), nil, true, "%.3f"); got.Verdict != session.Open {
		t.Errorf("nothing: %s", got)
	}
}

func TestEveryClass(t *testing.T) {
	for _, c := range []struct {
		whole          int
		behind, untold []string
		want           words.Text
		says           string
	}{
		{3, nil, nil, session.Reproduced, "first beyond doubt in 3 of 3"},
		{3, nil, []string{"b"}, session.Open, "first beyond doubt in 2 of 3; not told on b"},
		{3, []string{"a"}, []string{"b"}, session.NotReproduced, "first beyond doubt in 1 of 3; behind on a; not told on b"},
		{0, nil, nil, session.Open, "no class"},
	} {
		if got := everyClass(c.whole, c.behind, c.untold); got.Verdict != c.want || !strings.Contains(got.String(), c.says) {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestF1ByDifficultyTakesTheLargestDefectsFirst(t *testing.T) {
	var parts []seen
	for i := range 10 { // the smallest half goes unseen
		parts = append(parts, seen{bad: true, ng: i >= 5, area: float64(i)})
	}
	parts = append(parts, seen{}, seen{ng: true})
	got := byDifficulty(parts, .5)
	want := []float64{2. / 2.5, 2. / 2.5, 2 * (5. / 6) / (5./6 + 1.5), 2 * (5. / 8) / (5./8 + 1.5), 2 * .5 / 2}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("%d abnormal parts: %v, want %v", counts[i], got[i], want[i])
		}
	}
}

func TestOneAbnormalPartInTen(t *testing.T) {
	good, bad := make([]float64, 90), []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	if m, sd := rare(good, bad, 3); m != 1 || sd != 0 {
		t.Errorf("a clear case: %v ± %v", m, sd)
	}
	mixed := append(make([]float64, 10), bad...)
	m, sd := rare(good, mixed, 3)
	if again, _ := rare(good, mixed, 3); m != again || sd == 0 || math.Abs(m-(12+5)/22.) > .03 {
		t.Errorf("a mixed case: %v ± %v", m, sd)
	}
	if m, _ := rare(nil, bad, 0); !math.IsNaN(m) {
		t.Error("without good parts", m)
	}
}

func TestShapesOfDefects(t *testing.T) {
	draw := func(w, h int) *image.Gray {
		m := image.NewGray(image.Rect(0, 0, 200, 200))
		for y := range h {
			for x := range w {
				m.Pix[(y+20)*m.Stride+x+30] = 255
			}
		}
		return m
	}
	for want, m := range map[string]*image.Gray{"A": draw(10, 12), "B": draw(90, 4), "C": draw(60, 50), "": draw(0, 0)} {
		if got := shapeOf(m); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// The drawn defects cover all three.
	seen := map[string]int{}
	for _, d := range synthec.Defects() {
		for i := range 8 {
			_, m := synthec.Part(synthec.Options{Size: 512, Seed: 7}, i, d)
			seen[shapeOf(m)]++
		}
	}
	if seen["A"] == 0 || seen["B"] == 0 || seen["C"] == 0 {
		t.Errorf("drawn: %v", seen)
	}
}

// The stages are those of ordinary pictures and add up to their time.
func TestStagesAddUp(t *testing.T) {
	var all []timed
	for i := range 9 {
		d := time.Duration(i+1) * time.Millisecond
		x := timed{shape: "A", took: 10*d + time.Millisecond}
		for k, name := range stageNames {
			x.stages = append(x.stages, history.Stage{Name: name, Took: time.Duration(k+1) * d})
		}
		all = append(all, x)
	}
	all[0].took, all[0].stages[0].Took = time.Second, 990*time.Millisecond // something came between
	f, sum := times(all), 0.
	for _, name := range stageNames {
		sum += f["stage_"+name+"_ms"]
	}
	if math.Abs(f["p50_all_ms"]-61) > 1e-9 || math.Abs(sum-60) > 1e-9 || f["images_A"] != 9 {
		t.Errorf("%v add up to %v", f, sum)
	}
}

func TestForecastWeighsByKindAndMethod(t *testing.T) {
	l, err := ledger.Open(t.TempDir() + "/cells.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w := &work{run: &run{cells: l, benches: make([]nn.Engine, 1)}, todo: []task{{kind: learn, tick: 400}}}
	if share, left := w.forecast(); share != 0 || left != 0 {
		t.Errorf("nothing is known, yet %v, %v", share, left)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < .1 }
	w.doing = []*doing{{task: task{kind: learn, method: "a", tick: 400}, begun: time.Now().Add(-10 * time.Second), share: .5}}
	w.todo = []task{{kind: learn, method: "b", tick: 400}, {kind: learn, method: "b", tick: 200}}
	if share, left := w.forecast(); !near(left.Seconds(), 45) || !near(share, 10./55) {
		t.Errorf("%v, %v", share, left)
	}
	// Two at a time halve what may be made so, and nothing of what is made alone.
	w.benches = make([]nn.Engine, 2)
	w.todo = append(w.todo, task{kind: timing, method: "c", tick: 400})
	if share, left := w.forecast(); !near(left.Seconds(), 45./2+20) || !near(share, 10./75) {
		t.Errorf("two at a time: %v, %v", share, left)
	}
	w.todo, w.doing = nil, nil
	if share, left := w.forecast(); share != 1 || left != 0 {
		t.Errorf("done: %v, %v", share, left)
	}
}

func TestOptionsAndNames(t *testing.T) {
	if _, err := byName([]string{"fig7", "fig6"}); err == nil || !strings.Contains(err.Error(), "fig6") {
		t.Error(err)
	}
	es, err := byName([]string{"table1", "fig7", "table1"})
	if err != nil || len(es) != 2 || es[0].Name != "fig7" {
		t.Error(es, err)
	}
	b := Options{Quick: true, Seeds: 3, Steps: 7}.budget()
	if b.Seeds != 3 || b.Steps != 7 || b.Input != Quick.Input {
		t.Errorf("%+v", b)
	}
	if _, err := Run(t.Context(), Options{Out: t.TempDir()}, nil); err == nil {
		t.Error("a run without an engine")
	}
	// What is missing is named, and nothing takes its place silently.
	s := newShelf(Options{Data: t.TempDir(), Out: t.TempDir()}, Quick)
	all := strings.Join(s.missing(), "\n")
	for _, want := range []string{"MVTec AD bottle", "KolektorSDD2", "YDFID-1", "ECD"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not named as missing", want)
		}
	}
	for _, x := range s.subjects {
		if x.Dataset == "SynthEC" && x.Stand == "" {
			t.Errorf("%s does not say what it stands in for", x.Name)
		}
	}
}

// A run on chosen data measures nothing else, misses nothing else, and says so.
func TestARunOnChosenData(t *testing.T) {
	data := t.TempDir()
	for _, name := range []string{"fashion-mnist", "kolektorsdd"} {
		if err := os.Mkdir(filepath.Join(data, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{Data: data, Out: t.TempDir(), Only: []string{"fashion", "ydfid"}}
	r := &run{o: o, budget: Full, data: newShelf(o, Full)}
	for _, e := range experiments {
		for _, task := range r.tasksOf(e) {
			if !strings.HasPrefix(task.subject, "fashion/") {
				t.Errorf("%s: %+v", e.Name, task)
			}
		}
	}
	if got := r.table1Subjects(); !slices.Equal(got, []string{"fashion/bag", "fashion/sandal", "fashion/pullover", "fashion/coat"}) {
		t.Error(got)
	}
	if got := r.data.missing(); len(got) != 1 || !strings.HasPrefix(got[0], "YDFID-1: ") {
		t.Error(got)
	}
	if got := r.conditions(); !strings.Contains(got, "Measured on fashion, ydfid only.") {
		t.Error(got)
	}
	if len(r.panels()) != 0 {
		t.Errorf("panels of data that was not chosen: %v", r.panels())
	}
	if err := (Options{Only: []string{"mvtec/transistor", "fashion/coat"}}).CheckOnly(); err != nil {
		t.Error(err)
	}
	if err := (Options{Only: []string{"fashions"}}).CheckOnly(); err == nil || !strings.Contains(err.Error(), "fashion, ") {
		t.Error(err)
	}
}
