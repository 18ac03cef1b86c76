package kiosk

import (
	"os"
	"testing"

	"agurscope/history"
	"agurscope/ui/desk/desktest"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// The kiosk shows a set again and again, says ERROR while it is away, and goes on
// when it is back.
func TestShowsOnAndOnWhateverHappensToTheSource(t *testing.T) {
	s, recipe := desktest.Session(t)
	set := s.Set().Root
	d, h := desktest.New(t, s)
	k := New(d, Show{Recipe: recipe, Set: set, Rate: 100})
	d.Window.SetContent(k.Content())
	total := func() int { return k.n[history.OK] + k.n[history.NG] + k.n[history.REVIEW] }
	k.Begin()
	t.Cleanup(k.End)
	h.Until(t, "the set has been shown twice", func() bool { return total() > 2*len(s.Set().Test()) })
	if err := os.Rename(set, set+"-away"); err != nil {
		t.Fatal(err)
	}
	h.Until(t, "the loss is shown", func() bool { return k.banner.Verdict() == string(history.ERROR) && k.reason.Text != "" })
	if err := os.Rename(set+"-away", set); err != nil {
		t.Fatal(err)
	}
	before := total()
	h.Until(t, "it goes on", func() bool { return total() > before+5 && k.banner.Verdict() != string(history.ERROR) })
	if s.Recipe() != nil && s.Store() != nil {
		t.Error("a showing is recorded")
	}
}

func TestKioskSaysWhatIsMissing(t *testing.T) {
	s, _ := desktest.Session(t)
	d, h := desktest.New(t, s)
	for _, show := range []Show{{}, {Recipe: "nowhere.agur", Set: "/nowhere"}, {Recipe: "x.agur", Camera: "carrier-pigeon://loft"}} {
		k := New(d, show)
		k.Begin()
		h.Until(t, "it says why", func() bool { return k.banner.Verdict() == string(history.ERROR) && k.reason.Text != "" })
		k.End()
	}
}

// Nothing below the shield gets anything of the mouse.
func TestNothingCanBeTouched(t *testing.T) {
	s, recipe := desktest.Session(t)
	d, _ := desktest.New(t, s)
	k := New(d, Show{Recipe: recipe, Set: s.Set().Root})
	d.Window.SetContent(k.Content())
	d.Window.Resize(fyne.NewSize(1000, 700))
	before := k.view.View()
	for x := float32(100); x < 1000; x += 100 {
		for y := float32(50); y < 700; y += 50 {
			at := fyne.NewPos(x, y)
			test.TapCanvas(d.Window.Canvas(), at)
			test.Scroll(d.Window.Canvas(), at, 0, 40)
			test.Drag(d.Window.Canvas(), at, 30, 30)
		}
	}
	if _, on := k.view.Enlarged(); on || k.view.View() != before {
		t.Error("a click reaches the panes")
	}
}
