package compare

import (
	"testing"

	"agurscope/datasets/synthec"
	"agurscope/themes"
	"agurscope/ui/desk/desktest"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
)

// Sets have parts of the same name: what the other recipe said of one is nothing
// it has said of another.
func TestAnotherSetIsJudgedAnewByBoth(t *testing.T) {
	session, recipe := desktest.Session(t)
	d, h := desktest.New(t, session)
	s := New(d)
	s.Show()
	s.Against(recipe)
	s.Start()
	if s.job != nil {
		t.Error("both recipes score at once: each counts the other's work in its latency")
	}
	h.Until(t, "both have scored", func() bool { return s.c != nil })
	other := t.TempDir()
	if err := synthec.Write(t.Context(), other, synthec.Options{Size: 64, Seed: 9}, synthec.Counts{Train: 8, TestGood: 3, PerDefect: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := session.OpenSet(other); err != nil {
		t.Fatal(err)
	}
	s.Changed()
	if _, err := session.RunPass(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s.Changed()
	if s.c != nil {
		t.Error("parts of two sets are compared")
	}
	s.Start()
	h.Until(t, "both have scored the other set", func() bool { return s.c != nil })
	if s.rival.Pass().Set != session.Set() {
		t.Error("the other recipe has scored another set")
	}
}

func TestTwoRecipesBesideEachOther(t *testing.T) {
	session, recipe := desktest.Session(t)
	d, h := desktest.New(t, session)
	s := New(d)
	d.Window.SetContent(s.Content())
	d.Window.Resize(fyne.NewSize(1215, 750))
	s.Show()
	if s.c != nil {
		t.Fatal("something is compared before anything was scored")
	}
	s.Start()
	h.Until(t, "this recipe has scored", func() bool { return s.c != nil })
	for _, p := range s.c.Pairs {
		if p.Differ() {
			t.Errorf("%s: %s as saved, %s as calibrated", p.Item.Name, p.A, p.B)
		}
	}
	// Other thresholds disagree with the calibration.
	th := session.Thresholds()
	th.Review, th.Reject, th.Low, th.High = th.Review/50, th.Reject/50, th.Low/50, th.High/2
	session.SetThresholds(th)
	s.Changed()
	if len(s.rows) == 0 {
		t.Error("nobody disagrees with thresholds of a fiftieth")
	}
	h.Until(t, "both pictures are there", func() bool { return s.panes[0].view.View().Zoom > 0 && s.cur >= 0 })
	s.panes[0].view.OnMoved(viewer.Viewport{Center: viewer.Point{X: 10, Y: 12}, Zoom: 9})
	if got := s.panes[1].view.View(); got.Zoom != 9 {
		t.Errorf("the other picture is at %+v", got)
	}

	// The same recipe from its file: a network of its own, the same verdicts.
	session.SetThresholds(th)
	s.Against(recipe)
	s.Start()
	h.Until(t, "the other recipe has scored", func() bool { return s.job == nil && s.c != nil })
	if s.rival == nil || len(s.c.Pairs) != len(session.Pass().Parts) {
		t.Fatalf("%d pairs", len(s.c.Pairs))
	}
	for _, p := range s.c.Pairs {
		if p.B == "ERROR" {
			t.Errorf("%s was not inspected", p.Item.Name)
		}
	}
	for _, look := range []string{"dark", "light", "contrast"} {
		fyne.CurrentApp().Settings().SetTheme(themes.Named(look))
		if m := s.Content().MinSize(); look != "contrast" && (m.Width > 1215 || m.Height > 750) {
			t.Errorf("%s needs %v", look, m)
		}
		d.Window.Canvas().Capture()
	}
}
