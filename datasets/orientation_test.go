package datasets

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"testing"

	"golang.org/x/image/tiff"
)

// turnedByHand says, for each orientation, which letters of
//
//	abc
//	def
//
// the stored picture shows when made upright.
var turnedByHand = map[orientation][]string{
	1: {"abc", "def"},
	2: {"cba", "fed"},
	3: {"fed", "cba"},
	4: {"def", "abc"},
	5: {"ad", "be", "cf"},
	6: {"da", "eb", "fc"},
	7: {"fc", "eb", "da"},
	8: {"cf", "be", "ad"},
}

func TestEveryOrientationIsMadeUpright(t *testing.T) {
	stored := image.NewGray(image.Rect(0, 0, 3, 2))
	copy(stored.Pix, "abcdef")
	for o, rows := range turnedByHand {
		got := turn(stored, o).(*image.Gray)
		want := image.Pt(len(rows[0]), len(rows))
		if got.Rect.Size() != want {
			t.Fatalf("orientation %d: size %v, want %v", o, got.Rect.Size(), want)
		}
		if all := bytes.Join(asBytes(rows), nil); !bytes.Equal(got.Pix, all) {
			t.Errorf("orientation %d: got %q, want %q", o, got.Pix, all)
		}
	}
}

func asBytes(rows []string) [][]byte {
	var out [][]byte
	for _, r := range rows {
		out = append(out, []byte(r))
	}
	return out
}

func TestOrientationTurnsEveryKindOfPicture(t *testing.T) {
	kinds := []image.Image{spot(4, 3, true), deep(4, 3), shade(4, 3), deepColour(4, 3)}
	for _, m := range kinds {
		for o := orientation(1); o <= 8; o++ {
			got := turn(m, o)
			checkBorder(t, got)
			p := pixels{w: 4, h: 3}
			for y := range got.Bounds().Dy() {
				for x := range got.Bounds().Dx() {
					sx, sy := p.origin(o, x, y)
					if got.At(x, y) != m.At(sx, sy) {
						t.Fatalf("%T orientation %d: pixel %d,%d", m, o, x, y)
					}
				}
			}
		}
	}
}

func TestJPEGIsTurnedByItsEXIF(t *testing.T) {
	plain := jpegBytes(t, shade(24, 16))
	raw, err := jpeg.Decode(bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	base, err := sanitise(raw, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for o := uint16(1); o <= 8; o++ {
			got, err := DecodeBytes("part.jpg", exifJPEG(plain, o, order))
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, got, turn(base, orientation(o)))
		}
	}
}

func TestTIFFIsTurnedByItsTag(t *testing.T) {
	var b bytes.Buffer
	if err := tiff.Encode(&b, deep(5, 3), nil); err != nil {
		t.Fatal(err)
	}
	// The encoder writes no Orientation; put it in place of ResolutionUnit,
	// which comes last and may stand out of order for our purpose.
	file := b.Bytes()
	at := int(binary.LittleEndian.Uint32(file[4:]))
	n := int(binary.LittleEndian.Uint16(file[at:]))
	entry := file[at+2+12*(n-1):]
	binary.LittleEndian.PutUint16(entry, tagOrientation)
	binary.LittleEndian.PutUint16(entry[2:], 3)
	binary.LittleEndian.PutUint32(entry[4:], 1)
	binary.LittleEndian.PutUint32(entry[8:], 6)
	if got := tiffOrientation(bytes.NewReader(file)); got != 6 {
		t.Fatalf("read orientation %d", got)
	}
}

func TestBrokenEXIFLeavesThePictureAsItIs(t *testing.T) {
	plain := jpegBytes(t, shade(24, 16))
	whole := exifJPEG(plain, 6, binary.BigEndian)
	for name, b := range map[string][]byte{
		"orientation 0":     exifJPEG(plain, 0, binary.LittleEndian),
		"orientation 9":     exifJPEG(plain, 9, binary.LittleEndian),
		"no byte order":     bytes.Replace(whole, []byte("MM\x00*"), []byte("XX\x00*"), 1),
		"directory outside": bytes.Replace(whole, []byte("MM\x00*\x00\x00\x00\x08"), []byte("MM\x00*\xff\xff\xff\xff"), 1),
		"no EXIF":           plain,
	} {
		got, err := DecodeBytes(name, b)
		if err != nil || got.Bounds().Dx() != 24 {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	plain := jpegBytes(f, shade(8, 8))
	f.Add(plain)
	f.Add(exifJPEG(plain, 6, binary.BigEndian))
	f.Add(exifJPEG(plain, 3, binary.LittleEndian)[:30])
	f.Add([]byte("II*\x00\x08\x00\x00\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, o := range []orientation{jpegOrientation(bytes.NewReader(b)), tiffOrientation(bytes.NewReader(b))} {
			if o < 1 || o > 8 {
				t.Fatalf("orientation %d", o)
			}
		}
	})
}
