package viewer

import (
	"image"
	"image/color"
	"math"
	"testing"

	"agurscope/themes"
	"agurscope/viewer/golden"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

func testFrame() Frame {
	field := bumps(24)
	return Frame{
		Original: part(64), Reconstruction: part(32), Map: field,
		Segmentation: cut(field, 0.3, 0.7), Low: 0.3, High: 0.7, Max: 1.2,
	}
}

// shown puts a viewer into a window of the test driver.
func shown(t *testing.T, th fyne.Theme) (*Viewer, fyne.Window) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(th)
	v := New()
	w := test.NewTempWindow(t, v)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(700, 620))
	v.SetFrame(testFrame())
	w.Canvas().Capture() // paints once, so that the panes know their size
	return v, w
}

// middle is the middle of a pane's picture, in the window.
func middle(v *Viewer, which Pane) fyne.Position {
	p := v.panes[which]
	s := p.raster.Size()
	return p.Position().Add(p.raster.Position()).AddXY(s.Width/2, s.Height/2)
}

func TestFrameIsFittedIntoAllPanes(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	if c := v.View().Center; c != (Point{32, 32}) {
		t.Errorf("centre %v", c)
	}
	size := v.panes[0].size
	if want := min(size.W, size.H) / 64; math.Abs(v.View().Zoom-want) > 1e-9 {
		t.Errorf("zoom %v, want %v", v.View().Zoom, want)
	}
	for i, p := range v.panes {
		if p.size != size {
			t.Errorf("pane %d has %v, the first has %v", i, p.size, size)
		}
		if p.buffer.Stride != 4*p.buffer.Rect.Dx() || p.buffer.Rect.Min != (image.Point{}) {
			t.Errorf("pane %d hands out a padded buffer", i)
		}
		if p.view != &v.view {
			t.Errorf("pane %d has a view of its own", i)
		}
	}
}

func TestWheelZoomsAboutThePointer(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	v.SetView(Viewport{Point{32, 32}, 12})
	p := v.panes[PaneHeat]
	local := Point{p.size.W/2 + 30*p.scale, p.size.H/2 - 20*p.scale}
	before := v.View().ToImage(local, p.size)
	e := &fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 25)} // test.Scroll tells no position
	e.Position = middle(v, PaneHeat).Subtract(p.Position()).AddXY(30, -20)
	p.Scrolled(e)
	if v.View().Zoom <= 12 {
		t.Fatalf("zoom %v did not grow", v.View().Zoom)
	}
	if after := v.View().ToImage(local, p.size); !near(before, after, 0.01) {
		t.Errorf("the point under the pointer went from %v to %v", before, after)
	}
}

func TestDragPansByThePointersWay(t *testing.T) {
	v, w := shown(t, themes.Dark())
	v.SetView(Viewport{Point{32, 32}, 20})
	test.Drag(w.Canvas(), middle(v, PaneOriginal), 40, -20)
	scale := v.panes[0].scale
	want := Point{32 - 40*scale/20, 32 + 20*scale/20}
	if got := v.View().Center; !near(got, want, 1e-6) {
		t.Errorf("centre %v, want %v", got, want)
	}
}

func TestPictureCannotBeDraggedAway(t *testing.T) {
	v, w := shown(t, themes.Dark())
	v.SetView(Viewport{Point{32, 32}, 20})
	for range 50 {
		test.Drag(w.Canvas(), middle(v, PaneOriginal), 300, 300)
	}
	s := v.panes[0].size
	if p := v.View().ToImage(Point{s.W / 2, s.H / 2}, s); p.X < 0 || p.Y < 0 || p.X > 64 || p.Y > 64 {
		t.Errorf("the middle of the pane shows %v", p)
	}
}

