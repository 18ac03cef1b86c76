package widgets

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

func themed(t *testing.T, name string) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(themes.Named(name))
}

// show captures an object at a size.
func show(t *testing.T, o fyne.CanvasObject, w, h float32) image.Image {
	t.Helper()
	win := test.NewTempWindow(t, o)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(w, h))
	return win.Canvas().Capture()
}

// share is how much of a picture has a colour.
func share(m image.Image, c color.Color) float64 {
	n, b := 0, m.Bounds()
	want := color.NRGBAModel.Convert(c)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.NRGBAModel.Convert(m.At(x, y)) == want {
				n++
			}
		}
	}
	return float64(n) / float64(b.Dx()*b.Dy())
}

func TestShortenFitsAndKeepsBothEndsOfAPath(t *testing.T) {
	themed(t, "dark")
	path := "/home/someone/pictures/of/électronique/parts/line-7/2026/test/scratch/000123.png"
	for width := float32(20); width < 700; width += 13 {
		for _, how := range []Elide{ElideEnd, ElideMiddle} {
			got := Shorten(path, width, 13, fyne.TextStyle{}, how)
			if !utf8.ValidString(got) {
				t.Fatalf("%q is cut inside a character", got)
			}
			fits := fyne.MeasureText(got, 13, fyne.TextStyle{}).Width <= width
			if !fits && got != "…" && utf8.RuneCountInString(got) > 2 {
				t.Errorf("%q is wider than %g", got, width)
			}
			if how == ElideMiddle && width > 150 && !strings.HasSuffix(got, ".png") {
				t.Errorf("%q has lost the file's name", got)
			}
		}
	}
	if got := Shorten(path, 1e4, 13, fyne.TextStyle{}, ElideMiddle); got != path {
		t.Errorf("%q was cut without need", got)
	}
}

func TestTicksAreRoundRisingAndInside(t *testing.T) {
	for _, a := range []axis{{min: 0, max: 1}, {min: 0, max: 7.3}, {min: 0, max: 600, whole: true}, {min: 0, max: 2, whole: true}, {min: -3, max: 1e-3}, {min: 0, max: 1e9}} {
		for n := 1; n < 12; n++ {
			last := math.Inf(-1)
			ticks := a.ticks(n)
			for _, v := range ticks {
				if v <= last || v < a.min-1e-9 || v > a.max*(1+1e-9)+1e-9 {
					t.Errorf("%+v, %d: ticks %v", a, n, ticks)
				}
				if a.whole && v != math.Trunc(v) {
					t.Errorf("%+v: tick %g is not whole", a, v)
				}
				if strings.HasPrefix(tickText(v, ticks), "-") && v >= 0 {
					t.Errorf("tick %g is written %s", v, tickText(v, ticks))
				}
				last = v
			}
			if len(ticks) > n+2 {
				t.Errorf("%+v: %d ticks for %d", a, len(ticks), n)
			}
		}
	}
	for _, bad := range []axis{{}, {min: 1, max: 0}, {max: math.Inf(1)}, {max: math.NaN()}} {
		if got := bad.ticks(5); got != nil {
			t.Errorf("%+v has ticks %v", bad, got)
		}
	}
}

func TestBannerShowsEachVerdictInItsColourAndFits(t *testing.T) {
	for _, name := range []string{"dark", "light", "contrast"} {
		themed(t, name)
		for _, v := range []string{"OK", "REVIEW", "NG", "ERROR"} {
			b := NewBanner()
			index := 100.
			if v == "ERROR" {
				index = math.NaN()
			}
			b.Set(v, index)
			m := show(t, b, 308, 80)
			if s := share(m, themes.Color(themes.VerdictNamed(v).Fill)); s < .4 {
				t.Errorf("%s in %s fills %.2f of the banner", v, name, s)
			}
			r := test.TempWidgetRenderer(t, b).(*bannerRenderer)
			if end := r.word.Position().X + r.word.Size().Width; r.index.Text != "" && end > r.index.Position().X+1 {
				t.Errorf("%s in %s overlaps its index", v, name)
			}
			if b.Verdict() != v {
				t.Errorf("%s became %s", v, b.Verdict())
			}
		}
	}
}

func TestIdleBannerIsNeverInTheColourOfOK(t *testing.T) {
	themed(t, "dark")
	b := NewBanner()
	b.Set("OK", 3)
	b.SetIdle("Inspecting…")
	if s := share(show(t, b, 308, 80), themes.Color(themes.ColorNameOKFill)); s > 0 {
		t.Errorf("an idle banner shows %.2f in the colour of OK", s)
	}
}

