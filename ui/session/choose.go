package session

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"agurscope/nn/anomaly"
	"agurscope/nn/metrics"
	"agurscope/nn/segment"
)

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func (t *Trial) sortByScore(parts []int) {
	of := func(i int) float64 {
		if v := t.pass.Parts[i].Score; !math.IsNaN(v) {
			return v
		}
		return math.Inf(1) // what has no score is worst
	}
	slices.SortStableFunc(parts, func(a, b int) int { return cmp.Compare(of(b), of(a)) })
}

// certain is the score of a part that is NG whatever the reject threshold.
const certain = math.MaxFloat64

// decisive returns what the reject threshold decides on, of all parts that are
// good or defective: their scores, and above all of them those with a region,
// or that could not be put upright. Parts that were not inspected are left out.
func (t *Trial) decisive() (scores []float64, bad []bool) {
	for i := range t.pass.Parts {
		s, truth := &t.pass.Parts[i], t.Truth(i)
		if s.Err != nil || truth == TruthUnknown {
			continue
		}
		v := s.Score
		if t.cut[i] != clean || s.Doubt != nil {
			v = certain
		}
		scores, bad = append(scores, v), append(bad, truth == TruthDefect)
	}
	return scores, bad
}

// ROC is the curve of the reject threshold while the pixel thresholds stay; nil
// without good or without defective parts.
func (t *Trial) ROC() []metrics.ROCPoint {
	scores, bad := t.decisive()
	if !mixed(bad) {
		return nil
	}
	return metrics.ROC(scores, bad)
}

// PR is the curve of precision over recall; nil as for ROC.
func (t *Trial) PR() []metrics.PRPoint {
	scores, bad := t.decisive()
	if !mixed(bad) {
		return nil
	}
	return metrics.PR(scores, bad)
}

// AUROC and AP are of the scores alone, whatever the thresholds.
func (t *Trial) AUROC() (auroc, ap float64) {
	var scores []float64
	var bad []bool
	for i := range t.pass.Parts {
		if s, truth := &t.pass.Parts[i], t.Truth(i); s.Err == nil && truth != TruthUnknown {
			scores, bad = append(scores, s.Score), append(bad, truth == TruthDefect)
		}
	}
	return metrics.AUROC(scores, bad), metrics.AP(scores, bad)
}

func mixed(bad []bool) bool { return slices.Contains(bad, true) && slices.Contains(bad, false) }

// Why thresholds cannot be chosen.
var (
	ErrNoGood    = errors.New("there are no good parts")
	ErrNoDefects = errors.New("there are no parts labelled as defective")
)

// ForFalseRejects returns the thresholds at which a new good part is NG with the
// wished probability, by score or by region, as calibration chooses them. The
// review threshold and the lower pixel threshold keep their distance. note says
// what too few parts cannot show.
func (t *Trial) ForFalseRejects(rate float64) (th Thresholds, note string, err error) {
	th = t.now
	if !(rate > 0 && rate < 1) {
		return th, "", fmt.Errorf("a false-reject rate of %g is not between 0 and 1", rate)
	}
	var scores, levels []float64
	var seg segment.Segmenter
	for i := range t.pass.Parts {
		if s := &t.pass.Parts[i]; t.Truth(i) == TruthGood && s.Err == nil && s.Doubt == nil {
			scores, levels = append(scores, s.Score), append(levels, s.level(&seg, th))
		}
	}
	if len(scores) == 0 {
		return th, "", ErrNoGood
	}
	share := th.Review / th.Reject
	if t.now.Mode == segment.TwoSided || t.pass.Bare { // no peaks to go by
		th.Reject = anomaly.Conformal(scores, rate)
	} else {
		fraction := th.Low / th.High
		th.Reject, th.High = anomaly.Jointly(scores, levels, rate)
		th.Low = fraction * th.High
	}
	th.Review = share * th.Reject
	if least := Resolution(len(scores)); rate < least {
		note = fmt.Sprintf("%d good parts cannot show less than %.2g %%: the thresholds lie a margin above the worst of them.", len(scores), 100*least)
	}
	return t.ordered(th), note, nil
}

