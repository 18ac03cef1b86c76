package datasets

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostile lists the files that must be refused, with the kind of refusal and
// words that its sentence must have.
func hostile(t testing.TB) map[string]struct {
	content []byte
	kind    error
	words   string
} {
	good := pngBytes(t, shade(40, 30))
	jpg := jpegBytes(t, shade(64, 64))
	type row = struct {
		content []byte
		kind    error
		words   string
	}
	return map[string]row{
		"empty.png":           {nil, ErrEmpty, "empty (0 bytes)"},
		"text.png":            {[]byte("Batch 7, shift B\nall good\n"), ErrNotImage, "looks like text"},
		"page.jpg":            {[]byte("<!DOCTYPE html><html>404</html>"), ErrNotImage, "a web page"},
		"pointer.png":         {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), ErrNotImage, "Git LFS pointer"},
		"office.bmp":          {[]byte("PK\x03\x04rest"), ErrNotImage, "ZIP"},
		"zeros.tif":           {make([]byte, 2000), ErrNotImage, "zero bytes only"},
		"binary.png":          {[]byte("\x01\x02\x03\xfe\xff"), ErrNotImage, "binary data"},
		"anim.gif":            {[]byte("GIF89a....."), ErrUnsupported, "GIF"},
		"phone.heic":          {[]byte("\x00\x00\x00\x18ftypheic"), ErrUnsupported, "HEIC"},
		"truncated.png":       {good[:len(good)/2], ErrTruncated, "truncated"},
		"truncated.jpg":       {jpg[:len(jpg)/2], ErrTruncated, "truncated"},
		"truncated.bmp":       {bmpBytes(t, shade(40, 30))[:300], ErrTruncated, "truncated"},
		"truncated.tif":       {tiffBytes(t, deep(40, 30))[:300], ErrTruncated, "truncated"},
		"only-magic.png":      {good[:8], ErrTruncated, "truncated"},
		"header-30000.png":    {headerPNG(30000, 30000, 8, 2), ErrTooLarge, "30000 x 30000 pixels (900 megapixels) and the cap is 100"},
		"wide-65535.png":      {headerPNG(65535, 1, 8, 0), ErrTooLarge, "65535 x 1"},
		"tall-65535.jpg":      {bigJPEG(1, 65535), ErrTooLarge, "1 x 65535"},
		"bomb-16-bit.png":     {headerPNG(9000, 9000, 16, 2), ErrTooLarge, "the cap is 50 megapixels"},
		"promises.png":        {headerPNG(9000, 9000, 8, 2, chunkPNG("IDAT", nil)), ErrTruncated, "only"},
		"promises.bmp":        {bigBMP(t, 9000, 9000), ErrTruncated, "only"},
		"no-pixels.png":       {headerPNG(0, 5, 8, 2), ErrDamaged, ""},
		"bad-checksum.png":    {flip(good, 45), ErrDamaged, "damaged"},
		"truncated.webp":      {flatWebP(2, 2, color.RGBA{})[:24], ErrTruncated, "truncated"},
		"palette.png":         {shortPalettePNG(t), ErrDamaged, "palette has 2 colours"},
		"palette.bmp":         {shortPaletteBMP(), ErrDamaged, "palette"},
		"sixty-four-bits.bmp": {oddBMP(t), ErrUnsupported, "not supported"},
	}
}

func TestHostileFilesAreRefusedInOneSentence(t *testing.T) {
	dir := t.TempDir()
	for name, h := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			path := put(t, dir, name, h.content)
			m, err := Decode(path)
			if err == nil {
				t.Fatalf("decoded to %T %v", m, m.Bounds())
			}
			var d *DecodeError
			if !errors.As(err, &d) || d.Path != path || d.Reason == "" || d.Remedy == "" {
				t.Fatalf("got %#v", err)
			}
			if !errors.Is(err, h.kind) {
				t.Errorf("%q is not of the kind %q", err, h.kind)
			}
			if s := err.Error(); !strings.Contains(s, h.words) || !strings.HasPrefix(s, path) || strings.Contains(s, "\n") {
				t.Errorf("the sentence is %q and should say %q", s, h.words)
			}
		})
	}
}

func TestFileOverTheByteCapIsRefused(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "sparse.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(MaxFileBytes + 1); err != nil {
		t.Skipf("no sparse files here: %v", err)
	}
	if _, err := Decode(f.Name()); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "512 MiB") {
		t.Errorf("got %v", err)
	}
}

// panicky is a stream that breaks a decoder from inside.
type panicky struct{ *bytes.Reader }

func (p panicky) Read(b []byte) (int, error) {
	if p.Reader.Len() < int(p.Reader.Size()) {
		panic("index out of range")
	}
	return p.Reader.Read(b)
}

