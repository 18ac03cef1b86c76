package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/nn/anomaly"
	"agurscope/nn/baseline"
	"agurscope/nn/metrics"
)

// ablationSet writes a set with good parts to learn from and both kinds to
// test on.
func ablationSet(t *testing.T) *datasets.Set {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bright, parts")
	for typ, greys := range map[string][]uint8{
		"train/good": {90, 95, 100, 105, 110, 92, 98, 104, 108, 101}, "test/good": {91, 99, 107}, "test/bright": {95, 105},
	} {
		folder := filepath.Join(dir, filepath.FromSlash(typ))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for i, v := range greys {
			m := grey(v)
			if typ == "test/bright" { // in part: brightness of all of it is evened out
				for i := range m.Pix[:len(m.Pix)/3] {
					m.Pix[i] = 230
				}
			}
			write(t, filepath.Join(folder, fmt.Sprintf("%d.png", i)), m)
		}
	}
	set, err := datasets.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// ran is a stand-in for training: it remembers what was asked and gives every
// row figures of its own.
type ran struct {
	cells []string
	fail  func(r Row, seed uint64) error
}

func (r *ran) run(_ context.Context, row Row, seed uint64, on func(string, float64)) (*Evaluation, error) {
	r.cells = append(r.cells, fmt.Sprintf("%s/%d", row.Name, seed))
	on("training", .5)
	if r.fail != nil {
		if err := r.fail(row, seed); err != nil {
			return nil, err
		}
	}
	i := slices.IndexFunc(Rows, func(x Row) bool { return x.Name == row.Name })
	v := Number(.8 + .02*float64(i) + .004*float64(seed))
	if row.Control != "" {
		v = .7
	}
	return &Evaluation{
		ImageAUROC: v, ImageAP: v, F1: v - .01, Precision: v, Recall: v, Accuracy: v,
		PixelAUROC: v, PixelAP: Number(math.NaN()), AUPRO: v, IoU: v, Latency: Latency{Number(10 + i), Number(20 + i)},
	}, nil
}

func rowsNamed(t *testing.T, names ...string) []Row {
	t.Helper()
	rows, err := RowsByName(names)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRowsAreDistinctAndKnowThePaper(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rows {
		if seen[r.Name] || r.Title == "" {
			t.Errorf("row %+v", r)
		}
		if _, err := anomaly.VariantByName(r.Variant); err != nil {
			t.Error(err)
		}
		if !r.network() && !slices.Contains(baseline.Names, r.Control) {
			t.Errorf("row %+v is neither network nor control", r)
		}
		seen[r.Name] = true
	}
	for _, p := range paper {
		if !seen[p.name] {
			t.Errorf("the paper's %q is no row", p.name)
		}
	}
	got := rowsNamed(t, "template", "basic")
	if len(got) != 2 || got[0].Name != "basic" || got[1].Name != "template" {
		t.Errorf("rows %v", got)
	}
	if _, err := RowsByName([]string{"basic", "resnet"}); err == nil || !strings.Contains(err.Error(), "resnet") {
		t.Errorf("an unknown row: %v", err)
	}
}

func TestAblationRunsEveryCellOnceAndResumes(t *testing.T) {
	set, out := ablationSet(t), t.TempDir()
	s := New(Options{Program: "test"})
	rows := rowsNamed(t, "basic", "complete", "pca")
	stop := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(context.Background())
	first := &ran{fail: func(r Row, seed uint64) error {
		if r.Name == "complete" && seed == 1 {
			cancel(stop)
			return context.Canceled
		}
		return nil
	}}
	_, err := s.Ablate(ctx, set, AblateOptions{Out: out, Rows: rows, Seeds: 2, run: first.run}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	if want := []string{"basic/0", "complete/0", "pca/0", "basic/1", "complete/1"}; !slices.Equal(first.cells, want) {
		t.Errorf("cells %v, want seed by seed %v", first.cells, want)
	}
	for _, name := range []string{ablateTable, ablateSheet, ablatePlot} {
		if read(t, out, name) == "" {
			t.Errorf("%s is empty after an interruption", name)
		}
	}

	second := &ran{}
	var events []AblateEvent
	a, err := s.Ablate(context.Background(), set, AblateOptions{Out: out, Rows: rows, Seeds: 2, run: second.run}, func(e AblateEvent) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"complete/1", "pca/1"}; !slices.Equal(second.cells, want) {
		t.Errorf("resumed with %v, want %v", second.cells, want)
	}
	if a.Cells != 6 || a.Found != 4 || len(a.Rows) != 3 || a.Rows[0].Seeds != 2 {
		t.Errorf("%+v", a)
	}
	last := events[len(events)-1]
	if len(events) != 4 || last.Done != 6 || last.Total != 6 || last.Share != 1 || last.Stage != "" || last.Evaluation == nil {
		t.Errorf("%d events, the last %+v", len(events), last)
	}

	third := &ran{}
	if _, err := s.Ablate(context.Background(), set, AblateOptions{Out: out, Rows: rows, Seeds: 3, run: third.run}, nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"basic/2", "complete/2", "pca/2"}; !slices.Equal(third.cells, want) {
		t.Errorf("with a seed more %v, want %v", third.cells, want)
	}
	fourth := &ran{}
	b, err := s.Ablate(context.Background(), set, AblateOptions{Out: out, Rows: rows, Seeds: 1, Steps: 7, run: fourth.run}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(fourth.cells) != 3 || b.Rows[0].Seeds != 1 || b.Config == a.Config {
		t.Errorf("with other settings: cells %v, %d seeds", fourth.cells, b.Rows[0].Seeds)
	}
}

// What a picture changes must not be averaged with what was before.
func TestAnotherPictureIsAnotherConfiguration(t *testing.T) {
	set := ablationSet(t)
	s := New(Options{Program: "test"})
	before, err := s.ablationConfig(t.Context(), set, AblateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, set.Items[0].Path, grey(17))
	after, err := s.ablationConfig(t.Context(), set, AblateOptions{})
	if err != nil || before == after {
		t.Errorf("%s and %s, %v", before, after, err)
	}
}

func TestAFailedCellDoesNotEndTheOthers(t *testing.T) {
	set, out := ablationSet(t), t.TempDir()
	broken := errors.New("training diverged")
	r := &ran{fail: func(row Row, seed uint64) error {
		if row.Name == "basic" && seed == 0 {
			return broken
		}
		return nil
	}}
	o := AblateOptions{Out: out, Rows: rowsNamed(t, "basic", "complete"), Seeds: 2, run: r.run}
	failed := 0
	a, err := New(Options{}).Ablate(context.Background(), set, o, func(e AblateEvent) {
		if e.Err != nil {
			failed++
		}
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "basic with seed 0") || failed != 1 {
		t.Errorf("%d failed, %v", failed, err)
	}
	if a == nil || len(r.cells) != 4 || a.Rows[0].Seeds != 1 || a.Rows[1].Seeds != 2 {
		t.Errorf("%+v after %v", a, r.cells)
	}
}

func TestAblationRefusesASetThatCannotBeMeasured(t *testing.T) {
	b := newBench(t)
	flat, err := b.OpenSet(parts(t, grey(1), grey(2), grey(3), grey(4), grey(5), grey(6)))
	if err != nil {
		t.Fatal(err)
	}
	var p *Problem
	if _, err := b.Ablate(context.Background(), flat, AblateOptions{Out: t.TempDir()}, nil); !errors.As(err, &p) || p.Hint == "" {
		t.Errorf("a flat folder: %v", err)
	}
	if _, err := New(Options{}).Ablate(context.Background(), ablationSet(t), AblateOptions{Out: t.TempDir()}, nil); !errors.As(err, &p) {
		t.Errorf("no engine: %v", err)
	}
	if _, err := b.Ablate(context.Background(), ablationSet(t), AblateOptions{Out: t.TempDir(), Size: "XXL"}, nil); err == nil {
		t.Error("a size that does not exist was taken")
	}
}

// The controls need no engine, and even the mean grey tells these parts apart.
func TestControlsAreMeasuredWithoutAnEngine(t *testing.T) {
	set, out := ablationSet(t), t.TempDir()
	o := AblateOptions{Out: out, Rows: rowsNamed(t, "mean-grey", "template"), Seeds: 2, Input: 32}
	a, err := New(Options{Program: "test"}).Ablate(context.Background(), set, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range a.Rows {
		if v := r.Figures["image_auroc"]; v.Mean != 1 || v.N != 2 || !r.Control {
			t.Errorf("%s: %+v", r.Name, v)
		}
		if v := r.Figures["recall"]; v.Mean != 1 {
			t.Errorf("%s: recall %+v", r.Name, v)
		}
		if _, ok := r.Figures["iou"]; ok {
			t.Errorf("%s: regions of a control", r.Name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	o.Seeds = 3
	if _, err := New(Options{Program: "test"}).Ablate(ctx, set, o, func(AblateEvent) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestUntrainedTakesOneStep(t *testing.T) {
	o := AblateOptions{Size: "T", Steps: 900, MaxTime: time.Hour}
	if got := o.training(rowsNamed(t, "untrained")[0], 3); got.Steps != 1 || got.MaxTime != 0 || got.Seed != 3 {
		t.Errorf("%+v", got)
	}
	if got := o.training(rowsNamed(t, "complete")[0], 3); got.Steps != 900 || got.MaxTime != time.Hour {
		t.Errorf("%+v", got)
	}
}

func TestForecastWeighsCellsByWhatTheyTake(t *testing.T) {
	rows := rowsNamed(t, "basic", "complete", "pca")
	took := func(v float64) figures { return figures{cellSeconds: v} }
	for _, c := range []struct {
		name      string
		done      map[cell]figures
		todo      []cell
		elapsed   time.Duration
		share     float64
		wantShare float64
		wantLeft  time.Duration
	}{
		{"nothing known", nil, []cell{{"basic", 0}, {"pca", 0}}, 0, 0, 0, 0},
		{"a control's cost is guessed", nil, []cell{{"basic", 0}, {"pca", 0}}, time.Minute, .5, 60. / 132, 72 * time.Second},
		{"a network's is not", map[cell]figures{{"pca", 0}: took(5)}, []cell{{"pca", 1}, {"basic", 0}}, 0, .25, 1.25 / 3, 0},
		{"the other network will cost the same", nil, []cell{{"basic", 0}, {"complete", 0}}, time.Minute, .5, .25, 3 * time.Minute},
		{"known rows", map[cell]figures{{"basic", 0}: took(100), {"complete", 0}: took(200), {"pca", 0}: took(10)},
			[]cell{{"basic", 1}, {"complete", 1}, {"pca", 1}}, 50 * time.Second, 0, 360. / 620, 260 * time.Second},
		{"rows that were not asked for do not count", map[cell]figures{{"hog", 0}: took(1000), {"basic", 0}: took(100)},
			[]cell{{"basic", 1}}, 0, 0, .5, 100 * time.Second},
		{"finished", map[cell]figures{{"basic", 0}: took(1)}, nil, 0, 0, 1, 0},
	} {
		share, left := forecast{c.done, rows, c.todo}.at(c.elapsed, c.share)
		if math.Abs(share-c.wantShare) > 1e-9 || (left-c.wantLeft).Abs() > time.Millisecond {
			t.Errorf("%s: %.3f and %s left, want %.3f and %s", c.name, share, left, c.wantShare, c.wantLeft)
		}
	}
}

func TestTableAndSheetSayWhatWasMeasured(t *testing.T) {
	set, out := ablationSet(t), t.TempDir()
	r := &ran{}
	o := AblateOptions{Out: out, Rows: rowsNamed(t, "basic", "+ssdae", "+ssdae+mgan", "+eca", "complete", "pca"), Seeds: 2, run: r.run, Steps: 50}
	a, err := New(Options{Program: "test"}).Ablate(context.Background(), set, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	mean, sd := metrics.MeanStd([]float64{.88, .884})
	table := read(t, out, ablateTable)
	for _, want := range []string{
		"# Ablation on bright, parts", "50 steps each", "Configuration " + a.Config,
		fmt.Sprintf("| Complete method | %.3f ± %.3f |", mean, sd), "| 14.0 ± 0.0 | 2 |",
		"| *Controls* |", "| PCA, 30 components | 0.700 ± 0.000 |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	sheet := read(t, out, ablateSheet)
	for _, want := range []string{
		"| Basic U-Net | paper | 0.812 ± 0.011 | 0.834 ± 0.010 | 0.841 ± 0.012 | 0.827 ± 0.009 | 246 | 5 |",
		"| | ours | 0.802 ± 0.003 |", "**reproduced**: 0.882 ± 0.003 against 0.802 ± 0.003; a gain of 0.080 (paper: 0.110).",
		"**reproduced**: 0.802 ± 0.003, 0.822 ± 0.003,", "10.0 ms ± 0.0 ms, 11.0 ms", "the largest is 0.003",
		"**holds**: 0.882 ± 0.003 against 0.700 ± 0.000 of the best control, “PCA, 30 components”",
	} {
		if !strings.Contains(sheet, want) {
			t.Errorf("the sheet lacks %q:\n%s", want, sheet)
		}
	}
	f, err := os.Open(filepath.Join(out, ablatePlot))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
	// What JSON cannot hold must not reach it.
	if _, err := json.Marshal(a); err != nil {
		t.Error(err)
	}
}

// result is a row with an AUROC and a time.
func result(name string, auroc, sd float64, n int, ms float64) RowResult {
	s := Spread{Number(auroc), Number(sd), n}
	control := slices.ContainsFunc(Rows, func(r Row) bool { return r.Name == name && r.Control != "" })
	return RowResult{Name: name, Title: titleOf(name), Control: control, Seeds: n, Figures: map[string]Spread{
		"image_auroc": s, "f1": s, "precision": s, "recall": s, "latency_p50_ms": {Number(ms), 0, n},
	}}
}

func TestClaimsAreJudgedByTheFigures(t *testing.T) {
	nan := math.NaN()
	five := func(v ...float64) (rows []RowResult) {
		for i, p := range paper {
			rows = append(rows, result(p.name, v[i], .01, 5, float64(10+i)))
		}
		return rows
	}
	with := func(rows []RowResult, more ...RowResult) []RowResult { return append(rows, more...) }
	rising := five(.80, .83, .86, .89, .92)
	for _, c := range []struct {
		name  string
		rows  []RowResult
		claim func([]RowResult) Claim
		want  words.Text
		why   string
	}{
		{"clear gain", rising, gainClaim, Reproduced, "0.120"},
		{"small gain", five(.80, .82, .84, .86, .815), gainClaim, Open, "0.015 (paper: 0.110); within two pooled standard deviations"},
		{"loss", five(.9, .9, .9, .9, .8), gainClaim, NotReproduced, "-0.100"},
		{"one seed", []RowResult{result("basic", .8, nan, 1, 1), result("complete", .9, nan, 1, 1)}, gainClaim, Open, "one seed"},
		{"nothing", nil, gainClaim, Open, "both rows"},
		{"rising", rising, func(r []RowResult) Claim { return AblationClaims(r)[1] }, Reproduced, "0.800 ± 0.010, 0.830 ± 0.010"},
		{"one falls", five(.80, .85, .82, .86, .89), func(r []RowResult) Claim { return AblationClaims(r)[1] }, NotReproduced,
			"“+ SSDAE + MGAN” (0.820 ± 0.010) is below “+ SSDAE” (0.850 ± 0.010)"},
		{"one may fall", five(.80, .85, .84, .87, .90), func(r []RowResult) Claim { return AblationClaims(r)[1] }, Open,
			"“+ SSDAE + MGAN” is not told from “+ SSDAE” (within two pooled standard deviations)"},
		{"one is missing", rising[1:], func(r []RowResult) Claim { return AblationClaims(r)[1] }, Open, "not measured: Basic U-Net"},
		{"missing and falling", five(.80, .85, .82, .86, .89)[1:], func(r []RowResult) Claim { return AblationClaims(r)[1] }, NotReproduced, "is below"},
		{"steady", rising, spreadClaim, Reproduced, "0.010"},
		{"unsteady", with(slices.Clone(rising[:4]), result("complete", .9, .03, 5, 1)), spreadClaim, NotReproduced, "0.030"},
		{"no deviations", nil, spreadClaim, Open, "20 of 20"},
		{"slower each time", rising, func(r []RowResult) Claim { return AblationClaims(r)[3] }, Reproduced, "10.0 ms ± 0.0 ms, 11.0 ms"},
		{"above the controls", with(slices.Clone(rising), result("pca", .7, .01, 5, 1)), ControlClaim, Holds, "best control"},
		{"below a control", with(slices.Clone(rising), result("pca", .7, .01, 5, 1), result("handcrafted", .95, .01, 5, 1)), ControlClaim, DoesNotHold, "Handcrafted"},
		{"hardly above a control", with(slices.Clone(rising), result("pca", .91, .01, 5, 1)), ControlClaim, Open, "within two"},
		{"no control", rising, ControlClaim, Open, "at least one control"},
	} {
		if got := c.claim(c.rows); got.Verdict != c.want || !strings.Contains(got.Because(), c.why) {
			t.Errorf("%s: %s, want %s because of %s", c.name, got, c.want, c.why)
		}
	}
	// Equal numbers of seeds: the root mean square of both deviations.
	if got := pooled(Spread{SD: .03, N: 5}, Spread{SD: .04, N: 5}); math.Abs(got-math.Sqrt((.0009+.0016)/2)) > 1e-12 {
		t.Errorf("pooled deviation %v", got)
	}
}

// A figure is above another only by two seeds each and two pooled deviations.
func TestOrderOfFigures(t *testing.T) {
	for _, c := range []struct {
		a, b  []float64
		want  int
		doubt words.Text
	}{
		{[]float64{.90, .91}, []float64{.80, .81}, 1, ""},
		{[]float64{.80, .81}, []float64{.90, .91}, -1, ""},
		{[]float64{.90}, []float64{.1}, 0, "one seed"},
		{[]float64{.90, .91}, []float64{.1}, 0, "one seed"},
		{[]float64{.90, .91}, []float64{.89, .90}, 0, "within two pooled standard deviations"},
		{[]float64{1, 1}, []float64{1, 1}, 0, "within two pooled standard deviations"},
		{[]float64{1, 1}, []float64{.99, .99}, 1, ""}, // nothing varies
		{[]float64{.9, .9}, nil, 0, "not measured"},
	} {
		if got, doubt := Order(SpreadOf(c.a), SpreadOf(c.b)); got != c.want || doubt != c.doubt {
			t.Errorf("%v against %v: %d, %q; want %d, %q", c.a, c.b, got, doubt, c.want, c.doubt)
		}
	}
}

// A claim in a file is read as it was said; what an older program has left, too.
func TestClaimsAreKept(t *testing.T) {
	c := Ruled(words.Text("%s is first").With("DAGAN"), 0, words.Plain("0.9, 0.8"), words.Text("one seed").With())
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Claim
	if err := json.Unmarshal(b, &back); err != nil || back.String() != "open: 0.9, 0.8; one seed" || back.Text.English() != "DAGAN is first" || back.Why[1].Key != "one seed" {
		t.Errorf("%+v, %v from %s", back, err, b)
	}
	if err := json.Unmarshal([]byte(`{"claim":"100 % of it","verdict":"open","why":"w"}`), &back); err != nil || back.Text.String() != "100 % of it" || back.Because() != "w" {
		t.Errorf("%+v, %v", back, err)
	}
}
