// Package golden compares pictures with those kept in testdata, for tests. Run
// them with -update (make golden) to write these anew.
package golden

import (
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// shade is by how much a value may be off where letters have their edges.
const shade = 24

// Same compares a picture with testdata/NAME.png, to the last bit.
func Same(t testing.TB, name string, got image.Image) {
	t.Helper()
	Within(t, name, got, 0, 0)
}

// Like compares a picture with text in it: one pixel in two thousand may differ by
// more than a shade.
func Like(t testing.TB, name string, got image.Image) {
	t.Helper()
	Within(t, name, got, shade, got.Bounds().Dx()*got.Bounds().Dy()/2000)
}

// Within compares a picture with testdata/NAME.png: at most so many pixels may differ
// by more than so much. A picture that differs is left in testdata/failed.
func Within(t testing.TB, name string, got image.Image, by, most int) {
	t.Helper()
	path := filepath.Join("testdata", name+".png")
	if *update {
		save(t, path, got)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v (make it with make golden)", err)
	}
	want, err := png.Decode(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if n := differing(got, want, by); n > most {
		failed := filepath.Join("testdata", "failed", name+".png")
		save(t, failed, got)
		t.Errorf("%d pixels differ from %s; see %s", n, path, failed)
	}
}

func save(t testing.TB, path string, m image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// differing counts pixels that are further apart than by in some colour.
func differing(a, b image.Image, by int) int {
	if a.Bounds().Size() != b.Bounds().Size() {
		return math.MaxInt
	}
	n, box := 0, a.Bounds()
	apart := func(a, b uint8) bool { return max(int(a)-int(b), int(b)-int(a)) > by }
	for y := range box.Dy() {
		for x := range box.Dx() {
			p := color.RGBAModel.Convert(a.At(box.Min.X+x, box.Min.Y+y)).(color.RGBA)
			q := color.RGBAModel.Convert(b.At(b.Bounds().Min.X+x, b.Bounds().Min.Y+y)).(color.RGBA)
			if apart(p.R, q.R) || apart(p.G, q.G) || apart(p.B, q.B) || apart(p.A, q.A) {
				n++
			}
		}
	}
	return n
}