// level is the upper pixel threshold at which a region would survive; the peak
// where the map was not kept, which is far below any threshold or, where memory
// ran out, counts as a region by itself.
func (s *Scored) level(seg *segment.Segmenter, th Thresholds) float64 {
	if s.m == nil || th.Mode == segment.TwoSided {
		return s.Peak
	}
	o := segment.Options{Mode: th.Mode, Low: th.Low / th.High, High: 1, MinArea: th.MinArea}
	if o.Mode == segment.Both {
		o.Mode = segment.Hysteresis
	}
	return seg.Level(s.m, o)
}

// ForRecall returns the highest reject threshold at which at least the wished
// share of the defective parts is NG. Pixel thresholds stay.
func (t *Trial) ForRecall(wish float64) (Thresholds, error) {
	if !(wish > 0 && wish <= 1) {
		return t.now, fmt.Errorf("a recall of %g is not between 0 and 1", wish)
	}
	scores, bad := t.decisive()
	var defects []float64
	for i, v := range scores {
		if bad[i] {
			defects = append(defects, v)
		}
	}
	if len(defects) == 0 {
		return t.now, ErrNoDefects
	}
	slices.Sort(defects)
	slices.Reverse(defects)
	k := int(math.Ceil(wish*float64(len(defects)) - 1e-9))
	return t.withReject(below(scores, defects[k-1])), nil
}

// below is a threshold that v reaches and nothing lower does: midway to the next
// lower score. Where v is certain, it lies above all others.
func below(scores []float64, v float64) float64 {
	next := math.Inf(-1)
	for _, s := range scores {
		if s < v {
			next = max(next, s)
		}
	}
	switch {
	case math.IsInf(next, -1) && v == certain:
		return 1 // anything will do
	case math.IsInf(next, -1):
		return v
	case v == certain:
		return 1.1 * next
	}
	return (v + next) / 2
}

func (t *Trial) withReject(reject float64) Thresholds {
	th := t.now
	share := th.Review / th.Reject
	th.Reject, th.Review = reject, share*reject
	return t.ordered(th)
}

// Cost is what wrong verdicts cost.
type Cost struct {
	Escape      float64 // a defective part that passes
	FalseReject float64 // a good part that is thrown away
	Defects     float64 // share of defective parts in production, 0 to 1
}

// Of returns the expected cost per part of shares of escapes and false rejects.
func (c Cost) Of(escapes, falseRejects float64) float64 {
	return c.Defects*escapes*c.Escape + (1-c.Defects)*falseRejects*c.FalseReject
}

// ForCost returns the reject threshold with the least expected cost per part,
// the pixel thresholds staying, and that cost. Parts below the threshold count
// as passed: what a person finds in the REVIEW band comes on top. Of equal costs
// the threshold that lies in the widest gap is taken.
func (t *Trial) ForCost(c Cost) (Thresholds, float64, error) {
	if !(c.Escape >= 0 && c.FalseReject >= 0 && c.Escape+c.FalseReject > 0 && c.Defects > 0 && c.Defects < 1) {
		return t.now, 0, errors.New("costs must be above 0 and the share of defects between 0 and 100 %")
	}
	scores, bad := t.decisive()
	if !slices.Contains(bad, true) {
		return t.now, 0, ErrNoDefects
	}
	if !slices.Contains(bad, false) {
		return t.now, 0, ErrNoGood
	}
	defects, goods := 0, 0
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
		if bad[i] {
			defects++
		} else {
			goods++
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	best, reject, gap := math.Inf(1), t.now.Reject, 0.
	caught, rejected := 0, 0
	for k, i := range order {
		if bad[i] {
			caught++
		} else {
			rejected++
		}
		v := scores[i]
		if k+1 < len(order) && scores[order[k+1]] == v {
			continue
		}
		cost := c.Of(1-float64(caught)/float64(defects), float64(rejected)/float64(goods))
		at, wide := below(scores, v), 0.
		if k+1 < len(order) && v < certain {
			wide = v - scores[order[k+1]]
		}
		if cost < best || cost == best && wide > gap {
			best, reject, gap = cost, at, wide
		}
	}
	// None above: everything passes but what has a region.
	if top := scores[order[0]]; top < certain {
		if cost := c.Of(1, 0); cost < best {
			best, reject = cost, 1.1*top
		}
	}
	return t.withReject(reject), best, nil
}
