package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/png"
	"io"
	"math"
	"testing"
)

func TestFiguresAreTheSameEachTime(t *testing.T) {
	nan := math.NaN()
	for name, p := range map[string]Picture{
		"lines": Lines{Title: "t <&>", X: "x", Y: "y", Curves: []Curve{
			{Name: "a", X: []float64{1, 2, 3}, Mean: []float64{.1, nan, .3}, SD: []float64{.1, nan, nan}, References: [][2]float64{{2, .5}}},
			{Name: "b", X: []float64{1}, Mean: []float64{.2}},
			{Name: "none", X: []float64{1}, Mean: []float64{nan}},
		}},
		"bars": Bars{Title: "t", Y: "ms", Labels: []string{"A", "B"}, Series: []Series{
			{Name: "a", Values: []float64{1, nan}, Error: []float64{.2, nan}}, {Name: "b", Values: []float64{2, 3}, References: []float64{2.5, nan}},
		}},
		"many bars": Bars{Labels: make([]string, 9), Series: make([]Series, 9)},
		"grid": Grid{Title: "t", Rows: []string{"r", "s"}, Columns: []string{"c", "d"}, Scale: "0 to 1", Cells: [][]Tile{
			{{Image: image.NewGray(image.Rect(0, 0, 9, 5)), Note: "n"}, {}},
		}},
		"dots": Dots{Title: "t", Axis: "a", Rows: []Dot{{Label: "x", Mean: .5, SD: nan, Reference: .6}}},
	} {
		if name == "many bars" {
			if _, err := p.PNG(); err == nil {
				t.Error("bars without a value were drawn")
			}
			continue
		}
		a, err := p.SVG()
		if err != nil {
			t.Fatal(name, err)
		}
		b, _ := p.SVG()
		if !bytes.Equal(a, b) {
			t.Errorf("%s: another drawing the second time", name)
		}
		for d := xml.NewDecoder(bytes.NewReader(a)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(name, err)
			}
		}
		if a, err = p.PNG(); err != nil {
			t.Fatal(name, err)
		}
		if m, err := png.Decode(bytes.NewReader(a)); err != nil || m.Bounds().Dx() < 400 {
			t.Error(name, err)
		}
		if b, _ = p.PNG(); !bytes.Equal(a, b) {
			t.Errorf("%s: another picture the second time", name)
		}
	}
	if _, err := (Lines{}).SVG(); err == nil {
		t.Error("nothing was drawn")
	}
}

func TestHeatGrowsBrighter(t *testing.T) {
	last := -1
	for i := range 101 {
		c := Heat(float64(i) / 100)
		grey := 299*int(c.R) + 587*int(c.G) + 114*int(c.B)
		if grey < last {
			t.Fatalf("darker at %d %%", i)
		}
		last = grey
	}
	if Heat(math.NaN()) != Heat(-1) || Heat(2) != Heat(1) {
		t.Error("beyond the ends")
	}
}