func TestProbeReadsTheSamePlaceInAllPanes(t *testing.T) {
	v, w := shown(t, themes.Dark())
	var x, y int
	var ok bool
	v.OnProbe = func(px, py int, inside bool) { x, y, ok = px, py, inside }
	test.MoveMouse(w.Canvas(), middle(v, PaneSegmentation))
	if !ok || x != 32 || y != 32 {
		t.Fatalf("probe %d,%d %v", x, y, ok)
	}
	for i, p := range v.panes {
		if !p.cross.light[0].Visible() {
			t.Errorf("pane %d has no crosshair", i)
		}
	}
	if got := v.panes[PaneOriginal].header.value.Text; got != pixelText(v.frame.Original.RGBAAt(32, 32)) {
		t.Errorf("original says %q", got)
	}
	test.MoveMouse(w.Canvas(), fyne.NewPos(5, 615)) // onto the strip below
	if ok || v.panes[0].cross.light[0].Visible() || v.panes[PaneOriginal].header.value.Text != "" {
		t.Error("the probe did not end")
	}
}

func TestProbeAtGivesValueAndRegion(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	p, ok := v.ProbeAt(40, 39)
	if !ok || !p.HasValue || p.Value < 0.9 || p.Region != 1 || !p.HasReconstruction {
		t.Errorf("%+v %v", p, ok)
	}
	if _, ok := v.ProbeAt(64, 0); ok {
		t.Error("a pixel outside was read")
	}
}

