package session

import (
	"errors"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"agurscope/datasets"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/nn/segment"
)

// seen is a result of a picture of that name with a 3 x 2 map.
func seen(name string) *Result {
	m := nn.NewImage(1, 2, 3)
	copy(m.Pix, []float32{-1.5, 0, 1, 2, 3e-7, 1e6})
	return &Result{
		Frame:      datasets.Frame{Name: name},
		Prediction: &anomaly.Prediction{Map: m, Reconstruction: nn.NewImage(3, 2, 3)},
		Judgement:  Judgement{Segmentation: segment.Result{W: 3, H: 2, Labels: []int32{0, 0, 0, 1, 1, 2}}},
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// Pictures of one name do not overwrite each other's files, whatever their
// folders, endings and letter case, and none is written outside the folder.
func TestExportedNamesDoNotCollide(t *testing.T) {
	names := []string{"a/001.png", "b/001.png", "b/001.jpg", "B/001.PNG", "b_001.jpg", "lone.png", "../../up.png", "x/y/001.png"}
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	e, err := NewExporter(out, names...)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if _, err := e.Export(seen(n)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(files(t, out)); n != 3*len(names) {
		t.Errorf("%d files for %d pictures: %v", n, len(names), files(t, out))
	}
	for _, want := range []string{"a_001", "b_001", "b_001_jpg", "B_001_PNG", "b_001-2", "lone", "up", "x_y_001"} {
		if !slices.Contains(files(t, out), want+"_map.tiff") {
			t.Errorf("no %s_map.tiff in %v", want, files(t, out))
		}
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("files beside the folder: %v", got)
	}
}

// A name that is as long as a name can be still has files, each part its own.
func TestLongNamesAreCut(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("ü", 120)
	names := []string{"a" + long + ".png", "b" + long + ".png", strings.Repeat("folder/", 60) + "a.png", strings.Repeat("folder/", 61) + "a.png"}
	e, err := NewExporter(dir, names...)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if _, err := e.Export(seen(n)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(files(t, dir)); n != 3*len(names) {
		t.Errorf("%d files for %d pictures: %v", n, len(names), files(t, dir))
	}
	for _, f := range files(t, dir) {
		if !utf8.ValidString(f) {
			t.Errorf("%q", f)
		}
	}
}

// What was not inspected has no map that somebody could take for a good one.
func TestErrorsAreNotExported(t *testing.T) {
	dir := t.TempDir()
	e, err := NewExporter(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Export(&Result{Frame: datasets.Frame{Name: "x.png"}, Err: errors.New("unreadable")})
	if err != nil || got != nil || len(files(t, dir)) != 0 {
		t.Errorf("%v, %v, %v", got, err, files(t, dir))
	}
}

// A drawing that fails leaves neither half a file nor a temporary one.
func TestFailedExportLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	e, err := NewExporter(dir)
	if err != nil {
		t.Fatal(err)
	}
	e.Panes = func(*Result) (image.Image, error) { return nil, io.ErrUnexpectedEOF }
	if _, err := e.Export(seen("x.png")); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "x_panes.png") {
		t.Errorf("error %v", err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"x_map.tiff", "x_mask.png", "x_recon.png"}) {
		t.Errorf("files %v", got)
	}
}

func TestExporterNamesTheFolderItCannotMake(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := NewExporter(filepath.Join(file, "out")); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v", err)
	}
}
