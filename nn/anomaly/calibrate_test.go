package anomaly

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"agurscope/nn"
	"agurscope/nn/metrics"
	"agurscope/nn/segment"
)

func TestRank(t *testing.T) {
	for _, c := range []struct {
		n    int
		rate float64
		want int
	}{
		{19, .05, 19}, // 20·0.95 = 19: the highest of 19
		{20, .05, 20},
		{39, .05, 38},
		{99, .01, 99},
		{98, .01, 99}, // more than there are
		{10, .5, 6},
		{1, .05, 2},
		{10, .999, 1},
		{2, 1 - 1e-10, 1}, // there is none before the first
	} {
		if got := rank(c.n, c.rate); got != c.want {
			t.Errorf("rank(%d, %g) = %d, want %d", c.n, c.rate, got, c.want)
		}
	}
}

// TestUpperIsExceededAtMostAtTheWishedRate draws calibration scores and one
// fresh score from the same distribution, many times.
func TestUpperIsExceededAtMostAtTheWishedRate(t *testing.T) {
	distributions := map[string]func(*rand.Rand) float64{
		"normal":      func(r *rand.Rand) float64 { return r.NormFloat64() },
		"exponential": func(r *rand.Rand) float64 { return r.ExpFloat64() },
		"heavy tail":  func(r *rand.Rand) float64 { return math.Pow(r.Float64(), -2) },
	}
	for name, draw := range distributions {
		for _, n := range []int{2, 10, 20, 39, 100} {
			for _, rate := range []float64{.01, .05, .2} {
				rng := rand.New(rand.NewPCG(uint64(n), uint64(1000*rate)))
				const trials = 4000
				exceeded := 0
				v := make([]float64, n)
				for range trials {
					for i := range v {
						v[i] = draw(rng)
					}
					if draw(rng) >= Conformal(v, rate) {
						exceeded++
					}
				}
				got := float64(exceeded) / trials
				// Too few parts cannot show the rate: one of n+1 is the limit.
				limit := max(rate, 1/float64(n+1))
				spread := 4 * math.Sqrt(limit*(1-limit)/trials)
				if got > limit+spread {
					t.Errorf("%s, %d parts: %.4f exceed the threshold for %g", name, n, got, rate)
				}
				if lowest := rate - 1/float64(n+1); got < lowest-spread {
					t.Errorf("%s, %d parts: only %.4f exceed the threshold for %g", name, n, got, rate)
				}
			}
		}
	}
}

func TestUpperIsAMarginAboveTooFew(t *testing.T) {
	if got := Conformal([]float64{3, 1, 2}, .05); math.Abs(got-(3+.1*(3-2))) > 1e-12 {
		t.Errorf("threshold %g, want a tenth of the distance to the median above 3", got)
	}
	if got := Conformal([]float64{2, 2, 2}, .05); !(got > 2) {
		t.Errorf("threshold %g of equal scores: at the threshold counts as above, so it must be higher", got)
	}
	if got := Conformal([]float64{4, 1, 3, 2}, .5); got != 3.5 {
		t.Errorf("threshold %g, want 3.5: midway above the third of four", got)
	}
}

func TestTopMeanIsThatOfASort(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 2, 499, 500, 999, 1000, 1024, 5000, 16384} {
		for _, levels := range []int{1, 3, 1 << 20} { // ties
			m := make([]float32, n)
			for i := range m {
				m[i] = float32(rng.IntN(levels)) - float32(levels)/2
			}
			got := topMean(m)
			s := slices.Sorted(slices.Values(m))
			k := max(1, n/500)
			want := 0.0
			for _, v := range s[n-k:] {
				want += float64(v) / float64(k)
			}
			if math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("%d pixels, %d levels: %g, sorting gives %g", n, levels, got, want)
			}
		}
	}
}

