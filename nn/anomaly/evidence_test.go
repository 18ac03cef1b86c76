package anomaly

import (
	"context"
	"reflect"
	"testing"

	"agurscope/nn"
	"agurscope/nn/segment"
)

// counted counts the forward passes of a fake engine's programs.
type counted struct {
	*fakeEngine
	passes int
}

func (e *counted) Compile(g *nn.Graph, m nn.Mode) (nn.Program, error) {
	p, err := e.fakeEngine.Compile(g, m)
	return &countedProgram{p, e}, err
}

type countedProgram struct {
	nn.Program
	e *counted
}

func (p *countedProgram) Forward() error {
	p.e.passes++
	return p.Program.Forward()
}

// TestCalibrationIsTheSameWhateverIsKept: maps that memory has no room for are
// computed anew, and nothing else changes.
func TestCalibrationIsTheSameWhateverIsKept(t *testing.T) {
	r := withStatistics(t, rich, CalibrateOptions{Position: .8})
	want := r.Calibration
	normals := AsIs(noises(2, 40, rich.Width, rich.Height))
	one := 6*4*rich.Width*rich.Height + 3*4*rich.Width*rich.Height/(cell*cell)
	for _, c := range []struct{ budget, passes int }{{0, 3 * 40}, {one - 1, 3 * 40}, {10*one + 1, 10 + 3*30}, {40 * one, 40}} {
		e := &counted{fakeEngine: &fakeEngine{}}
		d, err := newDetector(e, r)
		if err != nil {
			t.Fatal(err)
		}
		got := &Calibration{
			Normals: want.Normals, FalseRejectRate: want.FalseRejectRate, Alignment: want.Alignment,
			PositionShare: want.PositionShare, Mode: want.Mode,
		}
		for _, term := range want.Terms {
			got.Terms = append(got.Terms, Term{Name: term.Name})
		}
		got.weigh(r)
		v := &evidence{ctx: context.Background(), d: d, normals: normals, left: c.budget}
		if err := got.observe(r, v); err != nil {
			t.Fatal(err)
		}
		d.Close()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("with %d bytes the calibration is another", c.budget)
		}
		kept := 0
		for _, x := range v.kept {
			kept += x.bytes()
		}
		if kept > c.budget || v.left != c.budget-kept || e.passes != c.passes {
			t.Errorf("of %d bytes %d are used, in %d passes, want %d", c.budget, kept, e.passes, c.passes)
		}
	}
}

// TestThresholdsAreWhatTheJudgeDoes: by the thresholds of each mode, as many of
// the held-out parts are rejected as the rate allows, and no more.
func TestThresholdsAreWhatTheJudgeDoes(t *testing.T) {
	const n, rate = 59, .1 // rank 54: five lie above it
	m, err := NewModel(little, 1)
	if err != nil {
		t.Fatal(err)
	}
	normals := AsIs(noises(7, n, 32, 48))
	r := &Recipe{Model: m}
	// Free: held-out maps are then those of a new picture.
	if err := Calibrate(context.Background(), &fakeEngine{}, r, normals, CalibrateOptions{Alignment: Free, FalseRejectRate: rate}); err != nil {
		t.Fatal(err)
	}
	c, d := r.Calibration, detector(t, &fakeEngine{}, r)
	var seg segment.Segmenter
	for _, mode := range modes {
		rejected := 0
		for _, x := range normals {
			p, err := d.Detect(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			pair := c.Pixel[mode]
			s := seg.Segment(p.Map, p.Signed, segment.Options{Mode: mode, Low: pair.Low, High: pair.High})
			if p.Score >= c.Reject || len(s.Regions) > 0 {
				rejected++
			}
		}
		// Of two sides three deviations are the least.
		if rejected > n-rank(n, rate) || mode != segment.TwoSided && rejected < n-rank(n, rate) {
			t.Errorf("%s: %d of %d held-out parts are rejected, want %d", mode, rejected, n, n-rank(n, rate))
		}
	}
}
