package session

import (
	"context"
	"errors"
	"image"
	"math"
	"path/filepath"
	"testing"

	"agurscope/datasets/synthec"
	"agurscope/history"
)

// Parts in any rotation get a fixture. What it cannot put upright is REVIEW
// with a sentence; everything else is shown where it lies in the picture.
func TestPartsThatCannotBePutUpright(t *testing.T) {
	b := newBench(t)
	set := drawn(t, synthec.Free, 12)
	o := TrainOptions{Out: filepath.Join(t.TempDir(), "free.agur"), Input: 64, Steps: 1, Variant: "basic"}
	res, err := b.Train(context.Background(), set, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Recipe.Preparation.Fixture == nil {
		t.Fatal(res.Recipe.Preparation.Why)
	}
	if err := b.UseRecipe(res.Recipe); err != nil {
		t.Fatal(err)
	}
	part, err := set.Test()[0].Load()
	if err != nil {
		t.Fatal(err)
	}
	empty := image.NewGray(image.Rect(0, 0, 96, 96))
	var got []*Result
	if _, err := b.Inspect(context.Background(), source{pictures: []image.Image{part.Image, empty}}, func(r *Result) { got = append(got, r) }); err != nil {
		t.Fatal(err)
	}
	whole, nothing := got[0], got[1]
	if p := whole.Prediction; p.Doubt != nil || !(whole.Confidence > .5) || p.Map.W != 96 || p.Map.H != 96 || p.Input.W != 96 {
		t.Errorf("a part: doubt %v, confidence %v, map of %d x %d", p.Doubt, whole.Confidence, p.Map.W, p.Map.H)
	}
	var doubt *DoubtError
	const want = "could not be put upright: no part stands out from the background; place one part inside the picture, or train without the fixture"
	if p := nothing.Prediction; nothing.Verdict != history.REVIEW || !errors.As(p.Doubt, &doubt) || p.Doubt.Error() != want || nothing.Confidence != 0 {
		t.Errorf("no part: %s, doubt %v, confidence %v", nothing.Verdict, p.Doubt, nothing.Confidence)
	}

	// Without a fixture there is no confidence to speak of.
	if err := b.UseRecipe(recipe(t)); err != nil {
		t.Fatal(err)
	}
	r, err := b.Preview(context.Background(), set.Test()[0])
	if err != nil || !math.IsNaN(r.Confidence) || r.Prediction.Doubt != nil {
		t.Errorf("without a fixture: %+v, %v", r, err)
	}
}

// Masks lie in the camera's picture, so the maps of controls must, too.
func TestControlsAnswerInThePicture(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "parts")
	if err := synthec.Write(t.Context(), dir, synthec.Options{Pose: synthec.Free, Size: 96}, synthec.Counts{Train: 20, TestGood: 4, PerDefect: 2}); err != nil {
		t.Fatal(err)
	}
	s := New(Options{})
	set, err := s.OpenSet(dir)
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.control(context.Background(), set, TrainOptions{Out: "c.agur", Input: 64}, "handcrafted", func(string, float64) {})
	if err != nil {
		t.Fatal(err)
	}
	if e.Masks != 12 || !(e.PixelAUROC > .8) {
		t.Errorf("pixel AUROC %.3f over %d masks, want at least 0.8", e.PixelAUROC, e.Masks)
	}
}