// raws draws outputs of a network: correlated maps of different scales.
func raws(rng *rand.Rand, n, w, h int, logits bool) []*raw {
	out := make([]*raw, n)
	plane := func(scale, shift float64) *nn.Image {
		m := nn.NewImage(1, h, w)
		for i := range m.Pix {
			m.Pix[i] = float32(shift + scale*rng.NormFloat64()*(1+float64(i%w)/float64(w)))
		}
		return m
	}
	for i := range out {
		out[i] = &raw{residual: plane(.01, .03), plain: plane(.02, .1), signed: plane(.05, .01)}
		if logits {
			out[i].logits = plane(1.5, -5+rng.NormFloat64())
		}
	}
	return out
}

// on calibrates on raw outputs, and returns the terms' maps, [term][image].
func (c *Calibration) on(t *testing.T, rs []*raw) (maps [][]*nn.Image) {
	t.Helper()
	r := &Recipe{Model: &Model{Network: little}}
	r.Model.Network.Without.Score = rs[0].logits == nil
	e := seen(rs)
	c.Normals, c.Terms = len(rs), nil
	for _, name := range r.terms() {
		c.Terms = append(c.Terms, Term{Name: name})
	}
	maps = make([][]*nn.Image, len(c.Terms))
	c.weigh(r)
	if err := c.observe(r, e); err != nil {
		t.Fatal(err)
	}
	u, err := c.positions(r, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range rs {
		for k, m := range c.maps(x, u) {
			maps[k] = append(maps[k], m)
		}
	}
	return maps
}

// seen is the evidence of raw outputs.
func seen(rs []*raw) *evidence {
	n := Network{Width: rs[0].signed.W, Height: rs[0].signed.H}
	e := &evidence{ctx: context.Background(), d: &Detector{recipe: &Recipe{Model: &Model{Network: n}}}, kept: map[int]*raw{}}
	for i, x := range rs {
		e.kept[i] = x
		e.normals = append(e.normals, &Prepared{Input: x.signed, Outside: x.outside})
	}
	return e
}

func TestPositionalLeavesTheOwnImageOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var maps []*nn.Image
	for _, r := range raws(rng, 25, 32, 16, false) {
		maps = append(maps, r.plain)
	}
	maps[7].Pix[100] += 1 // something no other picture has
	sums := &moments{}
	for _, m := range maps {
		sums.add(m)
	}
	p := sums.positional(32, 16)
	var got []*nn.Image
	for _, m := range maps {
		got = append(got, sums.apply(nil, m))
	}
	all := []float64{}
	for _, m := range maps {
		for _, v := range m.Pix {
			all = append(all, float64(v))
		}
	}
	_, global := meanStd(all)
	for k := range maps {
		for i, v := range maps[k].Pix {
			var others, everybody []float64
			for j, m := range maps {
				everybody = append(everybody, float64(m.Pix[i]))
				if j != k {
					others = append(others, float64(m.Pix[i]))
				}
			}
			m, s := meanStd(others)
			if want := (float64(v) - m) / (s + .25*global); math.Abs(float64(got[k].Pix[i])-want) > 1e-3*(1+math.Abs(want)) {
				t.Fatalf("image %d, pixel %d: z %g, want %g against the others", k, i, got[k].Pix[i], want)
			}
			if k == 0 {
				m, s := meanStd(everybody)
				if math.Abs(float64(p.Mean.Pix[i])-m) > 1e-5 || math.Abs(float64(p.Std.Pix[i])-(s+.25*global)) > 1e-5 {
					t.Fatalf("pixel %d: kept mean %g and deviation %g, want %g and %g", i, p.Mean.Pix[i], p.Std.Pix[i], m, s+.25*global)
				}
			}
		}
	}
	// Had it vouched for itself, its z could not have passed √(n−1).
	if z := got[7].Pix[100]; float64(z) < math.Sqrt(24) {
		t.Errorf("the odd pixel has z %g", z)
	}
	z := p.apply(nil, maps[3])
	for i, v := range maps[3].Pix {
		if want := (v - p.Mean.Pix[i]) / p.Std.Pix[i]; z.Pix[i] != want {
			t.Fatalf("pixel %d of a new picture has z %g, want %g", i, z.Pix[i], want)
		}
	}
}

