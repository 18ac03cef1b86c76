package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// judged is one picture of a tally.
type judged struct {
	score   float64
	bad     bool
	typ     string
	verdict history.Verdict
	doubt   error
	grey    float32
	ms      int
	mask    []uint8 // of 2 x 2, nil for none
	pixels  []float32
	found   []int32
}

func (x judged) result() *Result {
	label := datasets.Normal
	if x.bad {
		label = datasets.Anomalous
	}
	r := &Result{Frame: datasets.Frame{Label: label, Type: x.typ}, Latency: time.Duration(x.ms) * time.Millisecond}
	m := nn.NewImage(1, 2, 2)
	copy(m.Pix, x.pixels)
	in := nn.NewImage(3, 2, 2)
	for i := range in.Pix {
		in.Pix[i] = x.grey
	}
	r.Prediction = &anomaly.Prediction{Score: x.score, Map: m, Input: in, Terms: []anomaly.TermScore{{Name: "residual", Score: -x.score}}, Doubt: x.doubt}
	r.Doubt = x.doubt
	r.Verdict = x.verdict
	r.Segmentation = segment.Result{W: 2, H: 2, Labels: make([]int32, 4)}
	copy(r.Segmentation.Labels, x.found)
	if x.mask != nil {
		r.Frame.Mask = image.NewGray(image.Rect(0, 0, 2, 2))
		copy(r.Frame.Mask.Pix, x.mask)
	}
	return r
}

func tallied(t *testing.T, errs []error, xs ...judged) *Evaluation {
	t.Helper()
	tl := &tally{terms: map[string][]float64{}}
	for _, x := range xs {
		tl.add(x.result())
	}
	for _, err := range errs {
		tl.add(&Result{Judgement: Judgement{Verdict: history.ERROR}, Err: err})
	}
	return tl.figures(recipe(t), Thresholds{Reject: .5})
}

