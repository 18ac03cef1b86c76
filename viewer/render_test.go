package viewer

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// noise is a picture in which every pixel differs from its neighbours.
func noise(w, h int, seed uint64) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.UintN(256))
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// plain is a picture of one colour.
func plain(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	fill(img.Pix, c)
	return img
}

var ground = color.RGBA{R: 10, G: 20, B: 30, A: 255}

func render(w, h int, v Viewport, l Layer) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	l.Background = ground
	var r Renderer
	r.Render(dst, v, &l)
	return dst
}

func TestWholeZoomShowsExactPixels(t *testing.T) {
	src := noise(16, 12, 1)
	for _, zoom := range []int{1, 2, 3, 4, 7, 16} {
		w, h := 16*zoom, 12*zoom
		got := render(w, h, Viewport{Center: Point{8, 6}, Zoom: float64(zoom)}, Layer{Picture: NewPicture(src)})
		for y := range h {
			for x := range w {
				if a, b := got.RGBAAt(x, y), src.RGBAAt(x/zoom, y/zoom); a != b {
					t.Fatalf("zoom %d: screen pixel %d,%d is %v, image pixel is %v", zoom, x, y, a, b)
				}
			}
		}
	}
}

func TestFromExactZoomOnNoColourIsInvented(t *testing.T) {
	src := noise(9, 9, 2)
	known := map[color.RGBA]bool{ground: true}
	for y := range 9 {
		for x := range 9 {
			known[src.RGBAAt(x, y)] = true
		}
	}
	got := render(64, 64, Viewport{Center: Point{4.3, 4.8}, Zoom: 5.37}, Layer{Picture: NewPicture(src)})
	for i := 0; i < len(got.Pix); i += 4 {
		c := color.RGBA{got.Pix[i], got.Pix[i+1], got.Pix[i+2], 255}
		if !known[c] {
			t.Fatalf("screen pixel %d has %v, which is no colour of the image", i/4, c)
		}
	}
}

func TestBetweenTheZoomsBordersAreMixedByArea(t *testing.T) {
	src := image.NewRGBA(image.Rect(0, 0, 2, 1))
	fill(src.Pix[:4], color.RGBA{R: 200, G: 200, B: 200})
	fill(src.Pix[4:], color.RGBA{R: 100, G: 100, B: 100})
	got := render(3, 1, Viewport{Center: Point{1, 0.5}, Zoom: 1.5}, Layer{Picture: NewPicture(src)})
	for x, want := range []uint8{200, 150, 100} {
		if g := got.Pix[4*x]; g != want {
			t.Errorf("column %d is %d, want %d", x, g, want)
		}
	}
}

func TestZoomedOutPictureIsAveragedNotPicked(t *testing.T) {
	src := image.NewRGBA(image.Rect(0, 0, 1024, 1024))
	for y := range 1024 { // a board of single pixels: picking gives 0 or 255
		for x := range 1024 {
			v := uint8((x + y) % 2 * 255)
			src.SetRGBA(x, y, color.RGBA{v, v, v, 255})
		}
	}
	got := render(100, 100, Viewport{Center: Point{512, 512}, Zoom: 100.0 / 1024}, Layer{Picture: NewPicture(src)})
	for i := 0; i < len(got.Pix); i += 4 {
		if v := got.Pix[i]; v < 120 || v > 136 {
			t.Fatalf("screen pixel %d is %d, the average is 127", i/4, v)
		}
	}
}

func TestOutsideTheImageIsGroundAndAllIsOpaque(t *testing.T) {
	white := color.RGBA{R: 255, G: 255, B: 255, A: 255}
	got := render(40, 30, Viewport{Center: Point{5, 5}, Zoom: 2}, Layer{Picture: NewPicture(plain(10, 10, white))})
	for y := range 30 {
		for x := range 40 {
			want := ground
			if x >= 10 && x < 30 && y >= 5 && y < 25 {
				want = white
			}
			if c := got.RGBAAt(x, y); c != want {
				t.Fatalf("screen pixel %d,%d is %v, want %v", x, y, c, want)
			}
		}
	}
	if got.Stride != 4*got.Rect.Dx() {
		t.Errorf("stride %d for %d pixels", got.Stride, got.Rect.Dx())
	}
}

