package ui

import (
	"errors"
	"testing"
	"time"

	"agurscope/ui/session"
)

// wasRead makes what the notice says something that was there long enough to be read.
func (w *Window) wasRead() { w.message.since = time.Now().Add(-2 * unread) }

func TestAMessageGoesWithTheScreenThatItWasSeenOn(t *testing.T) {
	w, _ := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	w.dismissed = true // that there is no engine
	w.notice.Close()
	says := func(what, title string) {
		t.Helper()
		if got := w.notice.Title(); w.notice.Visible() != (title != "") || title != "" && got != title {
			t.Errorf("%s: visible %t, %q, want %q", what, w.notice.Visible(), got, title)
		}
	}
	const error = "Something went wrong"
	w.goTo(0)
	w.Report(errors.New("of here"))
	w.goTo(1)
	says("nobody has had the time to read it", error)
	w.wasRead()
	w.goTo(1)
	says("the screen stays", error)
	w.goTo(0)
	says("it was read", "")

	w.ReportOf(trainTitle, errors.New("of the training"))
	w.wasRead()
	w.settle() // another folder is open
	says("another folder says nothing of it", error)
	w.goTo(1)
	w.wasRead()
	w.GoTo(trainTitle)
	says("it is of the training, which is seen now", error)
	w.goTo(0)
	says("nobody has had the time to read it there", error)
	w.GoTo(trainTitle)
	w.wasRead()
	w.goTo(0)
	says("it was read where it belongs", "")

	w.ReportOf(ofNoScreen, errors.New("of the station"))
	for range 2 {
		for i := range w.screens {
			w.wasRead()
			w.goTo(i)
		}
	}
	w.settle()
	says("it is of no screen", error)
	w.notice.Close()
	says("it was closed", "")
}

func TestWhatIsWrongForGoodComesBackBehindOtherMessages(t *testing.T) {
	w, _ := newTestWindow(t, newTestSession(t, session.Options{}), func(c *Config) {
		c.Trouble = []error{errors.New("the first"), errors.New("the second")}
	})
	engine := "There is no engine: nothing can be inspected or trained"
	w.Report(errors.New("another"))
	for i, want := range []string{"Another.", "The first.", "The second."} {
		if got := w.notice.Body(); got != want {
			t.Errorf("message %d: %q, want %q", i, got, want)
		}
		w.settle() // such as for a folder that was opened
		if i == 0 {
			w.Report(errors.New("another"))
		}
		w.notice.Close()
	}
	if !w.notice.Visible() || w.notice.Title() != engine {
		t.Errorf("then %q", w.notice.Title())
	}
	w.notice.Close()
	if w.notice.Visible() {
		t.Errorf("closed, it says %q", w.notice.Title())
	}
}

// Once the window closes, nothing that other goroutines bring is shown: Fyne would run
// it on theirs.
func TestNothingIsShownOnceTheWindowCloses(t *testing.T) {
	w, q := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	shown := false
	w.OnUI(func() { shown = true }) // waits in the queue while it closes
	w.gone()                        // the driver of tests closes a window once only
	w.OnUI(func() { shown = true })
	for len(q.c) > 0 {
		(<-q.c)()
	}
	if shown {
		t.Error("something was shown")
	}
}
