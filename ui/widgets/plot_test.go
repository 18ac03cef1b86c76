package widgets

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

var verdictLayers = []Layer{{"OK", themes.ColorNameOK, false}, {"REVIEW", themes.ColorNameReview, false}, {"NG", themes.ColorNameNG, true}}

func hours(n int) PlotData {
	d := PlotData{Unit: "parts", Layers: verdictLayers, Line: "yield", Share: true, Centre: math.NaN()}
	for i := range n {
		bad := float64(i % 5)
		d.Slots = append(d.Slots, Slot{Label: fmt.Sprintf("%02d:00", i), Stack: []float64{40 - bad, 2, bad}, Line: 1 - (bad+2)/42, Lower: math.NaN(), Upper: math.NaN(),
			Tip: fmt.Sprintf("hour %d: %.0f bad", i, bad)})
	}
	return d
}

func limits() PlotData {
	d := PlotData{Line: "not OK", Share: true, Centre: .05, Zero: true}
	for i := range 24 {
		s := Slot{Label: fmt.Sprintf("%02d:00", i), Line: .05 + .03*math.Sin(float64(i)), Lower: 0, Upper: .11 + .01*float64(i%3)}
		if i == 17 {
			s.Line, s.Alarm = .2, true
		}
		d.Slots = append(d.Slots, s)
	}
	return d
}

func TestGoldenPlot(t *testing.T) {
	looks(t, "plot-bars", 460, 200, func() fyne.CanvasObject {
		p := NewTips().NewPlot(nil, "nothing")
		p.Set(hours(12))
		return p
	})
	looks(t, "plot-limits", 460, 200, func() fyne.CanvasObject {
		p := NewTips().NewPlot(nil, "nothing")
		p.Set(limits())
		return p
	})
	looks(t, "plot-pareto", 460, 200, func() fyne.CanvasObject {
		p := NewTips().NewPlot(nil, "nothing")
		d := PlotData{Unit: "regions", Layers: []Layer{{Ink: themes.ColorNameAccent}}, Line: "together", Share: true, Names: true, Centre: math.NaN()}
		for i, n := range []float64{40, 20, 12, 8} {
			d.Slots = append(d.Slots, Slot{Label: fmt.Sprintf("a cause with a long name, number %d", i), Stack: []float64{n}, Line: []float64{.5, .75, .9, 1}[i], Lower: math.NaN(), Upper: math.NaN()})
		}
		p.Set(d)
		return p
	})
	looks(t, "plot-empty", 460, 130, func() fyne.CanvasObject { return NewTips().NewPlot(nil, "Nobody has looked yet") })
}

func TestPlotIsReadByPointerAndKeys(t *testing.T) {
	themed(t, "dark")
	passed := fyne.KeyName("")
	p := NewTips().NewPlot(&Keys{Key: func(e *fyne.KeyEvent) { passed = e.Name }}, "nothing")
	chosen := -1
	p.OnChosen = func(i int) { chosen = i }
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) // nothing is there
	p.Set(hours(10))
	show(t, p, 460, 200)
	a := p.drawn.a
	p.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(a.x+a.w*.35, 60)}})
	if p.Said() != "hour 3: 3 bad" {
		t.Error(p.Said())
	}
	p.MouseOut()
	if p.Said() != "" {
		t.Error("it still speaks: " + p.Said())
	}
	p.FocusGained()
	for _, k := range []fyne.KeyName{fyne.KeyHome, fyne.KeyLeft, fyne.KeyRight, fyne.KeyRight, fyne.KeyReturn, fyne.KeyEnd, fyne.KeyRight} {
		p.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if chosen != 2 || p.Said() != "hour 9: 4 bad" {
		t.Errorf("%d chosen, %s", chosen, p.Said())
	}
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF1})
	if passed != fyne.KeyF1 {
		t.Error("a shortcut is lost")
	}
	p.Tapped(&fyne.PointEvent{Position: fyne.NewPos(a.x+a.w*.05, 60)})
	if chosen != 0 {
		t.Error("a click chooses", chosen)
	}
	d := limits()
	for i := range d.Slots { // at the very edge
		d.Slots[i].Line, d.Slots[i].Alarm = float64(i%2), true
	}
	p.Set(d)
	for _, w := range []int{1, 7, 300} {
		p.drawn.picture(w, w)
	}
	p.Set(hours(1))
	p.Set(PlotData{Empty: "nothing", Centre: math.NaN()})
	p.Tapped(&fyne.PointEvent{})
	p.FocusLost()
}

func BenchmarkPlot(b *testing.B) {
	p := NewTips().NewPlot(nil, "")
	d := hours(240)
	p.Set(d)
	r := p.CreateRenderer().(*plotRenderer)
	r.Layout(fyne.NewSize(1100, 240))
	for b.Loop() {
		r.picture(1100, 200)
	}
}

func TestNamesBelowAPlotNeverOverlap(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(themes.Dark())
	for n := 1; n < 200; n++ {
		p := NewTips().NewPlot(nil, "nothing")
		d := PlotData{Line: "score", Centre: math.NaN()}
		for i := range n {
			d.Slots = append(d.Slots, Slot{Label: fmt.Sprintf("11-28 %02d:%02d", i/60, i%60), Line: 1, Lower: math.NaN(), Upper: math.NaN()})
		}
		p.Set(d)
		p.Resize(fyne.NewSize(560, 150))
		end := float32(math.Inf(-1))
		for _, o := range test.WidgetRenderer(p).Objects() {
			if l, ok := o.(*canvas.Text); ok && l.Visible() && strings.Contains(l.Text, ":") {
				if l.Position().X < end {
					t.Fatalf("%d names: %s overlaps the one before", n, l.Text)
				}
				end = l.Position().X + l.MinSize().Width
			}
		}
	}
}