func TestImageFarOutsideThePaneDrawsOnlyGround(t *testing.T) {
	l := Layer{Picture: NewPicture(noise(8, 8, 3)), Heat: NewHeat(&Scalar{W: 2, H: 2, V: make([]float32, 4)}, 1, Colormap("grey"), 1)}
	for _, c := range []Point{{1e6, 4}, {-1e6, 4}, {4, 1e6}, {4, -1e6}} {
		got := render(20, 20, Viewport{Center: c, Zoom: 1}, l)
		if a := got.RGBAAt(10, 10); a != ground {
			t.Errorf("centre %v: %v", c, a)
		}
	}
}

func TestSmallerReconstructionCoversTheSameGround(t *testing.T) {
	half := image.NewRGBA(image.Rect(0, 0, 50, 50))
	fill(half.Pix, color.RGBA{A: 255})
	for y := 20; y < 30; y++ {
		for x := 20; x < 30; x++ {
			half.SetRGBA(x, y, color.RGBA{255, 255, 255, 255})
		}
	}
	got := render(100, 100, Viewport{Center: Point{50, 50}, Zoom: 1}, Layer{Picture: NewPicture(half), Extent: Size{100, 100}})
	if a, b := got.RGBAAt(40, 40).R, got.RGBAAt(59, 59).R; a != 255 || b != 255 {
		t.Errorf("corners of the square are %d and %d", a, b)
	}
	if a, b := got.RGBAAt(39, 50).R, got.RGBAAt(60, 50).R; a != 0 || b != 0 {
		t.Errorf("beside the square there is %d and %d", a, b)
	}
}

func TestPaddedTargetIsRefused(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a sub-image was accepted")
		}
	}()
	big := image.NewRGBA(image.Rect(0, 0, 20, 20))
	var r Renderer
	r.Render(big.SubImage(image.Rect(0, 0, 10, 10)).(*image.RGBA), Viewport{Zoom: 1}, &Layer{})
}

func TestSubImageIsPackedForShowing(t *testing.T) {
	big := noise(20, 20, 4)
	p := NewPicture(big.SubImage(image.Rect(5, 6, 15, 14)).(*image.RGBA))
	img := p.Image()
	if img.Stride != 4*img.Rect.Dx() || img.Rect.Min != (image.Point{}) {
		t.Fatalf("stride %d, bounds %v", img.Stride, img.Rect)
	}
	if a, b := img.RGBAAt(0, 0), big.RGBAAt(5, 6); a != b {
		t.Errorf("corner is %v, want %v", a, b)
	}
}

func TestMixStaysBetweenItsEnds(t *testing.T) {
	const a, b = 0xff00ff10, 0x00ffff20
	if mix(a, b, 0) != a || mix(a, b, 256) != b {
		t.Errorf("ends: %#x and %#x", mix(a, b, 0), mix(a, b, 256))
	}
	if m := mix(a, b, 128); m != 0x7f7fff18 {
		t.Errorf("middle: %#x", m)
	}
}

func benchmarkLayer(n int) Layer {
	field := &Scalar{W: 256, H: 256, V: make([]float32, 256*256)}
	r := rand.New(rand.NewPCG(5, 5))
	for i := range field.V {
		field.V[i] = r.Float32()
	}
	p := NewPicture(noise(n, n, 6))
	p.Prepare()
	return Layer{Picture: p, Extent: p.Size(), Heat: NewHeat(field, 1, Colormap("viridis"), 0.6)}
}

func BenchmarkRender(b *testing.B) {
	for _, bc := range []struct {
		name string
		n    int
		fit  bool
		heat bool
	}{
		{"512/fit", 512, true, false}, {"4096/fit", 4096, true, false},
		{"512/zoomed", 512, false, false}, {"4096/zoomed", 4096, false, false},
		{"512/heat", 512, true, true}, {"4096/heat", 4096, true, true},
	} {
		b.Run(bc.name, func(b *testing.B) {
			l := benchmarkLayer(bc.n)
			if !bc.heat {
				l.Heat = nil
			}
			pane := Size{512, 512}
			var v Viewport
			v.Fit(l.Extent, pane)
			v.Zoom *= 0.97 // so that nothing falls onto the grid by chance
			if !bc.fit {
				v.Zoom = 3.3
			}
			dst := image.NewRGBA(image.Rect(0, 0, 512, 512))
			var r Renderer
			for b.Loop() {
				r.Render(dst, v, &l)
			}
		})
	}
}
