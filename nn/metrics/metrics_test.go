package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

// bruteAUPRO counts every pixel anew for every threshold.
func bruteAUPRO(maps []*nn.Image, masks [][]uint8, limit float64) float64 {
	type region struct {
		m      *nn.Image
		pixels []int
	}
	var all []float32
	var parts []region
	for k, m := range maps {
		all = append(all, m.Pix...)
		// Grow each region from its first pixel until it grows no more.
		owner := make([]int, len(m.Pix))
		for start := range masks[k] {
			if masks[k][start] == 0 || owner[start] != 0 {
				continue
			}
			id := start + 1
			owner[start] = id
			for grown := true; grown; {
				grown = false
				for i := range owner {
					if masks[k][i] == 0 || owner[i] != 0 {
						continue
					}
					for j := range owner {
						dx, dy := i%m.W-j%m.W, i/m.W-j/m.W
						if owner[j] == id && dx*dx <= 1 && dy*dy <= 1 {
							owner[i] = id
							grown = true
							break
						}
					}
				}
			}
			r := region{m: m}
			for i, o := range owner {
				if o == id {
					r.pixels = append(r.pixels, i)
				}
			}
			parts = append(parts, r)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.Reverse(all)
	var area, x0, y0 float64
	for _, t := range all {
		good, called := 0, 0
		for k, m := range maps {
			for i, v := range m.Pix {
				if masks[k][i] == 0 {
					good++
					if v >= t {
						called++
					}
				}
			}
		}
		x, y := float64(called)/float64(good), 0.0
		for _, r := range parts {
			covered := 0
			for _, i := range r.pixels {
				if r.m.Pix[i] >= t {
					covered++
				}
			}
			y += float64(covered) / float64(len(r.pixels)) / float64(len(parts))
		}
		if x > limit {
			y = y0 + (y-y0)*(limit-x0)/(x-x0)
			return (area + (limit-x0)*(y0+y)/2) / limit
		}
		area += (x - x0) * (y0 + y) / 2
		x0, y0 = x, y
	}
	return area / limit
}

func TestAUPROEqualsBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	for set := range 5 {
		var maps []*nn.Image
		var masks [][]uint8
		var p Pixels
		for range 2 {
			m, mask := nn.NewImage(1, 9, 11), make([]uint8, 99)
			for i := range m.Pix {
				if rng.Float64() < 0.25 {
					mask[i] = 1
				}
				m.Pix[i] = float32(math.Round((rng.Float64()+0.3*float64(mask[i]))*float64(int(4)<<set))) / 64
			}
			p.Add(m, mask)
			maps, masks = append(maps, m), append(masks, mask)
		}
		for _, limit := range []float64{0.05, 0.3, 1} {
			got, want := p.AUPRO(limit), bruteAUPRO(maps, masks, limit)
			if !(math.Abs(got-want) <= 1e-12) {
				t.Errorf("set %d up to %g: %v, want %v", set, limit, got, want)
			}
		}
	}
}

func TestPixelFiguresEqualImageFigures(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var p Pixels
	var scores []float32
	var labels []uint8
	for range 4 {
		m, mask := nn.NewImage(1, 20, 30), make([]uint8, 600)
		for i := range m.Pix {
			mask[i] = uint8(rng.IntN(5) / 4)
			m.Pix[i] = float32(rng.IntN(40)) + 8*float32(mask[i])
		}
		p.Add(m, mask)
		scores, labels = append(scores, m.Pix...), append(labels, mask...)
	}
	good := nn.NewImage(1, 10, 10)
	p.Add(good, nil)
	scores, labels = append(scores, good.Pix...), append(labels, make([]uint8, 100)...)
	for range 2 { // the second time from the sorted values
		if got, want := p.AUROC(), AUROC(scores, labels); math.Abs(got-want) > 1e-12 {
			t.Errorf("AUROC %v, want %v", got, want)
		}
		if got, want := p.AP(), AP(scores, labels); math.Abs(got-want) > 1e-12 {
			t.Errorf("AP %v, want %v", got, want)
		}
	}
	if g, d, r := p.Counts(); g+d != len(scores) || r < 4 {
		t.Errorf("counts %d, %d, %d", g, d, r)
	}
}

func TestAUROCIsTheShareOfRightPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		scores, labels := make([]float32, 40), make([]bool, 40)
		for i := range scores {
			labels[i] = rng.IntN(3) == 0 || i == 0
			scores[i] = float32(rng.IntN(12))
		}
		labels[1] = false
		var right, pairs float64
		for i := range scores {
			for j := range scores {
				if labels[i] && !labels[j] {
					pairs++
					switch {
					case scores[i] > scores[j]:
						right++
					case scores[i] == scores[j]:
						right += 0.5
					}
				}
			}
		}
		if got := AUROC(scores, labels); math.Abs(got-right/pairs) > 1e-12 {
			t.Fatalf("AUROC %v, want %v", got, right/pairs)
		}
	}
}

