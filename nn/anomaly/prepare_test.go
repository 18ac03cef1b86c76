package anomaly

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"agurscope/nn"
	"agurscope/nn/fixture"
)

// part is a drawn bracket: a long arm and a short one, with a stripe, in any
// place and rotation on a dark ground.
type part struct {
	w, h   int
	x, y   float64 // of its centre
	angle  float64
	seed   uint64
	defect bool // a bright spot
}

// The spot, in the part's own coordinates.
const spotX, spotY, spotSize = 20, -9, 4

// anyhow returns part i of a series in pictures of w x h.
func anyhow(i uint64, w, h int) part {
	rng := rand.New(rand.NewPCG(i, 77))
	shift := func(side int) float64 { return float64(side)/2 + 8*(rng.Float64()-.5) }
	return part{w: w, h: h, x: shift(w), y: shift(h), angle: 2 * math.Pi * rng.Float64(), seed: i}
}

// at returns where a point of the part lies in the picture.
func (p part) at(u, v float64) (x, y float64) {
	sin, cos := math.Sincos(p.angle)
	return p.x + cos*u - sin*v, p.y + sin*u + cos*v
}

func (p part) draw() *image.Gray {
	rng := rand.New(rand.NewPCG(p.seed, 78))
	m := image.NewGray(image.Rect(0, 0, p.w, p.h))
	sin, cos := math.Sincos(p.angle)
	box := func(u, v, cu, cv, hu, hv float64) float64 { return max(math.Abs(u-cu)-hu, math.Abs(v-cv)-hv) }
	for y := range p.h {
		for x := range p.w {
			dx, dy := float64(x)+.5-p.x, float64(y)+.5-p.y
			u, v := cos*dx+sin*dy, cos*dy-sin*dx
			light := .12
			if a := min(max(.5-min(box(u, v, 0, -9, 32, 9), box(u, v, -23, 10, 9, 20)), 0), 1); a > 0 {
				own := .5 + .1*math.Sin(u/4)
				if p.defect && math.Hypot(u-spotX, v-spotY) < spotSize {
					own = 1
				}
				light += a * (own - light)
			}
			m.Pix[y*m.Stride+x] = uint8(255*min(max(light+.01*rng.NormFloat64(), 0), 1) + .5)
		}
	}
	return m
}

// brackets is a recipe for brackets, learnt by the fake engine, whose maps are
// the input itself.
var brackets = sync.OnceValues(func() (*Recipe, error) {
	var looks []*nn.Image
	var pictures []image.Image
	for i := range uint64(24) {
		m := anyhow(i, 112, 96).draw()
		pictures, looks = append(pictures, m), append(looks, Look(m))
	}
	p := Propose(looks[:12], ProposeOptions{NoExposure: true})
	if p.Fixture == nil || !strings.HasPrefix(p.Why, "On:") {
		return nil, fmt.Errorf("no fixture: %s", p.Why)
	}
	w, h := FitInput(p.Fixture.W, p.Fixture.H, 64)
	m, err := NewModel(Network{Size: "T", Width: w, Height: h, Without: little.Without}, 1)
	if err != nil {
		return nil, err
	}
	r := &Recipe{Model: m, Preparation: p}
	var normals []*Prepared
	for _, m := range pictures {
		x := r.Preparation.Apply(m, w, h)
		if x.Doubt != nil {
			return nil, x.Doubt
		}
		normals = append(normals, x)
	}
	return r, Calibrate(context.Background(), &fakeEngine{}, r, normals, CalibrateOptions{Alignment: Registered})
})

