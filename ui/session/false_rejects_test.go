//go:build onednn && unix

package session

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"agurscope/datasets/synthec"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// The splits of TestFalseRejectRate: good parts that no training has seen, and
// no other split.
const (
	splits         = 20
	splitCalibrate = 200
	splitTest      = 200
	firstFresh     = 10_000 // number of the first part
)

// TestFalseRejectRate asks whether the share of good parts that is rejected is
// the one that was wished for. One network is trained; then each of 20 splits
// calibrates it on fresh good parts and counts how many of others are NG, by
// score or region. With k of n the chance of a fresh part is at most the wished
// rate r, exactly ((n+1)(1−r) rounded up) counted from the best, so the count
// of a split is binomial around a chance that calibration has drawn from a beta
// distribution: the interval of that beta-binomial is given, too.
func TestFalseRejectRate(t *testing.T) {
	a := newAccuracy(t, 1, 300)
	calibrate, test := splitCalibrate, splitTest
	if a.pictures > 0 {
		calibrate, test = a.pictures, a.pictures
	}
	drawing := synthec.Options{Size: 128, Pose: synthec.Jittered}
	dir := t.TempDir()
	if err := synthec.Write(t.Context(), filepath.Join(dir, "set"), drawing, synthec.Counts{}); err != nil {
		t.Fatal(err)
	}
	s := New(Options{Engine: a.engine, Program: "test"})
	defer s.Close()
	o := a.o
	o.Out = filepath.Join(dir, "r.agur")
	res, err := s.Train(context.Background(), a.open(filepath.Join(dir, "set")), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.note(0, res)
	rates := []float64{.01, .05}
	counts, doubtful := make([][]int, len(rates)), 0
	r, n := res.Recipe, res.Recipe.Model.Network
	for split := range splits {
		var pictures []*anomaly.Prepared
		for i := range calibrate + test {
			m, _ := synthec.Part(drawing, firstFresh+split*(calibrate+test)+i, "")
			pictures = append(pictures, r.Preparation.Apply(m, n.Width, n.Height))
		}
		rejected, doubt, err := a.rejected(*r, pictures[:calibrate], pictures[calibrate:], rates)
		if err != nil {
			t.Fatal(err)
		}
		doubtful += doubt
		for k := range rates {
			counts[k] = append(counts[k], rejected[k])
		}
		t.Logf("split %d: %d and %d of %d rejected", split, counts[0][split], counts[1][split], test)
	}
	fmt.Printf("\n## False rejects, SynthEC, jittered\n\n%s\n\n- %s\n\n", a.conditions(), a.notes[0])
	fmt.Printf("%d splits, each of %d good parts to calibrate on and %d others. NG is by score or region; %d parts of %d could not be put upright and are REVIEW.\n\n", splits, calibrate, test, doubtful, splits*test)
	fmt.Println("| wished | rejected per split | observed | splits within the binomial 95 % | within the beta-binomial 95 % |")
	fmt.Println("|---:|---|---:|---|---|")
	for k, rate := range rates {
		place := math.Ceil(float64(calibrate+1)*(1-rate) - 1e-9)
		above := max(float64(calibrate+1)-place, 1) // fewer good parts than the rate needs: as if by the highest
		low, high := interval(func(j int) float64 { return binomial(test, j, rate) })
		lowest, highest := interval(func(j int) float64 { return betaBinomial(test, j, above, float64(calibrate+1)-above) })
		total, sharp, wide := 0, 0, 0
		for _, c := range counts[k] {
			total += c
			if c >= low && c <= high {
				sharp++
			}
			if c >= lowest && c <= highest {
				wide++
			}
		}
		observed := float64(total) / float64(splits*test)
		fmt.Printf("| %.0f %% | %d | %.2f %% | %d of %d in %d to %d | %d of %d in %d to %d |\n", 100*rate, counts[k],
			100*observed, sharp, splits, low, high, wide, splits, lowest, highest)
		// Four standard deviations of the mean of all splits.
		sd := math.Sqrt(rate * (1 - rate) * (1/float64(calibrate) + 1/float64(test)) / splits)
		if !a.short && observed > rate+4*sd {
			t.Errorf("%.2f %% of good parts are rejected where %.0f %% were wished for", 100*observed, 100*rate)
		}
	}
}

// rejected calibrates copies of the recipe for each rate and counts the NG among
// others, and the parts that could not be put upright: they are REVIEW at any
// rate. Of a prediction only the thresholds depend on the rate.
func (a *accuracy) rejected(r anomaly.Recipe, calibrate, test []*anomaly.Prepared, rates []float64) (n []int, doubtful int, err error) {
	ctx := context.Background()
	normals := slices.DeleteFunc(slices.Clone(calibrate), func(x *anomaly.Prepared) bool { return x.Doubt != nil })
	before := r.Calibration
	var of []*anomaly.Calibration
	for _, rate := range rates {
		err := anomaly.Calibrate(ctx, a.engine, &r, normals, anomaly.CalibrateOptions{
			FalseRejectRate: rate, Alignment: before.Alignment, Position: before.PositionShare,
		})
		if err != nil {
			return nil, 0, err
		}
		of = append(of, r.Calibration)
	}
	d, err := anomaly.NewDetector(a.engine, &r)
	if err != nil {
		return nil, 0, err
	}
	defer d.Close()
	var seg segment.Segmenter
	n = make([]int, len(rates))
	for _, x := range test {
		p, err := d.Detect(ctx, x)
		if err != nil {
			return nil, 0, err
		}
		if p.Doubt != nil {
			doubtful++
		}
		for k, c := range of {
			if Judge(&seg, p, c, Recommended(c)).Verdict == history.NG {
				n[k]++
			}
		}
	}
	return n, doubtful, nil
}

// interval returns the smallest counts at which a distribution has summed up to
// 2.5 % and to 97.5 %: at least 95 % of counts lie between them.
func interval(chance func(count int) float64) (low, high int) {
	low = -1
	for sum := 0.0; sum < .975; high++ {
		sum += chance(high)
		if low < 0 && sum >= .025 {
			low = high
		}
	}
	return low, high - 1
}

// binomial is the chance of k in n where each has the chance p.
func binomial(n, k int, p float64) float64 {
	return math.Exp(logChoose(n, k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

// betaBinomial is the same where p is drawn from a beta distribution.
func betaBinomial(n, k int, a, b float64) float64 {
	return math.Exp(logChoose(n, k) + logBeta(float64(k)+a, float64(n-k)+b) - logBeta(a, b))
}

func logChoose(n, k int) float64 {
	return -math.Log(float64(n+1)) - logBeta(float64(n-k+1), float64(k+1))
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

func TestIntervalsOfCounts(t *testing.T) {
	for _, c := range []struct {
		n         int
		p         float64
		low, high int
	}{{200, .05, 4, 16}, {200, .01, 0, 5}, {100, .5, 40, 60}} { // from tables of the binomial distribution
		if low, high := interval(func(k int) float64 { return binomial(c.n, k, c.p) }); low != c.low || high != c.high {
			t.Errorf("binomial of %d and %g: %d to %d, want %d to %d", c.n, c.p, low, high, c.low, c.high)
		}
	}
	// A uniform chance makes all counts equally likely.
	for k := range 11 {
		if got := betaBinomial(10, k, 1, 1); math.Abs(got-1./11) > 1e-12 {
			t.Errorf("chance of %d of 10 is %g", k, got)
		}
	}
}
