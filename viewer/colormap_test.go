package viewer

import (
	"image/color"
	"testing"
)

func luma(c color.RGBA) float64 {
	return 0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)
}

func TestColormapsMeetPublishedColours(t *testing.T) {
	tests := []struct {
		name string
		at   int
		want color.RGBA
	}{
		{"viridis", 0, color.RGBA{0x44, 0x01, 0x54, 255}},
		{"viridis", 255, color.RGBA{0xfd, 0xe7, 0x25, 255}},
		{"viridis", 128, color.RGBA{33, 145, 140, 255}},
		{"inferno", 0, color.RGBA{0, 0, 4, 255}},
		{"inferno", 255, color.RGBA{0xfc, 0xff, 0xa4, 255}},
		{"inferno", 128, color.RGBA{188, 55, 84, 255}},
		{"turbo", 0, color.RGBA{0x30, 0x12, 0x3b, 255}},
		{"turbo", 255, color.RGBA{0x7a, 0x04, 0x03, 255}},
		{"turbo", 128, color.RGBA{0xa4, 0xfc, 0x3c, 255}},
		{"grey", 77, color.RGBA{77, 77, 77, 255}},
	}
	for _, tt := range tests {
		got := Colormap(tt.name)[tt.at]
		for _, d := range []int{int(got.R) - int(tt.want.R), int(got.G) - int(tt.want.G), int(got.B) - int(tt.want.B)} {
			if d < -3 || d > 3 {
				t.Errorf("%s[%d] is %v, want %v", tt.name, tt.at, got, tt.want)
				break
			}
		}
	}
}

func TestSequentialColormapsGrowBrighter(t *testing.T) {
	for _, name := range []string{"viridis", "inferno", "grey"} {
		m := Colormap(name)
		for i := 1; i < 256; i++ {
			if luma(m[i]) < luma(m[i-1])-0.6 { // rounding of three channels
				t.Errorf("%s gets darker from %d to %d", name, i-1, i)
			}
		}
	}
}

func TestEveryListedColormapIsKnownAndOpaque(t *testing.T) {
	first := *Colormap("viridis")
	for i, name := range Colormaps() {
		m := *Colormap(name)
		if i > 0 && m == first {
			t.Errorf("%s is viridis", name)
		}
		for _, c := range m {
			if c.A != 255 {
				t.Fatalf("%s is not opaque", name)
			}
		}
	}
	if *Colormap("no such map") != first {
		t.Error("an unknown name should give viridis")
	}
}
