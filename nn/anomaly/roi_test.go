package anomaly

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"agurscope/nn"
)

// around returns a plane over the whole picture of a part that is 1 about its spot.
func (p part) around(radius float64) *nn.Image {
	m := nn.NewImage(1, p.h, p.w)
	sx, sy := p.at(spotX, spotY)
	for i := range m.Pix {
		if math.Hypot(float64(i%p.w)+.5-sx, float64(i/p.w)+.5-sy) < radius {
			m.Pix[i] = 1
		}
	}
	return m
}

func TestWhatIsIgnoredStaysOnThePart(t *testing.T) {
	r := fixtured(t)
	plain := detector(t, &fakeEngine{}, r)
	look := func(d *Detector, p part) *Prediction {
		t.Helper()
		got, err := d.Detect(context.Background(), d.Prepare(p.draw()))
		if err != nil || got.Doubt != nil {
			t.Fatal(err, got.Doubt)
		}
		return got
	}
	first := anyhow(1000, 112, 96)
	first.defect = true
	roi := look(plain, first).Upright(first.around(9))
	if share := Ignored(roi); share < .02 || share > .3 {
		t.Fatalf("%.2f of the part's frame is ignored", share)
	}
	masked, err := r.WithROI(roi, Version{Author: "test", Reason: "the spot is a label"})
	if err != nil {
		t.Fatal(err)
	}
	d := detector(t, &fakeEngine{}, masked)
	var good []float64
	for i := range uint64(6) {
		good = append(good, look(plain, anyhow(1100+i, 112, 96)).Score)
	}
	for i := range uint64(4) {
		p := anyhow(1001+i, 112, 96) // in another pose than the one it was drawn on
		p.defect = true
		seen, blind := look(plain, p), look(d, p)
		if seen.Score <= slices.Max(good) || blind.Score > slices.Max(good) {
			t.Errorf("part %d: score %.2f, with the spot ignored %.2f, good parts up to %.2f", i, seen.Score, blind.Score, slices.Max(good))
		}
		sx, sy := p.at(spotX, spotY)
		if at := blind.Ignored.At(0, int(sx), int(sy)); at < .5 {
			t.Errorf("part %d: the spot is not shown as ignored", i)
		}
		if seen.Ignored != nil || blind.Ignored.W != blind.Map.W || blind.Ignored.H != blind.Map.H {
			t.Errorf("part %d: what is ignored is not laid over the picture", i)
		}
	}
}

func TestRegionOfInterestIsInTheFile(t *testing.T) {
	r := calibrated(t, little, CalibrateOptions{})
	ignored := nn.NewImage(1, 48, 32)
	for i := range ignored.Pix {
		if i%32 < 16 {
			ignored.Pix[i] = 1
		}
	}
	masked, err := r.WithROI(ignored, Version{Author: "test", Reason: "left is a clamp"})
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/roi.agur"
	if err := masked.Save(path); err != nil {
		t.Fatal(err)
	}
	back, err := LoadRecipe(path)
	if err != nil {
		t.Fatal(err)
	}
	if back.ROI() == nil || !slices.Equal(back.ROI().Pix, ignored.Pix) {
		t.Fatal("another region of interest came back")
	}
	if r.ROI() != nil {
		t.Error("the recipe that it was made from is changed")
	}
	d := detector(t, &fakeEngine{}, back)
	m := Picture(noises(9, 1, 32, 48)[0])
	for y := 30; y < 36; y++ { // a light on the left, where nobody looks
		for x := 4; x < 10; x++ {
			k := m.PixOffset(x, y)
			m.Pix[k], m.Pix[k+1], m.Pix[k+2] = 255, 255, 255
		}
	}
	p, err := d.Detect(context.Background(), d.Prepare(m))
	if err != nil {
		t.Fatal(err)
	}
	if v := p.Map.At(0, 6, 32); v > 0 || p.Signed.At(0, 6, 32) != 0 {
		t.Errorf("the map is %g where nothing is judged", v)
	}
	if _, err := back.WithROI(nn.NewImage(1, 8, 8), Version{}); err == nil || !strings.Contains(err.Error(), "8 x 8") {
		t.Errorf("a plane of another size: %v", err)
	}
	for i := range ignored.Pix {
		ignored.Pix[i] = 1
	}
	if _, err := r.WithROI(ignored, Version{}); err == nil {
		t.Error("everything may be ignored")
	}
	if again, err := back.WithROI(nil, Version{}); err != nil || again.ROI() != nil {
		t.Errorf("it cannot be taken away: %v", err)
	}
}

func TestUprightKnowsTheInputOfPicturesAsTheyAre(t *testing.T) {
	d := detector(t, &fakeEngine{}, calibrated(t, little, CalibrateOptions{}))
	x := noises(9, 1, 32, 48)[0]
	m := d.Prepare(Picture(x))
	p, err := d.Detect(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.DetectTo(context.Background(), p, AsIs([]*nn.Image{x})[0]); err != nil {
		t.Fatal(err)
	}
	if over := p.Upright(nn.NewImage(1, 96, 64)); over.W != 32 || over.H != 48 {
		t.Errorf("a plane of %d x %d", over.W, over.H)
	}
	fresh, err := d.Detect(context.Background(), AsIs([]*nn.Image{x})[0])
	if err != nil {
		t.Fatal(err)
	}
	if over := fresh.Upright(nn.NewImage(1, 96, 64)); over.W != 32 || over.H != 48 {
		t.Errorf("a plane of %d x %d", over.W, over.H)
	}
}

func TestDamagedRegionOfInterestIsRefused(t *testing.T) {
	m := nn.NewImage(1, 48, 32)
	good, err := encodeROI(m)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"empty": {}, "cut short": good[:len(good)-20], "no picture": []byte("roi")} {
		if _, err := decodeROI(data, 32, 48); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := decodeROI(good, 48, 32); err == nil {
		t.Error("another size: no error")
	}
}
