package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/metrics"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// trainingShare is the part of a measurement that training takes, roughly.
const trainingShare = 0.8

// trained runs a session with a recipe of the method, learnt from the subject.
func (r bench) trained(ctx context.Context, t task, input, steps int, on watcher, use func(*session.Session, *datasets.Set) error) (err error) {
	set := r.data.get(t.subject).set
	s := session.New(session.Options{Engine: r.engine, Program: r.o.Program})
	defer func() { err = errors.Join(err, s.Close()) }()
	dir, err := os.MkdirTemp("", "agurscope-lab-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	res, err := s.Train(ctx, set, session.TrainOptions{
		Out: filepath.Join(dir, "cell.agur"), Method: t.method, Size: r.budget.Size, Input: input,
		Steps: max(1, steps*t.tick/ledger.LastTick), Seed: t.seed,
	}, func(e session.TrainEvent) {
		share := 0.
		switch {
		case e.Stage == session.Training:
			share = float64(e.Step) / float64(max(e.Steps, 1))
		case e.Stage != session.Looking && e.Stage != session.Reading:
			share = 1
		}
		on(stageOf(string(e.Stage)), trainingShare*share)
	})
	if err != nil {
		return err
	}
	if err := s.UseRecipe(res.Recipe); err != nil {
		return err
	}
	return use(s, set)
}

// seen is what is kept of an inspected part.
type seen struct {
	score   float64
	bad, ng bool
	area    float64 // of the defect, as a share of the picture; NaN without a mask
	loc     float64
	iou     float64
	l1      float64
	took    float64 // ms
}

// tested is what a test gathers.
type tested struct {
	parts  []seen
	pixels metrics.Pixels
	masks  int
}

// see adds a part. One that could not be inspected is an error: figures that
// leave parts out are not figures of the set.
func (t *tested) see(res *session.Result) error {
	p := res.Prediction
	if p == nil {
		return fmt.Errorf("inspect %s: %w", res.Frame.Name, res.Err)
	}
	s := seen{
		score: p.Score, bad: res.Frame.Label == datasets.Anomalous, ng: res.Verdict == history.NG || res.Doubt != nil,
		area: math.NaN(), loc: math.NaN(), iou: math.NaN(), l1: difference(p.Input, p.Reconstruction),
		took: float64(res.Latency.Microseconds()) / 1000,
	}
	switch {
	case s.bad && res.Frame.Mask != nil:
		mask := onMap(res.Frame, p.Map)
		found := res.Segmentation.Mask()
		s.loc, s.iou, s.area = metrics.LocAcc(found, mask), metrics.IoU(found, mask), share(mask)
		t.pixels.Add(p.Map, mask)
		t.masks++
	case !s.bad:
		t.pixels.Add(p.Map, nil)
	}
	t.parts = append(t.parts, s)
	return nil
}