func fixtured(t *testing.T) *Recipe {
	t.Helper()
	r, err := brackets()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestThePartIsPutUprightAndItsMapBack(t *testing.T) {
	r := fixtured(t)
	d := detector(t, &fakeEngine{}, r)
	var normals, damaged []float64
	for i := range uint64(12) {
		p := anyhow(1000+i, 112, 96)
		if i%3 == 0 { // another camera
			p.w, p.h, p.x, p.y = 120, 110, p.x+3, p.y+8
		}
		p.defect = i%2 == 0
		picture := p.draw()
		prepared := d.Prepare(picture)
		if prepared.Doubt != nil || !(prepared.Confidence >= r.Preparation.Fixture.MinConfidence && prepared.Confidence <= 1) {
			t.Errorf("part %d: %v, confidence %g", i, prepared.Doubt, prepared.Confidence)
			continue
		}
		if w, h := d.Input(); prepared.Input.W != w || prepared.Input.H != h {
			t.Fatalf("part %d: input of %d x %d", i, prepared.Input.W, prepared.Input.H)
		}
		got, err := d.Detect(context.Background(), prepared)
		if err != nil {
			t.Fatal(err)
		}
		for name, m := range map[string]*nn.Image{"map": got.Map, "signed": got.Signed, "input": got.Input, "reconstruction": got.Reconstruction} {
			if m.W != p.w || m.H != p.h || !finite(m.Pix) {
				t.Fatalf("part %d: %s of %d x %d, want the picture's %d x %d", i, name, m.W, m.H, p.w, p.h)
			}
		}
		// What the maps lie over is the picture itself.
		if v, want := got.Input.At(1, 40, 50), float32(picture.GrayAt(40, 50).Y)/255; math.Abs(float64(v-want)) > 1e-6 {
			t.Errorf("part %d: the picture is %g at a place, want %g", i, v, want)
		}
		if !p.defect {
			normals = append(normals, got.Score)
			continue
		}
		damaged = append(damaged, got.Score)
		k := slices.Index(got.Map.Pix, slices.Max(got.Map.Pix))
		x, y := float64(k%p.w)+.5, float64(k/p.w)+.5
		if wx, wy := p.at(spotX, spotY); math.Hypot(x-wx, y-wy) > spotSize+2 {
			t.Errorf("part %d, turned by %.2f: hottest at %.0f,%.0f, the spot is at %.0f,%.0f", i, p.angle, x, y, wx, wy)
		}
		// Beside the frame nothing was looked at: lowest, and the picture.
		if v := got.Map.At(0, 0, 0); v != slices.Min(got.Map.Pix) || got.Reconstruction.At(0, 0, 0) != got.Input.At(0, 0, 0) || got.Signed.At(0, 0, 0) != 0 {
			t.Errorf("part %d: in the corner the map is %g, the lowest %g", i, v, slices.Min(got.Map.Pix))
		}
	}
	if slices.Min(damaged) <= slices.Max(normals) {
		t.Errorf("scores of damaged parts %.2f, of good ones %.2f", damaged, normals)
	}
}

func TestPicturesWithoutThePartAreInDoubt(t *testing.T) {
	r := fixtured(t)
	d := detector(t, &fakeEngine{}, r)
	empty := part{w: 112, h: 96, x: -500, y: -500}.draw()
	two := anyhow(3, 112, 96).draw()
	for y := range 96 { // cut by the picture's border
		copy(two.Pix[y*112:(y+1)*112-56], slices.Clone(two.Pix[y*112+56:(y+1)*112]))
	}
	large := image.NewRGBA(image.Rect(10, 10, 810, 410))
	for i := range large.Pix {
		large.Pix[i] = 200
	}
	for _, c := range []struct {
		name string
		m    image.Image
		w, h int // of the maps
	}{
		{"ground alone", empty, 112, 96},
		{"another part", drawn(112, 96, func(x, y int) bool { return (x-56)*(x-56)+(y-48)*(y-48) < 400 }), 112, 96},
		{"half a part", two, 112, 96},
		{"a large one of one colour", large, 256, 128},
		{"black", image.NewGray(image.Rect(0, 0, 300, 200)), 256, 171},
		{"a single pixel", image.NewGray(image.Rect(0, 0, 1, 1)), 1, 1},
		{"a thread", image.NewGray(image.Rect(0, 0, 3000, 2)), 256, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := d.Prepare(c.m)
			if x.Doubt == nil {
				t.Fatal("a part was found")
			}
			p, err := d.Detect(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if p.Doubt == nil || p.Doubt.Error() == "" {
				t.Error("the prediction is not in doubt")
			}
			for _, m := range []*nn.Image{p.Map, p.Signed, p.Input, p.Reconstruction} {
				if m.W != c.w || m.H != c.h || !finite(m.Pix) {
					t.Errorf("a map of %d x %d, want %d x %d", m.W, m.H, c.w, c.h)
				}
			}
			if x.Outline() != nil {
				t.Error("there is an outline of nothing")
			}
		})
	}
}

// drawn returns a picture that is bright inside.
func drawn(w, h int, inside func(x, y int) bool) image.Image {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 30 + uint8(i*7%5)
		if inside(i%w, i/w) {
			m.Pix[i] = 140
		}
	}
	return m
}

func TestOutlineIsTheFrameInThePicture(t *testing.T) {
	p := &Prepared{
		pose:  fixture.Pose{Angle: math.Pi / 2, Scale: 2, X: 100, Y: 50, W: 20, H: 10},
		shown: nn.NewImage(3, 100, 200),
	}
	// Turned clockwise by a quarter: the frame's left is up.
	want := [][2]float64{{110, 30}, {110, 70}, {90, 70}, {90, 30}}
	for i, c := range p.Outline() {
		if math.Abs(c[0]*200-want[i][0]) > 1e-9 || math.Abs(c[1]*100-want[i][1]) > 1e-9 {
			t.Errorf("corner %d at %v, want %v", i, c, want[i])
		}
	}
	if (&Prepared{}).Outline() != nil {
		t.Error("without a fixture there is an outline")
	}
}

