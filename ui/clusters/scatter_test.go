package clusters

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/themes"
	"agurscope/viewer/golden"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// cloud returns n marks in groups around a ring of centres.
func cloud(n, groups int) []Mark {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	out := make([]Mark, n)
	for i := range out {
		g := i%(groups+1) - 1
		a := 2 * math.Pi * float64(g+1) / float64(groups+1)
		out[i] = Mark{8*math.Cos(a) + rng.NormFloat64(), 8*math.Sin(a) + rng.NormFloat64(), g, i%17 == 0}
	}
	return out
}

func shown(t *testing.T, look string, marks []Mark) *Scatter {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(themes.Named(look))
	s := NewScatter()
	win := test.NewTempWindow(t, s)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(320, 240))
	s.Set(marks, false)
	return s
}

func TestScatterLooks(t *testing.T) {
	for _, look := range []string{"dark", "light", "contrast"} {
		s := shown(t, look, cloud(90, 6))
		golden.Same(t, look, s.painter.paint(s, 320, 240, 1))
	}
	s := shown(t, "dark", cloud(90, 6))
	lit := make([]bool, 90)
	for i := range lit {
		lit[i] = i%3 == 0
	}
	s.Light(lit)
	s.Choose(3)
	s.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: s.place(s.marks[6].X, s.marks[6].Y)}})
	s.drawing, s.loop = true, []fyne.Position{{X: 40, Y: 40}, {X: 200, Y: 60}, {X: 120, Y: 200}}
	golden.Same(t, "chosen", s.painter.paint(s, 640, 480, 2))
}

func TestShapesDiffer(t *testing.T) {
	var seen [][]uint8
	for shape := range shapes {
		for _, hollow := range []bool{false, true} {
			a := newStamp(stampKey{shape, hollow, 6}).alpha
			if slices.ContainsFunc(seen, func(b []uint8) bool { return slices.Equal(a, b) }) {
				t.Errorf("shape %d, hollow %v, looks like another", shape, hollow)
			}
			seen = append(seen, a)
		}
	}
	for g := range 40 {
		for h := range g {
			if ShapeOf(g) == ShapeOf(h) && onDark[g%len(onDark)] == onDark[h%len(onDark)] {
				t.Errorf("groups %d and %d look alike", g, h)
			}
		}
	}
}

func TestZoomKeepsThePointUnderThePointer(t *testing.T) {
	s := shown(t, "dark", cloud(50, 3))
	moved := 0
	s.OnMoved = func() { moved++ }
	rng := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		at := fyne.NewPos(320*rng.Float32(), 240*rng.Float32())
		x, y := s.data(at)
		s.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: at}, Scrolled: fyne.NewDelta(0, float32(rng.IntN(61)-30))})
		if u, v := s.data(at); math.Abs(u-x)+math.Abs(v-y) > 1e-6 {
			t.Fatalf("%g, %g became %g, %g", x, y, u, v)
		}
	}
	x, y := s.data(fyne.NewPos(100, 100))
	s.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(12, -7)})
	if u, v := s.data(fyne.NewPos(112, 93)); math.Abs(u-x)+math.Abs(v-y) > 1e-6 || moved != 51 {
		t.Errorf("dragging left %g, %g for %g, %g; %d moves", x, y, u, v, moved)
	}
	for range 100 {
		s.Zoom(10) // ends at a bound
	}
	s.Fit()
	for i, m := range s.marks {
		if p := s.place(m.X, m.Y); p.X < 0 || p.Y < 0 || p.X > 320 || p.Y > 240 {
			t.Errorf("point %d is at %v after Fit", i, p)
		}
	}
}

func TestPointsAreFoundAndSurrounded(t *testing.T) {
	s := shown(t, "dark", []Mark{{0, 0, 0, false}, {1, 0, 1, false}, {0, 1, 2, false}, {1, 1, -1, true}})
	hovered, tapped := -2, -2
	var inside []int
	s.OnHover, s.OnTapped, s.OnLasso = func(i int) { hovered = i }, func(i int) { tapped = i }, func(in []int) { inside = in }
	at := func(i int, dx, dy float32) fyne.Position {
		return s.place(s.marks[i].X, s.marks[i].Y).AddXY(dx, dy)
	}
	s.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at(2, 3, -3)}})
	s.Tapped(&fyne.PointEvent{Position: at(1, 0, 4)})
	if hovered != 2 || tapped != 1 {
		t.Errorf("hovered %d, tapped %d", hovered, tapped)
	}
	s.MouseOut()
	s.Tapped(&fyne.PointEvent{Position: at(1, 40, 40)})
	if hovered != -1 || tapped != -1 {
		t.Errorf("hovered %d, tapped %d", hovered, tapped)
	}
	round := func() {
		s.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at(0, -15, -15)}, Modifier: fyne.KeyModifierShift})
		for _, p := range []fyne.Position{at(1, 15, -15), at(1, 15, 15), at(0, -15, 15)} {
			s.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: p}, Dragged: fyne.NewDelta(1, 1)})
		}
		s.MouseUp(nil)
		s.DragEnd()
	}
	round()
	if !slices.Equal(inside, []int{0, 1}) {
		t.Errorf("surrounded %v", inside)
	}
	s.Light([]bool{true, false, true, true})
	round()
	if !slices.Equal(inside, []int{0}) || s.At(at(1, 0, 0)) != -1 {
		t.Errorf("surrounded %v, with dimmed ones", inside)
	}
}

func BenchmarkPaint(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(themes.Dark())
	for _, n := range []int{10000, 50000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := NewScatter()
			s.Resize(fyne.NewSize(1000, 800))
			s.Set(cloud(n, 9), false)
			for b.Loop() {
				s.painter.paint(s, 1000, 800, 1)
			}
		})
	}
}
