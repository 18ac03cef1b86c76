package ui

import (
	"math"
	"strconv"
	"strings"

	"agurscope/assets/words"
	"agurscope/nn/segment"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// regionLimits says which regions are taken for defects: none that is too small,
// which is not counted, and none that is too large, which a person looks at.
type regionLimits struct {
	s     *inspectScreen
	root  fyne.CanvasObject
	least *limitField   // pixels of the picture
	most  *limitField   // per cent of the picture
	small *widgets.Text // how many are smaller
}

// limitField is a field and what the program has put there: leaving it as it was
// changes nothing, though it shows a rounded number.
type limitField struct {
	*widgets.Entry
	shown string
}

func (f *limitField) put(text string, editable bool) {
	typing := f.Focused() && f.Text != f.shown // a run shows other parts meanwhile
	if f.shown = text; !typing && f.Text != text {
		f.SetText(text)
	}
	if editable {
		f.Enable()
	} else {
		f.Disable()
	}
}

func newRegionLimits(s *inspectScreen) *regionLimits {
	l := &regionLimits{s: s}
	l.least = l.field("", words.T("Regions with fewer pixels of the picture do not count. Empty brings the usual size back. Press Enter."), l.leastTyped)
	l.most = l.field(words.T("none"), words.T("A part with a region that covers this much of the picture, in per cent, is REVIEW and never OK or NG: no defect is that large, so the light or the part is another. Empty sets no limit. Press Enter."), l.mostTyped)
	word := func(s string) fyne.CanvasObject { return container.NewCenter(widgets.NewCaption(s)) }
	l.root = widgets.Row(4, word(words.T("regions from")), widgets.Fixed(56, 0, l.least.Entry), word(words.T("px to")), widgets.Fixed(56, 0, l.most.Entry), word("%"))
	return l
}

func (l *regionLimits) field(hint, tip string, typed func(string)) *limitField {
	f := &limitField{Entry: l.s.w.Tips.NewEntry(hint, tip)}
	leave := func() { l.s.w.Window.Canvas().Unfocus() }
	f.OnLeave = func() {
		if f.Text != f.shown {
			typed(f.Text)
		}
	}
	f.OnSubmitted = func(string) { f.OnLeave(); leave() }
	f.OnEscape = func() { f.SetText(f.shown); l.refresh(); leave() }
	return f
}

// perCell is how many pixels of the picture on show a cell of its map has; 0
// where nothing is judged.
func (l *regionLimits) perCell() float64 {
	on := l.s.on
	if on == nil || on.res.Prediction == nil || on.res.Frame.Image == nil || l.s.cal() == nil {
		return 0
	}
	b, m := on.res.Frame.Image.Bounds(), on.res.Prediction.Map
	return float64(b.Dx()) * float64(b.Dy()) / float64(m.W*m.H)
}

// refresh shows the limits in force.
func (l *regionLimits) refresh() {
	k, may := l.perCell(), l.s.w.May(station.Engineer)
	t := l.s.w.Session.Thresholds()
	share := ""
	if t.MaxShare > 0 {
		share = words.Write("%.4g", 100*t.MaxShare)
	}
	l.most.put(share, may && l.s.cal() != nil)
	if k == 0 {
		l.least.put("", false)
		return
	}
	res := l.s.on.res
	least := segment.Options{MinArea: t.MinArea}.Resolve(res.Prediction.Map.W, res.Prediction.Map.H).MinArea
	l.least.put(strconv.Itoa(int(math.Ceil(float64(least)*k))), may)
}

// leastTyped takes the smallest area in pixels of the picture.
func (l *regionLimits) leastTyped(text string) {
	k := l.perCell()
	if k == 0 {
		return
	}
	l.change(func(t *session.Thresholds) {
		if strings.TrimSpace(text) == "" {
			t.MinArea = 0
		} else if v, ok := phrase.Number(text, "px"); ok && v >= 0 && v < 1e9 {
			m := l.s.on.res.Prediction.Map
			t.MinArea = min(max(1, int(math.Round(v/k))), m.W*m.H)
			if usual := (segment.Options{}).Resolve(m.W, m.H).MinArea; t.MinArea == usual {
				t.MinArea = 0
			}
		}
	})
}

// mostTyped takes the share of the picture, in per cent, from which a region is
// no defect.
func (l *regionLimits) mostTyped(text string) {
	if l.s.cal() == nil {
		return
	}
	l.change(func(t *session.Thresholds) {
		if strings.TrimSpace(text) == "" {
			t.MaxShare = 0
		} else if v, ok := phrase.Number(text, "%"); ok && v > 0 && v <= 100 {
			t.MaxShare = v / 100
		}
	})
}

// change puts other limits in force; whatever else was typed goes.
func (l *regionLimits) change(f func(*session.Thresholds)) {
	t := l.s.w.Session.Thresholds()
	before := t
	if f(&t); t != before && l.s.w.May(station.Engineer) {
		l.s.thresholdsMoved(t)
	}
	l.s.panel.thresholds.refresh()
}
