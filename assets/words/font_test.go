package words

import (
	"testing"

	"agurscope/assets"

	"golang.org/x/image/font/sfnt"
)

// The program shows its Chinese on machines that have no font for it.
func TestFontsHaveEveryCharacterOfTheCatalog(t *testing.T) {
	entries, err := readCatalog()
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{}
	for name, data := range map[string][]byte{"regular": assets.HanRegular, "bold": assets.HanBold} {
		if len(data) > 300_000 {
			t.Errorf("%s has %d bytes", name, len(data))
		}
		f, err := sfnt.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		var b sfnt.Buffer
		for _, e := range entries {
			for _, r := range e.texts["zh"] {
				if i, err := f.GlyphIndex(&b, r); r >= 0x3000 && (err != nil || i == 0) {
					missing[string(r)] = true
				}
			}
		}
	}
	for r := range missing {
		t.Errorf("%s is in no font: run “make font”", r)
	}
}
