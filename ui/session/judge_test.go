package session

import (
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// flat returns a prediction of a score over an even map.
func flat(score float64) *anomaly.Prediction {
	return &anomaly.Prediction{Score: score, Map: nn.NewImage(1, 16, 16), Signed: nn.NewImage(1, 16, 16)}
}

// spotted has a square of 6 x 6 at value 10, too.
func spotted(score float64) *anomaly.Prediction {
	p := flat(score)
	for i := range 36 {
		p.Map.Pix[(4+i/6)*16+4+i%6] = 10
	}
	return p
}

func TestJudge(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	th := Thresholds{Mode: segment.HalfPeak, Low: 4, High: 8, Review: .8, Reject: 1}
	with := func(f func(*Thresholds)) Thresholds {
		c := th
		f(&c)
		return c
	}
	doubtful := func(p *anomaly.Prediction) *anomaly.Prediction {
		p.Doubt = errors.New("no part stands out")
		return p
	}
	holed := flat(.1)
	holed.Map.Pix[77] = float32(nan)
	torn := flat(.1)
	torn.Signed.Pix[77] = float32(nan)
	below := math.Nextafter(1, 0)
	for _, c := range []struct {
		name  string
		p     *anomaly.Prediction
		t     Thresholds
		want  history.Verdict
		index float64
	}{
		{"far below", flat(.1), th, history.OK, 5},
		{"below zero", flat(-3), th, history.OK, 0},
		{"just below review", flat(math.Nextafter(.8, 0)), th, history.OK, 40},
		{"exactly at review", flat(.8), th, history.REVIEW, 40},
		{"just below reject", flat(below), th, history.REVIEW, 50 * below},
		{"exactly at reject", flat(1), th, history.NG, 50},
		{"far above", flat(1e6), th, history.NG, 100},
		{"a region with a low score", spotted(.1), th, history.NG, 5},
		{"a region exactly at high", spotted(.1), with(func(t *Thresholds) { t.High = 10 }), history.NG, 5},
		{"a region below high", spotted(.1), with(func(t *Thresholds) { t.High = 10.1 }), history.OK, 5},
		{"a region too small", spotted(.1), with(func(t *Thresholds) { t.MinArea = 37 }), history.OK, 5},
		{"a region just large enough", spotted(.1), with(func(t *Thresholds) { t.MinArea = 36 }), history.NG, 5},
		{"a region too large", spotted(.1), with(func(t *Thresholds) { t.MaxShare = 36. / 256 }), history.REVIEW, 5},
		{"a region too large, high score", spotted(2), with(func(t *Thresholds) { t.MaxShare = .1 }), history.REVIEW, 100},
		{"a region just not too large", spotted(.1), with(func(t *Thresholds) { t.MaxShare = math.Nextafter(36./256, 1) }), history.NG, 5},
		{"no region, however small the limit", flat(.1), with(func(t *Thresholds) { t.MaxShare = 1e-9 }), history.OK, 5},
		{"no region, a high score", flat(2), with(func(t *Thresholds) { t.MaxShare = 1e-9 }), history.NG, 100},
		{"not upright, low score", doubtful(flat(.1)), th, history.REVIEW, 5},
		{"not upright, high score", doubtful(flat(2)), th, history.REVIEW, 100},
		{"not upright, a region", doubtful(spotted(.1)), th, history.REVIEW, 5},
		{"not upright, score is no number", doubtful(flat(nan)), th, history.ERROR, nan},
		{"no prediction", nil, th, history.ERROR, nan},
		{"score is no number", flat(nan), th, history.ERROR, nan},
		{"score is infinite", flat(inf), th, history.ERROR, nan},
		{"score is minus infinite", flat(-inf), th, history.ERROR, nan},
		{"map holds no number", holed, th, history.ERROR, nan},
		{"residual holds no number", torn, with(func(t *Thresholds) { t.Mode = segment.TwoSided }), history.ERROR, nan},
		{"residual holds no number, beside the map", torn, with(func(t *Thresholds) { t.Mode = segment.Both }), history.ERROR, nan},
		{"residual holds no number and is not asked", torn, th, history.OK, 5},
		{"reject is no number", flat(.1), with(func(t *Thresholds) { t.Reject = nan }), history.ERROR, nan},
		{"review is no number", flat(.1), with(func(t *Thresholds) { t.Review = nan }), history.ERROR, nan},
		{"high is no number", flat(.1), with(func(t *Thresholds) { t.High = nan }), history.NG, 5},
		{"reject is zero, score at it", flat(0), with(func(t *Thresholds) { t.Reject = 0 }), history.NG, 100},
		{"reject is negative, score above", flat(-1), with(func(t *Thresholds) { t.Reject = -2 }), history.NG, 100},
		{"reject is negative, score below", flat(-3), with(func(t *Thresholds) { t.Review, t.Reject = -2.5, -2 }), history.OK, 0},
		{"review above reject", flat(1), with(func(t *Thresholds) { t.Review = 5 }), history.NG, 50},
		{"zero thresholds", flat(0), Thresholds{}, history.NG, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s segment.Segmenter
			got := Judge(&s, c.p, recipe(t).Calibration, c.t)
			if got.Verdict != c.want {
				t.Errorf("%s, want %s", got.Verdict, c.want)
			}
			if math.IsNaN(c.index) != math.IsNaN(got.Index) || math.Abs(got.Index-c.index) > 1e-12 {
				t.Errorf("index %v, want %v", got.Index, c.index)
			}
		})
	}
}

