package report

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"os"
	"testing"
)

func example() Dots {
	nan := math.NaN()
	return Dots{Title: "Ablation on parts, five seeds", Axis: "image AUROC", Rows: []Dot{
		{Label: "Basic U-Net", Mean: .81, SD: .02, Reference: .812},
		{Label: "+ SSDAE + MGAN + improved ECA", Mean: .90, SD: nan, Reference: .891},
		{Label: "Complete method", Mean: .95, SD: .01, Reference: .922},
		{Label: "Complete without skips", Mean: nan, SD: nan, Reference: nan},
		{Label: "Handcrafted Gaussian", Mean: .93, SD: .005, Reference: nan, Control: true},
	}}
}

// Every kind of mark leaves its colour in the picture.
func TestPNGShowsEveryKindOfMark(t *testing.T) {
	b, err := example().PNG()
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("AGURSCOPE_LOOK"); path != "" {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.NRGBA]int{}
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			count[color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)]++
		}
	}
	for name, c := range map[string]color.NRGBA{"ours": colourOurs, "control": colourControl, "paper": colourPaper, "text": colourText, "paper white": {255, 255, 255, 255}} {
		if count[c] < 20 {
			t.Errorf("%s: %d pixels of its colour", name, count[c])
		}
	}
}

func TestPNGOfNothingIsAnError(t *testing.T) {
	if _, err := (Dots{Title: "empty"}).PNG(); err == nil {
		t.Error("no rows: no error")
	}
	if _, err := (Dots{Rows: []Dot{{Mean: math.NaN()}}}).PNG(); err == nil {
		t.Error("no means: no error")
	}
}

// One row and equal values leave an axis of no extent, which must not matter.
func TestPNGOfOneValue(t *testing.T) {
	if _, err := (Dots{Rows: []Dot{{Label: "one", Mean: 1, SD: 0, Reference: math.NaN()}}}).PNG(); err != nil {
		t.Error(err)
	}
}
