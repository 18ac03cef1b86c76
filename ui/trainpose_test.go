package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
	"agurscope/nn/anomaly"
	"agurscope/ui/phrase"
	"agurscope/ui/session"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// poses is a window on the Train screen with a set of parts in a pose.
func poses(t *testing.T, pose synthec.Pose, n int) (*Window, *queue) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "parts")
	if err := synthec.Write(t.Context(), dir, synthec.Options{Size: 96, Pose: pose}, synthec.Counts{Train: n, TestGood: 1, PerDefect: 1}); err != nil {
		t.Fatal(err)
	}
	set, err := datasets.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w, q := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	w.train.form.input.SetSelected("64")
	w.train.opened(set)
	return w, q
}

func TestPartsAreLookedAtWhenTheTrainScreenIsShown(t *testing.T) {
	w, q := poses(t, synthec.Free, 14)
	v := w.train.pose
	if v.job != nil {
		t.Fatal("parts are looked at while nobody sees it")
	}
	w.GoTo(trainTitle)
	if v.job == nil || !v.stop.Visible() || !v.progress.Visible() || v.again.Visible() {
		t.Fatal("nothing says that parts are looked at")
	}
	q.until(t, "the parts were looked at", func() bool { return v.job == nil })
	if v.now == nil || v.now.Fixture == nil || !v.upright.Checked || v.upright.Disabled() || !v.even.Checked {
		t.Fatalf("proposal %+v, error %v", v.now, v.err)
	}
	if v.progress.Visible() || v.stop.Visible() || v.again.Visible() {
		t.Error("it seems to go on")
	}
	if got := w.train.form.inputIs.Text; !strings.HasSuffix(got, ", upright") {
		t.Errorf("the input is said to be %q", got)
	}
	w.Window.Resize(fyne.NewSize(1280, 800))
	w.Window.Canvas().Capture()
	if m := w.Window.Content().MinSize(); m.Width > 1280 || m.Height > 800 {
		t.Errorf("the window needs %v, more than 1280 x 800", m)
	}

	// The switches are what training gets, and the pictures follow.
	first := v.now
	test.Tap(v.upright)
	if o, _ := w.train.form.options(); !o.NoFixture || o.NoExposure {
		t.Errorf("options %+v", o)
	}
	q.until(t, "the parts were looked at as they lie", func() bool { return v.job == nil })
	if v.now == first || v.now.Fixture != nil || v.upright.Checked || v.upright.Disabled() {
		t.Error("switching off changes nothing, or cannot be taken back")
	}
	test.Tap(v.upright)
	if v.job != nil || v.now != first {
		t.Error("what is known is looked for again")
	}
	test.Tap(v.even)
	if o, _ := w.train.form.options(); o.NoFixture || !o.NoExposure {
		t.Errorf("options %+v", o)
	}
	v.decline()
	if v.job != nil || !v.again.Visible() || v.now != first {
		t.Error("looking again was not stopped, or took away what is known")
	}
}

func TestLookingCanBeDeclined(t *testing.T) {
	w, _ := poses(t, synthec.Aligned, 8)
	v := w.train.pose
	w.GoTo(trainTitle)
	test.Tap(v.stop)
	w.GoTo(inspectTitle)
	w.GoTo(trainTitle)
	w.train.form.chooseSize("B")
	if v.job != nil || !v.again.Visible() || v.again.Disabled() {
		t.Error("a declined look begins again by itself, or cannot be asked for")
	}
}

func TestWhyPartsCannotBeLookedAtIsSaid(t *testing.T) {
	w, q := poses(t, synthec.Aligned, 6)
	v := w.train.pose
	for _, it := range w.train.set.Train() {
		if err := os.WriteFile(it.Path, []byte("no picture"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.GoTo(trainTitle)
	q.until(t, "the looking ended", func() bool { return v.job == nil })
	if v.err == nil || v.again.Text != "Look again" || !v.again.Visible() {
		t.Errorf("error %v, button %q", v.err, v.again.Text)
	}
	w.train.opened(&datasets.Set{Root: t.TempDir()})
	if v.err != nil || v.job != nil || v.again.Visible() || !v.upright.Disabled() {
		t.Error("an empty set can be looked at, or the old error stays")
	}
}

// some makes what a pointer is to point to.
func some[T any](p **T) *T {
	*p = new(T)
	return *p
}

func TestPoseWords(t *testing.T) {
	on := func(turn, flip bool) *session.Proposal {
		p := &session.Proposal{Preparation: anomaly.Preparation{Why: "On: it pays."}}
		f := some(&p.Fixture)
		f.Turn, f.Flip = turn, flip
		return p
	}
	off := func(alike float64) *session.Proposal {
		return &session.Proposal{Preparation: anomaly.Preparation{Why: "Off: no part stands out."}, Alike: alike}
	}
	for _, c := range []struct {
		p      *session.Proposal
		asked  bool
		head   string
		detail string
	}{
		{on(false, false), false, "On: parts lie in different places.", "It pays."},
		{on(true, false), false, "On: parts lie in different places and rotations.", "It pays."},
		{on(true, true), false, "On: parts lie in different places and rotations, and on either side.", "It pays."},
		{off(.9), false, "Off: parts already lie alike.", "No part stands out."},
		{off(.2), false, "Off: parts are looked at as they lie.", "No part stands out."},
		{off(.2), true, "Off, as you wish:", ""},
	} {
		if head, detail := poseWords(c.p, c.asked); !strings.HasPrefix(head, c.head) || detail != c.detail {
			t.Errorf("%q, %q; want %q, %q", head, detail, c.head, c.detail)
		}
	}
}

func TestDoubtIsSaidWithItsRemedy(t *testing.T) {
	for err, want := range map[error]string{
		nil: "",
		&session.DoubtError{Err: errors.New("locate part: it touches the border")}: "Could not be put upright: it touches the border. Place one part inside the picture, or look yourself.",
		errors.New("locate part: no light"):                                        "Could not be put upright: no light. Place one part",
	} {
		if got := phrase.Doubt(err); !strings.Contains(got, want) || (err == nil) != (got == "") {
			t.Errorf("%v is said %q", err, got)
		}
	}
}
