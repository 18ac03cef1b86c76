package explain

import (
	"slices"
	"strings"
	"testing"

	"agurscope/datasets"
	"agurscope/themes"
	"agurscope/ui/desk/desktest"

	"fyne.io/fyne/v2"
)

// Every step has a picture and one sentence, and the walk ends with the verdict
// that inspecting gives.
func TestWalkTellsEveryStepAndEndsWithTheVerdict(t *testing.T) {
	session, _ := desktest.Session(t)
	d, h := desktest.New(t, session)
	s := New(d)
	d.Window.SetContent(s.Content())
	d.Window.Resize(fyne.NewSize(1215, 750))
	s.Show()
	h.Until(t, "the part was walked through", func() bool { return len(s.steps) > 0 })
	var titles []string
	for i, st := range s.steps {
		titles = append(titles, st.title)
		if st.frame.Original == nil || st.thumb == nil {
			t.Errorf("step %d, %s, has no picture", i+1, st.title)
		}
		if !strings.HasSuffix(st.says, ".") || len(st.says) < 20 {
			t.Errorf("%s says %q", st.title, st.says)
		}
		s.Key(fyne.KeyRight)
	}
	for _, want := range []string{"The picture", "Encoder levels", "Attention gates", "Reconstruction", "Difference", "Scoring network", "Anomaly map", "Two thresholds", "Regions", "Verdict"} {
		if !strings.Contains(strings.Join(titles, ","), want) {
			t.Errorf("no step %q among %q", want, titles)
		}
	}
	if s.at != len(s.steps)-1 {
		t.Errorf("the keys lead to step %d of %d", s.at+1, len(s.steps))
	}
	res, err := session.Preview(t.Context(), s.items[s.item])
	if err != nil {
		t.Fatal(err)
	}
	if last := s.steps[len(s.steps)-1].says; !strings.HasPrefix(last, string(res.Final())) {
		t.Errorf("the walk ends with %q, the verdict is %s", last, res.Final())
	}
	for _, look := range []string{"dark", "light", "contrast"} {
		fyne.CurrentApp().Settings().SetTheme(themes.Named(look))
		if m := s.Content().MinSize(); look != "contrast" && (m.Width > 1215 || m.Height > 750) {
			t.Errorf("%s needs %v", look, m)
		}
		d.Window.Canvas().Capture()
	}
}

// While it works, it says so, and shows nothing of another part below this one's name.
func TestAWalkUnderWaySaysSoAndShowsNothingOfThePartBefore(t *testing.T) {
	session, _ := desktest.Session(t)
	d, h := desktest.New(t, session)
	s := New(d)
	d.Window.SetContent(s.Content())
	d.Window.Resize(fyne.NewSize(1215, 750))
	s.Show()
	working := func(when string) {
		t.Helper()
		if len(s.steps) > 0 || s.says.Text != "" || !slices.Contains(desktest.Texts(s.view), "Working out the steps…") {
			t.Errorf("%s: %d steps, %q, %q", when, len(s.steps), s.says.Text, desktest.Texts(s.view))
		}
	}
	working("at first")
	h.Until(t, "the part was walked through", func() bool { return len(s.steps) > 0 })
	s.Key(fyne.KeyEnd)
	s.part(1)
	working("another part")
	s.part(1)
	first, name := s.asked, s.name.Text
	h.Until(t, "the newest part was walked through", func() bool { return len(s.steps) > 0 })
	if s.asked != first || s.name.Text != name || s.title.Text != "Verdict" {
		t.Errorf("walk %d of %d, %q, step %q", s.asked, first, s.name.Text, s.title.Text)
	}
	items := append([]datasets.Item(nil), s.items...)
	items[0].Path = "/there/is/none.png"
	s.items = items
	s.walk(0)
	h.Until(t, "it is said that it cannot be read", func() bool { return len(s.steps) > 0 || h.Problem != nil })
	if len(s.steps) > 1 {
		t.Errorf("%d steps of a file that is not there", len(s.steps))
	}
}

// The slider is a question, not a change.
func TestSliderChangesNothing(t *testing.T) {
	session, _ := desktest.Session(t)
	d, h := desktest.New(t, session)
	s := New(d)
	s.Show()
	d.Scoring.Begin()
	h.Until(t, "the parts are scored", func() bool { return session.Pass() != nil && !s.whole.trial.Pass().Bare })
	before := session.Thresholds()
	for _, v := range []float64{.1, .5, 3, 40} {
		s.whole.moved(before.Reject * v)
		if got := s.whole.trial.Now().Reject; got != before.Reject*v {
			t.Errorf("the trial is at %g", got)
		}
	}
	if session.Thresholds() != before || h.Changed != 0 {
		t.Error("the thresholds in force have changed")
	}
	if s.whole.blocks[0].change.Text == "" {
		t.Error("nothing is said of what is lost")
	}
}