func TestF1FollowsFromRatesAndPrevalence(t *testing.T) {
	// F1 = 2 TPR a / (TPR a + FPR n + a) for a damaged and n good examples.
	for _, c := range []Confusion{{TP: 40, FN: 10, FP: 5, TN: 45}, {TP: 40, FN: 10, FP: 20, TN: 180}, {TP: 1, FN: 9, FP: 0, TN: 3}} {
		a, n := float64(c.TP+c.FN), float64(c.FP+c.TN)
		want := 2 * c.Recall() * a / (c.Recall()*a + c.FalseRejects()*n + a)
		if math.Abs(c.F1()-want) > 1e-12 {
			t.Errorf("%+v: F1 %v, want %v", c, c.F1(), want)
		}
	}
}

func TestMaxF1IsTheBestOfAllThresholds(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 30 {
		scores, labels := make([]float64, 30), make([]bool, 30)
		for i := range scores {
			labels[i] = i == 0 || rng.IntN(4) == 0
			scores[i] = float64(rng.IntN(15))
		}
		best, at := -1.0, 0.0
		for t := 15.0; t >= 0; t-- {
			if f := Confuse(scores, labels, t).F1(); f > best && slices.Contains(scores, t) {
				best, at = f, t
			}
		}
		if f1, threshold := MaxF1(scores, labels); math.Abs(f1-best) > 1e-12 || threshold != at {
			t.Fatalf("%v at %v, want %v at %v", f1, threshold, best, at)
		}
	}
}

