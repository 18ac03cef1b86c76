// Package desktest sets up a desk under the toolkit's test driver, with a host
// that remembers what it was told, and a session with a small network and drawn
// parts.
package desktest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/onednn"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/session"
	"agurscope/ui/station"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
)

// Host remembers what screens asked of it.
type Host struct {
	Said    string
	Problem error
	Changed int
	Opened  string  // by OpenSet
	Records []int64 // of ShowRecords
	Mapped  []int64 // of ShowInMap
	posts   chan func()
}

// Report implements desk.Host.
func (h *Host) Report(err error, _ ...fyne.CanvasObject) { h.Problem = err }

// ReportOf implements desk.Host.
func (h *Host) ReportOf(_ string, err error, _ ...fyne.CanvasObject) { h.Problem = err }

// Say implements desk.Host.
func (h *Host) Say(s string) { h.Said = s }

// Dialog implements desk.Host.
func (h *Host) Dialog(d dialog.Dialog) { d.Show() }

// Files implements desk.Host.
func (h *Host) Files(_ string, d *dialog.FileDialog, _ string) { d.Show() }

// GoTo implements desk.Host.
func (h *Host) GoTo(string) {}

// Inspect implements desk.Host.
func (h *Host) Inspect(string) {}

// OpenSet implements desk.Host.
func (h *Host) OpenSet(path, _ string) { h.Opened = path }

// ShowRecords implements desk.Host.
func (h *Host) ShowRecords(ids []int64, _ string) { h.Records = ids }

// ShowInMap implements desk.Host.
func (h *Host) ShowInMap(ids []int64) { h.Mapped = ids }

// ThresholdsChanged implements desk.Host.
func (h *Host) ThresholdsChanged() { h.Changed++ }

// RecipeSaved implements desk.Host.
func (h *Host) RecipeSaved() {}

// AskRecipe implements desk.Host.
func (h *Host) AskRecipe(func(string)) {}

// RecentRecipes implements desk.Host.
func (h *Host) RecentRecipes() []string { return nil }

// AskSet implements desk.Host.
func (h *Host) AskSet(func(string)) {}

// RecentSets implements desk.Host.
func (h *Host) RecentSets() []string { return nil }

// May implements desk.Host: everybody may do everything.
func (h *Host) May(station.Role) bool { return true }

// Need implements desk.Host.
func (h *Host) Need(_ station.Role, do func()) { do() }

// User implements desk.Host.
func (h *Host) User() string { return "tester" }

// Until runs what was posted until ok holds.
func (h *Host) Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for !ok() {
		if h.Problem != nil {
			t.Fatalf("while waiting until %s: %v", what, h.Problem)
		}
		select {
		case f := <-h.posts:
			f()
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Step runs the next thing that was posted.
func (h *Host) Step() { (<-h.posts)() }

// New returns a desk over a session; both end with the test.
func New(t testing.TB, s *session.Session) (*desk.Desk, *Host) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(themes.Dark())
	h := &Host{posts: make(chan func(), 1<<14)}
	d := desk.New(&desk.Thread{Post: func(f func()) { h.posts <- f }}, s)
	d.Host = h
	d.Window = test.NewTempWindow(t, container.NewWithoutLayout())
	t.Cleanup(d.Close)
	return d, h
}

// Session returns one with an untrained network of 64 pixels and a folder of
// drawn parts, three good ones and one of each defect, and where its recipe lies.
func Session(t testing.TB) (s *session.Session, recipe string) {
	t.Helper()
	e, err := onednn.Open(onednn.Options{Threads: 1})
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	recipe = filepath.Join(dir, "bench.agur")
	m, err := anomaly.NewModel(anomaly.Network{Size: "T", Width: 64, Height: 64}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var normals []*nn.Image
	for _, f := range synthec.Frames(synthec.Options{Size: 64}, synthec.Counts{Train: 6, TestGood: -1, PerDefect: -1}, datasets.Train) {
		normals = append(normals, anomaly.Tensor(f.Image, 64, 64))
	}
	r := &anomaly.Recipe{Name: "bench", Model: m}
	if err := anomaly.Calibrate(t.Context(), e, r, anomaly.AsIs(normals), anomaly.CalibrateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := r.Save(recipe); err != nil {
		t.Fatal(err)
	}
	set := filepath.Join(dir, "parts")
	if err := os.MkdirAll(set, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := synthec.Write(t.Context(), set, synthec.Options{Size: 64}, synthec.Counts{Train: 8, TestGood: 3, PerDefect: 1}); err != nil {
		t.Fatal(err)
	}
	s = session.New(session.Options{Engine: e})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		e.Close()
	})
	if _, err := s.OpenRecipe(recipe); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenSet(set); err != nil {
		t.Fatal(err)
	}
	return s, recipe
}
