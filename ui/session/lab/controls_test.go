package lab

import (
	"slices"
	"strings"
	"testing"

	"agurscope/nn"
	"agurscope/ui/session/ledger"
)

// engine is one in name only.
type engine struct{ nn.Engine }

func (engine) Describe() string { return "none" }

// faked is a run whose measurements are given.
func faked(t *testing.T, seeds int, aurocs map[string][]float64) *run {
	t.Helper()
	l, err := ledger.Open(t.TempDir() + "/cells.csv")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	o := Options{Out: t.TempDir(), Engine: engine{}, least: &Budget{Seeds: seeds}}
	r := &run{o: o, budget: *o.least, cells: l, data: newShelf(o, *o.least), benches: []nn.Engine{engine{}}}
	for method, values := range aurocs {
		for seed, v := range values {
			f := ledger.Figures{"image_auroc": v, "auc10": v, ledger.Seconds: 1}
			for _, n := range counts {
				f[f1At(n)] = v
			}
			if err := l.Add(r.cell(task{learn, method, ecd, uint64(seed), ledger.LastTick}), f); err != nil {
				t.Fatal(err)
			}
		}
	}
	return r
}

// What does not beat the mean grey is named, and what only seems to is not said to.
func TestWhoBeatsTheMeanGrey(t *testing.T) {
	r := faked(t, 2, map[string][]float64{
		own: {.98, .97}, "dagan": {.52, .50}, "lstm-ndt": {.62, .64}, "bilstm": {.9, .5}, "mscdae": {.99}, meanGrey: {.55, .56}, "pca": {.99, .99},
	})
	beat, losers := r.beats([]string{ecd}, slices.Concat(methods, controls[1:]), "image_auroc")
	want := "SynthEC components|yes|**no**|yes|not told: within two pooled standard deviations|not told: one seed|–|–|yes|–"
	if got := strings.Join(beat.rows[0], "|"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if len(losers) != 1 || !strings.Contains(losers[0], "no result: DAGAN.") {
		t.Errorf("named as no result: %q", losers)
	}
	res := showTable2(r)
	if notes := strings.Join(res.notes, "\n"); !strings.Contains(notes, "DAGAN.") {
		t.Errorf("the page does not name it:\n%s", notes)
	}
	if c := res.claims[0]; !strings.Contains(c.String(), "open: AGUR-Net 0.975") {
		t.Errorf("claim %s", c)
	}
}
