package widgets

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

func TestBarIsAsLongAsItsShareAndMakesWayForARemark(t *testing.T) {
	themed(t, "dark")
	b := NewBar()
	b.Resize(fyne.NewSize(300, 16))
	test.TempWidgetRenderer(t, b)
	for _, share := range []float64{0, .25, 1, 7, -1} {
		b.Set("Features", "1.20", share, true)
		want := float32(min(max(share, 0), 1)) * b.track.Size().Width
		if got := b.fill.Size().Width; math.Abs(float64(got-want)) > .01 || b.fill.Hidden != (want == 0) {
			t.Errorf("share %g is %g long, want %g, hidden %t", share, got, want, b.fill.Hidden)
		}
		if b.fill.Fill != theme.ColorNamePrimary || b.track.Hidden {
			t.Error("the strong bar is not in its colour, or has no track")
		}
	}
	end := b.track.Position().X + b.track.Size().Width
	if b.label.Size().Width > b.track.Position().X || end > b.value.Position().X {
		t.Error("word, bar and figure overlap")
	}
	b.SetAside("Features", "1.20", "shown, does not decide")
	if !b.track.Hidden || !b.fill.Hidden || b.label.ColorName != themes.ColorNameMuted || b.Remark() == "" {
		t.Error("a remark shares its place with a bar")
	}
	for _, name := range []string{"dark", "light", "contrast"} {
		themed(t, name)
		b.Refresh()
		if r := b.remark; r.wide() > r.Size().Width || r.Position().X < b.label.wide() || r.Position().X+r.Size().Width > 300 {
			t.Errorf("%s: the remark of %g has %g at %g", name, r.wide(), r.Size().Width, r.Position().X)
		}
	}
}

// inside samples the line from p to q and returns the span within the unit
// square, the straightforward way.
func inside(p, q [2]float64) (from, to float64, ok bool) {
	const n = 4000
	from, to = 2, -1
	for i := range n + 1 {
		t := float64(i) / n
		x, y := p[0]+t*(q[0]-p[0]), p[1]+t*(q[1]-p[1])
		if x >= 0 && x <= 1 && y >= 0 && y <= 1 {
			from, to = min(from, t), max(to, t)
		}
	}
	return from, to, to > from
}

func TestClipIsTheVisiblePartOfALine(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	point := func() [2]float64 { return [2]float64{rng.Float64()*3 - 1, rng.Float64()*3 - 1} }
	for range 300 {
		p, q := point(), point()
		if rng.IntN(4) == 0 {
			q[rng.IntN(2)] = p[0] // also upright and level ones
		}
		from, to, ok := inside(p, q)
		a, b, got := clip(p, q)
		if !got && ok && to-from > .002 {
			t.Fatalf("%v to %v: nothing is left, should be %g to %g", p, q, from, to)
		}
		if !got || !ok {
			continue
		}
		for i := range 2 {
			d := q[i] - p[i]
			if math.Abs(a[i]-(p[i]+from*d)) > .002 || math.Abs(b[i]-(p[i]+to*d)) > .002 {
				t.Fatalf("%v to %v becomes %v to %v, want %g to %g of it", p, q, a, b, from, to)
			}
		}
	}
}

func TestFrameIsDrawnOnThePictureOnly(t *testing.T) {
	themed(t, "dark")
	m := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	f := NewFramed(100)
	ink := themes.Color(themes.ColorNameMarkSelected)
	if s := share(show(t, f, 100, 100), ink); s != 0 {
		t.Error("an empty place has a frame")
	}
	f.Set(m, [][2]float64{{.25, .25}, {.75, .25}, {.75, .75}, {.25, .75}})
	if s := share(show(t, f, 100, 100), ink); s == 0 {
		t.Error("no frame is drawn")
	}
	// The picture is 100 x 50 in the middle: what lies outside is not drawn.
	f.Set(m, [][2]float64{{-3, -3}, {3, -3}, {3, .5}, {-3, .5}})
	got := show(t, f, 100, 100)
	for y := range 100 {
		if r, g, b, _ := got.At(50, y).RGBA(); (y < 22 || y > 78) && r > 0xf000 && g > 0xf000 && b > 0xf000 {
			t.Fatalf("something bright at row %d beside the picture", y)
		}
	}
	r := test.TempWidgetRenderer(t, f).(*framedRenderer)
	for i, l := range r.lines {
		if hidden := i%4 != 2; l.Hidden != hidden {
			t.Errorf("line %d hidden %t", i, l.Hidden)
		}
		if !l.Hidden && (l.Position1.Y != 50 || min(l.Position1.X, l.Position2.X) != 0 || max(l.Position1.X, l.Position2.X) != 100) {
			t.Errorf("line %d from %v to %v", i, l.Position1, l.Position2)
		}
	}
	f.Set(nil, nil)
	show(t, f, 100, 100)
}

func TestCheckTellsPersonsNotPrograms(t *testing.T) {
	themed(t, "dark")
	told := 0
	c := NewTips().NewCheck("On", "why", func(bool) { told++ })
	c.Set(true, true)
	if !c.Checked || c.Disabled() || told != 0 {
		t.Errorf("checked %t, disabled %t, told %d", c.Checked, c.Disabled(), told)
	}
	test.Tap(c)
	if c.Checked || told != 1 {
		t.Errorf("after a tap: checked %t, told %d", c.Checked, told)
	}
	c.Set(false, false)
	test.Tap(c)
	if c.Checked || told != 1 || !c.Disabled() {
		t.Error("a disabled switch can be switched")
	}
}

func TestAsideTakesNoPlaceWithoutWords(t *testing.T) {
	themed(t, "dark")
	a := NewAside(themes.ColorNameReviewFill)
	if a.Visible() {
		t.Error("it shows before it says anything")
	}
	a.Set("Something.")
	if s := share(show(t, a, 200, 40), themes.Color(themes.ColorNameReviewFill)); !a.Visible() || s == 0 || a.Text() != "Something." {
		t.Errorf("visible %t with %.3f of stripe", a.Visible(), s)
	}
	a.Set("")
	if a.Visible() {
		t.Error("it stays")
	}
}
