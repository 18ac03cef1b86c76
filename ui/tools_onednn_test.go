//go:build onednn

package ui

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"agurscope/nn/anomaly"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// withOwnRecipe is atStation with a recipe file that may be written to.
func withOwnRecipe(t *testing.T) (*Window, *queue, string) {
	t.Helper()
	w, q := atStation(t, nil)
	data, err := os.ReadFile(w.inspect.recipe().Path)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "own.agur")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	w.inspect.openRecipe(path)
	s := w.inspect
	q.until(t, "the recipe is open and the part judged", func() bool {
		return s.recipe() != nil && s.recipe().Path == path && s.on != nil && s.on.res.Prediction != nil
	})
	return w, q, path
}

// stroke leads a tool as the viewer does.
func stroke(k viewer.Tool, from, to viewer.Point) {
	k.Press(from)
	k.Drag(to)
	k.Release(to)
}

func TestJudgedAreaIsDrawnSavedAndInForce(t *testing.T) {
	w, q, path := withOwnRecipe(t)
	s := w.inspect
	test.Tap(s.tools.area)
	e := s.tools.editor
	if e == nil {
		t.Fatal("the editor does not open")
	}
	before := s.cur
	press(w, fyne.KeyDown)
	typeRune(w, 'n') // would be a verdict
	if s.cur != before || w.dialogOpen() {
		t.Error("the part changes, or is judged, while somebody draws on it")
	}
	stroke(e, viewer.Point{X: 0, Y: 0}, viewer.Point{X: 32, Y: 64}) // the left half
	press(w, fyne.KeyX)                                             // and a part of it is judged again
	stroke(e, viewer.Point{X: 0, Y: 0}, viewer.Point{X: 32, Y: 16})
	press(w, fyne.KeyU)
	press(w, fyne.KeyU)
	if len(e.past) != 0 {
		t.Fatalf("%d strokes are left after two of two were taken back", len(e.past))
	}
	press(w, fyne.KeyX)
	stroke(e, viewer.Point{X: 0, Y: 0}, viewer.Point{X: 32, Y: 64})
	if got := anomaly.Ignored(e.plane()); math.Abs(got-.5) > .02 {
		t.Fatalf("%.2f of the part is ignored, want half", got)
	}
	e.write("left is a clamp")
	q.until(t, "the area is in force", func() bool {
		return s.tools.editor == nil && s.recipe().ROI() != nil && s.on != nil && s.on.res.Prediction != nil && s.on.res.Prediction.Ignored != nil
	})
	if v := s.on.res.Prediction.Map.At(0, 8, 30); v > 0 {
		t.Errorf("the map is %g where nothing is judged", v)
	}
	r, err := anomaly.LoadRecipe(path)
	if err != nil || r.ROI() == nil || r.Versions[len(r.Versions)-1].Reason != "left is a clamp" {
		t.Errorf("the file has no such version: %v", err)
	}
}

func TestPolygonAndBrushDraw(t *testing.T) {
	w, _, _ := withOwnRecipe(t)
	s := w.inspect
	test.Tap(s.tools.area)
	e := s.tools.editor
	e.choose(polygon)
	for _, p := range []viewer.Point{{X: 8, Y: 8}, {X: 56, Y: 8}, {X: 56, Y: 56}} {
		stroke(e, p, p)
	}
	press(w, fyne.KeyReturn)
	triangle := anomaly.Ignored(e.plane())
	if want := 48. * 48 / 2 / 64 / 64; math.Abs(triangle-want) > .03 {
		t.Errorf("the triangle has %.3f of the picture, want %.3f", triangle, want)
	}
	e.choose(brush)
	e.paint(false)
	e.radius = 100
	stroke(e, viewer.Point{X: 32, Y: 32}, viewer.Point{X: 40, Y: 32})
	if e.plane() != nil {
		t.Error("the eraser leaves something")
	}
	press(w, fyne.KeyEscape)
	if s.tools.editor != nil || s.recipe().ROI() != nil {
		t.Error("Escape does not leave everything as it is")
	}
}

func TestMeasuringLineAndScale(t *testing.T) {
	w, q, _ := withOwnRecipe(t)
	s := w.inspect
	press(w, fyne.KeyM)
	stroke(s.tools.line, viewer.Point{X: 10, Y: 10}, viewer.Point{X: 40, Y: 50})
	if got := s.tools.line.label(); got != "50.0 px" {
		t.Errorf("the line says %q", got)
	}
	s.tools.saveScale(50, 12.5)
	q.until(t, "the scale is in force", func() bool { return s.scale() > 0 })
	if got := s.tools.line.label(); got != "12.5 mm" {
		t.Errorf("with a scale the line says %q", got)
	}
	if head := s.panel.regions.heads[2].Text; head != "area mm²" {
		t.Errorf("the table still says %q", head)
	}
	press(w, fyne.KeyEscape)
	if s.tools.line.on {
		t.Error("Escape does not end the measuring")
	}
	for text, want := range map[string]float64{"12,5": 12.5, " 3 mm": 3, "0": 0, "x": 0, "-1": 0} {
		if v, ok := millimetres(text); ok != (want > 0) || ok && v != want {
			t.Errorf("%q is taken for %g", text, v)
		}
	}
}

func TestSmallestRegionIsTypedInPixelsOfThePicture(t *testing.T) {
	w, _, _ := withOwnRecipe(t)
	p := w.inspect.panel.thresholds
	usual := p.area.Text
	if usual == "" {
		t.Fatal("the usual size is not shown")
	}
	p.areaTyped("4096") // all of a picture of 64 x 64
	if got := w.Session.Thresholds().MinArea; got < 4000 {
		t.Errorf("the smallest area is %d cells of the map", got)
	}
	if n := len(w.inspect.on.res.Regions); n > 1 {
		t.Errorf("%d regions are as large as the picture", n)
	}
	if p.areaTyped("a lot"); p.area.Text == "a lot" {
		t.Error("nonsense stays in the field")
	}
	if p.areaTyped(""); p.area.Text != usual || w.Session.Thresholds().MinArea != 0 {
		t.Errorf("empty brings back %q, the usual one is %q", p.area.Text, usual)
	}
}
