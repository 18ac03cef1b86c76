package viewer

import (
	"image/color"
	"testing"
	"time"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// drag presses, drags and releases on a pane, at shares of its picture.
func drag(p *pane, from, to [2]float32) {
	at := func(s [2]float32) fyne.Position {
		size := p.raster.Size()
		return p.raster.Position().AddXY(s[0]*size.Width, s[1]*size.Height)
	}
	press := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	press.Position = at(from)
	p.MouseDown(press)
	e := &fyne.DragEvent{Dragged: fyne.NewDelta(at(to).X-at(from).X, at(to).Y-at(from).Y)}
	e.Position = at(to)
	p.Dragged(e)
	p.DragEnd()
	press.Position = at(to)
	p.MouseUp(press)
}

func TestWipeShowsTwoPanesInOne(t *testing.T) {
	v, w := shown(t, themes.Dark())
	w.Canvas().Capture()
	size := v.panes[PaneOriginal].buffer.Rect
	v.HandleKey(fyne.KeyW)
	w.Canvas().Capture()
	how, left, right := v.Paired()
	if how != Wipe || left != PaneOriginal || right != PaneReconstruction {
		t.Fatalf("paired %v %v %v", how, left, right)
	}
	p := v.panes[PaneOriginal]
	if p.buffer.Rect == size {
		t.Error("the pair is no larger than a pane of the grid")
	}
	v.HandleKey(fyne.Key3) // the heat map on the right
	w.Canvas().Capture()
	wide, high := p.buffer.Rect.Dx(), p.buffer.Rect.Dy()
	place := func() color.RGBA { return p.buffer.RGBAAt(wide*6/10, high*6/10) }
	heat := place()
	before := v.View()
	drag(p, [2]float32{.5, .5}, [2]float32{.8, .5})
	w.Canvas().Capture()
	if place() == heat {
		t.Error("the line was dragged, and the same is seen left of it")
	}
	if v.View() != before {
		t.Error("dragging the line has panned the picture")
	}
	drag(p, [2]float32{.3, .5}, [2]float32{.2, .4}) // away from the line
	if v.HandleKey(fyne.KeyEscape); v.pair.how != Apart {
		t.Error("Escape does not end the wipe")
	}
	if _, alone := v.Enlarged(); alone || p.header.title.Text != v.titles[PaneOriginal] {
		t.Errorf("after the wipe, title %q", p.header.title.Text)
	}
}

func TestBlinkShowsOneAfterTheOther(t *testing.T) {
	// The test blinks itself: its driver runs what is posted where it was posted.
	defer func(d time.Duration) { blinkEvery = d }(blinkEvery)
	blinkEvery = time.Hour
	v, w := shown(t, themes.Dark())
	v.SetPair(Blink, PaneOriginal, PaneHeat)
	w.Canvas().Capture()
	p := v.panes[PaneOriginal]
	middle := func() color.RGBA { return p.buffer.RGBAAt(p.buffer.Rect.Dx()*6/10, p.buffer.Rect.Dy()*6/10) }
	first := middle()
	v.flip()
	w.Canvas().Capture()
	if middle() == first || p.header.title.Text != v.titles[PaneHeat] {
		t.Error("the other pane is not shown")
	}
	v.SetPair(Blink, PaneOriginal, PaneOriginal)
	if how, _, right := v.Paired(); how != Blink || right != PaneHeat {
		t.Error("a pane was paired with itself")
	}
	v.Grid()
	if v.pair.stop != nil || p.beside != nil {
		t.Error("the grid still blinks")
	}
}

// track is a tool that writes down what it was told.
type track struct {
	told           string
	press, release Point
}

func (k *track) Press(at Point)   { k.told, k.press = k.told+"p", at }
func (k *track) Drag(Point)       { k.told += "d" }
func (k *track) Release(at Point) { k.told, k.release = k.told+"r", at }
func (k *track) Hover(Point)      { k.told += "h" }

func TestToolHasTheMouse(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	k := &track{}
	v.SetTool(k)
	before := v.View()
	drag(v.panes[PaneHeat], [2]float32{.5, .5}, [2]float32{.75, .5})
	if k.told != "pdr" {
		t.Errorf("the tool was told %q", k.told)
	}
	if !near(k.press, Point{32, 32}, .5) || k.release.X <= k.press.X || v.View() != before {
		t.Errorf("pressed at %v, released at %v", k.press, k.release)
	}
	v.SetTool(nil)
	drag(v.panes[PaneHeat], [2]float32{.5, .5}, [2]float32{.75, .5})
	if k.told != "pdr" {
		t.Error("the tool has kept the mouse")
	}
}
