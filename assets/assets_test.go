package assets

import (
	"bytes"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestExtractDemoIsWholeAndOnce(t *testing.T) {
	dir := t.TempDir()
	set, recipe, err := ExtractDemo(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(recipe)
	if err != nil {
		t.Fatal(err)
	}
	want, err := demo.ReadFile("demo.agur")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the recipe on disk differs from the embedded one")
	}
	pictures := 0
	err = filepath.WalkDir(set, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".jpg" {
			pictures++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if pictures != 24+8+6*3 {
		t.Errorf("%d pictures, want %d", pictures, 24+8+6*3)
	}
	// What a person changed there stays: a second start looks and leaves.
	mark := filepath.Join(set, "mark")
	if err := os.WriteFile(mark, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	again, _, err := ExtractDemo(dir)
	if err != nil || again != set {
		t.Fatalf("second time: %q, %v; want %q", again, err, set)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Error("the second time wrote anew")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d entries in the folder, want 1 (%v)", len(entries), err)
	}
}

func TestExtractDemoSaysWhereItFailed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ExtractDemo(file); err == nil {
		t.Error("unpacked below a file")
	}
}

func TestIconIsSquare(t *testing.T) {
	c, err := png.DecodeConfig(bytes.NewReader(Icon))
	if err != nil || c.Width != c.Height || c.Width < 256 {
		t.Errorf("icon %d x %d, %v", c.Width, c.Height, err)
	}
}
