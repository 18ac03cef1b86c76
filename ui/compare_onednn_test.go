//go:build onednn

package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"agurscope/datasets"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/ui/compare"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// golden makes a golden set of the verdicts so far: what stands in the folder of
// good parts is OK, everything else NG.
func golden(t *testing.T, w *Window, name string) history.GoldenSet {
	t.Helper()
	g := history.GoldenSet{Name: name, Author: "anna"}
	for _, r := range logged(t, w) {
		want := history.NG
		if r.Label == datasets.Normal.String() {
			want = history.OK
		}
		g.Members = append(g.Members, history.Golden{Verdict: r.ID, Expected: want})
	}
	g, err := w.Session.Store().MakeGolden(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// button finds the one of that text on what is shown; nil for none.
func button(in fyne.CanvasObject, text string) *widgets.Button {
	for _, o := range test.LaidOutObjects(in) {
		if b, ok := o.(*widgets.Button); ok && b.Text == text {
			return b
		}
	}
	return nil
}

func TestATrainingIsComparedWithWhatItReplacesOnAGoldenSet(t *testing.T) {
	w, q, path := withOwnRecipe(t)
	press(w, fyne.KeySpace)
	q.until(t, "all parts are judged", func() bool { return w.inspect.run == nil && len(w.inspect.parts.pending()) == 0 })
	g := golden(t, w, "release 4")

	// What a training to the same file leaves: the recipe before under another name.
	kept := filepath.Join(filepath.Dir(path), "own.v1.agur")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r := w.inspect.recipe().WithVersion(anomaly.Version{Author: "anna", Reason: "trained again"})
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	r.Path = path
	w.train.result = &session.TrainResult{Recipe: r, Kept: kept}
	w.GoTo(trainTitle)
	view := w.train.replacedView()
	offer := fmt.Sprintf("Compare on the golden set of %d parts: release 4", len(g.Members))
	q.until(t, "the golden set is offered", func() bool { return button(view, offer) != nil })
	test.Tap(button(view, offer))
	q.until(t, "both have judged the golden parts", func() bool { return w.compare.Comparison() != nil })
	c := w.compare.Comparison()
	if !w.on(compare.Title) || len(c.Pairs) != len(g.Members) {
		t.Fatalf("%d pairs of %d golden parts", len(c.Pairs), len(g.Members))
	}
	for _, p := range c.Pairs {
		if p.Want == "" || p.Differ() {
			t.Errorf("%s must be %q: the same network says %s and %s", p.Item.Name, p.Want, p.A, p.B)
		}
	}
	if root := w.Session.Set().Root; root != session.GoldenFolder(w.Session.Store(), g) {
		t.Errorf("compared on %s", root)
	}
}