func TestScoreAtThresholdCountsAsAbove(t *testing.T) {
	const limit = 0.7 // the nearest float32 is smaller
	at, below := float32(limit), math.Nextafter32(limit, 0)
	got := Confuse([]float32{at, below, at, below}, []bool{true, true, false, false}, limit)
	if want := (Confusion{TP: 1, FN: 1, FP: 1, TN: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := HitRate([]float64{0.3, 0.29, 0.9, math.NaN()}, HitIoU); got != 0.5 {
		t.Errorf("hit rate %v, want 0.5", got)
	}
}

func TestWhatWasNotJudgedIsNotCalledGood(t *testing.T) {
	nan := math.NaN()
	if got, want := Confuse([]float64{nan, 1}, []bool{false, true}, 2), (Confusion{FP: 1, FN: 1}); got != want {
		t.Errorf("score NaN: %+v, want %+v", got, want)
	}
	if got, want := Confuse([]float64{0, 1}, []bool{false, true}, nan), (Confusion{FP: 1, TP: 1}); got != want {
		t.Errorf("threshold NaN: %+v, want %+v", got, want)
	}
}

func TestMaskFigures(t *testing.T) {
	truth := []uint8{1, 1, 1, 1, 0, 0, 0, 0, 0, 0}
	predicted := []bool{true, true, false, false, true, false, false, false, false, false}
	for name, c := range map[string]struct{ got, want float64 }{
		"IoU":           {IoU(predicted, truth), 2.0 / 5},
		"LocAcc":        {LocAcc(predicted, truth), (2.0/4 + 5.0/6) / 2},
		"IoU of itself": {IoU(truth, truth), 1},
		"any byte":      {IoU([]uint8{255, 0}, []uint8{1, 0}), 1},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

func TestUndefinedFiguresAreNaN(t *testing.T) {
	nan := math.NaN()
	good := nn.NewImage(1, 4, 4)
	broken := nn.NewImage(1, 4, 4)
	broken.Pix[3] = float32(nan)
	var empty, onlyGood, withNaN Pixels
	onlyGood.Add(good, nil)
	withNaN.Add(broken, []uint8{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	first := func(a, _ float64) float64 { return a }
	second := func(_, a float64) float64 { return a }
	none := []float64(nil)
	for name, v := range map[string]float64{
		"AUROC of nothing":          AUROC(none, []bool(nil)),
		"AUROC without damage":      AUROC([]float64{1, 2}, []bool{false, false}),
		"AUROC without good":        AUROC([]float64{1, 2}, []bool{true, true}),
		"AUROC with NaN":            AUROC([]float64{1, nan}, []bool{true, false}),
		"AP without damage":         AP([]float64{1, 2}, []bool{false, false}),
		"AP with NaN":               AP([]float64{1, nan}, []bool{true, false}),
		"F1 of nothing":             Confusion{TN: 3}.F1(),
		"precision, nothing called": Confusion{FN: 3}.Precision(),
		"recall without damage":     Confusion{FP: 3}.Recall(),
		"accuracy of nothing":       Confusion{}.Accuracy(),
		"balanced, no good":         Confusion{TP: 1}.BalancedAccuracy(),
		"best F1 without damage":    first(MaxF1([]float64{1}, []bool{false})),
		"IoU of empty masks":        IoU([]uint8{0}, []uint8{0}),
		"LocAcc of a good picture":  LocAcc([]uint8{0}, []uint8{0}),
		"hit rate of nothing":       HitRate(nil, HitIoU),
		"mean of nothing":           first(MeanStd(none)),
		"deviation of one":          second(MeanStd([]float64{1})),
		"quantile of nothing":       Quantile(none, 0.5),
		"quantile with NaN":         Quantile([]float64{1, nan}, 0.5),
		"quantile 1.5":              Quantile([]float64{1, 2}, 1.5),
		"quantile NaN":              Quantile([]float64{1, 2}, nan),
		"pixels: AUROC of nothing":  empty.AUROC(),
		"pixels: AP of nothing":     empty.AP(),
		"pixels: AUPRO of nothing":  empty.AUPRO(PROLimit),
		"pixels: AUROC, no damage":  onlyGood.AUROC(),
		"pixels: AP, no damage":     onlyGood.AP(),
		"pixels: AUPRO, no damage":  onlyGood.AUPRO(PROLimit),
		"pixels: AUROC with NaN":    withNaN.AUROC(),
		"pixels: AP with NaN":       withNaN.AP(),
		"pixels: AUPRO with NaN":    withNaN.AUPRO(PROLimit),
	} {
		if !math.IsNaN(v) {
			t.Errorf("%s is %v", name, v)
		}
	}
	if ROC([]float64{1}, []bool{true}) != nil || PR([]float64{1}, []bool{false}) != nil {
		t.Error("an undefined curve has points")
	}
}

func TestInfinitiesStayInOrder(t *testing.T) {
	inf := math.Inf(1)
	v := []float64{inf, 1, -inf, inf}
	for q, want := range map[float64]float64{0: -inf, 1.0 / 3: 1, 0.9: inf, 1: inf} {
		if got := Quantile(v, q); got != want {
			t.Errorf("quantile %g is %v, want %v", q, got, want)
		}
	}
	if got := AUROC([]float64{-inf, 0, inf}, []bool{false, false, true}); got != 1 {
		t.Errorf("AUROC %v, want 1", got)
	}
	var p Pixels
	p.Add(&nn.Image{C: 1, W: 3, H: 1, Pix: []float32{float32(-inf), 0, float32(inf)}}, []uint8{0, 0, 1})
	if p.AUROC() != 1 || p.AUPRO(PROLimit) != 1 {
		t.Errorf("pixels: AUROC %v, AUPRO %v, want 1", p.AUROC(), p.AUPRO(PROLimit))
	}
}

func TestInputsAreNotChanged(t *testing.T) {
	scores, labels := []float64{3, 1, 2, 5, 4}, []bool{true, false, true, false, true}
	s, l := slices.Clone(scores), slices.Clone(labels)
	AUROC(s, l)
	AP(s, l)
	ROC(s, l)
	MaxF1(s, l)
	Quantile(s, 0.3)
	m, mask := &nn.Image{C: 1, W: 5, H: 1, Pix: []float32{3, 1, 2, 5, 4}}, []uint8{1, 0, 1, 0, 1}
	var p Pixels
	p.Add(m, mask)
	p.AUPRO(PROLimit)
	if !slices.Equal(s, scores) || !slices.Equal(l, labels) || !slices.Equal(m.Pix, []float32{3, 1, 2, 5, 4}) || !slices.Equal(mask, []uint8{1, 0, 1, 0, 1}) {
		t.Error("an input changed")
	}
}

func TestLengthsMustAgree(t *testing.T) {
	for name, f := range map[string]func(){
		"AUROC":  func() { AUROC([]float64{1}, []bool{true, false}) },
		"counts": func() { Confuse([]float64{1}, []bool{true, false}, 0) },
		"masks":  func() { IoU([]uint8{1}, []uint8{1, 0}) },
		"pixels": func() { new(Pixels).Add(nn.NewImage(1, 2, 2), make([]uint8, 3)) },
		"planes": func() { new(Pixels).Add(nn.NewImage(3, 2, 2), nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			f()
		}()
	}
}

func BenchmarkAUPRO(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	m, mask := nn.NewImage(1, 256, 256), make([]uint8, 256*256)
	for y := 100; y < 120; y++ {
		for x := 30; x < 60; x++ {
			mask[y*256+x] = 1
		}
	}
	for b.Loop() {
		var p Pixels
		for range 8 {
			for i := range m.Pix {
				m.Pix[i] = rng.Float32() + float32(mask[i])/2
			}
			p.Add(m, mask)
		}
		p.AUPRO(PROLimit)
	}
}
