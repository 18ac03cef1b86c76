package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
)

func TestGoldenFlash(t *testing.T) {
	looks(t, "flash", 240, 120, func() fyne.CanvasObject {
		f := NewFlash()
		f.light(true)
		return f
	})
}

func TestFlashLightsTwiceAndIsDarkOtherwise(t *testing.T) {
	themed(t, "dark")
	f := NewFlash()
	if f.Visible() || f.Lit() {
		t.Error("it is seen without a reason")
	}
	seen, was := 0, false
	for i := range 101 {
		f.at(float32(i) / 100)
		if f.Lit() != f.Visible() {
			t.Fatal("lit, and not seen")
		}
		if f.Lit() && !was {
			seen++
		}
		was = f.Lit()
	}
	if was || seen != flashes {
		t.Errorf("it lights %d times", seen)
	}
	f.Start() // the test's driver does not let animations take time
	if f.Lit() || f.run != nil {
		t.Error("it does not end")
	}
}
