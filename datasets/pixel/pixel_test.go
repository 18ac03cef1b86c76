package pixel

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

func decode(t testing.TB, name string, w, h, stride int, b []byte) image.Image {
	t.Helper()
	f, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Decode(w, h, stride, b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Bytes and values as the GenICam pixel format naming convention draws them.
func TestSamplesAgainstTheStandard(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		want []uint16 // before they are spread
		bits int
	}{
		{"Mono10", []byte{0x01, 0x02, 0xff, 0x03}, []uint16{0x201, 0x3ff}, 10},
		{"Mono12", []byte{0x34, 0x02, 0xff, 0x0f}, []uint16{0x234, 0xfff}, 12},
		{"Mono14", []byte{0x34, 0x12, 0xff, 0x3f}, []uint16{0x1234, 0x3fff}, 14},
		{"Mono16", []byte{0x34, 0x12, 0xff, 0xff}, []uint16{0x1234, 0xffff}, 16},
		{"Mono12p", []byte{0x34, 0x62, 0x45}, []uint16{0x234, 0x456}, 12},
		{"Mono10p", []byte{0x81, 0xfe, 0x53, 0xfa, 0xaa}, []uint16{0x281, 0x0ff, 0x3a5, 0x2ab} /* four samples in five bytes */, 10},
		{"Mono12Packed", []byte{0x23, 0x64, 0x45}, []uint16{0x234, 0x456}, 12},
		{"Mono10Packed", []byte{0xc0, 0x21, 0x40}, []uint16{0xc0<<2 | 1, 0x40<<2 | 2}, 10},
	} {
		m := decode(t, c.name, len(c.want), 1, 0, c.b).(*image.Gray16)
		for x, v := range c.want {
			if got := m.Gray16At(x, 0).Y; got != spread(v, c.bits) || got>>(16-c.bits) != v {
				t.Errorf("%s sample %d is %#x, want %#x of %d bits", c.name, x, got, v, c.bits)
			}
		}
	}
	for _, n := range []int{10, 12, 14, 16} {
		if spread(1<<n-1, n) != 0xffff || spread(0, n) != 0 {
			t.Errorf("white of %d bits is %#x", n, spread(1<<n-1, n))
		}
	}
}

// Packed rows follow each other bit by bit, or begin at a stride.
func TestPackedRows(t *testing.T) {
	// Three samples a row, two rows: 72 bits.
	samples := []uint16{1, 2, 3, 0x104, 0x205, 0xf06}
	var all [9]byte
	for i, v := range samples {
		for k := range 12 {
			all[(12*i+k)/8] |= byte(v>>k&1) << ((12*i + k) % 8)
		}
	}
	m := decode(t, "Mono12p", 3, 2, 0, all[:]).(*image.Gray16)
	for i, v := range samples {
		if got := m.Gray16At(i%3, i/3).Y >> 4; got != v {
			t.Errorf("sample %d is %#x, want %#x", i, got, v)
		}
	}
	padded := append(append([]byte{}, all[:4]...), 0, 0, 0, 0)
	padded[4] = 0
	row := [5]byte{}
	for i, v := range samples[3:] {
		for k := range 12 {
			row[(12*i+k)/8] |= byte(v>>k&1) << ((12*i + k) % 8)
		}
	}
	padded = append(append(append([]byte{}, all[:4]...), all[4]&0x0f, 0, 0, 0), row[:]...)
	m = decode(t, "Mono12p", 3, 2, 8, padded).(*image.Gray16)
	for i, v := range samples {
		if got := m.Gray16At(i%3, i/3).Y >> 4; got != v {
			t.Errorf("with a stride: sample %d is %#x, want %#x", i, got, v)
		}
	}
}

func TestStrideOfWholeBytes(t *testing.T) {
	m := decode(t, "Mono8", 2, 2, 4, []byte{1, 2, 99, 99, 3, 4}).(*image.Gray)
	if string(m.Pix) != "\x01\x02\x03\x04" {
		t.Errorf("got %v", m.Pix)
	}
}

func TestColoursLieWhereTheirNamesSay(t *testing.T) {
	want := color.RGBA{10, 20, 30, 255}
	for name, b := range map[string][]byte{
		"RGB8": {10, 20, 30}, "BGR8": {30, 20, 10}, "RGBa8": {10, 20, 30, 1}, "BGRa8": {30, 20, 10, 1},
	} {
		if got := decode(t, name, 1, 1, 0, b).At(0, 0); got != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if got := decode(t, "RGB16", 1, 1, 0, []byte{1, 2, 3, 4, 5, 6}).At(0, 0); got != (color.RGBA64{0x201, 0x403, 0x605, 0xffff}) {
		t.Errorf("RGB16: got %v", got)
	}
}

func TestYUVAgainstTheStandardLibraryAndTheVideoLevels(t *testing.T) {
	for range 2000 {
		y0, y1, u, v := uint8(rand.Uint32()), uint8(rand.Uint32()), uint8(rand.Uint32()), uint8(rand.Uint32())
		for name, b := range map[string][]byte{"YUV422_8": {y0, u, y1, v}, "YUV422_8_UYVY": {u, y0, v, y1}} {
			m := decode(t, name, 2, 1, 0, b).(*image.RGBA)
			for x, y := range []uint8{y0, y1} {
				r, g, bl := color.YCbCrToRGB(y, u, v)
				near(t, name, m.RGBAAt(x, 0), [3]float64{float64(r), float64(g), float64(bl)})
			}
		}
		for name, b := range map[string][]byte{"YUYV": {y0, u, y1, v}, "UYVY": {u, y0, v, y1}} {
			m := decode(t, name, 2, 1, 0, b).(*image.RGBA)
			for x, y := range []uint8{y0, y1} {
				l, cb, cr := (float64(y)-16)*255/219, (float64(u)-128)*255/224, (float64(v)-128)*255/224
				near(t, name, m.RGBAAt(x, 0), [3]float64{l + 1.402*cr, l - 0.344136*cb - 0.714136*cr, l + 1.772*cb})
			}
		}
	}
	m := decode(t, "YUYV", 2, 1, 0, []byte{235, 128, 16, 128}).(*image.RGBA)
	if m.RGBAAt(0, 0) != (color.RGBA{255, 255, 255, 255}) || m.RGBAAt(1, 0) != (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("white and black of video are %v and %v", m.RGBAAt(0, 0), m.RGBAAt(1, 0))
	}
}

func near(t *testing.T, name string, got color.RGBA, want [3]float64) {
	t.Helper()
	for i, v := range []uint8{got.R, got.G, got.B} {
		if math.Abs(float64(v)-min(max(want[i], 0), 255)) > 1 {
			t.Fatalf("%s: got %v, want %.1f", name, got, want)
		}
	}
}

// An even colour through any Bayer mask comes out even, and at each place one
// colour is the sensor's own.
func TestDebayer(t *testing.T) {
	rgb := [3]byte{200, 100, 50}
	for name, at := range map[string]tile{"RG": {0, 0}, "GR": {1, 0}, "GB": {0, 1}, "BG": {1, 1}} {
		for _, size := range []image.Point{{1, 1}, {2, 2}, {3, 5}, {8, 6}} {
			b := make([]byte, size.X*size.Y)
			for i := range b {
				x, y := i%size.X, i/size.X
				c := 1
				if onX, onY := (x-at.x)%2 == 0, (y-at.y)%2 == 0; onX && onY {
					c = 0
				} else if !onX && !onY {
					c = 2
				}
				b[i] = rgb[c]
			}
			m := decode(t, "Bayer"+name+"8", size.X, size.Y, 0, b).(*image.RGBA)
			if size.X < 2 {
				continue // one sample has no colour
			}
			for i := range b {
				if got := m.RGBAAt(i%size.X, i/size.X); got != (color.RGBA{200, 100, 50, 255}) {
					t.Fatalf("%s %v pixel %d is %v", name, size, i, got)
				}
			}
			wide := make([]byte, 2*len(b))
			for i, v := range b {
				wide[2*i], wide[2*i+1] = v, v
			}
			deep := decode(t, "Bayer"+name+"16", size.X, size.Y, 0, wide).(*image.RGBA64)
			if got := deep.RGBA64At(1, 1); got != (color.RGBA64{200 * 257, 100 * 257, 50 * 257, 0xffff}) {
				t.Fatalf("%s of 16 bits: %v", name, got)
			}
		}
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	for _, name := range Names() {
		f, _ := Named(name)
		for _, c := range []struct{ w, h, stride, n int }{
			{0, 1, 0, 100}, {1, -1, 0, 100}, {maxSide + 1, 1, 0, 1 << 20}, {20000, 20000, 0, 100},
			{4, 4, 1, 1000}, {4, 4, 0, f.Size(4, 4) - 1}, {4, 4, 100, 300},
		} {
			if c.stride == 1 && f.Row(4) <= 1 {
				continue
			}
			if m, err := f.Decode(c.w, c.h, c.stride, make([]byte, c.n)); err == nil {
				t.Errorf("%s %+v became %v", name, c, m.Bounds())
			}
		}
	}
	if _, err := Named("Coord3D_ABC32f"); err == nil {
		t.Error("a point cloud is no picture")
	}
	if _, err := (Format{}).Decode(1, 1, 0, []byte{1}); err == nil {
		t.Error("no format is no picture")
	}
}

func FuzzDecode(f *testing.F) {
	for i := range Names() {
		f.Add(i, 4, 4, 0, make([]byte, 200))
		f.Add(i, 3, 5, 16, make([]byte, 200))
	}
	f.Fuzz(func(t *testing.T, i, w, h, stride int, b []byte) {
		names := Names()
		format, _ := Named(names[uint(i)%uint(len(names))])
		if w > 4096 || h > 4096 {
			return
		}
		m, err := format.Decode(w, h, stride, b)
		if err == nil && (m.Bounds() != image.Rect(0, 0, w, h) || !m.(interface{ Opaque() bool }).Opaque()) {
			t.Errorf("%s: %v", format.Name, m.Bounds())
		}
	})
}

func BenchmarkDebayer8(b *testing.B) {
	f, _ := Named("BayerRG8")
	data := make([]byte, 1024*1024)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := f.Decode(1024, 1024, 0, data); err != nil {
			b.Fatal(err)
		}
	}
}