func TestPanicOfADecoderBecomesAnError(t *testing.T) {
	r := panicky{bytes.NewReader(pngBytes(t, shade(300, 300)))}
	if _, err := DecodeReader("cursed.png", r); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestPicturesPassTheBorder(t *testing.T) {
	rgba, grey, g16, rgba64 := shade(9, 7), spot(9, 7, true), deep(9, 7), deepColour(9, 7)
	greys := image.NewPaletted(rgba.Rect, color.Palette{color.Gray{10}, color.Gray{200}})
	greys.Pix[5] = 1
	colours := image.NewPaletted(rgba.Rect, color.Palette{color.RGBA{9, 8, 7, 255}, color.RGBA{1, 2, 3, 255}})
	for name, c := range map[string]struct {
		content []byte
		want    image.Image
	}{
		"colour.png":           {pngBytes(t, rgba), rgba},
		"colour.bmp":           {bmpBytes(t, rgba), rgba},
		"colour.tif":           {tiffBytes(t, rgba), rgba},
		"grey.png":             {pngBytes(t, grey), grey},
		"grey.bmp":             {bmpBytes(t, grey), grey},
		"grey.tif":             {tiffBytes(t, grey), grey},
		"grey16.png":           {pngBytes(t, g16), g16},
		"grey16.tif":           {tiffBytes(t, g16), g16},
		"colour16.png":         {pngBytes(t, rgba64), rgba64},
		"colour16.tif":         {tiffBytes(t, rgba64), rgba64},
		"grey-palette.png":     {pngBytes(t, greys), toGray(greys)},
		"colour-palette.png":   {pngBytes(t, colours), toRGBA(colours)},
		"wrong-extension.jpg":  {pngBytes(t, rgba), rgba},
		"no-extension":         {pngBytes(t, rgba), rgba},
		"one.png":              {pngBytes(t, shade(1, 1)), shade(1, 1)},
		"longest.png":          {pngBytes(t, spot(MaxSide, 1, false)), spot(MaxSide, 1, false)},
		"white-on-cmyk.jpg":    {cmykJPEG(), flatRGBA(8, 8, color.RGBA{64, 64, 64, 255})},
		"lossless-2-by-2.webp": {flatWebP(2, 2, color.RGBA{255, 0, 0, 255}), flatRGBA(2, 2, color.RGBA{255, 0, 0, 255})},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Decode(put(t, t.TempDir(), name, c.content))
			if err != nil {
				t.Fatal(err)
			}
			checkBorder(t, got)
			wantSame(t, got, c.want)
		})
	}
}

func TestJPEGPassesTheBorder(t *testing.T) {
	for name, m := range map[string]image.Image{"colour": shade(21, 13), "grey": spot(21, 13, true)} {
		got, err := DecodeBytes(name, jpegBytes(t, m))
		if err != nil {
			t.Fatal(err)
		}
		checkBorder(t, got)
		if _, grey := got.(*image.Gray); grey != (name == "grey") || got.Bounds() != m.Bounds() {
			t.Errorf("%s: got %T %v", name, got, got.Bounds())
		}
	}
}

