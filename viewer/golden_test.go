package viewer

import (
	"image"
	"image/color"
	"testing"

	"agurscope/viewer/golden"

	"fyne.io/fyne/v2/theme"
)

// part is a small drawn picture: a body with two leads on a board.
func part(n int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, n, n))
	for y := range n {
		for x := range n {
			c := color.RGBA{70, 92, 84, 255}
			switch {
			case x > n/4 && x < 3*n/4 && y > n/6 && y < n/2:
				c = color.RGBA{40, 42, uint8(46 + 40*y/n), 255}
			case y >= n/2 && y < 5*n/6 && (x > n/3 && x < 5*n/12 || x > 7*n/12 && x < 2*n/3):
				c = color.RGBA{196, 198, 190, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// bumps is a field with two peaks: one above high, one between the thresholds.
func bumps(n int) *Scalar {
	s := &Scalar{W: n, H: n, V: make([]float32, n*n)}
	for y := range n {
		for x := range n {
			peak := func(cx, cy, r, a float32) float32 {
				dx, dy := float32(x)/float32(n)-cx, float32(y)/float32(n)-cy
				return a * max(0, 1-(dx*dx+dy*dy)/(r*r))
			}
			s.V[y*n+x] = peak(0.62, 0.6, 0.16, 1) + peak(0.25, 0.3, 0.12, 0.55)
		}
	}
	return s
}

// cut makes one region for each peak of bumps.
func cut(s *Scalar, low, high float32) *Segmentation {
	out := &Segmentation{W: s.W, H: s.H, Labels: make([]int32, len(s.V)), Core: make([]uint8, len(s.V))}
	for i, v := range s.V {
		if v < low {
			continue
		}
		out.Labels[i] = 1
		if i%s.W < s.W*2/5 {
			out.Labels[i] = 2
		}
		if v >= high {
			out.Core[i] = 1
		}
	}
	return out
}

func testFont(t *testing.T) *Font {
	t.Helper()
	f, err := NewFont(theme.DefaultTextBoldFont().Content(), 11)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestGoldenNearestZoom(t *testing.T) {
	got := render(160, 120, Viewport{Center: Point{13.3, 15.7}, Zoom: 9.5}, Layer{Picture: NewPicture(part(32))})
	golden.Within(t, "nearest", got, 0, 0)
}

func TestGoldenHeatWithLegend(t *testing.T) {
	field := bumps(24)
	for _, name := range Colormaps() {
		h := NewHeat(field, 1.2, Colormap(name), 0.6)
		h.Low, h.High = 0.4, 0.7
		l := Layer{Picture: NewPicture(part(64)), Heat: h, Legend: true, Font: testFont(t)}
		got := render(300, 240, Viewport{Center: Point{32, 32}, Zoom: 3.6}, l)
		golden.Within(t, "heat-"+name, got, 1, 0)
	}
}

func TestGoldenOutlines(t *testing.T) {
	seg := cut(bumps(24), 0.3, 0.7)
	p := NewPicture(part(64))
	l := Layer{
		Picture: p, Fill: seg, Font: testFont(t),
		Style: FillStyle{
			Low: color.NRGBA{255, 181, 46, 255}, High: color.NRGBA{255, 79, 69, 255},
			Opacity: 0.5, Dim: 0.6,
		},
		Outlines: OutlinesOf(seg.Labels, seg.W, seg.H, p.Size()),
	}
	got := render(240, 200, Viewport{Center: Point{32, 32}, Zoom: 3}, l)
	golden.Within(t, "outlines", got, 1, 0)

	l.Selected, l.Scale = 1, 2 // a screen of double density
	got = render(240, 200, Viewport{Center: Point{40, 38}, Zoom: 11}, l)
	golden.Within(t, "outlines-selected", got, 1, 0)
}

func TestGoldenShadeAndMarks(t *testing.T) {
	out := make([]uint8, 16*16)
	for i := range out {
		if x, y := i%16, i/16; x < 4 || x > 9 && y > 9 {
			out[i] = 1
		}
	}
	l := Layer{
		Picture: NewPicture(part(64)), Font: testFont(t),
		Shade: &Shade{W: 16, H: 16, Out: out},
		Marks: []Mark{
			{Points: []Point{{20, 10}, {52, 24}}, Ends: true, Label: "34.9 px", Color: color.NRGBA{255, 214, 10, 255}},
			{Points: []Point{{20, 36}, {34, 36}, {30, 52}}, Closed: true, Color: color.NRGBA{63, 208, 255, 255}},
		},
	}
	got := render(260, 240, Viewport{Center: Point{32, 32}, Zoom: 3.6}, l)
	golden.Within(t, "shade-marks", got, 1, 0)
}
