package live

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"agurscope/datasets/camera"
	"agurscope/datasets/live"
	"agurscope/history"
	"agurscope/ui/desk"
	"agurscope/ui/session"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
)

// host notes what a screen asks of the window.
type host struct {
	desk.Host
	reported []error
	said     string
}

func (h *host) Report(err error, _ ...fyne.CanvasObject) { h.reported = append(h.reported, err) }
func (h *host) ReportOf(_ string, err error, _ ...fyne.CanvasObject) {
	h.Report(err)
}
func (h *host) Say(text string)        { h.said = text }
func (h *host) Dialog(d dialog.Dialog) { d.Show() }

// queue stands for Fyne's own: the test runs what wants to be shown.
type queue struct {
	mu sync.Mutex
	f  []func()
}

func (q *queue) post(f func()) { q.mu.Lock(); defer q.mu.Unlock(); q.f = append(q.f, f) }

// until runs what comes until something holds.
func (q *queue) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		q.mu.Lock()
		list := q.f
		q.f = nil
		q.mu.Unlock()
		for _, f := range list {
			f()
		}
		if holds() {
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}

func newScreen(t *testing.T) (*Screen, *host, *queue) {
	t.Helper()
	test.NewTempApp(t)
	q, h := &queue{}, &host{}
	d := desk.New(&desk.Thread{Post: q.post}, session.New(session.Options{}))
	d.Host, d.Window = h, test.NewTempWindow(t, nil)
	s := New(d, camera.Saved{Path: filepath.Join(t.TempDir(), "cameras.json")})
	d.Window.SetContent(s.Content())
	d.Window.Resize(fyne.NewSize(1280, 800))
	t.Cleanup(d.Close)
	return s, h, q
}

func pictures(t *testing.T) string {
	dir := t.TempDir()
	for i := range 4 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, image.NewGray(image.Rect(0, 0, 40, 30))), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCameraIsTestedBeforeItIsSaved(t *testing.T) {
	s, _, q := newScreen(t)
	if !s.save.Disabled() || !s.test.Disabled() {
		t.Error("no camera, and it can be tested or saved")
	}
	s.Choose("replay://" + pictures(t) + "?fps=50&loop=1")
	if !s.save.Disabled() || s.test.Disabled() {
		t.Error("it can be saved before it was tested")
	}
	test.Tap(s.test)
	if s.test.Text != "Cancel" {
		t.Errorf("the button says %q", s.test.Text)
	}
	q.until(t, "it is tested", func() bool { return s.sample != nil })
	if s.save.Disabled() || s.state.word.Text != "Tested" || !strings.Contains(s.state.detail.Text, "40 × 30, 8-bit grey") {
		t.Errorf("%q %q", s.state.word.Text, s.state.detail.Text)
	}
	test.Tap(s.save)
	if list, err := s.saved.List(); err != nil || len(list) != 1 || !s.save.Disabled() {
		t.Errorf("%v %v", list, err)
	}
}

func TestFailedTestSaysWhyAndSavesNothing(t *testing.T) {
	s, h, q := newScreen(t)
	s.Choose("teapot://x")
	if len(h.reported) != 1 || s.address != nil {
		t.Errorf("%v", h.reported)
	}
	s.Choose("http://eye:s3cret@127.0.0.1:1/")
	test.Tap(s.test)
	q.until(t, "it has failed", func() bool { return s.testing == nil && s.state.trouble })
	if s.state.word.Text != "Test failed" || !strings.Contains(s.state.detail.Text, "refused") || !s.save.Disabled() {
		t.Errorf("%q %q", s.state.word.Text, s.state.detail.Text)
	}
	for _, text := range []string{s.state.detail.Text, s.reason.Text(), s.pick.Tip} {
		if strings.Contains(text, "s3cret") {
			t.Errorf("tells the password: %q", text)
		}
	}
}

func TestNothingStartsWithoutARecipe(t *testing.T) {
	s, h, _ := newScreen(t)
	s.Choose("replay://" + pictures(t))
	if !s.start.Disabled() {
		t.Error("it can be started")
	}
	s.StartOrStop()
	if s.run != nil || !strings.Contains(h.said, "engine") {
		t.Errorf("said %q", h.said)
	}
}

func TestEveryStateHasItsWordAndItsReason(t *testing.T) {
	s, _, _ := newScreen(t)
	l := s.state
	for state, word := range map[live.State]string{
		live.Connecting: "Connecting", live.Streaming: "Streaming", live.Stalled: "Stalled", live.Lost: "Lost, trying again",
	} {
		st := live.Status{State: state, Rate: 29.9, Received: 10, Delivered: 7, Dropped: 3}
		if state == live.Stalled || state == live.Lost {
			st.Reason = "no route to host"
		}
		l.show(st, live.Free, 45*time.Millisecond)
		want := "29.9/s · 45 ms to the verdict · 3 dropped"
		if st.Reason != "" {
			want = "No route to host."
		}
		if l.word.Text != word || l.detail.Text != want {
			t.Errorf("%v: %q, %q", state, l.word.Text, l.detail.Text)
		}
	}
	l.show(live.Status{State: live.Streaming}, live.Software, 0)
	if l.word.Text != "Ready for the trigger" {
		t.Errorf("waiting for a trigger: %q", l.word.Text)
	}
}

func TestSettingsGoIntoTheAddress(t *testing.T) {
	s, _, _ := newScreen(t)
	s.Choose("gige://127.0.0.1")
	s.controls.set([]live.Control{{Name: "exposure", Unit: "µs", Value: "100", Min: 1, Max: 1000}, {Name: "format", Value: "Mono8", Choices: []string{"Mono8", "Mono12"}}})
	if s.controls.root.Hidden || len(s.controls.grid.Objects) != 3 {
		t.Errorf("%d rows", len(s.controls.grid.Objects))
	}
	s.setControl("exposure", "250")
	s.change(map[string]string{"trigger": "software", "gate": ""})
	if a := s.address.String(); a != "gige://127.0.0.1?exposure=250&trigger=software" || s.known {
		t.Errorf("the address is %s", a)
	}
	if s.trigger.Hidden {
		t.Error("there is no button for the trigger")
	}
}

func TestRecentVerdictsAreBounded(t *testing.T) {
	s, _, _ := newScreen(t)
	for i := range 3 * keepRecent {
		s.recent.add(recentRow{verdict: history.OK, index: float64(i)})
		s.counts.add(history.OK)
	}
	if len(s.recent.rows) != keepRecent || s.recent.rows[keepRecent-1].index != 3*keepRecent-1 || s.counts.total() != 3*keepRecent {
		t.Errorf("%d rows", len(s.recent.rows))
	}
}