// The limit on how large a region may be can make NG a question for a person. It
// never makes anything OK, nor a question NG.
func TestTheLargestRegionNeverMakesAPartOK(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var s segment.Segmenter
	c := recipe(t).Calibration
	asked := 0
	for range 4000 {
		p := &anomaly.Prediction{Score: rng.Float64() * 4, Map: blobs(rng, 24), Signed: blobs(rng, 24)}
		th := randomThresholds(rng, []segment.Mode{segment.HalfPeak, segment.Hysteresis}[rng.IntN(2)])
		th.MaxShare = 0
		before := Judge(&s, p, c, th)
		th.MaxShare = rng.Float64() * .3
		after := Judge(&s, p, c, th)
		var vast *VastError
		switch {
		case after.Verdict == before.Verdict && after.Doubt == nil:
		case after.Verdict == history.REVIEW && errors.As(after.Doubt, &vast) && len(after.Segmentation.Regions) > 0 && vast.Share >= th.MaxShare:
			asked++
		default:
			t.Fatalf("%s becomes %s by a limit of %g: %v", before.Verdict, after.Verdict, th.MaxShare, after.Doubt)
		}
	}
	if asked < 100 {
		t.Errorf("only %d parts had a region that large", asked)
	}
	var v *VastError
	th := Thresholds{Mode: segment.HalfPeak, Low: 4, High: 8, Review: .8, Reject: 1, MaxShare: .125}
	if j := Judge(&s, spotted(.1), c, th); !errors.As(j.Doubt, &v) || j.Doubt.Error() != "a region covers 14 % of the picture, and from 12.5 % on none is taken for a defect: lighting, or a wrong part?" {
		t.Errorf("it says %v", j.Doubt)
	}
}

func TestIndexIsFiftyExactlyAtTheThreshold(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 10000 {
		reject := math.Exp(rng.NormFloat64() * 5)
		if got := index(reject, reject); got != 50 {
			t.Fatalf("index %v at a threshold of %v", got, reject)
		}
		if got := index(math.Nextafter(reject, 0), reject); got >= 50 {
			t.Fatalf("index %v just below a threshold of %v", got, reject)
		}
		a, b := reject*rng.Float64()*3, reject*rng.Float64()*3
		if ia, ib := index(a, reject), index(b, reject); ia < 0 || ia > 100 || a < b && ia > ib {
			t.Fatalf("scores %v, %v have indices %v, %v", a, b, ia, ib)
		}
	}
}

