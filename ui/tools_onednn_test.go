//go:build onednn

package ui

import (
	"cmp"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/ui/session"
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

// What is drawn is of the part that it is drawn on, whatever a run shows meanwhile.
func TestTheDrawnPartStaysWhileARunGoesOn(t *testing.T) {
	w, q, _ := withOwnRecipe(t)
	s := w.inspect
	s.parts.forget()
	s.startRun()
	test.Tap(s.tools.area)
	e := s.tools.editor
	if e == nil {
		t.Fatal("the editor does not open")
	}
	q.until(t, "the run ended", func() bool { return s.run == nil && !s.preparing })
	if s.on != e.on || s.cur != e.on.item {
		t.Errorf("part %d is shown, part %d is drawn on", s.cur, e.on.item)
	}
	w.Inspect(s.parts.items[len(s.parts.items)-1].Name)
	if s.cur != e.on.item {
		t.Error("another screen changes the part")
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

func TestLargestRegionIsTypedSavedAndUndone(t *testing.T) {
	w, q, path := withOwnRecipe(t)
	s, l := w.inspect, w.inspect.panel.thresholds.limits
	th := w.Session.Thresholds()
	th.Low, th.High, th.Reject, th.Review = th.Low/50, th.High/50, th.Reject*50, th.Review*50 // all of the part is a region
	s.thresholdsMoved(th)
	if s.on.res.Verdict != history.NG {
		t.Fatalf("with a region the part is %s", s.on.res.Verdict)
	}
	l.most.SetText("0,5 %")
	l.most.OnSubmitted(l.most.Text)
	if got := w.Session.Thresholds().MaxShare; math.Abs(got-.005) > 1e-12 || l.most.Text != "0.5" {
		t.Fatalf("the limit is %g, the field says %q", got, l.most.Text)
	}
	if s.on.res.Verdict != history.REVIEW || !s.panel.doubt.Visible() || s.panel.banner.Verdict() != "REVIEW" {
		t.Errorf("the part is %s, its doubt said: %t", s.on.res.Verdict, s.panel.doubt.Visible())
	}
	for _, nonsense := range []string{"0", "-3", "101", "NaN", "many"} {
		if l.mostTyped(nonsense); w.Session.Thresholds().MaxShare != .005 || l.most.Text != "0.5" {
			t.Errorf("%q is taken for %g", nonsense, w.Session.Thresholds().MaxShare)
		}
	}
	if _, err := w.Session.SaveVersion(w.Session.Thresholds(), "anna", "the lamp fails at times"); err != nil {
		t.Fatal(err)
	}
	r, err := anomaly.LoadRecipe(path)
	if err != nil || r.Setting().MaxShare != .005 || session.Saved(r) != w.Session.Thresholds() {
		t.Fatalf("the recipe has %+v: %v", r.Setting(), err)
	}
	// The log has the reason, and who judged by the limit can be told from it.
	was := w.Session.Recipe()
	s.openRecipe(path)
	q.until(t, "the part is judged by the recipe's file", func() bool {
		return w.Session.Recipe() != was && s.cur == 0 && s.parts.state[0].verdict != ""
	})
	all := logged(t, w)
	if last := slices.MaxFunc(all, func(a, b history.Record) int { return cmp.Compare(a.ID, b.ID) }); last.Verdict != history.REVIEW || !strings.Contains(last.Error, "of the picture") {
		t.Errorf("logged as %s: %q", last.Verdict, last.Error)
	}
	if l.mostTyped(""); w.Session.Thresholds().MaxShare != 0 || s.on.res.Verdict != history.NG {
		t.Error("an empty field leaves the limit")
	}
}

func TestSmallestRegionIsTypedInPixelsOfThePicture(t *testing.T) {
	w, _, _ := withOwnRecipe(t)
	p := w.inspect.panel.thresholds.limits
	usual := p.least.Text
	if usual == "" {
		t.Fatal("the usual size is not shown")
	}
	p.leastTyped("4096") // all of a picture of 64 x 64
	if got := w.Session.Thresholds().MinArea; got < 4000 {
		t.Errorf("the smallest area is %d cells of the map", got)
	}
	if n := len(w.inspect.on.res.Regions); n > 1 {
		t.Errorf("%d regions are as large as the picture", n)
	}
	if p.leastTyped("a lot"); p.least.Text == "a lot" {
		t.Error("nonsense stays in the field")
	}
	if p.leastTyped(""); p.least.Text != usual || w.Session.Thresholds().MinArea != 0 {
		t.Errorf("empty brings back %q, the usual one is %q", p.least.Text, usual)
	}
}