func TestStandingCountsTheThresholdAsAbove(t *testing.T) {
	for v, want := range map[float32]string{0.3: "\u2265 low", 0.29: "< low", 0.7: "\u2265 high", 0.69: "\u2265 low"} {
		if got := standing(v, 0.3, 0.7); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

func click(v *Viewer, which Pane, image Point) {
	p := v.panes[which]
	s := v.View().ToScreen(image, p.size)
	pos := p.raster.Position().AddXY(float32(s.X/p.scale), float32(s.Y/p.scale))
	e := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	e.Position = pos
	p.MouseDown(e)
	p.MouseUp(e)
}

func TestClickSelectsTheRegionInAllPanes(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	got := -1
	v.OnSelect = func(region int) { got = region }
	click(v, PaneOriginal, Point{40, 39})
	if got != 1 || v.Selected() != 1 {
		t.Fatalf("selected %d, told %d", v.Selected(), got)
	}
	for i, p := range v.panes {
		if p.layer.Selected != 1 || len(p.layer.Outlines) == 0 {
			t.Errorf("pane %d does not show the selection", i)
		}
	}
	click(v, PaneOriginal, Point{2, 62})
	if got != 0 || v.Selected() != 0 {
		t.Errorf("beside the regions: selected %d, told %d", v.Selected(), got)
	}
}

func TestShowRegionBringsItIntoView(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	v.ShowRegion(2)
	if c := v.View().Center; math.Abs(c.X-16) > 3 || math.Abs(c.Y-19) > 3 {
		t.Errorf("centre %v", c)
	}
	if v.Selected() != 2 {
		t.Errorf("selected %d", v.Selected())
	}
}

func TestDoubleClickEnlargesAndPutsBack(t *testing.T) {
	v, w := shown(t, themes.Dark())
	test.DoubleTap(v.panes[PaneHeat])
	if which, ok := v.Enlarged(); !ok || which != PaneHeat {
		t.Fatalf("enlarged %v %v", which, ok)
	}
	w.Canvas().Capture()
	if v.panes[PaneOriginal].Visible() || v.panes[PaneHeat].Size().Width < 690 {
		t.Error("the pane does not fill the viewer")
	}
	test.DoubleTap(v.panes[PaneHeat])
	if _, ok := v.Enlarged(); ok || !v.panes[PaneOriginal].Visible() {
		t.Error("the grid did not come back")
	}
}

func TestKeys(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	if v.HandleKey(fyne.KeyEscape) {
		t.Error("Escape meant something in the grid")
	}
	if v.HandleKey(fyne.KeyQ) {
		t.Error("Q meant something")
	}
	for _, key := range []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4} {
		v.HandleKey(key)
		if which, ok := v.Enlarged(); !ok || string(key) != string(rune('1'+which)) {
			t.Errorf("key %s enlarged %v %v", key, which, ok)
		}
	}
	v.HandleKey(fyne.Key0)
	if _, ok := v.Enlarged(); ok {
		t.Error("0 did not go back to the grid")
	}
	v.HandleKey(fyne.KeyO)
	if v.View().Zoom != 1 {
		t.Errorf("O gave zoom %v", v.View().Zoom)
	}
	v.HandleKey(fyne.KeyPlus)
	if v.View().Zoom != keyZoom {
		t.Errorf("plus gave zoom %v", v.View().Zoom)
	}
	v.HandleKey(fyne.KeyF)
	if !v.fitted {
		t.Error("F did not fit")
	}
	v.HandleKey(fyne.KeyC)
	if len(v.panes[PaneOriginal].layer.Outlines) != 2 {
		t.Error("C did not show the outlines everywhere")
	}
}

func TestSliderChangesRegionsAndMarksOnly(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	heat := v.panes[PaneHeat].layer.Heat
	v.SetSegmentation(cut(v.frame.Map, 0.6, 0.9))
	v.SetThresholds(0.6, 0.9)
	if v.panes[PaneHeat].layer.Heat != heat || heat.Max != 1.2 || heat.Low != 0.6 || heat.High != 0.9 {
		t.Errorf("heat %p, was %p: %+v", v.panes[PaneHeat].layer.Heat, heat, heat.Max)
	}
	if n := len(v.outlines()); n != 1 {
		t.Errorf("%d regions, want 1", n)
	}
}

func TestMissingPicturesLeaveASentence(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	v.SetFrame(Frame{Original: part(64)})
	for i, want := range []bool{false, true, true, true} {
		if got := v.panes[i].absent.Visible(); got != want {
			t.Errorf("pane %d: sentence shown is %v", i, got)
		}
	}
	v.SetFrame(Frame{})
	if !v.panes[PaneOriginal].absent.Visible() {
		t.Error("an empty frame shows a picture")
	}
}

func TestSameSizedFrameKeepsTheView(t *testing.T) {
	v, _ := shown(t, themes.Dark())
	view := Viewport{Point{30, 34}, 15}
	v.SetView(view)
	f := testFrame()
	f.Prepare()
	v.SetFrame(f)
	if v.View() != view {
		t.Errorf("view %+v", v.View())
	}
	v.SetFrame(Frame{Original: part(100)})
	if !v.fitted {
		t.Error("a picture of another size was not fitted")
	}
}

func TestFrameOfHostileSizesIsShownWithoutPanic(t *testing.T) {
	v, w := shown(t, themes.Dark())
	for _, f := range []Frame{
		{Original: image.NewRGBA(image.Rect(0, 0, 0, 0))},
		{Original: part(1), Map: &Scalar{W: 9, H: 9}, Segmentation: &Segmentation{W: 2, H: 2}},
		{Original: image.NewRGBA(image.Rect(0, 0, 3000, 1)), Map: bumps(8)},
		{Reconstruction: part(8)},
	} {
		v.SetFrame(f)
		w.Canvas().Capture()
	}
}

func TestGoldenViewer(t *testing.T) {
	for name, th := range map[string]fyne.Theme{"dark": themes.Dark(), "light": themes.Light(), "contrast": themes.HighContrast()} {
		t.Run(name, func(t *testing.T) {
			v, w := shown(t, th)
			v.Select(1)
			capture := w.Canvas().Capture()
			got := image.NewRGBA(capture.Bounds())
			for y := range got.Rect.Dy() {
				for x := range got.Rect.Dx() {
					got.Set(x, y, color.RGBAModel.Convert(capture.At(x, y)))
				}
			}
			// The edges of the toolkit's letters may differ between processors.
			golden.Within(t, "viewer-"+name, got, 6, 400)
		})
	}
}