func TestJudgementOutlivesItsSegmenter(t *testing.T) {
	var s segment.Segmenter
	c := recipe(t).Calibration
	th := Thresholds{Low: 4, High: 8, Review: .8, Reject: 1}
	first := Judge(&s, spotted(.1), c, th)
	Judge(&s, flat(.1), c, th)
	if len(first.Segmentation.Regions) != 1 || first.Segmentation.Regions[0].Area != 36 || first.Segmentation.Labels[4*16+4] != 1 {
		t.Error("a later judgement changed an earlier one")
	}
}

func TestWithModeTakesThatModesThresholds(t *testing.T) {
	c := recipe(t).Calibration
	c.Pixel = map[segment.Mode]anomaly.Pair{segment.HalfPeak: {Low: 1, High: 2}, segment.Hysteresis: {Low: 3, High: 4}, segment.TwoSided: {Low: 5, High: 6}}
	base := Recommended(c)
	if base != (Thresholds{Mode: segment.HalfPeak, Low: 1, High: 2, Review: c.Review, Reject: c.Reject}) {
		t.Errorf("recommended %+v", base)
	}
	for _, x := range []struct {
		mode         segment.Mode
		low, high    float64
		dark, bright float64
	}{
		{segment.HalfPeak, 1, 2, 0, 0}, {segment.Hysteresis, 3, 4, 0, 0}, {segment.TwoSided, 5, 6, 0, 0}, {segment.Both, 3, 4, 5, 6},
	} {
		got := base.WithMode(c, x.mode)
		o := got.options(c)
		if got.Mode != x.mode || got.Low != x.low || got.High != x.high || o.Dark != x.dark || o.Bright != x.bright || got.Reject != base.Reject {
			t.Errorf("%s: %+v, %+v", x.mode, got, o)
		}
	}
}

func TestRegionsCoverAndStayInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 3000 {
		w, h := 1+rng.IntN(64), 1+rng.IntN(64)
		b := image.Rect(0, 0, 1+rng.IntN(300), 1+rng.IntN(300))
		if rng.IntN(3) == 0 {
			b = b.Add(image.Pt(rng.IntN(50), -rng.IntN(50)))
		}
		r := segment.Region{X: rng.IntN(w), Y: rng.IntN(h), Peak: 3, Mean: 2, Polarity: segment.Dark}
		r.W, r.H = 1+rng.IntN(w-r.X), 1+rng.IntN(h-r.Y)
		r.Area = 1 + rng.IntN(r.W*r.H)
		got := Regions(segment.Result{W: w, H: h, Regions: []segment.Region{r}}, b)[0]
		fx, fy := float64(b.Dx())/float64(w), float64(b.Dy())/float64(h)
		if got.X < 0 || got.Y < 0 || got.W < 1 || got.H < 1 || got.X+got.W > b.Dx() || got.Y+got.H > b.Dy() {
			t.Fatalf("%+v of %d x %d becomes %+v, outside %v", r, w, h, got, b)
		}
		const eps = 1e-9
		if float64(got.X) > float64(r.X)*fx+eps || float64(got.Y) > float64(r.Y)*fy+eps ||
			float64(got.X+got.W) < float64(r.X+r.W)*fx-eps || float64(got.Y+got.H) < float64(r.Y+r.H)*fy-eps {
			t.Fatalf("%+v of %d x %d becomes %+v in %v, which does not cover it", r, w, h, got, b)
		}
		if want := max(1, math.Round(float64(r.Area)*fx*fy)); float64(got.Area) != want || got.Peak != 3 || got.Mean != 2 || got.Polarity != segment.Dark {
			t.Fatalf("%+v becomes %+v, want area %g", r, got, want)
		}
	}
}
