package anomaly

import (
	"context"
	"errors"
	"image"
	"math"
	"strings"
	"sync"
	"testing"

	"agurscope/nn"
)

func TestNewDetectorRefuses(t *testing.T) {
	m, err := NewModel(little, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewDetector(&fakeEngine{}, &Recipe{Model: m}); err == nil || !strings.Contains(err.Error(), "not calibrated") {
		t.Errorf("a recipe without calibration: %v", err)
	}
	broken := errors.New("broken")
	if _, err := NewDetector(&fakeEngine{refuse: broken}, calibrated(t, little, CalibrateOptions{})); !errors.Is(err, broken) {
		t.Errorf("an engine that cannot: %v", err)
	}
	// ReLU turns what is not a number into 0: no output would show these.
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		r := calibrated(t, little, CalibrateOptions{})
		r.Model.Params.Get("stem.weight").Data()[3] = float32(v)
		if _, err := NewDetector(&fakeEngine{}, r); !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "stem.weight") {
			t.Errorf("weight %g: %v", v, err)
		}
	}
}

func TestOutputThatIsNotANumberIsAnError(t *testing.T) {
	r := calibrated(t, little, CalibrateOptions{})
	x := noises(9, 1, 32, 48)[0]
	outputs := map[string]func(n *nn.Node) bool{
		"reconstruction": func(n *nn.Node) bool { return n.Shape[1] == 3 },
		"map":            func(n *nn.Node) bool { return n.Shape[1] == 1 && n.Shape[2] > 1 },
		"embedding":      func(n *nn.Node) bool { return n.Shape[2] == 1 },
	}
	for name, which := range outputs {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			hit := false
			e := &fakeEngine{poison: func(n *nn.Node, out []float32) {
				if which(n) {
					out[len(out)-1], hit = float32(v), true
				}
			}}
			d, err := NewDetector(e, r)
			if err != nil {
				t.Fatal(err)
			}
			p, err := detect(d, x)
			if !hit || !errors.Is(err, ErrNotFinite) || p != nil {
				t.Errorf("%g in the %s: prediction %v, %v", v, name, p, err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestPredictionIsTheSumOfItsTerms(t *testing.T) {
	for _, n := range []Network{little, {Size: "T", Width: 32, Height: 48, Without: Without{Score: true}}} {
		r := calibrated(t, n, CalibrateOptions{Alignment: Free})
		d, err := NewDetector(&fakeEngine{}, r)
		if err != nil {
			t.Fatal(err)
		}
		x := noises(9, 1, 32, 48)[0]
		p, err := detect(d, x)
		if err != nil {
			t.Fatal(err)
		}
		// The fake engine's maps are the first plane.
		for i, v := range p.Map.Pix {
			want := 0.0
			for _, term := range r.Calibration.Terms {
				want += (float64(x.Pix[i]) - term.Median) / (term.Q999 - term.Median)
			}
			if math.Abs(float64(v)-want) > 1e-4*(1+math.Abs(want)) {
				t.Fatalf("pixel %d is %g, want %g", i, v, want)
			}
		}
		if got := topMean(p.Map.Pix); got != p.Score {
			t.Errorf("score %g, the map's highest pixels say %g", p.Score, got)
		}
		sum := 0.0
		for _, term := range p.Terms {
			sum += term.Score
		}
		if len(p.Terms) != len(r.Calibration.Terms) || math.Abs(sum-p.Score) > 1e-4*(1+p.Score) {
			t.Errorf("terms %v of score %g: equal maps must add up", p.Terms, p.Score)
		}
		for i, v := range p.Signed.Pix {
			want := (float64(x.Pix[i])/2 - r.Calibration.SignedMean) / r.Calibration.SignedStd
			if math.Abs(float64(v)-want) > 1e-3 {
				t.Fatalf("signed residual %d is %g, want %g", i, v, want)
			}
		}
		if len(p.Embedding) == 0 {
			t.Error("no embedding")
		}
	}
}

func TestConcurrentPredictionsAreSerialAndEqual(t *testing.T) {
	e := &fakeEngine{}
	d, err := NewDetector(e, calibrated(t, little, CalibrateOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	pictures := noises(9, 8, 32, 48)
	want := make([]float64, len(pictures))
	for i, x := range pictures {
		p, err := detect(d, x)
		if err != nil {
			t.Fatal(err)
		}
		want[i] = p.Score
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for k := range 40 {
				i := (k*3 + w) % len(pictures)
				p, err := detect(d, pictures[i])
				if err != nil || p.Score != want[i] {
					t.Errorf("picture %d: %v, %v, want score %g", i, p, err, want[i])
					return
				}
			}
		})
	}
	wg.Wait()
	if n := e.overlaps.Load(); n != 0 {
		t.Errorf("the program was used %d times by two goroutines at once", n)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestCloseDuringUse closes a detector under load: its memory must not be
// touched after that.
func TestCloseDuringUse(t *testing.T) {
	e := &fakeEngine{} // its programs panic when used after they were closed
	d, err := NewDetector(e, calibrated(t, little, CalibrateOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	x := noises(9, 1, 32, 48)[0]
	var wg sync.WaitGroup
	begun := make(chan struct{}, 3)
	for range 3 {
		wg.Go(func() {
			for i := 0; ; i++ {
				_, err := detect(d, x)
				if i == 0 {
					begun <- struct{}{}
				}
				if err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	for range 3 {
		<-begun
	}
	for range 2 { // the second does nothing
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if n := e.open.Load(); n != 0 {
		t.Errorf("%d programs left open", n)
	}
	if err := d.Forward(x); !errors.Is(err, ErrClosed) {
		t.Errorf("forward after close: %v", err)
	}
	if _, err := d.Detect(context.Background(), d.Prepare(image.NewGray(image.Rect(0, 0, 9, 9)))); !errors.Is(err, ErrClosed) {
		t.Errorf("detect after close: %v", err)
	}
	if d.Bytes() != 4 {
		t.Error("the size is forgotten after close")
	}
}

func TestDetectStopsWithItsContext(t *testing.T) {
	broken := errors.New("broken")
	d, err := NewDetector(&fakeEngine{fail: broken}, calibrated(t, little, CalibrateOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := d.Detect(ctx, &Prepared{Input: noises(9, 1, 32, 48)[0]}); !errors.Is(err, broken) {
		t.Errorf("an engine that breaks: %v", err)
	}
	cancel()
	if _, err := d.Detect(ctx, &Prepared{Input: noises(9, 1, 32, 48)[0]}); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancellation: %v", err)
	}
}
