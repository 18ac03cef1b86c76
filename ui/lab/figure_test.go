package lab

import (
	"image"
	"image/color"
	"testing"

	"agurscope/themes"
	"agurscope/ui/report"
)

// A plot that was drawn for print is seen on a dark ground, and as it was on white.
func TestPlotsTakeTheColoursOfTheWindow(t *testing.T) {
	inks := report.Inks()
	m := image.NewNRGBA(image.Rect(0, 0, len(inks)+1, 1))
	m.Set(0, 0, color.White)
	for i, c := range inks {
		m.Set(i+1, 0, c)
	}
	dark := redrawn(m, color.Black, color.White)
	if dark.RGBAAt(0, 0) != (color.RGBA{A: 255}) || dark.RGBAAt(1, 0) != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("paper %v, text %v", dark.RGBAAt(0, 0), dark.RGBAAt(1, 0))
	}
	for i := range inks {
		if c := themes.Contrast(dark.RGBAAt(i+1, 0), color.Black); c < seen-.01 {
			t.Errorf("ink %d has a contrast of %.1f on black", i, c)
		}
	}
	light := redrawn(m, color.White, inks[0])
	for x := range m.Rect.Dx() {
		was, is := rgbOf(m.At(x, 0)), rgbOf(light.At(x, 0))
		if was.dot(was) != is.dot(is) && themes.Contrast(was.color(), color.White) >= seen {
			t.Errorf("colour %d: %v became %v on white", x, was, is)
		}
	}
}
