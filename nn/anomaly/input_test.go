package anomaly

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

func TestFitInput(t *testing.T) {
	for _, c := range []struct {
		name         string
		w, h, n      int
		wantW, wantH int
	}{
		{"square", 1024, 1024, 128, 128, 128},
		{"square of another size", 700, 700, 256, 256, 256},
		{"one pixel", 1, 1, 128, 128, 128},
		{"nearly square", 1000, 990, 128, 128, 128},
		{"upright strip", 250, 625, 128, 80, 208},
		{"lying strip", 625, 250, 128, 208, 80},
		{"strip at 256", 230, 630, 256, 160, 416},
		{"thirty to one", 3000, 100, 128, 704, 32},
		{"one to thirty", 100, 3000, 128, 32, 704},
		{"thread", 30000, 1, 1024, 2048, 32},
		{"smallest", 10, 10, 32, 32, 32},
	} {
		if w, h := FitInput(c.w, c.h, c.n); w != c.wantW || h != c.wantH {
			t.Errorf("%s: %d x %d at %d gives %d x %d, want %d x %d", c.name, c.w, c.h, c.n, w, h, c.wantW, c.wantH)
		}
	}
}

func TestFitInputKeepsAreaAndAspect(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		n := 32 + rng.IntN(993)
		w, h := 1+rng.IntN(4000), 1+rng.IntN(4000)
		gw, gh := FitInput(w, h, n)
		if err := (Network{Size: "T", Width: gw, Height: gh}).Validate(); err != nil {
			t.Fatalf("%d x %d at %d: %v", w, h, n, err)
		}
		if sw, sh := FitInput(h, w, n); sw != gh || sh != gw {
			t.Fatalf("%d x %d at %d: turning the picture gives %d x %d, not %d x %d", w, h, n, sw, sh, gh, gw)
		}
		ratio := math.Sqrt(float64(w) / float64(h))
		for _, side := range []struct {
			got   int
			ideal float64
		}{{gw, float64(n) * ratio}, {gh, float64(n) / ratio}} {
			if want := min(max(side.ideal, 32), MaxSide); math.Abs(float64(side.got)-want) > 8 {
				t.Fatalf("%d x %d at %d: side %d is more than half a step from %g", w, h, n, side.got, want)
			}
		}
	}
}

// brute is Tensor for one grey picture, from its definition: per axis the mean
// over the area that a sample covers, or linear interpolation between sample
// centres where it grows.
func brute(m *image.Gray, w, h int) []float64 {
	b := m.Bounds()
	axis := func(n, to, i int) []float64 {
		share := make([]float64, n)
		scale := float64(n) / float64(to)
		if scale >= 1 {
			for k := range n {
				share[k] = max(0, min(float64(i+1)*scale, float64(k+1))-max(float64(i)*scale, float64(k))) / scale
			}
			return share
		}
		at := (float64(i)+.5)*scale - .5
		f := math.Floor(at)
		share[min(max(int(f), 0), n-1)] += 1 - (at - f)
		share[min(max(int(f)+1, 0), n-1)] += at - f
		return share
	}
	out := make([]float64, w*h)
	for y := range h {
		rows := axis(b.Dy(), h, y)
		for x := range w {
			cols := axis(b.Dx(), w, x)
			for sy, fy := range rows {
				for sx, fx := range cols {
					out[y*w+x] += fy * fx * float64(m.Pix[sy*m.Stride+sx]) / 255
				}
			}
		}
	}
	return out
}

func TestTensorIsTheAreaMeanAndInterpolatesUpwards(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, c := range [][4]int{
		{64, 64, 32, 32},  // exact halves
		{50, 37, 16, 16},  // broken ratios
		{33, 47, 32, 48},  // a little smaller, a little larger
		{16, 16, 48, 32},  // up
		{100, 8, 32, 32},  // down across, up along
		{1, 1, 16, 16},    // one pixel
		{32, 32, 32, 32},  // as it is
		{31, 300, 32, 16}, // nearly as it is
	} {
		m := image.NewGray(image.Rect(0, 0, c[0], c[1]))
		for i := range m.Pix {
			m.Pix[i] = uint8(rng.IntN(256))
		}
		got := Tensor(m, c[2], c[3])
		if got.C != 3 || got.W != c[2] || got.H != c[3] {
			t.Fatalf("%v: tensor is %dx%dx%d", c, got.C, got.H, got.W)
		}
		for i, v := range brute(m, c[2], c[3]) {
			if math.Abs(float64(got.Pix[i])-v) > 2e-6 {
				t.Fatalf("%d x %d to %d x %d: sample %d is %g, want %g", c[0], c[1], c[2], c[3], i, got.Pix[i], v)
			}
		}
	}
}

