package anomaly

import (
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

func TestDilateIsTheHighestNearby(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, s := range [][3]int{{1, 1, 3}, {5, 9, 1}, {17, 8, 8}, {40, 23, 4}, {3, 50, 8}} {
		m := nn.NewImage(1, s[1], s[0])
		for i := range m.Pix {
			m.Pix[i] = float32(rng.NormFloat64())
		}
		got := dilate(nil, m, s[2])
		for y := range m.H {
			for x := range m.W {
				want := m.At(0, x, y)
				for v := max(0, y-s[2]); v <= min(m.H-1, y+s[2]); v++ {
					for u := max(0, x-s[2]); u <= min(m.W-1, x+s[2]); u++ {
						want = max(want, m.At(0, u, v))
					}
				}
				if got.At(0, x, y) != want {
					t.Fatalf("%dx%d, radius %d, at %d,%d: %g, want %g", s[0], s[1], s[2], x, y, got.At(0, x, y), want)
				}
			}
		}
	}
}

// TestSharpenKeepsThePeakAndNarrowsIt lays a broad blob of a feature term over a
// narrow line of the scoring network.
func TestSharpenKeepsThePeakAndNarrowsIt(t *testing.T) {
	c := &Calibration{Terms: []Term{
		{Name: ScoreTerm, Q999: 1}, {Name: FeaturesTerm, Weight: 1, Q999: 1},
	}}
	score, feature := nn.NewImage(1, 32, 32), nn.NewImage(1, 32, 32)
	for y := 8; y < 24; y++ {
		for x := 8; x < 24; x++ {
			feature.Pix[y*32+x] = 4
		}
		score.Pix[y*32+16] = 9
	}
	maps := []*nn.Image{score, feature}
	m := c.fuse(nil, maps)
	c.sharpen(nil, m, maps, 8)
	if got := m.At(0, 16, 16); got != 4 {
		t.Errorf("on the line %g, want the fused 4", got)
	}
	if got := m.At(0, 12, 16); got != 4*float32(doubt)/(9+doubt) {
		t.Errorf("beside the line %g, want 4·1/10", got)
	}
	if got := m.At(0, 1, 1); got != 0 {
		t.Errorf("far away %g, want 0", got)
	}
	// Without features there is nothing to sharpen.
	c.Terms[1].Name = ResidualTerm
	m = c.fuse(nil, maps)
	if c.sharpen(nil, m, maps, 8); !slices.Equal(m.Pix, c.fuse(nil, maps).Pix) {
		t.Error("a map of fine terms alone was changed")
	}
}

// TestWhatWasNotSeenSaysNothing puts a monstrous value where the fixture's
// frame reaches out of the picture, into calibration and into a prediction.
func TestWhatWasNotSeenSaysNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	rs := raws(rng, 24, 32, 32, true)
	outside := nn.NewImage(1, 32, 32)
	for i := range 64 {
		outside.Pix[i] = 1
	}
	calibrate := func(spoil bool) *Calibration {
		c := &Calibration{FalseRejectRate: .05, Alignment: Free}
		var of []*raw
		for _, r := range rs {
			s := *r
			s.residual, s.logits, s.signed = r.residual.Clone(), r.logits.Clone(), r.signed.Clone()
			s.outside = outside
			if spoil {
				for i := range 64 {
					s.residual.Pix[i], s.logits.Pix[i] = 1e6, 1e6
				}
			}
			of = append(of, &s)
		}
		c.on(t, of)
		return c
	}
	clean, spoilt := calibrate(false), calibrate(true)
	if clean.Reject != spoilt.Reject || clean.Terms[0] != spoilt.Terms[0] || clean.Pixel["half-peak"] != spoilt.Pixel["half-peak"] {
		t.Errorf("thresholds %g and %v, with what was not seen spoilt %g and %v", clean.Reject, clean.Pixel, spoilt.Reject, spoilt.Pixel)
	}
	r := *rs[0]
	r.residual, r.outside = r.residual.Clone(), outside
	r.residual.Pix[5] = 1e6
	x := nn.NewImage(3, 32, 32)
	r.reconstruction = x
	p := &Prediction{}
	if err := clean.predict(p, nil, x, &r); err != nil {
		t.Fatal(err)
	}
	if p.Map.Pix[5] != 0 || p.Signed.Pix[5] != 0 {
		t.Errorf("where nothing was seen the map is %g and the signed map %g", p.Map.Pix[5], p.Signed.Pix[5])
	}
}
