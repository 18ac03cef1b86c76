package anomaly

import (
	"math"
	"testing"

	"agurscope/nn"
)

// offTemplate computes the template's term by itself.
func offTemplate(p *positional, x *nn.Image) []float64 {
	z := nn.NewImage(1, x.H, x.W)
	for i := range z.Pix {
		grey := (float64(x.Plane(0)[i]) + float64(x.Plane(1)[i]) + float64(x.Plane(2)[i])) / 3
		z.Pix[i] = float32(math.Abs(grey-float64(p.Mean.Pix[i])) / float64(p.Std.Pix[i]))
	}
	return enlarged(z, x.W, x.H, grain)
}

// TestTemplateIsTheMeanOfMovedParts: of parts that are one ramp, grey is its mean
// at every position, and its deviation what moving by a pixel makes, over a floor.
func TestTemplateIsTheMeanOfMovedParts(t *testing.T) {
	ramp := nn.NewImage(3, 8, 16)
	for c := range 3 {
		for y := range 8 {
			for x := range 16 {
				ramp.Plane(c)[y*16+x] = float32(c) / 10 * float32(x) // grey: x/10
			}
		}
	}
	p := fitTemplate([]*nn.Image{ramp, ramp, ramp})
	spread := math.Sqrt(2./5) / 10 // of x, x, x, x-1, x+1
	sum, sq := 0., 0.
	for x := range 16 {
		for _, d := range []int{0, 0, 0, -1, 1} {
			v := float64(min(max(x+d, 0), 15)) / 10
			sum, sq = sum+v, sq+v*v
		}
	}
	floor := .25 * math.Sqrt(sq/80-sum/80*sum/80)
	for x := 1; x < 15; x++ {
		if got, want := float64(p.Mean.At(0, x, 3)), float64(x)/10; math.Abs(got-want) > 1e-5 {
			t.Errorf("mean at %d is %g, want %g", x, got, want)
		}
		if got, want := float64(p.Std.At(0, x, 3)), spread+floor; math.Abs(got-want) > 1e-4 {
			t.Errorf("deviation at %d is %g, want %g", x, got, want)
		}
	}
}

// TestTemplateDrawsOutlines: where there is a template, a broad blob of features is
// cut to what no good part shows, all of it alike, and the networks are not asked.
func TestTemplateDrawsOutlines(t *testing.T) {
	c := &Calibration{Terms: []Term{
		{Name: ScoreTerm, Q999: 1}, {Name: TemplateTerm, Q999: 1}, {Name: FeaturesTerm, Weight: 1, Q999: 1},
	}}
	score, template, feature := nn.NewImage(1, 32, 32), nn.NewImage(1, 32, 32), nn.NewImage(1, 32, 32)
	for y := 8; y < 24; y++ {
		for x := 8; x < 24; x++ {
			feature.Pix[y*32+x] = 4
		}
		score.Pix[y*32+10] = 9 // beside the defect
		template.Pix[y*32+16], template.Pix[y*32+17] = 1, 50
	}
	maps := []*nn.Image{score, template, feature}
	m := c.fuse(nil, maps)
	c.sharpen(nil, m, maps, 8)
	for x, want := range map[int]float32{16: 4, 17: 4, 12: 4 * .3 / 1.3, 10: 4 * .3 / 1.3, 1: 0} {
		if got := m.At(0, x, 16); math.Abs(float64(got-want)) > 1e-6 {
			t.Errorf("column %d is %g, want %g", x, got, want)
		}
	}
	if off := 4 * .3 / 1.3; off >= 4*drawnOutline {
		t.Errorf("what looks as it should keeps %g, and an outline begins at %g", off, 4*drawnOutline)
	}
}

// TestTemplateWhereNothingLiesAlike: textures have none.
func TestTemplateWhereNothingLiesAlike(t *testing.T) {
	for position, want := range map[float64]bool{.1: false, .8: true} {
		m, err := NewModel(little, 1)
		if err != nil {
			t.Fatal(err)
		}
		r := &Recipe{Model: m}
		if err := FitStatistics(t.Context(), &fakeEngine{}, r, noises(3, 2, little.Width, little.Height), position); err != nil {
			t.Fatal(err)
		}
		if got := r.Statistics.Template != nil; got != want {
			t.Errorf("of R² %g there is a template: %v", position, got)
		}
	}
}