// TestPositionalOfEqualMaps: nothing varies, and yet nothing may be divided by
// zero.
func TestPositionalOfEqualMaps(t *testing.T) {
	m := nn.NewImage(1, 4, 4)
	for i := range m.Pix {
		m.Pix[i] = .3
	}
	for _, n := range []int{2, 3, 30} {
		sums := &moments{}
		for range n {
			sums.add(m)
		}
		p := sums.positional(4, 4)
		if slices.Min(p.Std.Pix) <= 0 || !finite(p.apply(nil, m).Pix) || !finite(sums.apply(nil, m).Pix) {
			t.Errorf("%d equal maps: deviation %g, %g", n, p.Std.Pix[0], sums.apply(nil, m).Pix[0])
		}
	}
}

func meanStd(v []float64) (m, s float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	for _, x := range v {
		s += (x - m) * (x - m) / float64(len(v))
	}
	return m, math.Sqrt(s)
}

func TestTermsOfEachAlignment(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	rs := raws(rng, 25, 16, 16, true)
	for _, x := range rs {
		x.frequency = raws(rng, 1, 16, 16, false)[0].plain
	}
	bare := &Recipe{Model: &Model{Network: rich}}
	stats := &Recipe{Model: bare.Model, Statistics: &Statistics{}}
	for _, c := range []struct {
		name                        string
		r                           *Recipe
		alignment                   Alignment
		normals                     int
		residual, logits, frequency bool // by position
	}{
		{"free", bare, Free, 25, false, false, false},
		{"registered", bare, Registered, 25, true, false, true},
		{"free with statistics", stats, Free, 25, false, true, false},
		{"registered with statistics", stats, Registered, 25, true, true, true},
		{"too few for the score", stats, Free, 19, false, false, false},
	} {
		of := &Calibration{Alignment: c.alignment, Normals: c.normals}
		names := c.r.terms()
		if want := []string{ResidualTerm, ScoreTerm, FrequencyTerm}; !slices.Equal(names, want) {
			t.Fatalf("%s: terms %v, want %v", c.name, names, want)
		}
		for _, name := range names {
			of.Terms = append(of.Terms, Term{Name: name})
		}
		u, err := of.positions(c.r, seen(rs[:c.normals]))
		if err != nil {
			t.Fatal(err)
		}
		maps := of.maps(rs[3], u)
		for k, term := range []struct {
			by   *positional
			want bool
			own  func(*raw) *nn.Image // compared over the whole picture
		}{
			{of.Residual, c.residual, func(x *raw) *nn.Image { return x.residual }},
			{of.Logits, c.logits, func(x *raw) *nn.Image { return x.logits }},
			{of.Frequency, c.frequency, func(x *raw) *nn.Image { return x.frequency }},
		} {
			if (term.by != nil) != term.want || (maps[k] == term.own(rs[3])) == term.want {
				t.Errorf("%s: %s by position: %t, want %t", c.name, names[k], term.by != nil, term.want)
			}
		}
	}
}