func TestNoPreparationIsTheTensorItself(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	m := image.NewRGBA(image.Rect(0, 0, 50, 70))
	for i := range m.Pix {
		m.Pix[i] = uint8(rng.IntN(256))
	}
	p := (&Preparation{}).Apply(m, 32, 48)
	if !slices.Equal(p.Input.Pix, Tensor(m, 32, 48).Pix) || p.Doubt != nil || p.Confidence != 1 {
		t.Errorf("the zero preparation changes a picture (%v, %g)", p.Doubt, p.Confidence)
	}
}

func TestExposureEvensOutTheLight(t *testing.T) {
	var looks []*nn.Image
	for i := range uint64(6) {
		looks = append(looks, Look(anyhow(i, 112, 96).draw()))
	}
	p := Propose(looks, ProposeOptions{NoFixture: true})
	if p.Fixture != nil || p.Why == "" || !(p.Exposure.Median > 0) {
		t.Fatalf("%+v", p)
	}
	bright := anyhow(9, 112, 96).draw()
	dark := image.NewGray(bright.Rect)
	for i, v := range bright.Pix {
		dark.Pix[i] = uint8(int(v) * 3 / 5)
	}
	a, b := p.Apply(bright, 64, 64).Input, p.Apply(dark, 64, 64).Input
	worst := float32(0)
	for i, v := range a.Pix {
		worst = max(worst, v-b.Pix[i], b.Pix[i]-v)
	}
	if worst > .05 {
		t.Errorf("three fifths of the light change a sample by %g", worst)
	}
	if p := Propose(looks, ProposeOptions{NoFixture: true, NoExposure: true}); p.Exposure != (fixture.Exposure{}) {
		t.Errorf("asked for none, got %+v", p.Exposure)
	}
}

// TestLookedAtSmallIsAlmostTheSame: plans are made from small copies.
func TestLookedAtSmallIsAlmostTheSame(t *testing.T) {
	r := fixtured(t)
	m := anyhow(50, 112, 96).draw()
	w, h := r.Model.Network.Width, r.Model.Network.Height
	a, b := r.Preparation.Apply(m, w, h), r.Preparation.ApplyTo(Look(m), w, h)
	if a.Doubt != nil || b.Doubt != nil || a.Confidence != b.Confidence || !slices.Equal(a.Input.Pix, b.Input.Pix) {
		t.Errorf("%v, %g and %v, %g, or other pixels", a.Doubt, a.Confidence, b.Doubt, b.Confidence)
	}
	if x := r.Preparation.ApplyTo(Look(image.NewGray(image.Rect(0, 0, 90, 90))), w, h); x.Doubt == nil || x.Input.W != w || x.Input.H != h {
		t.Errorf("black: %v, input of %d x %d", x.Doubt, x.Input.W, x.Input.H)
	}
}

func TestEnlargeIsTheResizeOfTensor(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 31, 45))
	rng := rand.New(rand.NewPCG(6, 6))
	for y := range 45 {
		for x := range 31 {
			m.SetRGBA(x, y, color.RGBA{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255})
		}
	}
	x := Tensor(m, 31, 45)
	if Enlarge(x, 31, 45) != x {
		t.Error("a picture of the right size was copied")
	}
	for _, s := range [][2]int{{64, 90}, {16, 20}, {62, 20}} {
		if !slices.Equal(Enlarge(x, s[0], s[1]).Pix, Tensor(m, s[0], s[1]).Pix) {
			t.Errorf("to %v differs from Tensor", s)
		}
	}
}

// TestWhatThePictureDoesNotShowIsTheMedian moves parts towards the edge until
// their frame reaches beyond it.
func TestWhatThePictureDoesNotShowIsTheMedian(t *testing.T) {
	r := fixtured(t)
	w, h := r.Model.Network.Width, r.Model.Network.Height
	median := Enlarge(r.Preparation.Fixture.Template, w, h)
	reached := 0
	for i := range uint64(20) {
		p := anyhow(i, 112, 96)
		p.x, p.y = 44, 40 // its corners are at most 39 pixels away
		x := r.Preparation.Apply(p.draw(), w, h)
		if x.Doubt != nil || x.Outside == nil {
			continue
		}
		reached++
		off := r.Preparation.Fixture.Outside(x.pose, x.shown.W, x.shown.H, w, h)
		seen := r.Preparation.Fixture.Apply(x.shown, x.pose, w, h)
		for k, o := range off.Pix {
			if o > 0 && (x.Input.Pix[k] != median.Pix[k] || x.Outside.Pix[k] == 0) {
				t.Fatalf("part %d: pixel %d, which was not seen, is %g, want the median %g", i, k, x.Input.Pix[k], median.Pix[k])
			}
			if o == 0 && math.Abs(float64(x.Input.Pix[k]-seen.Pix[k])) > 1e-6 {
				t.Fatalf("part %d: pixel %d is %g, seen %g", i, k, x.Input.Pix[k], seen.Pix[k])
			}
		}
	}
	if reached < 5 {
		t.Errorf("only %d parts reached beyond the edge", reached)
	}
}