func TestGaugeMarksTheIndex(t *testing.T) {
	themed(t, "dark")
	g := NewGauge()
	g.Resize(fyne.NewSize(200, 40))
	r := test.TempWidgetRenderer(t, g).(*gaugeRenderer)
	for _, index := range []float64{0, 50, 100} {
		g.Set(40, index)
		x := r.mark.Position().X + r.mark.Size().Width/2
		if want := float32(min(max(2*index, 2), 198)); math.Abs(float64(x-want)) > .01 || r.mark.Hidden {
			t.Errorf("index %g is marked at %g, want %g", index, x, want)
		}
	}
	g.Set(40, math.NaN())
	if !r.mark.Hidden {
		t.Error("a gauge without index has a mark")
	}
}

func TestLineChartDrawsTheCurveAndStaysBounded(t *testing.T) {
	themed(t, "dark")
	c := NewLineChart("step", "loss", "nothing yet")
	if s := share(show(t, c, 400, 200), themes.Color(theme.ColorNamePrimary)); s > 0 {
		t.Errorf("an empty chart shows a curve over %.3f", s)
	}
	for i := range 10 * maxPoints {
		c.Add(Point{float64(i + 1), 1 + 1/float64(i+1)})
	}
	c.Add(Point{1e9, math.NaN()})
	c.Redraw()
	if c.Len() >= 2*maxPoints || c.x.max != 10*maxPoints {
		t.Errorf("%d points up to %g", c.Len(), c.x.max)
	}
	if s := share(show(t, c, 400, 200), themes.Color(theme.ColorNamePrimary)); s < .001 {
		t.Errorf("the curve covers %.4f", s)
	}
	c.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(200, 100)}})
	if len(c.marks) != 1 || !strings.HasPrefix(c.note, "step ") {
		t.Errorf("pointing says %q", c.note)
	}
	c.MouseOut()
	if len(c.marks) != 0 {
		t.Error("the mark stays after the pointer left")
	}
	c.Clear()
	if c.Len() != 0 || c.has {
		t.Error("a cleared chart keeps its curve")
	}
}

func TestHistogramCountsEveryValueOnce(t *testing.T) {
	themed(t, "light")
	h := NewHistogram("score", "parts", "nothing")
	values := []float64{.1, .1, .2, 1.5, 2, 0}
	h.Set(values, Mark{At: 1.2, Text: "review", Ink: themes.ColorNameReview}, Mark{At: 2.5, Text: "reject", Ink: themes.ColorNameNG})
	n := 0
	for _, c := range h.counts {
		n += c
	}
	if n != len(values) || h.x.max < 2.5 {
		t.Errorf("%d of %d values, axis to %g", n, len(values), h.x.max)
	}
	if s := share(show(t, h, 400, 200), themes.Color(themes.ColorNameNG)); s == 0 {
		t.Error("the reject line is not drawn")
	}
	h.Set(nil)
	if h.has {
		t.Error("an empty histogram shows something")
	}
}

func TestTipAppearsInsideTheWindowAndGoesWithTheTap(t *testing.T) {
	themed(t, "dark")
	tips := NewTips()
	tapped := 0
	b := tips.NewButton("Go", nil, strings.Repeat("a long explanation ", 12), func() { tapped++ })
	win := test.NewTempWindow(t, container.NewStack(container.NewBorder(nil, b, nil, nil), tips.Layer()))
	win.Resize(fyne.NewSize(400, 200))
	b.MouseIn(&desktop.MouseEvent{})
	if !tips.box.Visible() {
		t.Fatal("no tip")
	}
	p, s := tips.box.Position(), tips.box.Size()
	if p.X < 0 || p.Y < 0 || p.X+s.Width > 400 || p.Y+s.Height > 200 {
		t.Errorf("the tip lies at %v, %v in a window of 400 x 200", p, s)
	}
	test.Tap(b)
	if tips.box.Visible() || tapped != 1 {
		t.Errorf("after the tap: tip %v, tapped %d", tips.box.Visible(), tapped)
	}
	b.MouseOut()
}