func TestThresholdsKeepTheirOrder(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 5))
		n := 2 + rng.IntN(40)
		c := &Calibration{FalseRejectRate: []float64{.001, .05, .3, .9}[rng.IntN(4)], Alignment: []Alignment{Free, Registered}[rng.IntN(2)]}
		c.on(t, raws(rng, n, 32, 32, rng.IntN(2) == 0))
		for _, term := range c.Terms {
			if !(term.Q999 > term.Median) {
				t.Errorf("seed %d: term %+v has no scale", seed, term)
			}
		}
		for _, mode := range []segment.Mode{segment.HalfPeak, segment.Hysteresis} {
			if p := c.Pixel[mode]; !(0 < p.Low && p.Low <= p.High) {
				t.Errorf("seed %d: %s thresholds %+v", seed, mode, p)
			}
		}
		if p := c.Pixel[segment.TwoSided]; p.Low < 3 || p.High < 3 {
			t.Errorf("seed %d: two-sided thresholds %+v are below three deviations", seed, p)
		}
		if !(0 < c.Review && c.Review <= c.Reject) {
			t.Errorf("seed %d: review %g, reject %g", seed, c.Review, c.Reject)
		}
		if len(c.Scores) != n || !slices.IsSorted(c.Scores) {
			t.Errorf("seed %d: %d scores of %d parts, or not ascending", seed, len(c.Scores), n)
		}
		above := 0
		for _, s := range c.Scores {
			if s >= c.Reject {
				above++
			}
		}
		if float64(above) > c.FalseRejectRate*float64(n)+1e-9 {
			t.Errorf("seed %d: %d of %d calibration parts lie at or above reject, wished %g", seed, above, n, c.FalseRejectRate)
		}
	}
}

func TestTermsAreScaledToTheUpperTail(t *testing.T) {
	rs := raws(rand.New(rand.NewPCG(6, 6)), 20, 32, 32, true)
	c := &Calibration{Alignment: Free, FalseRejectRate: .05}
	for k, maps := range c.on(t, rs) {
		var q []float64
		for _, m := range maps {
			for _, v := range m.Pix {
				q = append(q, (float64(v)-c.Terms[k].Median)/(c.Terms[k].Q999-c.Terms[k].Median))
			}
		}
		slices.Sort(q)
		if math.Abs(metrics.QuantileSorted(q, .5)) > 1e-6 || math.Abs(metrics.QuantileSorted(q, .999)-1) > 1e-4 {
			t.Errorf("term %s: median %g and 99.9 %% %g on its scale, want 0 and 1", c.Terms[k].Name, metrics.QuantileSorted(q, .5), metrics.QuantileSorted(q, .999))
		}
	}
	z := c.standardise(nil, rs[0].signed, nil)
	if want := (float64(rs[0].signed.Pix[5]) - c.SignedMean) / c.SignedStd; math.Abs(float64(z.Pix[5])-want) > 1e-5 {
		t.Errorf("signed residual %g, want %g deviations", z.Pix[5], want)
	}
}

func TestCalibrateRefuses(t *testing.T) {
	m, err := NewModel(little, 1)
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		ctx     context.Context
		e       *fakeEngine
		normals int
		o       CalibrateOptions
		want    error // nil: any
	}{
		{"no pictures", context.Background(), &fakeEngine{}, 0, CalibrateOptions{}, ErrTooFew},
		{"one picture", context.Background(), &fakeEngine{}, 1, CalibrateOptions{}, ErrTooFew},
		{"a rate of one", context.Background(), &fakeEngine{}, 5, CalibrateOptions{FalseRejectRate: 1}, nil},
		{"a rate that is not a number", context.Background(), &fakeEngine{}, 5, CalibrateOptions{FalseRejectRate: math.NaN()}, nil},
		{"an engine that cannot", context.Background(), &fakeEngine{refuse: broken}, 5, CalibrateOptions{}, broken},
		{"an engine that breaks", context.Background(), &fakeEngine{fail: broken}, 5, CalibrateOptions{}, broken},
		{"cancellation", cancelled, &fakeEngine{}, 5, CalibrateOptions{}, context.Canceled},
		{"output that is not a number", context.Background(), &fakeEngine{poison: func(_ *nn.Node, v []float32) { v[0] = float32(math.NaN()) }}, 5, CalibrateOptions{}, ErrNotFinite},
	} {
		r := &Recipe{Model: m}
		err := Calibrate(c.ctx, c.e, r, AsIs(noises(1, c.normals, 32, 48)), c.o)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if r.Calibration != nil {
			t.Errorf("%s: the recipe is calibrated all the same", c.name)
		}
		if n := c.e.open.Load(); n != 0 {
			t.Errorf("%s: %d programs left open", c.name, n)
		}
	}
}

