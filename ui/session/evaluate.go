package session

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/metrics"
	"agurscope/nn/segment"
)

// Number is a figure that may not exist: NaN becomes null in JSON.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, "%.6g", float64(n)), nil
}

// Latency is the spread of a duration in milliseconds.
type Latency struct {
	P50 Number `json:"p50"`
	P95 Number `json:"p95"`
}

// TypeFigures are the figures of one defect type against all normals.
type TypeFigures struct {
	Images     int    `json:"images"`
	ImageAUROC Number `json:"image_auroc"`
	Recall     Number `json:"recall"`
}

// Evaluation measures a recipe on a labelled set. Its JSON keys are stable.
type Evaluation struct {
	Method          string                 `json:"method"`
	Images          int                    `json:"images"`
	Normal          int                    `json:"normal"`
	Anomalous       int                    `json:"anomalous"`
	Errors          int                    `json:"errors"`
	Reviewed        int                    `json:"reviewed"` // verdict REVIEW
	Doubtful        int                    `json:"doubtful"` // of these, parts that could not be put upright
	ImageAUROC      Number                 `json:"image_auroc"`
	ImageAP         Number                 `json:"image_ap"`
	PixelAUROC      Number                 `json:"pixel_auroc"`
	PixelAP         Number                 `json:"pixel_ap"`
	AUPRO           Number                 `json:"aupro"`
	IoU             Number                 `json:"iou"`
	F1              Number                 `json:"f1"`
	Precision       Number                 `json:"precision"`
	Recall          Number                 `json:"recall"`
	Accuracy        Number                 `json:"accuracy"`
	Reject          Number                 `json:"reject"`
	FalseRejectRate Number                 `json:"false_reject_rate"`
	Latency         Latency                `json:"latency_ms"`
	PerType         map[string]TypeFigures `json:"per_type"`
	Terms           map[string]Number      `json:"term_auroc"` // each term of the map by itself
	Mean            Number                 `json:"mean_grey_auroc"`
	Masks           int                    `json:"masks"`
	Notes           []string               `json:"notes"`
}

// tally gathers what an evaluation is computed from.
type tally struct {
	scores  []float64
	labels  []bool
	ng      []bool // not passed: NG, or could not be put upright
	types   []string
	terms   map[string][]float64
	grey    []float64
	latency []float64
	pixels  metrics.Pixels
	ious    []float64
	masks   int
	errors  []string

	reviewed, doubtful int
	vast               int // parts with a region as large as no defect is
}

