package metrics

import "math"

// AUROC returns the area under the ROC curve: the probability that a damaged
// example scores higher than a good one, ties counting one half. It is NaN
// without damaged examples, without good ones, or when a score is NaN.
func AUROC[S Score, L Label](scores []S, labels []L) float64 {
	all, ok := steps(scores, labels)
	if !ok || len(all) == 0 {
		return math.NaN()
	}
	return rocArea(all)
}

// rocArea adds up trapezia under the ROC steps, which is what mid-ranks for
// ties come to.
func rocArea(all []step) float64 {
	end := all[len(all)-1]
	if end.tp == 0 || end.fp == 0 {
		return math.NaN()
	}
	var area float64
	var before step
	for _, s := range all {
		area += float64(s.fp-before.fp) * float64(s.tp+before.tp) / 2
		before = s
	}
	return area / float64(end.tp) / float64(end.fp)
}

// AP returns the average precision: the sum over falling thresholds n of
// (R_n - R_(n-1)) P_n, as scikit-learn defines it, without interpolation. It
// is NaN without damaged examples or when a score is NaN.
func AP[S Score, L Label](scores []S, labels []L) float64 {
	all, ok := steps(scores, labels)
	if !ok || len(all) == 0 {
		return math.NaN()
	}
	return precisionArea(all)
}

func precisionArea(all []step) float64 {
	positives := all[len(all)-1].tp
	if positives == 0 {
		return math.NaN()
	}
	var sum float64
	before := 0
	for _, s := range all {
		sum += float64(s.tp-before) * float64(s.tp) / float64(s.tp+s.fp)
		before = s.tp
	}
	return sum / float64(positives)
}

// ROCPoint is a point of the ROC curve: the rates at which good and damaged
// examples score at least Threshold.
type ROCPoint struct{ FPR, TPR, Threshold float64 }

// ROC returns the ROC curve with one point per distinct score, from (0, 0) at
// threshold +Inf to (1, 1) at the lowest score. It is nil where [AUROC] is
// NaN.
func ROC[S Score, L Label](scores []S, labels []L) []ROCPoint {
	all, ok := steps(scores, labels)
	if !ok || len(all) == 0 || math.IsNaN(rocArea(all)) {
		return nil
	}
	end := all[len(all)-1]
	curve := []ROCPoint{{0, 0, math.Inf(1)}}
	for _, s := range all {
		curve = append(curve, ROCPoint{ratio(s.fp, end.fp), ratio(s.tp, end.tp), s.score})
	}
	return curve
}

// PRPoint is a point of the precision-recall curve at Threshold.
type PRPoint struct{ Recall, Precision, Threshold float64 }

// PR returns the precision-recall curve with one point per distinct score, by
// rising recall. It is nil where [AP] is NaN.
func PR[S Score, L Label](scores []S, labels []L) []PRPoint {
	all, ok := steps(scores, labels)
	if !ok || len(all) == 0 || all[len(all)-1].tp == 0 {
		return nil
	}
	var curve []PRPoint
	for _, s := range all {
		curve = append(curve, PRPoint{ratio(s.tp, all[len(all)-1].tp), ratio(s.tp, s.tp+s.fp), s.score})
	}
	return curve
}

// MaxF1 returns the highest F1 any threshold reaches and the highest threshold
// that reaches it. It looks at the labels to choose the threshold, so it is a
// diagnostic and no result. Both are NaN where [AP] is.
func MaxF1[S Score, L Label](scores []S, labels []L) (f1, threshold float64) {
	all, ok := steps(scores, labels)
	if !ok || len(all) == 0 || all[len(all)-1].tp == 0 {
		return math.NaN(), math.NaN()
	}
	positives := all[len(all)-1].tp
	f1 = -1
	for _, s := range all {
		// 2 TP + FP + FN is the number predicted plus the number damaged.
		if f := ratio(2*s.tp, s.tp+s.fp+positives); f > f1 {
			f1, threshold = f, s.score
		}
	}
	return f1, threshold
}