// difference is the mean absolute difference of two pictures; NaN where a method
// has no reconstruction.
func difference(a, b *nn.Image) float64 {
	if a == nil || b == nil || len(a.Pix) != len(b.Pix) {
		return math.NaN()
	}
	sum := 0.
	for i, v := range a.Pix {
		sum += math.Abs(float64(v - b.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}

// onMap brings a ground truth to the map's size by nearest neighbour.
func onMap(f datasets.Frame, m *nn.Image) []uint8 {
	b, out := f.Mask.Bounds(), make([]uint8, m.W*m.H)
	for y := range m.H {
		for x := range m.W {
			if f.Mask.Pix[(2*y+1)*b.Dy()/(2*m.H)*f.Mask.Stride+(2*x+1)*b.Dx()/(2*m.W)] >= 128 {
				out[y*m.W+x] = 1
			}
		}
	}
	return out
}

func share(mask []uint8) float64 {
	n := 0
	for _, v := range mask {
		n += int(v)
	}
	return float64(n) / float64(max(len(mask), 1))
}

// labelled are a set's test parts whose truth is known.
func labelled(set *datasets.Set) []datasets.Item {
	return slices.DeleteFunc(slices.Clone(set.Test()), func(it datasets.Item) bool { return it.Label == datasets.Unknown })
}

// inspect tests parts, in order.
func inspect(ctx context.Context, s *session.Session, set *datasets.Set, items []datasets.Item, on func(done int)) (*tested, error) {
	t := &tested{}
	var wrong error
	_, err := s.Inspect(ctx, set.Source(items), func(res *session.Result) {
		wrong = cmp.Or(wrong, t.see(res))
		on(len(t.parts))
	})
	return t, cmp.Or(err, wrong)
}

// learn trains a method and tests it.
func (r bench) learn(ctx context.Context, t task, on watcher) (f ledger.Figures, err error) {
	if t.method == meanGrey {
		return r.grey(ctx, t, on)
	}
	err = r.trained(ctx, t, r.budget.Input, r.budget.Steps, on, func(s *session.Session, set *datasets.Set) error {
		good := set.Train()
		// The same split that the training has made.
		_, held := datasets.Split(good, t.seed, max(datasets.DefaultShare, 2/float64(len(good))))
		items := labelled(set)
		all := float64(len(items) + len(held))
		kept, err := inspect(ctx, s, set, held, func(done int) {
			on(stageTesting, trainingShare+(1-trainingShare)*float64(done)/all)
		})
		if err != nil {
			return err
		}
		test, err := inspect(ctx, s, set, items, func(done int) {
			on(stageTesting, trainingShare+(1-trainingShare)*float64(done+len(held))/all)
		})
		if err != nil {
			return err
		}
		f = test.figures(kept, t.seed)
		return nil
	})
	return f, err
}

// counts are the numbers of abnormal samples of Table 2.
var counts = []int{50, 100, 150, 200, 250}

// figures are all that any experiment asks of a trained method.
func (t *tested) figures(held *tested, seed uint64) ledger.Figures {
	var scores, good, bad, took, loss, locs, ious, brier []float64
	var labels []bool
	var c struct{ tp, fp, tn, fn float64 }
	usual := make([]float64, 0, len(held.parts))
	for _, p := range held.parts {
		usual = append(usual, p.score)
		if !math.IsNaN(p.l1) {
			loss = append(loss, p.l1)
		}
	}
	slices.Sort(usual)
	for _, p := range t.parts {
		scores, labels, took = append(scores, p.score), append(labels, p.bad), append(took, p.took)
		// The share of held-out good parts that look better is the probability that
		// a part is not one of them.
		at, _ := slices.BinarySearch(usual, p.score)
		miss := float64(at) / float64(max(len(usual), 1))
		switch {
		case p.bad:
			bad, miss = append(bad, p.score), 1-miss
			if p.ng {
				c.tp++
			} else {
				c.fn++
			}
		default:
			good = append(good, p.score)
			if p.ng {
				c.fp++
			} else {
				c.tn++
			}
		}
		brier = append(brier, miss*miss)
		if !math.IsNaN(p.loc) {
			locs, ious = append(locs, p.loc), append(ious, p.iou)
		}
	}
	tpr, fpr := c.tp/(c.tp+c.fn), c.fp/(c.fp+c.tn)
	f := ledger.Figures{
		"image_auroc": metrics.AUROC(scores, labels), "image_ap": metrics.AP(scores, labels),
		"accuracy": (c.tp + c.tn) / float64(len(t.parts)), "balanced_accuracy": (tpr + 1 - fpr) / 2,
		"precision": c.tp / (c.tp + c.fp), "recall": tpr, "false_reject_rate": fpr,
		"f1": 2 * c.tp / (2*c.tp + c.fp + c.fn), "loss": mean(loss), "brier": mean(brier),
		"latency_p50_ms": metrics.Quantile(took, .5), "latency_p95_ms": metrics.Quantile(took, .95),
		"normals": float64(len(good)), "anomalies": float64(len(bad)),
	}
	best, _ := metrics.MaxF1(scores, labels)
	f["f1_max"] = best
	f["pixel_auroc"], f["pixel_ap"], f["aupro"] = math.NaN(), math.NaN(), math.NaN()
	if t.masks > 0 {
		f["pixel_auroc"], f["pixel_ap"], f["aupro"] = t.pixels.AUROC(), t.pixels.AP(), t.pixels.AUPRO(metrics.PROLimit)
	}
	f["loc_acc"], f["iou"], f["iou_hit"] = mean(locs), mean(ious), metrics.HitRate(ious, metrics.HitIoU)
	if len(good) < fewNormals { // one in ten would be one or two pictures
		good = slices.Concat(good, usual)
	}
	f["auc10"], f["auc10_sd"] = rare(good, bad, seed)
	for i, v := range byDifficulty(t.parts, fpr) {
		f[f1At(counts[i])] = v
	}
	return f
}

// fewNormals is the number of good test parts under which held-out ones are added
// where one part in ten is to be abnormal.
const fewNormals = 60

// draws is how often parts are drawn for one part in ten.
const draws = 200

// rare is the AUROC where a tenth of the parts is abnormal: mean and deviation
// over draws of the abnormal ones.
func rare(good, bad []float64, seed uint64) (mean, sd float64) {
	n := min(max(1, int(math.Round(float64(len(good))/9))), len(bad))
	if n == 0 || len(good) == 0 {
		return math.NaN(), math.NaN()
	}
	rng := rand.New(rand.NewPCG(seed, 10))
	labels := make([]bool, len(good)+n)
	for i := range n {
		labels[len(good)+i] = true
	}
	values := make([]float64, draws)
	scores := append(slices.Clone(good), make([]float64, n)...)
	for i := range values {
		for k, at := range rng.Perm(len(bad))[:n] {
			scores[len(good)+k] = bad[at]
		}
		values[i] = metrics.AUROC(scores, labels)
	}
	return metrics.MeanStd(values)
}

// byDifficulty is F1 with ever more abnormal parts, those with the largest defects
// first, and as many good ones.
func byDifficulty(parts []seen, fpr float64) []float64 {
	bad := slices.DeleteFunc(slices.Clone(parts), func(p seen) bool { return !p.bad })
	slices.SortStableFunc(bad, func(a, b seen) int {
		if math.IsNaN(a.area) || math.IsNaN(b.area) {
			return 0
		}
		return cmp.Compare(b.area, a.area)
	})
	out := make([]float64, len(counts))
	for i, n := range counts {
		k := max(1, int(math.Round(float64(len(bad))*float64(n)/float64(counts[len(counts)-1]))))
		if len(bad) == 0 {
			out[i] = math.NaN()
			continue
		}
		hit := 0.
		for _, p := range bad[:k] {
			if p.ng {
				hit++
			}
		}
		tpr := hit / float64(k)
		out[i] = 2 * tpr / (tpr + fpr + 1)
	}
	return out
}

func mean(v []float64) float64 { m, _ := metrics.MeanStd(v); return m }

// ablate measures a row of the ablation as “agurscope ablate” does.
func (r bench) ablate(ctx context.Context, t task, on watcher) (_ ledger.Figures, err error) {
	return r.row(ctx, t, r.budget.Steps, on)
}

// rowTime measures what a picture takes in a row.
func (r bench) rowTime(ctx context.Context, t task, on watcher) (ledger.Figures, error) {
	f, err := r.row(ctx, t, timedSteps, on)
	if err != nil {
		return nil, err
	}
	return ledger.Figures{"latency_p50_ms": f["latency_p50_ms"], "latency_p95_ms": f["latency_p95_ms"]}, nil
}

func (r bench) row(ctx context.Context, t task, steps int, on watcher) (_ ledger.Figures, err error) {
	rows, err := session.RowsByName([]string{t.method})
	if err != nil {
		return nil, err
	}
	s := session.New(session.Options{Engine: r.engine, Program: r.o.Program})
	defer func() { err = errors.Join(err, s.Close()) }()
	o := session.AblateOptions{Size: r.budget.Size, Input: r.budget.Input, Steps: steps}
	e, err := s.MeasureRow(ctx, r.data.get(t.subject).set, o, rows[0], t.seed, on.told)
	if err != nil {
		return nil, err
	}
	return session.FiguresOf(e, 0), nil
}