func TestFiguresAreThoseComputedByHand(t *testing.T) {
	e := tallied(t, []error{errors.New("a.png is cut short")},
		judged{score: .1, typ: "good", verdict: history.OK, grey: .5, ms: 10, pixels: []float32{0, 0, 0, 0}},
		judged{score: .2, typ: "good", verdict: history.REVIEW, grey: .5, ms: 20, pixels: []float32{.1, .1, .1, .1}},
		judged{score: .6, typ: "good", verdict: history.NG, grey: .5, ms: 30, pixels: []float32{.2, .2, .2, .2}},
		judged{score: .5, bad: true, typ: "dent", verdict: history.NG, grey: .25, ms: 40,
			mask: []uint8{255, 255, 0, 0}, pixels: []float32{.9, .8, 0, 0}, found: []int32{1, 0, 0, 0}},
		judged{score: .15, bad: true, typ: "dent", verdict: history.OK, grey: .25, ms: 50},
		judged{score: .9, bad: true, typ: "hair", verdict: history.NG, grey: .25, ms: 60,
			mask: []uint8{0, 0, 0, 200}, pixels: []float32{0, 0, 0, .7}, found: []int32{0, 0, 0, 1}},
	)
	for _, c := range []struct {
		name string
		got  Number
		want float64
	}{
		// Bad against good: .5 beats .1 .2, .15 beats .1, .9 beats all: 6 of 9.
		{"image AUROC", e.ImageAUROC, 6. / 9},
		// Falling: .9 bad, .6, .5 bad, .2, .15 bad, .1: (1/1 + 2/3 + 3/5)/3.
		{"image AP", e.ImageAP, (1 + 2./3 + 3./5) / 3},
		{"precision", e.Precision, 2. / 3},
		{"recall", e.Recall, 2. / 3},
		{"F1", e.F1, 2. / 3},
		{"accuracy", e.Accuracy, 4. / 6},
		{"false rejects", e.FalseRejectRate, 1. / 3},
		{"pixel AUROC", e.PixelAUROC, 1}, // .7 .8 .9 against at most .2
		{"pixel AP", e.PixelAP, 1},
		{"AUPRO", e.AUPRO, 1},
		{"IoU", e.IoU, (.5 + 1) / 2},
		{"reject", e.Reject, .5},
		{"p50", e.Latency.P50, 35},
		{"p95", e.Latency.P95, 57.5},
		{"term", e.Terms["residual"], 3. / 9},
		{"mean grey", e.Mean, 1},
		{"dent AUROC", e.PerType["dent"].ImageAUROC, 3. / 6},
		{"dent recall", e.PerType["dent"].Recall, .5},
		{"hair AUROC", e.PerType["hair"].ImageAUROC, 1},
		{"hair recall", e.PerType["hair"].Recall, 1},
	} {
		if math.Abs(float64(c.got)-c.want) > 1e-9 || math.IsNaN(float64(c.got)) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	if e.Reviewed != 1 || e.Doubtful != 0 || e.Images != 7 || e.Normal != 3 || e.Anomalous != 3 || e.Errors != 1 || e.Masks != 2 || len(e.PerType) != 2 || e.PerType["dent"].Images != 2 || e.PerType["hair"].Images != 1 {
		t.Errorf("counts %+v", e)
	}
	for _, want := range []string{"rest on 2 masks of 3 anomalous", "a.png is cut short", "1 pictures could not be inspected"} {
		if !slices.ContainsFunc(e.Notes, func(n string) bool { return strings.Contains(n, want) }) {
			t.Errorf("notes %q do not say %q", e.Notes, want)
		}
	}
}

// A score that is no number is an ERROR, and no good part that was passed.
func TestWhatIsNoNumberIsNotInspected(t *testing.T) {
	broken := judged{score: math.NaN(), typ: "good", verdict: history.ERROR}.result()
	broken.Err = anomaly.ErrNotFinite
	tl := &tally{terms: map[string][]float64{}}
	for _, r := range []*Result{broken, judged{score: .1, typ: "good", verdict: history.OK}.result(), judged{score: .9, bad: true, typ: "dent", verdict: history.NG}.result()} {
		tl.add(r)
	}
	e := tl.figures(recipe(t), Thresholds{Reject: .5})
	if e.Errors != 1 || e.Images != 3 || e.Normal != 1 || e.ImageAUROC != 1 || e.FalseRejectRate != 0 || e.Accuracy != 1 {
		t.Errorf("%+v", e)
	}
}

// A part that cannot be put upright is not passed: a defect in it is found, a
// good one is rejected.
func TestDoubtfulPartsCountAsRejected(t *testing.T) {
	doubt := errors.New("no part stands out")
	e := tallied(t, nil,
		judged{score: .1, typ: "good", verdict: history.OK},
		judged{score: .1, typ: "good", verdict: history.REVIEW, doubt: doubt},
		judged{score: .2, bad: true, typ: "dent", verdict: history.REVIEW, doubt: doubt},
		judged{score: .3, bad: true, typ: "dent", verdict: history.REVIEW},
	)
	if e.Reviewed != 3 || e.Doubtful != 2 || e.Recall != .5 || e.FalseRejectRate != .5 || e.PerType["dent"].Recall != .5 {
		t.Errorf("%+v", e)
	}
	if !slices.ContainsFunc(e.Notes, func(n string) bool {
		return strings.Contains(n, "2 pictures show a part that could not be put upright")
	}) {
		t.Errorf("notes %q", e.Notes)
	}
}

// keys are those of evaluate --json in the order of design.md, section 5.
var keys = strings.Fields(`images normal anomalous image_auroc image_ap pixel_auroc pixel_ap aupro iou f1 precision recall accuracy
	reject false_reject_rate latency_ms per_type notes reviewed doubtful term_auroc`)

func TestEvaluationKeysAreAlwaysThereAndNullWhereUndefined(t *testing.T) {
	good := judged{score: .1, typ: "good", verdict: history.OK, ms: 1}
	bad := judged{score: .9, bad: true, typ: "dent", verdict: history.NG, ms: 1}
	missed := judged{score: .1, bad: true, typ: "dent", verdict: history.OK, ms: 1}
	rejected := judged{score: .9, typ: "good", verdict: history.NG, ms: 1}
	pixel := []string{"pixel_auroc", "pixel_ap", "aupro", "iou"}
	ranked := []string{"image_auroc", "image_ap"}
	for _, c := range []struct {
		name  string
		e     *Evaluation
		null  []string
		notes []string
	}{
		{"both kinds, no masks", tallied(t, nil, good, bad), pixel, []string{"no ground-truth masks"}},
		{"good only", tallied(t, nil, good, good), slices.Concat(pixel, ranked, []string{"f1", "precision", "recall"}), []string{"no anomalous pictures"}},
		{"good only, one rejected", tallied(t, nil, good, rejected), slices.Concat(pixel, ranked, []string{"f1", "recall"}), []string{"no anomalous pictures"}},
		{"bad only", tallied(t, nil, bad, bad), append(slices.Clone(pixel), "image_auroc", "false_reject_rate"), []string{"no normal pictures"}},
		{"nothing called NG", tallied(t, nil, good, missed), append(slices.Clone(pixel), "precision"), []string{"precision cannot be computed"}},
		{"errors only", tallied(t, []error{errDecode}), slices.Concat(pixel, ranked, []string{"f1", "precision", "recall", "accuracy", "false_reject_rate"}),
			[]string{"no anomalous pictures", "no normal pictures", "cut short"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := json.Marshal(c.e)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]json.RawMessage
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				v, ok := got[k]
				if !ok {
					t.Errorf("key %q is missing", k)
				}
				if null := string(v) == "null"; null != slices.Contains(c.null, k) {
					t.Errorf("%s is %s, want null: %t", k, v, !null)
				}
			}
			for _, want := range c.notes {
				if !slices.ContainsFunc(c.e.Notes, func(n string) bool { return strings.Contains(n, want) }) {
					t.Errorf("notes %q do not say %q", c.e.Notes, want)
				}
			}
		})
	}
	b, err := json.Marshal(tallied(t, nil, good, bad))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"latency_ms":{"p50":1,"p95":1}`, `"per_type":{"dent":{"images":1,"image_auroc":1,"recall":1}}`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s lacks %s", b, want)
		}
	}
}

// TestNotesSayHowFewMasksThereAre is the case of MVTec's transistors.
func TestNotesSayHowFewMasksThereAre(t *testing.T) {
	xs := []judged{{score: .1, typ: "good", verdict: history.OK}}
	for i := range 40 {
		x := judged{score: .9, bad: true, typ: "lead", verdict: history.NG, pixels: []float32{1, 0, 0, 0}}
		if i < 8 {
			x.mask = []uint8{255, 0, 0, 0}
		}
		xs = append(xs, x)
	}
	e := tallied(t, nil, xs...)
	if e.Masks != 8 || !slices.ContainsFunc(e.Notes, func(n string) bool { return strings.Contains(n, "8 masks of 40") }) {
		t.Errorf("%d masks, notes %q", e.Masks, e.Notes)
	}
}

func TestShrunkenMaskKeepsTheSmallestDefect(t *testing.T) {
	for _, size := range [][2]int{{2, 2}, {7, 5}, {640, 480}, {33, 1000}} {
		for _, at := range [][2]int{{0, 0}, {size[0] - 1, size[1] - 1}, {size[0] / 2, size[1] / 3}} {
			m := image.NewGray(image.Rect(0, 0, size[0], size[1]))
			m.Pix[at[1]*m.Stride+at[0]] = 255
			got := shrinkMask(datasets.Frame{Mask: m}, nn.NewImage(1, 4, 4))
			n := 0
			for _, v := range got {
				n += int(v)
			}
			if want := at[1]*4/size[1]*4 + at[0]*4/size[0]; n == 0 || got[want] != 1 && size[0] >= 4 && size[1] >= 4 {
				t.Errorf("a pixel at %v of %v: %v", at, size, got)
			}
		}
		if slices.Max(shrinkMask(datasets.Frame{Mask: image.NewGray(image.Rect(0, 0, size[0], size[1]))}, nn.NewImage(1, 4, 4))) != 0 {
			t.Errorf("an empty mask of %v has pixels", size)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", .5: "0.5", 1e9: "1e+09", -2.25: "-2.25", math.Inf(1): "null", math.Inf(-1): "null"} {
		if b, err := json.Marshal(Number(v)); err != nil || string(b) != want {
			t.Errorf("%v becomes %s, %v, want %s", v, b, err, want)
		}
	}
	if b, err := json.Marshal(Number(math.NaN())); err != nil || string(b) != "null" {
		t.Errorf("NaN becomes %s, %v", b, err)
	}
}

// labelled writes a set of good and bad pictures with a broken one.
func labelled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for typ, greys := range map[string][]uint8{"train/good": {10, 20, 30}, "test/good": {10, 20, 30}, "test/bright": {200, 220}} {
		for i, v := range greys {
			folder := filepath.Join(dir, filepath.FromSlash(typ))
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(folder, fmt.Sprintf("%d.png", i)), grey(v))
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "test", "good", "broken.png"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEvaluateAWholeSet(t *testing.T) {
	b := newBench(t)
	set, err := b.OpenSet(labelled(t))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	e, err := b.Evaluate(context.Background(), set, func(done, total int) {
		if calls++; done != calls || total != 6 {
			t.Errorf("%d of %d at call %d", done, total, calls)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if calls != 6 || e.Images != 6 || e.Errors != 1 || e.Normal != 3 || e.Anomalous != 2 || e.ImageAUROC != 1 || e.Recall != 1 || e.FalseRejectRate != 0 || e.PerType["bright"].Images != 2 {
		t.Errorf("%+v", e)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := b.Evaluate(ctx, set, func(int, int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	flat, err := b.OpenSet(parts(t, grey(1), grey(2)))
	if err != nil {
		t.Fatal(err)
	}
	var p *Problem
	if _, err := b.Evaluate(context.Background(), flat, nil); !errors.As(err, &p) || p.Hint == "" {
		t.Errorf("a set without labels: %v", err)
	}
}
