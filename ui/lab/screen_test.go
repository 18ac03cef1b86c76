package lab

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"agurscope/ui/desk/desktest"
	"agurscope/ui/session"
	"agurscope/ui/session/lab"

	"fyne.io/fyne/v2"
)

func put(t *testing.T, dir, name string) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	m.SetGray(1, 1, color.Gray{200})
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
}

// The screen opens what a run has left, and says what there is not.
func TestScreenShowsWhatARunHasLeft(t *testing.T) {
	dir := t.TempDir()
	results := `[{"name":"fig10","title":"t","done":6,"total":6,"pictures":["fig10"],"claims":[{"claim":"c","verdict":"reproduced","why":"w"}]},
	 {"name":"../../etc","title":"t","done":1,"total":1,"pictures":["passwd"]}]`
	if err := os.WriteFile(filepath.Join(dir, "results.json"), []byte(results), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"fig10.png", "fig10/input-1.png", "fig10/truth-1.png", "fig10/agurnet-0-1.png", "fig10/dagan-0-1.png"} {
		put(t, dir, n)
	}
	d, host := desktest.New(t, session.New(session.Options{}))
	s := New(d, "test", dir)
	s.Show()
	if host.Problem != nil || s.on != "fig10" || len(s.pages) != 1 || s.shot != "fig10" {
		t.Errorf("shown %q of %v, %v", s.on, s.pages, host.Problem)
	}
	if len(s.claims.Objects) != 1 || !s.export.Visible() {
		t.Error("claims or export are missing")
	}
	if !s.start.Disabled() {
		t.Error("it can be run without an engine")
	}
	s.Key(fyne.KeyUp)
	if s.on != "fig9" || s.export.Visible() {
		t.Errorf("the key up shows %q", s.on)
	}
	for range 20 {
		s.Key(fyne.KeyDown)
	}
	if names := lab.Names(); s.on != names[len(names)-1] {
		t.Errorf("at the end %q", s.on)
	}
	if s.Key(fyne.KeyEscape) {
		t.Error("Escape means something while nothing runs")
	}
}