func TestTensorKeepsAConstant(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {7, 5}, {97, 211}, {640, 480}, {3000, 100}} {
		m := image.NewGray16(image.Rect(0, 0, size[0], size[1]))
		for i := range m.Pix {
			m.Pix[i] = 0x5a
		}
		for i, v := range Tensor(m, 48, 32).Pix {
			if math.Abs(float64(v)-0x5a5a/65535.) > 1e-6 {
				t.Fatalf("%v: sample %d of a constant picture is %g", size, i, v)
			}
		}
	}
}

func TestTensorKeepsSixteenBits(t *testing.T) {
	side := image.Rect(0, 0, 32, 32)
	for name, draw := range map[string]func(v uint16) image.Image{
		"grey": func(v uint16) image.Image {
			m := image.NewGray16(side)
			for i := range 32 * 32 {
				m.SetGray16(i%32, i/32, color.Gray16{Y: v})
			}
			return m
		},
		"colour": func(v uint16) image.Image {
			m := image.NewRGBA64(side)
			for i := range 32 * 32 {
				m.SetRGBA64(i%32, i/32, color.RGBA64{R: v, G: v, B: v, A: 65535})
			}
			return m
		},
	} {
		for _, v := range []uint16{0, 1, 255, 256, 30000, 65533, 65534} {
			a, b := Tensor(draw(v), 32, 32).Pix[100], Tensor(draw(v+1), 32, 32).Pix[100]
			if !(a < b) {
				t.Errorf("%s: %d becomes %g and %d becomes %g: a step of 16 bits is lost", name, v, a, v+1, b)
			}
			if want := float32(v) / 65535; a != want {
				t.Errorf("%s: %d becomes %g, want %g", name, v, a, want)
			}
		}
	}
}

func TestTensorRepeatsGreyAndKeepsColour(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	grey, colour := image.NewGray(image.Rect(0, 0, 40, 40)), image.NewRGBA(image.Rect(0, 0, 40, 40))
	deep := image.NewRGBA64(colour.Rect)
	for i := range 40 * 40 {
		v := [3]uint8{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256))}
		grey.Pix[i] = v[0]
		c := color.RGBA{v[0], v[1], v[2], 255}
		colour.SetRGBA(i%40, i/40, c)
		deep.Set(i%40, i/40, c)
	}
	g, c, d := Tensor(grey, 32, 32), Tensor(colour, 32, 32), Tensor(deep, 32, 32)
	for k := range 3 {
		if !slices.Equal(g.Plane(0), g.Plane(k)) {
			t.Errorf("plane %d of a grey picture differs from the first", k)
		}
	}
	if !slices.Equal(g.Plane(0), c.Plane(0)) {
		t.Error("red of a colour picture differs from the same values in grey")
	}
	if slices.Equal(c.Plane(0), c.Plane(1)) || slices.Equal(c.Plane(1), c.Plane(2)) {
		t.Error("planes of a colour picture are mixed up")
	}
	for i := range c.Pix {
		if math.Abs(float64(c.Pix[i]-d.Pix[i])) > 1e-6 {
			t.Fatalf("sample %d is %g at 8 bits and %g at 16", i, c.Pix[i], d.Pix[i])
		}
	}
}

func TestTensorReadsASubImage(t *testing.T) {
	whole := image.NewGray(image.Rect(0, 0, 96, 96))
	for i := range whole.Pix {
		whole.Pix[i] = uint8(i * 7)
	}
	for _, m := range []interface {
		image.Image
		SubImage(image.Rectangle) image.Image
	}{whole} {
		part := m.SubImage(image.Rect(20, 30, 52, 78))
		got := Tensor(part, 32, 48)
		for y := range 48 {
			for x := range 32 {
				if want := float32(whole.GrayAt(20+x, 30+y).Y) / 255; got.At(0, x, y) != want {
					t.Fatalf("sample %d,%d is %g, want %g", x, y, got.At(0, x, y), want)
				}
			}
		}
	}
}

func TestPictureIsTheWayBack(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 32, 32))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 13)
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	if got := Picture(Tensor(m, 32, 32)); !slices.Equal(got.Pix, m.Pix) {
		t.Error("a picture turned into a tensor and back differs")
	}
	one := &nn.Image{C: 1, H: 1, W: 3, Pix: []float32{-1, .5, 2}}
	if got := Picture(one).Pix; fmt.Sprint(got) != "[0 0 0 255 128 128 128 255 255 255 255 255]" {
		t.Errorf("values out of range give %v", got)
	}
}