func TestSliderPassesOnKeysThatAreNotItsOwn(t *testing.T) {
	themed(t, "dark")
	var got []fyne.KeyName
	var runes []rune
	keys := &Keys{Key: func(e *fyne.KeyEvent) { got = append(got, e.Name) }, Rune: func(r rune) { runes = append(runes, r) }}
	s := NewTips().NewSlider(0, 10, "", keys)
	s.SetValue(5)
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if math.Abs(s.Value-5.1) > 1e-9 {
		t.Errorf("right moves to %g", s.Value)
	}
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	s.TypedRune('n')
	if len(got) != 1 || got[0] != fyne.KeySpace || len(runes) != 1 {
		t.Errorf("passed on %v and %q", got, runes)
	}
}

func TestDockGivesTheMiddleWhatIsLeft(t *testing.T) {
	themed(t, "dark")
	edge := func() *Ground { g := NewGround(theme.ColorNamePrimary); g.Least = fyne.NewSize(10, 20); return g }
	top, left, middle := edge(), edge(), edge()
	d := Dock(top, nil, left, nil, middle)
	d.Resize(fyne.NewSize(100, 100))
	if middle.Size() != fyne.NewSize(90, 80) || middle.Position() != fyne.NewPos(10, 20) {
		t.Errorf("middle %v at %v", middle.Size(), middle.Position())
	}
	top.Hide()
	d.Layout.Layout(d.Objects, d.Size())
	if middle.Size() != fyne.NewSize(90, 100) {
		t.Errorf("middle %v without its top", middle.Size())
	}
}

func TestNoticeSaysAndCloses(t *testing.T) {
	themed(t, "dark")
	n := NewTips().NewNotice()
	closed := 0
	n.OnClose = func() { closed++ }
	if n.Visible() {
		t.Error("a notice shows before it says anything")
	}
	n.Say(Trouble, "Could not open the parts", "The folder is empty.")
	if !n.Visible() || n.Title() != "Could not open the parts" {
		t.Errorf("it says %q", n.Title())
	}
	n.Close()
	if n.Visible() || closed != 1 {
		t.Error("it does not close")
	}
}

func TestTipsBreakChineseBetweenCharacters(t *testing.T) {
	test.NewTempApp(t)
	for text, want := range map[string][]string{
		"one two, three":  {"one ", "two, ", "three"},
		"判定结果。再试 (Esc)":   {"判", "定", "结", "果。", "再", "试 ", "(Esc)"},
		"（完整图片）和 NG":      {"（完", "整", "图", "片）", "和 ", "NG"},
		"":                nil,
		"no  double gaps": {"no ", "double ", "gaps"},
	} {
		if got := pieces(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for _, line := range wrap("用于把异常图切分为区域。只要有区域留下，无论得分如何均判 NG。这是一个很长的提示文字，需要分成几行。", 120, 12) {
		if w := fyne.MeasureText(line, 12, fyne.TextStyle{}).Width; w > 140 {
			t.Errorf("%q is %.0f wide", line, w)
		}
	}
}

func TestSharesAreWrittenSoThatFewAreNotNone(t *testing.T) {
	for v, want := range map[float64]string{0: "0 %", .00012: "0.012 %", .031: "3.1 %", .5: "50 %", .9912: "99.1 %", .9997: "99.97 %", .99999999: "100 %", 1: "100 %"} {
		if got := Percent(v); got != want {
			t.Errorf("%v is %s, not %s", v, got, want)
		}
	}
}

// TestFocusIsSeenOnEveryButton: also on one whose ground has the colour of focus.
func TestFocusIsSeenOnEveryButton(t *testing.T) {
	for _, name := range []string{"dark", "light", "contrast"} {
		themed(t, name)
		b := NewTips().NewButton("Start", nil, "", func() {})
		b.Importance = widget.HighImportance
		w := test.NewTempWindow(t, b)
		w.SetPadded(false)
		w.Resize(fyne.NewSize(120, 60))
		ring := func() bool {
			m := w.Canvas().Capture()
			r, g, b, _ := m.At(m.Bounds().Dx()/2, 0).RGBA()
			p, q, s, _ := themes.Color(theme.ColorNameForeground).RGBA()
			return r>>8 == p>>8 && g>>8 == q>>8 && b>>8 == s>>8
		}
		if ring() {
			t.Errorf("%s: a ring without the focus", name)
		}
		w.Canvas().Focus(b)
		if !ring() {
			t.Errorf("%s: no ring with the focus", name)
		}
		w.Canvas().Unfocus()
		if ring() {
			t.Errorf("%s: the ring stays", name)
		}
	}
}