func TestCalibrateChoosesTheAlignment(t *testing.T) {
	m, err := NewModel(little, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		normals int
		o       CalibrateOptions
		want    Alignment
	}{
		{20, CalibrateOptions{Position: .5}, Registered},
		{20, CalibrateOptions{Position: .49}, Free},
		{19, CalibrateOptions{Position: .9}, Free}, // too few for statistics per pixel
		{20, CalibrateOptions{Alignment: Auto, Position: .9}, Registered},
		{20, CalibrateOptions{Alignment: Free, Position: .9}, Free},
		{5, CalibrateOptions{Alignment: Registered}, Registered},
	} {
		r := &Recipe{Model: m}
		if err := Calibrate(context.Background(), &fakeEngine{}, r, AsIs(noises(1, c.normals, 32, 48)), c.o); err != nil {
			t.Fatal(err)
		}
		got := r.Calibration
		if got.Alignment != c.want || (got.Residual != nil) != (c.want == Registered) {
			t.Errorf("%d normals, %+v: %s with maps %t, want %s", c.normals, c.o, got.Alignment, got.Residual != nil, c.want)
		}
		if got.Normals != c.normals || got.PositionShare != c.o.Position || got.FalseRejectRate != .05 || got.Mode != segment.HalfPeak {
			t.Errorf("%d normals, %+v: kept %+v", c.normals, c.o, got)
		}
		// Nineteen are enough to show 5 %: the highest of them is the rank.
		if few := rank(c.normals, .05) > c.normals; few != (len(got.Notes) == 1) {
			t.Errorf("%d normals: notes %q", c.normals, got.Notes)
		} else if few && !strings.Contains(got.Notes[0], fmt.Sprintf("%d held-out", c.normals)) {
			t.Errorf("%d normals: the note %q does not say how many", c.normals, got.Notes[0])
		}
	}
}

// TestFreshNormalsAreRejectedAtMostAtTheWishedRate goes the whole way, from
// pictures to scores.
func TestFreshNormalsAreRejectedAtMostAtTheWishedRate(t *testing.T) {
	m, err := NewModel(little, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, alignment := range []Alignment{Free, Registered} {
		rejected, trials := 0, 0
		const rate = .1
		for seed := range uint64(10) {
			r := &Recipe{Model: m}
			all := noises(seed, 69, 32, 48)
			if err := Calibrate(context.Background(), &fakeEngine{}, r, AsIs(all[:39]), CalibrateOptions{Alignment: alignment, FalseRejectRate: rate}); err != nil {
				t.Fatal(err)
			}
			d, err := NewDetector(&fakeEngine{}, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range all[39:] {
				p, err := detect(d, x)
				if err != nil {
					t.Fatal(err)
				}
				if trials++; p.Score >= r.Calibration.Reject {
					rejected++
				}
			}
		}
		got := float64(rejected) / float64(trials)
		if got > rate+.04 || got == 0 {
			t.Errorf("%s: %.3f of %d fresh good parts are rejected, wished %g", alignment, got, trials, rate)
		}
	}
}

func TestDetectorSeesTheSamePictureOfAnySize(t *testing.T) {
	r := calibrated(t, little, CalibrateOptions{})
	d, err := NewDetector(&fakeEngine{}, r)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, side := range []image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(0, 0, 500, 3), image.Rect(5, 5, 70, 90)} {
		p, err := d.Detect(context.Background(), d.Prepare(image.NewGray(side)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []*nn.Image{p.Map, p.Signed, p.Input, p.Reconstruction} {
			if m.W != 32 || m.H != 48 {
				t.Errorf("%v: a map of %d x %d, want that of the input", side, m.W, m.H)
			}
		}
	}
}
