package viewer

import (
	"image/color"
	"math"
	"testing"
)

func TestHeatUsesTheGivenScaleAndOpacity(t *testing.T) {
	field := &Scalar{W: 4, H: 1, V: []float32{0, 0.5, 1, 7}}
	colors := Colormap("viridis")
	for _, opacity := range []float64{0, 0.25, 1} {
		l := Layer{Picture: NewPicture(plain(4, 1, color.RGBA{R: 100, G: 100, B: 100})), Heat: NewHeat(field, 1, colors, opacity)}
		got := render(40, 10, Viewport{Center: Point{2, 0.5}, Zoom: 10}, l)
		for i, level := range []int{0, 128, 255, 255} {
			c := got.RGBAAt(10*i+5, 5) // the middle of the cell, where nothing is interpolated
			for _, ch := range [][2]uint8{{c.R, colors[level].R}, {c.G, colors[level].G}, {c.B, colors[level].B}} {
				want := 100*(1-opacity) + float64(ch[1])*opacity
				if math.Abs(float64(ch[0])-want) > 8 { // the middle lies half a screen pixel off
					t.Errorf("opacity %v, cell %d: %d, want %.0f", opacity, i, ch[0], want)
				}
			}
		}
	}
}

func TestHeatBetweenCellsIsSmooth(t *testing.T) {
	l := Layer{
		Picture: NewPicture(plain(2, 2, color.RGBA{})), Extent: Size{2, 2},
		Heat: NewHeat(&Scalar{W: 2, H: 2, V: []float32{0, 1, 0, 1}}, 1, Colormap("grey"), 1),
	}
	got := render(100, 100, Viewport{Center: Point{1, 1}, Zoom: 50}, l)
	for x := 26; x < 74; x++ {
		step := int(got.RGBAAt(x, 50).R) - int(got.RGBAAt(x-1, 50).R)
		if step < 4 || step > 7 {
			t.Fatalf("step of %d at %d", step, x)
		}
	}
}

func TestNotANumberIsShownAsTheWorst(t *testing.T) {
	nan := float32(math.NaN())
	l := Layer{Picture: NewPicture(plain(1, 1, color.RGBA{})), Heat: NewHeat(&Scalar{W: 1, H: 1, V: []float32{nan}}, 1, Colormap("grey"), 1)}
	if c := render(8, 8, Viewport{Center: Point{0.5, 0.5}, Zoom: 8}, l).RGBAAt(4, 4); c.R < 254 {
		t.Errorf("got %v", c)
	}
}

func TestScaleDoesNotFollowTheValues(t *testing.T) {
	f := Frame{High: 0.5}
	if f.limit() != 1 {
		t.Errorf("without a scale: %v, want twice high", f.limit())
	}
	f.Max = 3
	if f.limit() != 3 {
		t.Errorf("with a scale: %v", f.limit())
	}
	if (&Frame{}).limit() != 1 {
		t.Error("the last resort should be 1")
	}
}

func TestMapOfTheWrongLengthIsNotShown(t *testing.T) {
	if NewHeat(&Scalar{W: 3, H: 3, V: make([]float32, 8)}, 1, Colormap("grey"), 1) != nil {
		t.Error("a field with a missing value was accepted")
	}
}

func TestLegendKeepsCloseThresholdsApart(t *testing.T) {
	h := &Heat{Low: 0.50, High: 0.51, Max: 1}
	ticks := legendTicks(h)
	strip := plain(10, 100, color.RGBA{}).Rect
	spreadTicks(ticks, 1, strip, 14)
	for i := 1; i < len(ticks); i++ {
		if d := ticks[i-1].y - ticks[i].y; d < 14 {
			t.Errorf("%q and %q are %d apart", ticks[i-1].text, ticks[i].text, d)
		}
	}
	if n := len(ticks); n != 4 {
		t.Errorf("%d ticks, want 4", n)
	}
}

func TestShortNumbersHaveThreeDigits(t *testing.T) {
	for v, want := range map[float32]string{
		0: "0.00", 0.5: "0.500", 1.2: "1.20", 12.34: "12.3", 123.4: "123", 0.0123: "0.0123", -0.5: "-0.500",
		1e6: "1.00e+06", 1e-6: "1.00e-06",
	} {
		if got := short(v); got != want {
			t.Errorf("short(%v) = %q, want %q", v, got, want)
		}
	}
}
