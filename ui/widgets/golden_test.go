package widgets

import (
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// golden compares an object with testdata/NAME-THEME.png in every theme. Letters
// may be off by a shade at their edges.
func golden(t *testing.T, name string, w, h float32, build func() fyne.CanvasObject) {
	t.Helper()
	for _, look := range []string{"dark", "light", "contrast"} {
		themed(t, look)
		got := show(t, container.NewStack(NewGround(theme.ColorNameBackground), build()), w, h)
		path := filepath.Join("testdata", name+"-"+look+".png")
		if *update {
			save(t, path, got)
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatalf("%v (make it with make golden)", err)
		}
		want, err := png.Decode(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if n := differing(got, want); n > got.Bounds().Dx()*got.Bounds().Dy()/2000 {
			failed := filepath.Join("testdata", "failed", filepath.Base(path))
			save(t, failed, got)
			t.Errorf("%d pixels differ from %s; see %s", n, path, failed)
		}
	}
}

func save(t *testing.T, path string, m image.Image) {
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

func differing(a, b image.Image) int {
	if a.Bounds().Size() != b.Bounds().Size() {
		return math.MaxInt
	}
	n, box := 0, a.Bounds()
	apart := func(a, b uint8) bool { return max(int(a)-int(b), int(b)-int(a)) > 24 }
	for y := range box.Dy() {
		for x := range box.Dx() {
			p := color.RGBAModel.Convert(a.At(box.Min.X+x, box.Min.Y+y)).(color.RGBA)
			q := color.RGBAModel.Convert(b.At(b.Bounds().Min.X+x, b.Bounds().Min.Y+y)).(color.RGBA)
			if apart(p.R, q.R) || apart(p.G, q.G) || apart(p.B, q.B) {
				n++
			}
		}
	}
	return n
}

// bells returns the scores of good and of defective parts.
func bells(good, bad int) (a, b []float64) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range good {
		a = append(a, max(.2, 2+.5*rng.NormFloat64()))
	}
	for range bad {
		b = append(b, max(.5, 5+1.6*rng.NormFloat64()))
	}
	return a, b
}

func TestGoldenScores(t *testing.T) {
	golden(t, "scores", 460, 300, func() fyne.CanvasObject {
		s := NewTips().NewScores("No scores", nil)
		good, bad := bells(400, 60)
		s.Set(good, bad, nil, 8)
		s.SetLines(3, 3.6)
		s.Mark(5)
		return s
	})
	golden(t, "scores-good-only", 460, 220, func() fyne.CanvasObject {
		s := NewTips().NewScores("No scores", nil)
		good, other := bells(24, 12)
		s.Set(good, nil, other, 6)
		s.SetLines(3.1, 3.3)
		return s
	})
	golden(t, "scores-empty", 460, 220, func() fyne.CanvasObject { return NewTips().NewScores("No scores yet", nil) })
}

func testMatrix() *Matrix {
	tips := NewTips()
	cell := func(word string, fill fyne.ThemeColorName) MatrixCell { return MatrixCell{Word: word, Fill: fill} }
	return tips.NewMatrix(nil, []string{"OK", "REVIEW", "NG", "ERROR"}, []string{"good", "defective"}, [][]MatrixCell{
		{cell("passed", themes.ColorNameOKFill), cell("to a person", themes.ColorNameReviewFill), cell("false rejects", themes.ColorNameNGFill), cell("failed", "")},
		{cell("escapes", themes.ColorNameNGFill), cell("to a person", themes.ColorNameReviewFill), cell("caught", themes.ColorNameOKFill), cell("failed", "")},
	})
}

func TestGoldenMatrix(t *testing.T) {
	golden(t, "matrix", 480, 170, func() fyne.CanvasObject {
		m := testMatrix()
		m.Set([][]int{{9871, 104, 25, 0}, {2, 11, 87, 0}})
		m.ShowColumn(3, false)
		m.Choose(1, 0)
		return m
	})
}

func TestGoldenCurve(t *testing.T) {
	golden(t, "curve", 280, 200, func() fyne.CanvasObject {
		c := NewCurve("good parts rejected", "defects caught", "nothing", true)
		var points []Point
		for i := range 60 {
			x := float64(i) / 59
			points = append(points, Point{x, math.Pow(x, .25)})
		}
		c.Set(points, "")
		c.Stand(Point{.05, math.Pow(.05, .25)})
		return c
	})
}
