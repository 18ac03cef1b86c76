package datasets

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// shade is a small colour picture in which every pixel differs.
func shade(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(7 * x), uint8(11 * y), uint8(x*y + 3), 255})
		}
	}
	return m
}

// deep is a 16-bit grey picture whose low bytes carry information.
func deep(w, h int) *image.Gray16 {
	m := image.NewGray16(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetGray16(x, y, color.Gray16{uint16(1000 + 257*x + 3*y)})
		}
	}
	return m
}

// deepColour is a 16-bit colour picture whose low bytes carry information.
func deepColour(w, h int) *image.RGBA64 {
	m := image.NewRGBA64(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA64(x, y, color.RGBA64{uint16(300 * x), uint16(700*y + 1), uint16(x*y + 3), 0xffff})
		}
	}
	return m
}

// spot is a mask with a marked square, or an empty one.
func spot(w, h int, filled bool) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	if filled {
		for y := h / 4; y < h/2; y++ {
			for x := w / 4; x < w/2; x++ {
				m.SetGray(x, y, color.Gray{255})
			}
		}
	}
	return m
}

func pngBytes(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegBytes(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func bmpBytes(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := bmp.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tiffBytes(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tiff.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// put writes a file, making its folders, and returns its path.
func put(t testing.TB, root, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// plant writes small pictures under the given names.
func plant(t testing.TB, root string, names ...string) {
	t.Helper()
	for i, n := range names {
		put(t, root, n, pngBytes(t, shade(8+i%3, 8)))
	}
}

// chunkPNG makes a PNG chunk with its checksum.
func chunkPNG(kind string, data []byte) []byte {
	var b bytes.Buffer
	binary.Write(&b, binary.BigEndian, uint32(len(data)))
	b.WriteString(kind)
	b.Write(data)
	binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(b.Bytes()[4:]))
	return b.Bytes()
}

// headerPNG is a valid PNG header of any size with no picture behind it.
func headerPNG(w, h uint32, depth, colour byte, rest ...[]byte) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	b = append(b, chunkPNG("IHDR", append(head, depth, colour, 0, 0, 0))...)
	for _, r := range rest {
		b = append(b, r...)
	}
	return b
}

// exifJPEG puts an EXIF segment with an orientation into a JPEG stream.
func exifJPEG(plain []byte, o uint16, order binary.AppendByteOrder) []byte {
	head := "II*\x00"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		head = "MM\x00*"
	}
	body := append([]byte("Exif\x00\x00"), head...)
	body = order.AppendUint32(body, 8)
	body = order.AppendUint16(body, 2)
	body = order.AppendUint16(body, 0x0100) // an entry to pass over: width
	body = order.AppendUint16(body, 3)
	body = order.AppendUint32(body, 1)
	body = order.AppendUint32(body, 9)
	body = order.AppendUint16(body, tagOrientation)
	body = order.AppendUint16(body, 3)
	body = order.AppendUint32(body, 1)
	body = order.AppendUint16(body, o)
	body = order.AppendUint16(body, 0)
	body = order.AppendUint32(body, 0)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	return append(append(out, body...), plain[2:]...)
}

// cmykJPEG is a hand-made 8 x 8 baseline JPEG with four components, all at
// mid level: one DC difference of zero and an end of block for each.
func cmykJPEG() []byte {
	b := []byte{0xff, 0xd8}
	b = append(b, 0xff, 0xee, 0, 14) // Adobe segment: no transform, so CMYK
	b = append(b, "Adobe"...)
	b = append(b, 0, 100, 0, 0, 0, 0, 0)
	b = append(b, 0xff, 0xdb, 0, 67, 0)
	b = append(b, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, 0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)
	for _, class := range []byte{0x00, 0x10} { // DC and AC tables with the one symbol 0, code "0"
		b = append(b, 0xff, 0xc4, 0, 20, class, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	b = append(b, 0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0)
	return append(b, 0x00, 0xff, 0xd9) // eight zero bits: DC and end of block, four times
}
