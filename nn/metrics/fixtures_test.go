package metrics

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"agurscope/nn"
)

// fixtures is what testdata/generate.py writes. A nil number is undefined.
type fixtures struct {
	Ranking []struct {
		Name      string
		Scores    []float64
		Labels    []bool
		Threshold float64

		AUROC, AP, F1, Precision, Recall, Accuracy, Balanced *float64

		FPR, TPR       []float64
		CurvePrecision []float64 `json:"curve_precision"`
		CurveRecall    []float64 `json:"curve_recall"`
	}
	Statistics []struct {
		Values, Q, Quantiles []float64
		Mean, Median         float64
		Std                  *float64
	}
	Pixels []struct {
		Name  string
		W, H  int
		Scale float32
		Maps  [][]float32
		Masks []string

		AUROC, AP, AUPRO30, AUPRO05, AUPRO100 *float64
	}
}

func load(t *testing.T) (f fixtures) {
	t.Helper()
	data, err := os.ReadFile("testdata/fixtures.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Ranking) < 20 || len(f.Statistics) < 5 || len(f.Pixels) < 10 {
		t.Fatal("fixtures are missing")
	}
	return f
}

// near fails unless got is want to 1e-9, or NaN where want is nil.
func near(t *testing.T, what string, got float64, want *float64) {
	t.Helper()
	switch {
	case want == nil && !math.IsNaN(got):
		t.Errorf("%s is %v, want it undefined", what, got)
	case want != nil && !(math.Abs(got-*want) <= 1e-9):
		t.Errorf("%s is %v, want %v", what, got, *want)
	}
}

func nearAll(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d points, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		near(t, what, got[i], &want[i])
	}
}

func TestRankingEqualsScikitLearn(t *testing.T) {
	for _, c := range load(t).Ranking {
		t.Run(c.Name, func(t *testing.T) {
			near(t, "AUROC", AUROC(c.Scores, c.Labels), c.AUROC)
			near(t, "AP", AP(c.Scores, c.Labels), c.AP)
			n := Confuse(c.Scores, c.Labels, c.Threshold)
			near(t, "F1", n.F1(), c.F1)
			near(t, "precision", n.Precision(), c.Precision)
			near(t, "recall", n.Recall(), c.Recall)
			near(t, "accuracy", n.Accuracy(), c.Accuracy)
			near(t, "balanced accuracy", n.BalancedAccuracy(), c.Balanced)

			var fpr, tpr, precision, recall []float64
			for _, p := range ROC(c.Scores, c.Labels) {
				fpr, tpr = append(fpr, p.FPR), append(tpr, p.TPR)
			}
			for _, p := range PR(c.Scores, c.Labels) {
				precision, recall = append(precision, p.Precision), append(recall, p.Recall)
			}
			nearAll(t, "FPR", fpr, c.FPR)
			nearAll(t, "TPR", tpr, c.TPR)
			// scikit-learn ends the curve where recall is complete.
			for len(recall) > 1 && recall[len(recall)-2] == 1 && len(recall) > len(c.CurveRecall) {
				recall, precision = recall[:len(recall)-1], precision[:len(precision)-1]
			}
			nearAll(t, "curve's precision", precision, c.CurvePrecision)
			nearAll(t, "curve's recall", recall, c.CurveRecall)
		})
	}
}

func TestStatisticsEqualNumpy(t *testing.T) {
	for _, c := range load(t).Statistics {
		mean, std := MeanStd(c.Values)
		near(t, "mean", mean, &c.Mean)
		near(t, "standard deviation", std, c.Std)
		near(t, "median", Median(c.Values), &c.Median)
		for i, q := range c.Q {
			near(t, "quantile", Quantile(c.Values, q), &c.Quantiles[i])
		}
	}
}

func TestPixelFiguresEqualPublishedDefinitions(t *testing.T) {
	for _, c := range load(t).Pixels {
		t.Run(c.Name, func(t *testing.T) {
			var p Pixels
			for i, m := range c.Maps {
				for k := range m {
					m[k] /= c.Scale
				}
				mask := []uint8(c.Masks[i])
				for k := range mask {
					mask[k] -= '0'
				}
				p.Add(&nn.Image{C: 1, W: c.W, H: c.H, Pix: m}, mask)
			}
			near(t, "AUROC", p.AUROC(), c.AUROC)
			near(t, "AP", p.AP(), c.AP)
			near(t, "AUPRO up to 0.3", p.AUPRO(PROLimit), c.AUPRO30)
			near(t, "AUPRO up to 0.05", p.AUPRO(0.05), c.AUPRO05)
			near(t, "AUPRO up to 1", p.AUPRO(1), c.AUPRO100)
		})
	}
}
