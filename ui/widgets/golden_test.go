package widgets

import (
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/themes"
	"agurscope/viewer/golden"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// looks compares an object with testdata/NAME-THEME.png in every theme.
func looks(t *testing.T, name string, w, h float32, build func() fyne.CanvasObject) {
	t.Helper()
	for _, look := range []string{"dark", "light", "contrast"} {
		themed(t, look)
		got := show(t, container.NewStack(NewGround(theme.ColorNameBackground), build()), w, h)
		golden.Like(t, name+"-"+look, got)
	}
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
	looks(t, "scores", 460, 300, func() fyne.CanvasObject {
		s := NewTips().NewScores("No scores", nil)
		good, bad := bells(400, 60)
		s.Set(good, bad, nil, 8)
		s.SetLines(3, 3.6)
		s.Mark(5)
		return s
	})
	looks(t, "scores-good-only", 460, 220, func() fyne.CanvasObject {
		s := NewTips().NewScores("No scores", nil)
		good, other := bells(24, 12)
		s.Set(good, nil, other, 6)
		s.SetLines(3.1, 3.3)
		return s
	})
	looks(t, "scores-empty", 460, 220, func() fyne.CanvasObject { return NewTips().NewScores("No scores yet", nil) })
}

func testMatrix() *Matrix {
	tips := NewTips()
	cell := func(word string, fill fyne.ThemeColorName) MatrixCell { return MatrixCell{Word: word, Fill: fill} }
	return tips.NewMatrix([]string{"OK", "REVIEW", "NG", "ERROR"}, []string{"good", "defective"}, [][]MatrixCell{
		{cell("passed", themes.ColorNameOKFill), cell("to a person", themes.ColorNameReviewFill), cell("false rejects", themes.ColorNameNGFill), cell("failed", "")},
		{cell("escapes", themes.ColorNameNGFill), cell("to a person", themes.ColorNameReviewFill), cell("caught", themes.ColorNameOKFill), cell("failed", "")},
	})
}

func TestGoldenMatrix(t *testing.T) {
	looks(t, "matrix", 480, 170, func() fyne.CanvasObject {
		m := testMatrix()
		m.Set([][]int{{9871, 104, 25, 0}, {2, 11, 87, 0}})
		m.ShowColumn(3, false)
		m.Choose(1, 0)
		return m
	})
}

func TestGoldenCurve(t *testing.T) {
	looks(t, "curve", 280, 200, func() fyne.CanvasObject {
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
