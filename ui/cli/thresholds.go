package cli

import (
	"math"

	"github.com/spf13/pflag"

	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
	"agurscope/ui/session"
)

// thresholdFlags move thresholds away from those of the recipe.
type thresholdFlags struct {
	mode                      string
	low, high, review, reject float64
}

func (f *thresholdFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.mode, "mode", "", "reading of the double threshold, `NAME`: half-peak, hysteresis, two-sided or both (default: the recipe's)")
	unset := math.NaN()
	for _, n := range []struct {
		to         *float64
		name, what string
	}{
		{&f.low, "low", "low pixel threshold (default: the recipe's)"},
		{&f.high, "high", "high pixel threshold (default: the recipe's)"},
		{&f.review, "review", "score from which a part is REVIEW (default: the recipe's)"},
		{&f.reject, "reject", "score from which a part is NG (default: the recipe's)"},
	} {
		*n.to = unset
		fs.Var((*number)(n.to), n.name, n.what)
	}
}

// apply returns t with what was asked for in place.
func (f *thresholdFlags) apply(t session.Thresholds, c *anomaly.Calibration) (session.Thresholds, error) {
	switch m := segment.Mode(f.mode); m {
	case "":
	case segment.HalfPeak, segment.Hysteresis, segment.TwoSided, segment.Both:
		t = t.WithMode(c, m)
	default:
		return t, usage("--mode is %q: choose half-peak, hysteresis, two-sided or both", f.mode)
	}
	set := func(to *float64, v float64) {
		if !math.IsNaN(v) {
			*to = v
		}
	}
	set(&t.Low, f.low)
	set(&t.High, f.high)
	set(&t.Review, f.review)
	set(&t.Reject, f.reject)
	if t.Mode != segment.TwoSided && t.Low > t.High {
		return t, usage("the low pixel threshold %.4g lies above the high one %.4g", t.Low, t.High)
	}
	if t.Review > t.Reject {
		return t, usage("the review threshold %.4g lies above the reject threshold %.4g", t.Review, t.Reject)
	}
	return t, nil
}
