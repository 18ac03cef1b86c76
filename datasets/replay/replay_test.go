package replay

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"agurscope/datasets/live"
	"agurscope/datasets/live/livetest"
)

func set(t *testing.T) string {
	dir := t.TempDir()
	for i := range 8 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 20, 10+i))); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return dir
}

func source(t *testing.T, d *Driver) *live.Source {
	return live.New(live.Options{Name: "replay", Driver: d, Repeats: true, Stall: -1})
}

func TestContract(t *testing.T) {
	livetest.Run(t, livetest.Kind{Open: func(t *testing.T) *live.Source {
		return source(t, &Driver{Dir: set(t), Rate: 100, Loop: true})
	}})
}

func TestEndsWithoutALoop(t *testing.T) {
	s := source(t, &Driver{Dir: set(t), Rate: 20})
	last := ""
	for f, err := range s.Frames(t.Context()) {
		if err != nil || f.Name <= last {
			t.Fatalf("%s after %s: %v", f.Name, last, err)
		}
		last = f.Name
	}
	if st := s.Status(); last != "7.png" || st.Delivered+st.Dropped != 8 {
		t.Errorf("the last is %s, %+v", last, st)
	}
}

func TestDamagedPictureIsAnErrorOfItsOwn(t *testing.T) {
	dir := set(t)
	if err := os.WriteFile(filepath.Join(dir, "3.png"), []byte("\x89PNG\r\n\x1a\nno more"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, failed := source(t, &Driver{Dir: dir, Rate: 20}), 0
	for _, err := range s.Frames(t.Context()) {
		if err != nil {
			failed++
		}
	}
	// The layout leaves out what is no picture; what only claims to be one is not
	// passed over.
	if st := s.Status(); failed > 1 || st.Delivered+st.Dropped+uint64(failed) < 7 {
		t.Errorf("%d errors, %+v", failed, st)
	}
}

func TestAbsentFolderIsLost(t *testing.T) {
	for _, err := range source(t, &Driver{Dir: filepath.Join(t.TempDir(), "absent")}).Frames(t.Context()) {
		if err == nil {
			t.Error("pictures from nowhere")
		}
		return
	}
}