func TestTransparencyLiesOverBlack(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	copy(m.Pix, []byte{200, 100, 50, 128, 90, 80, 70, 0})
	got, err := DecodeBytes("half.png", pngBytes(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{100, 50, 25, 255, 0, 0, 0, 255}; !bytes.Equal(got.(*image.RGBA).Pix, want) {
		t.Errorf("got %v, want %v", got.(*image.RGBA).Pix, want)
	}
}

func TestAlphaThatIsZeroEverywhereIsIgnored(t *testing.T) {
	m8 := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	copy(m8.Pix, []byte{200, 100, 50, 0})
	got, err := DecodeBytes("blank.png", pngBytes(t, m8))
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{200, 100, 50, 255}; !bytes.Equal(got.(*image.RGBA).Pix, want) {
		t.Errorf("8 bits: got %v", got.(*image.RGBA).Pix)
	}
	m16 := image.NewNRGBA64(image.Rect(0, 0, 2, 1))
	copy(m16.Pix, []byte{200, 1, 100, 2, 50, 3, 128, 0, 1, 1, 1, 1, 1, 1, 255, 255})
	if got, err = DecodeBytes("half16.png", pngBytes(t, m16)); err != nil {
		t.Fatal(err)
	}
	if c := got.(*image.RGBA64).RGBA64At(0, 0); c.A != 0xffff || c.R>>8 != 100 {
		t.Errorf("16 bits over black: got %v", c)
	}
}

// checkBorder holds a picture against the promise of Decode.
func checkBorder(t testing.TB, m image.Image) {
	t.Helper()
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	if m.Bounds().Min != (image.Point{}) || w == 0 || h == 0 {
		t.Fatalf("bounds %v", m.Bounds())
	}
	var n, stride, per int
	switch m := m.(type) {
	case *image.Gray:
		n, stride, per = len(m.Pix), m.Stride, 1
	case *image.Gray16:
		n, stride, per = len(m.Pix), m.Stride, 2
	case *image.RGBA:
		n, stride, per = len(m.Pix), m.Stride, 4
	case *image.RGBA64:
		n, stride, per = len(m.Pix), m.Stride, 8
	default:
		t.Fatalf("%T passed the border", m)
	}
	if stride != w*per || n != w*h*per {
		t.Fatalf("%T %v has stride %d and %d bytes", m, m.Bounds(), stride, n)
	}
	if o, ok := m.(interface{ Opaque() bool }); !ok || !o.Opaque() {
		t.Fatalf("%T is not opaque", m)
	}
}

// wantSame compares type, bounds and every pixel.
func wantSame(t testing.TB, got, want image.Image) {
	t.Helper()
	if got.Bounds() != want.Bounds() || got.ColorModel() != want.ColorModel() {
		t.Fatalf("got %T %v, want %T %v", got, got.Bounds(), want, want.Bounds())
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			if got.At(x, y) != want.At(x, y) {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

func toGray(m image.Image) *image.Gray {
	out := image.NewGray(m.Bounds())
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			out.Set(x, y, m.At(x, y))
		}
	}
	return out
}

func toRGBA(m image.Image) *image.RGBA {
	out := image.NewRGBA(m.Bounds())
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			out.Set(x, y, m.At(x, y))
		}
	}
	return out
}

func flatRGBA(w, h int, c color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(m.Pix); i += 4 {
		copy(m.Pix[i:], []byte{c.R, c.G, c.B, c.A})
	}
	return m
}

func flip(b []byte, at int) []byte {
	c := bytes.Clone(b)
	c[at] ^= 0x55
	return c
}

// bigJPEG is a JPEG header of any size.
func bigJPEG(w, h uint16) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xc0, 0, 11, 8}
	b = binary.BigEndian.AppendUint16(b, h)
	b = binary.BigEndian.AppendUint16(b, w)
	return append(b, 1, 1, 0x11, 0, 0xff, 0xda, 0, 2)
}

// bigBMP is a BMP that claims another size than it has.
func bigBMP(t testing.TB, w, h uint32) []byte {
	b := bmpBytes(t, shade(4, 4))
	binary.LittleEndian.PutUint32(b[18:], w)
	binary.LittleEndian.PutUint32(b[22:], h)
	return b
}

// oddBMP claims a depth that no decoder here knows.
func oddBMP(t testing.TB) []byte {
	b := bmpBytes(t, shade(4, 4))
	binary.LittleEndian.PutUint16(b[28:], 64)
	return b
}

// shortPalettePNG has two colours and pixels that ask for more.
func shortPalettePNG(t testing.TB) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte{0, 0, 1, 9, 0, 1, 0, 200})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return headerPNG(3, 2, 8, 3, chunkPNG("PLTE", []byte{1, 2, 3, 4, 5, 6}), chunkPNG("IDAT", z.Bytes()), chunkPNG("IEND", nil))
}

// shortPaletteBMP has two colours and a pixel that asks for the tenth.
func shortPaletteBMP() []byte {
	le := binary.LittleEndian
	const start = 14 + 40 + 8
	b := []byte("BM")
	b = le.AppendUint32(b, start+4)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, start)
	b = le.AppendUint32(b, 40)
	b = le.AppendUint32(b, 4) // width
	b = le.AppendUint32(b, 1)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, 8)
	for _, v := range []uint32{0, 4, 0, 0, 2, 0} { // two colours used
		b = le.AppendUint32(b, v)
	}
	b = append(b, 0, 0, 0, 0, 255, 128, 0, 0) // the palette
	return append(b, 0, 1, 9, 0)
}

// flatWebP is a lossless WebP of one colour: with one symbol in each of its
// five codes, the pixels themselves take no bits.
func flatWebP(w, h int, c color.RGBA) []byte {
	var bits []byte
	n := 0
	write := func(v, count int) {
		for i := range count {
			if n%8 == 0 {
				bits = append(bits, 0)
			}
			bits[n/8] |= byte(v>>i&1) << (n % 8)
			n++
		}
	}
	write(0x2f, 8)
	write(w-1, 14)
	write(h-1, 14)
	write(0, 1+3)   // no alpha; version 0
	write(0, 1+1+1) // no transform, colour cache or meta codes
	for _, symbol := range []byte{c.G, c.R, c.B, 255, 0} {
		write(1, 1) // a simple code
		write(0, 1) // of one symbol
		write(1, 1) // of eight bits
		write(int(symbol), 8)
	}
	if len(bits)%2 == 1 {
		bits = append(bits, 0)
	}
	b := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(bits)+12))...)
	b = append(append(b, "WEBPVP8L"...), binary.LittleEndian.AppendUint32(nil, uint32(len(bits)))...)
	return append(b, bits...)
}
