package viewer

import (
	"testing"

	"agurscope/assets"

	"fyne.io/fyne/v2/theme"
)

// A letter that a font lacks comes from the one behind it.
func TestFontBehindHasWhatIsLacking(t *testing.T) {
	f, err := NewFont(theme.DefaultTextBoldFont().Content(), 12)
	if err != nil {
		t.Fatal(err)
	}
	if f.behind, err = NewFont(assets.HanBold, 12); err != nil {
		t.Fatal(err)
	}
	for _, c := range "高a" {
		ink := 0
		for _, v := range f.glyph(c).mask.Pix {
			ink += int(v)
		}
		if ink == 0 {
			t.Errorf("%c is blank", c)
		}
	}
}
