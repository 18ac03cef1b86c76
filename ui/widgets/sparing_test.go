package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestSparingLeavesWordsOutWhereThereIsNoRoom(t *testing.T) {
	test.NewTempApp(t)
	word := NewText("a long explanation")
	row := Row(16, Row(spareGap, NewText("1"), word), NewText("2"))
	s := Sparing(row, word)
	least, whole := s.MinSize().Width, row.MinSize().Width
	if least >= whole {
		t.Fatalf("it needs %v of %v", least, whole)
	}
	for _, x := range []struct {
		width float32
		said  bool
	}{{whole, true}, {whole - 1, false}, {least, false}, {whole, true}} {
		s.Resize(fyne.NewSize(x.width, 30))
		if word.Visible() != x.said || s.MinSize().Width != least {
			t.Errorf("at %v of %v: said %v, needs %v", x.width, whole, word.Visible(), s.MinSize().Width)
		}
	}
}
