package metrics

// Confusion counts the outcomes at one threshold: damaged examples found and
// missed (TP, FN), good ones passed and rejected (TN, FP).
type Confusion struct {
	TP int `json:"tp"`
	FP int `json:"fp"`
	TN int `json:"tn"`
	FN int `json:"fn"`
}

// Confuse counts the outcomes when every score at or above the threshold is
// called damaged, both in the precision of the scores. A score or threshold that is NaN was not judged, and what
// was not judged is not called good: it counts as called damaged.
func Confuse[S Score, L Label](scores []S, labels []L, threshold float64) Confusion {
	sameLength(len(scores), len(labels))
	var c Confusion
	for i, s := range scores {
		c.count(!(s < S(threshold)), damaged(labels[i]))
	}
	return c
}

func (c *Confusion) count(called, is bool) {
	switch {
	case called && is:
		c.TP++
	case called:
		c.FP++
	case is:
		c.FN++
	default:
		c.TN++
	}
}

// Precision returns TP/(TP+FP), NaN if nothing was called damaged.
func (c Confusion) Precision() float64 { return ratio(c.TP, c.TP+c.FP) }

// Recall returns TP/(TP+FN), NaN if nothing is damaged.
func (c Confusion) Recall() float64 { return ratio(c.TP, c.TP+c.FN) }

// Specificity returns TN/(TN+FP), NaN if nothing is good.
func (c Confusion) Specificity() float64 { return ratio(c.TN, c.TN+c.FP) }

// FalseRejects returns FP/(FP+TN), the share of good examples rejected, NaN
// if nothing is good.
func (c Confusion) FalseRejects() float64 { return ratio(c.FP, c.FP+c.TN) }

// F1 returns 2TP/(2TP+FP+FN), the harmonic mean of precision and recall, NaN
// if nothing is damaged and nothing was called so.
func (c Confusion) F1() float64 { return ratio(2*c.TP, 2*c.TP+c.FP+c.FN) }

// Accuracy returns the share of right outcomes, NaN without examples.
func (c Confusion) Accuracy() float64 { return ratio(c.TP+c.TN, c.TP+c.FP+c.TN+c.FN) }

// BalancedAccuracy returns the mean of recall and specificity, NaN unless
// there are both damaged and good examples.
func (c Confusion) BalancedAccuracy() float64 { return (c.Recall() + c.Specificity()) / 2 }

// IoU returns TP/(TP+FP+FN), the overlap of what was called damaged with what
// is, NaN if both are empty.
func (c Confusion) IoU() float64 { return ratio(c.TP, c.TP+c.FP+c.FN) }

// Overlap counts the pixels of a predicted mask against the true one.
func Overlap[P, T Label](predicted []P, truth []T) Confusion {
	sameLength(len(predicted), len(truth))
	var c Confusion
	for i, p := range predicted {
		c.count(damaged(p), damaged(truth[i]))
	}
	return c
}

// LocAcc returns the localisation accuracy of a mask, the mean of the shares
// of damaged and of good pixels that it has right. It rewards generous
// outlines, so [IoU] belongs beside it. It is NaN unless the truth has both
// kinds of pixels.
func LocAcc[P, T Label](predicted []P, truth []T) float64 {
	return Overlap(predicted, truth).BalancedAccuracy()
}

// IoU returns the intersection over the union of two masks, NaN if both are
// empty.
func IoU[P, T Label](predicted []P, truth []T) float64 { return Overlap(predicted, truth).IoU() }

// HitIoU is the overlap from which a defect counts as found.
const HitIoU = 0.3

// HitRate returns the share of values at or above the limit, for the overlaps
// of the damaged pictures with [HitIoU]. NaN values count as misses; without
// values it is NaN.
func HitRate(values []float64, limit float64) float64 {
	hits := 0
	for _, v := range values {
		if v >= limit {
			hits++
		}
	}
	return ratio(hits, len(values))
}