// Evaluate inspects the labelled test pictures of a set and compares verdicts
// with labels. Thresholds are those in force; labels change nothing.
func (s *Session) Evaluate(ctx context.Context, set *datasets.Set, on func(done, total int)) (*Evaluation, error) {
	r, d, _, err := s.ready()
	if err != nil {
		return nil, err
	}
	items := slices.DeleteFunc(slices.Clone(set.Test()), func(it datasets.Item) bool { return it.Label == datasets.Unknown })
	if len(items) == 0 {
		return nil, problem("evaluate", fmt.Errorf("%s has no labelled pictures", set.Root),
			"Put good and defective parts in folders of their own, such as test/good and test/scratch.")
	}
	t := &tally{terms: map[string][]float64{}}
	var seg segment.Segmenter
	done := 0
	for f := range feed(ctx, set.Source(items), d) {
		res, err := s.judge(ctx, &seg, r, d, f)
		if err != nil {
			return nil, err
		}
		res.Latency = time.Since(f.start)
		t.add(res)
		if done++; on != nil {
			on(done, len(items))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ev := t.figures(r, s.Thresholds())
	ev.Method = r.Method()
	return ev, nil
}

func (t *tally) add(res *Result) {
	if res.Err != nil { // also where what was computed is no number
		t.errors = append(t.errors, res.Err.Error())
		return
	}
	p, f := res.Prediction, res.Frame
	bad := f.Label == datasets.Anomalous
	t.scores, t.labels, t.types = append(t.scores, p.Score), append(t.labels, bad), append(t.types, f.Type)
	t.ng = append(t.ng, res.Verdict == history.NG || res.Doubt != nil)
	if res.Verdict == history.REVIEW {
		t.reviewed++
	}
	if p.Doubt != nil {
		t.doubtful++
	} else if res.Doubt != nil {
		t.vast++
	}
	t.latency = append(t.latency, float64(res.Latency.Microseconds())/1000)
	for _, term := range p.Terms {
		t.terms[term.Name] = append(t.terms[term.Name], term.Score)
	}
	sum := 0.0
	for _, v := range p.Input.Pix {
		sum += float64(v)
	}
	t.grey = append(t.grey, sum/float64(len(p.Input.Pix)))
	switch {
	case f.Mask != nil:
		mask := shrinkMask(f, p.Map)
		t.pixels.Add(p.Map, mask)
		t.ious = append(t.ious, metrics.IoU(res.Segmentation.Mask(), mask))
		t.masks++
	case !bad:
		t.pixels.Add(p.Map, nil)
	}
}

// shrinkMask brings a ground truth to the map's size by nearest neighbour. A
// defect too small for any sample keeps its nearest one.
func shrinkMask(f datasets.Frame, m *nn.Image) []uint8 {
	b := f.Mask.Bounds()
	out := make([]uint8, m.W*m.H)
	any := false
	for y := range m.H {
		for x := range m.W {
			sx, sy := (2*x+1)*b.Dx()/(2*m.W), (2*y+1)*b.Dy()/(2*m.H)
			if f.Mask.Pix[sy*f.Mask.Stride+sx] >= 128 {
				out[y*m.W+x], any = 1, true
			}
		}
	}
	if any {
		return out
	}
	for i, v := range f.Mask.Pix {
		if v >= 128 {
			x, y := i%f.Mask.Stride, i/f.Mask.Stride
			out[min(y*m.H/b.Dy(), m.H-1)*m.W+min(x*m.W/b.Dx(), m.W-1)] = 1
		}
	}
	return out
}

func (t *tally) figures(r *anomaly.Recipe, th Thresholds) *Evaluation {
	c := confuse(t.ng, t.labels)
	e := &Evaluation{
		Images: len(t.scores) + len(t.errors), Errors: len(t.errors), Masks: t.masks,
		Reviewed: t.reviewed, Doubtful: t.doubtful,
		ImageAUROC: Number(metrics.AUROC(t.scores, t.labels)), ImageAP: Number(metrics.AP(t.scores, t.labels)),
		F1: Number(c.F1()), Precision: Number(c.Precision()), Recall: Number(c.Recall()), Accuracy: Number(c.Accuracy()),
		Reject: Number(th.Reject), FalseRejectRate: Number(c.FalseRejects()),
		Latency: Latency{Number(metrics.Quantile(t.latency, .5)), Number(metrics.Quantile(t.latency, .95))},
		PerType: map[string]TypeFigures{}, Terms: map[string]Number{}, Notes: slices.Clone(r.Calibration.Notes),
		PixelAUROC: Number(math.NaN()), PixelAP: Number(math.NaN()), AUPRO: Number(math.NaN()), IoU: Number(math.NaN()),
	}
	for _, bad := range t.labels {
		if bad {
			e.Anomalous++
		} else {
			e.Normal++
		}
	}
	if e.Anomalous == 0 {
		e.F1 = Number(math.NaN()) // nothing to find, not nothing found
	}
	if t.masks > 0 {
		e.PixelAUROC, e.PixelAP = Number(t.pixels.AUROC()), Number(t.pixels.AP())
		e.AUPRO = Number(t.pixels.AUPRO(.3))
		mean, _ := metrics.MeanStd(t.ious)
		e.IoU = Number(mean)
	}
	grey := metrics.AUROC(t.grey, t.labels)
	e.Mean = Number(max(grey, 1-grey))
	for name, v := range t.terms {
		e.Terms[name] = Number(metrics.AUROC(v, t.labels))
	}
	t.perType(e)
	t.notes(e)
	return e
}

// confuse counts verdicts: NG is positive.
func confuse(ng, labels []bool) metrics.Confusion {
	s := make([]float64, len(ng))
	for i, v := range ng {
		if v {
			s[i] = 1
		}
	}
	return metrics.Confuse(s, labels, 1)
}

func (t *tally) perType(e *Evaluation) {
	for _, typ := range t.types {
		if _, ok := e.PerType[typ]; ok || typ == datasets.Good {
			continue
		}
		var s []float64
		var l, ng []bool
		f := TypeFigures{}
		for i, other := range t.types {
			bad := t.labels[i]
			if bad && other != typ {
				continue
			}
			s, l, ng = append(s, t.scores[i]), append(l, bad), append(ng, t.ng[i])
			if bad {
				f.Images++
			}
		}
		if f.Images == 0 {
			continue
		}
		f.ImageAUROC, f.Recall = Number(metrics.AUROC(s, l)), Number(confuse(ng, l).Recall())
		e.PerType[typ] = f
	}
}

func (t *tally) notes(e *Evaluation) {
	add := func(format string, a ...any) { e.Notes = append(e.Notes, fmt.Sprintf(format, a...)) }
	if e.Anomalous == 0 {
		add("no anomalous pictures: AUROC, AP, recall and F1 cannot be computed")
	}
	if e.Normal == 0 {
		add("no normal pictures: AUROC and the false-reject rate cannot be computed")
	}
	if e.Anomalous > 0 && math.IsNaN(float64(e.Precision)) {
		add("no picture was called NG: precision cannot be computed")
	}
	switch {
	case t.masks == 0:
		add("no ground-truth masks: pixel figures cannot be computed")
	case t.masks < e.Anomalous:
		add("pixel figures rest on %d masks of %d anomalous pictures, and on all normal ones", t.masks, e.Anomalous)
	}
	for _, err := range t.errors {
		add("not inspected: %s", err)
	}
	if len(t.errors) > 0 {
		add("%d pictures could not be inspected: they are ERROR, count as not OK, and are outside all other figures", len(t.errors))
	}
	if t.doubtful > 0 {
		add("%d pictures show a part that could not be put upright: they are REVIEW and count as rejected", t.doubtful)
	}
	if t.vast > 0 {
		add("%d pictures have a region as large as no defect is: they are REVIEW and count as rejected", t.vast)
	}
	add("NG means score at or above the reject threshold, or a region; thresholds come from held-out normal pictures only")
}
