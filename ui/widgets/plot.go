package widgets

import (
	"fmt"
	"image"
	"image/draw"
	"math"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Plot shows groups beside each other, such as hours or causes: as stacked bars,
// as a line with limits and alarms, or both. One can be pointed at, or gone to with
// the arrow keys, and chosen.
type Plot struct {
	widget.BaseWidget
	OnChosen func(slot int)

	tips  *Tips
	keys  *Keys
	d     PlotData
	at    int // the slot that is looked at; -1: none
	focus bool
	drawn *plotRenderer
}

// PlotData is what a Plot shows.
type PlotData struct {
	Slots  []Slot
	Unit   string  // of the bars, or of the line where there are none
	Layers []Layer // of the bars, from below; none: there are no bars
	Line   string  // what the line is, "" for none; beside bars it has an axis of its own, from 0 to 100 %
	Share  bool    // the values of the line are shares of one
	Centre float64 // a level line; NaN: none
	Zero   bool    // the line's axis begins at 0
	Names  bool    // labels are shortened where they would be left out, which is for neighbours in time
	Empty  string  // said while there are no slots
}

// Slot is one group.
type Slot struct {
	Label        string
	Stack        []float64 // heights of its bars, in the order of the layers
	Line         float64   // NaN: the line has a gap
	Lower, Upper float64   // limits; NaN: none
	Alarm        bool
	Tip          string // said when it is looked at
}

// Layer is one kind of bar. Hatched ones can be told apart without colour.
type Layer struct {
	Name    string
	Ink     fyne.ThemeColorName
	Hatched bool
}

// NewPlot returns a plot that shows nothing yet.
func (t *Tips) NewPlot(keys *Keys, empty string) *Plot {
	p := &Plot{tips: t, keys: keys, at: -1, d: PlotData{Empty: empty, Centre: math.NaN()}}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows other groups.
func (p *Plot) Set(d PlotData) {
	p.d, p.at = d, -1
	p.Refresh()
}

// Data returns what is shown.
func (p *Plot) Data() PlotData { return p.d }

// Said is the text about the slot that is looked at.
func (p *Plot) Said() string {
	if p.at < 0 || p.at >= len(p.d.Slots) {
		return ""
	}
	return p.d.Slots[p.at].Tip
}

// axes are those of the bars and of the line.
func (p *Plot) axes() (bars, line axis) {
	bars = axis{max: 1}
	line = axis{min: math.Inf(1), max: math.Inf(-1)}
	for _, s := range p.d.Slots {
		sum := 0.0
		for _, v := range s.Stack {
			sum += v
		}
		bars.max = max(bars.max, sum*1.08)
		for _, v := range []float64{s.Line, s.Lower, s.Upper} {
			if !math.IsNaN(v) {
				line.min, line.max = min(line.min, v), max(line.max, v)
			}
		}
	}
	if !math.IsNaN(p.d.Centre) {
		line.min, line.max = min(line.min, p.d.Centre), max(line.max, p.d.Centre)
	}
	switch {
	case len(p.d.Layers) > 0 && p.d.Line != "": // a cumulative share, or a yield
		line.min, line.max = 0, 1.08
	case line.min > line.max:
		line.min, line.max = 0, 1
	default:
		room := (line.max - line.min) * .08
		if room == 0 {
			room = max(math.Abs(line.max)*.1, 1e-3)
		}
		line.max += room
		if p.d.Zero {
			line.min = 0
		} else {
			line.min -= room
		}
	}
	bars.whole = true
	return bars, line
}

// CreateRenderer returns the drawing of the plot.
func (p *Plot) CreateRenderer() fyne.WidgetRenderer {
	r := &plotRenderer{p: p, here: canvas.NewRectangle(nil), frame: canvas.NewRectangle(nil)}
	r.raster = canvas.NewRaster(r.picture)
	r.raster.ScaleMode = canvas.ImageScalePixels
	r.Layout(p.Size())
	p.drawn = r
	return r
}

type plotRenderer struct {
	p           *Plot
	raster      *canvas.Raster
	here, frame *canvas.Rectangle
	texts       []*canvas.Text // in use: the first n
	n           int
	signs       []*canvas.Raster // of the legend
	a           chartArea
}

func (r *plotRenderer) MinSize() fyne.Size { return fyne.NewSize(220, 130) }

// text writes s somewhere and returns it with its size.
func (r *plotRenderer) text(s string, ink fyne.ThemeColorName) (*canvas.Text, fyne.Size) {
	if r.n == len(r.texts) {
		r.texts = append(r.texts, caption())
	}
	t := r.texts[r.n]
	r.n++
	t.Text, t.Color, t.TextSize, t.TextStyle = s, themes.Color(ink), theme.Size(theme.SizeNameCaptionText), fyne.TextStyle{}
	return t, t.MinSize()
}

// tick writes a value of an axis.
func tick(v float64, all []float64, share bool) string {
	if !share {
		return tickText(v, all)
	}
	digits := 0
	if len(all) > 1 {
		digits = min(max(int(math.Ceil(-math.Log10(100*(all[1]-all[0]))-1e-9)), 0), 3)
	}
	return fmt.Sprintf("%.*f %%", digits, 100*v)
}

func (r *plotRenderer) Layout(s fyne.Size) {
	p, size := r.p, theme.Size(theme.SizeNameCaptionText)
	r.n = 0
	has := len(p.d.Slots) > 0
	bars, line := p.axes()
	left, leftShare := bars, false
	both := len(p.d.Layers) > 0 && p.d.Line != ""
	if len(p.d.Layers) == 0 {
		left, leftShare = line, p.d.Share
	}
	rows := max(int((s.Height-size*4)/34), 2)
	ticks := left.ticks(rows)
	wide := float32(0)
	for _, v := range ticks {
		wide = max(wide, fyne.MeasureText(tick(v, ticks, leftShare), size, fyne.TextStyle{}).Width)
	}
	right := float32(6)
	if both {
		right = fyne.MeasureText("100 %", size, fyne.TextStyle{}).Width + 10
	}
	r.a = chartArea{wide + 10, size * 1.9, max(s.Width-wide-10-right, 1), max(s.Height-size*3.6, 1)}
	a := r.a
	r.raster.Move(fyne.NewPos(a.x, a.y))
	r.raster.Resize(fyne.NewSize(a.w, a.h))
	r.raster.Hidden = !has
	if !has {
		t, m := r.text(p.d.Empty, themes.ColorNameMuted)
		t.Move(fyne.NewPos(max((s.Width-m.Width)/2, 0), (s.Height-m.Height)/2))
		r.finish()
		return
	}
	place := func(x axis, v float64) float32 { return a.y + a.h*float32(1-(v-x.min)/(x.max-x.min)) }
	for _, v := range ticks {
		t, m := r.text(tick(v, ticks, leftShare), themes.ColorNameMuted)
		t.Move(fyne.NewPos(a.x-m.Width-6, place(left, v)-m.Height/2))
	}
	if both {
		for _, v := range []float64{0, .5, 1} {
			t, m := r.text(fmt.Sprintf("%.0f %%", 100*v), themes.ColorNameMuted)
			t.Move(fyne.NewPos(a.x+a.w+6, place(line, v)-m.Height/2))
		}
	}
	r.labels(a)
	r.head(s, size)
	r.finish()
	r.look()
}

// labels writes below the axis as many names as there is room for.
func (r *plotRenderer) labels(a chartArea) {
	slots := r.p.d.Slots
	each := a.w / float32(len(slots))
	most := float32(0)
	for _, s := range slots {
		most = max(most, fyne.MeasureText(s.Label, theme.Size(theme.SizeNameCaptionText), fyne.TextStyle{}).Width)
	}
	step := max(int(math.Ceil(float64((most+10)/max(each, .1)))), 1)
	if r.p.d.Names {
		step = 1
	}
	end := float32(math.Inf(-1)) // of the name before
	for i := 0; i < len(slots); i += step {
		label := slots[i].Label
		if step == 1 {
			label = Shorten(label, each-6, theme.Size(theme.SizeNameCaptionText), fyne.TextStyle{}, ElideEnd)
		}
		width := fyne.MeasureText(label, theme.Size(theme.SizeNameCaptionText), fyne.TextStyle{}).Width
		x := min(max(a.x+(float32(i)+.5)*each-width/2, 0), a.x+a.w-width+6)
		if x < end+4 { // the last one is held back by the edge
			continue
		}
		end = x + width
		t, _ := r.text(label, themes.ColorNameMuted)
		t.Move(fyne.NewPos(x, a.y+a.h+3))
	}
}

// head writes what the axes are, and which bar is which.
func (r *plotRenderer) head(s fyne.Size, size float32) {
	p := r.p
	if said := p.Said(); said != "" {
		t, _ := r.text(Shorten(said, s.Width-4, size, fyne.TextStyle{}, ElideEnd), theme.ColorNameForeground)
		t.Move(fyne.NewPos(2, 0))
		for _, g := range r.signs {
			g.Hide()
		}
		return
	}
	unit := p.d.Unit
	if unit == "" {
		unit = p.d.Line
	}
	t, m := r.text(unit, themes.ColorNameMuted)
	t.Move(fyne.NewPos(2, 0))
	x := s.Width - 4
	if p.d.Line != "" && len(p.d.Layers) > 0 {
		t, m := r.text("— "+p.d.Line, theme.ColorNameForeground)
		x -= m.Width
		t.Move(fyne.NewPos(x, 0))
		x -= 12
	}
	if len(p.d.Layers) < 2 {
		r.signs = nil
		return
	}
	if len(r.signs) != len(p.d.Layers) {
		r.signs = nil
		for i := range p.d.Layers {
			r.signs = append(r.signs, canvas.NewRaster(func(w, h int) image.Image {
				m := image.NewRGBA(image.Rect(0, 0, max(w, 1), max(h, 1)))
				if i < len(p.d.Layers) {
					fillBar(m, m.Rect, p.d.Layers[i], 1)
				}
				return m
			}))
		}
	}
	for i := len(p.d.Layers) - 1; i >= 0; i-- {
		t, w := r.text(p.d.Layers[i].Name, themes.ColorNameMuted)
		x -= w.Width
		t.Move(fyne.NewPos(x, 0))
		r.signs[i].Resize(fyne.NewSize(10, 10))
		r.signs[i].Move(fyne.NewPos(x-14, (w.Height-10)/2))
		x -= 24
		r.signs[i].Hidden = x < m.Width+4
		if r.signs[i].Hidden {
			t.Text = ""
		}
	}
}

// finish takes away the texts that are no longer used.
func (r *plotRenderer) finish() {
	for _, t := range r.texts[r.n:] {
		t.Text = ""
	}
}

// look shows which slot is looked at.
func (r *plotRenderer) look() {
	p, a := r.p, r.a
	r.here.Hidden = p.at < 0 || p.at >= len(p.d.Slots)
	if !r.here.Hidden {
		fill := themes.Color(theme.ColorNamePrimary)
		fill.A = 48
		r.here.FillColor, r.here.StrokeColor, r.here.StrokeWidth = fill, themes.Color(theme.ColorNamePrimary), 1
		each := a.w / float32(len(p.d.Slots))
		w := max(each, 3)
		r.here.Move(fyne.NewPos(a.x+(float32(p.at)+.5)*each-w/2, a.y))
		r.here.Resize(fyne.NewSize(w, a.h))
	}
	r.frame.Hidden = !p.focus
	r.frame.FillColor, r.frame.StrokeColor, r.frame.StrokeWidth, r.frame.CornerRadius = nil, themes.Color(theme.ColorNamePrimary), 2, 4
	r.frame.Move(fyne.NewPos(-4, -2))
	r.frame.Resize(p.Size().AddWidthHeight(8, 4))
}

// fillBar paints one bar.
func fillBar(m *image.RGBA, b image.Rectangle, l Layer, px float32) {
	if l.Hatched {
		hatch(m, b, themes.Color(l.Ink), max(int(3*px), 2))
		return
	}
	draw.Draw(m, b, image.NewUniform(themes.Color(l.Ink)), image.Point{}, draw.Src)
}

// picture paints the grid, the bars and the line.
func (r *plotRenderer) picture(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, max(w, 1), max(h, 1)))
	draw.Draw(m, m.Rect, image.NewUniform(themes.Color(themes.ColorNamePane)), image.Point{}, draw.Src)
	d := r.p.d
	if len(d.Slots) == 0 {
		return m
	}
	bars, line := r.p.axes()
	x := axis{max: float64(len(d.Slots))}
	pb := pen{m, x, bars, float32(w) / max(r.raster.Size().Width, 1)}
	pl := pb
	pl.y = line
	left := bars
	if len(d.Layers) == 0 {
		left = line
	}
	grid := themes.Color(theme.ColorNameSeparator)
	for _, v := range left.ticks(max(int((r.p.Size().Height-theme.Size(theme.SizeNameCaptionText)*4)/34), 2)) {
		_, y := pen{m, x, left, pb.px}.at(0, v)
		draw.Draw(m, image.Rect(0, int(y), w, int(y)+max(int(pb.px), 1)), image.NewUniform(grid), image.Point{}, draw.Src)
	}
	r.bars(pb)
	if d.Line == "" {
		return m
	}
	if !math.IsNaN(d.Centre) {
		pl.line([]Point{{0, d.Centre}, {x.max, d.Centre}}, 1, themes.Color(themes.ColorNameMuted))
	}
	limit := themes.Color(themes.ColorNameReview)
	for _, of := range []func(Slot) float64{func(s Slot) float64 { return s.Lower }, func(s Slot) float64 { return s.Upper }} {
		var steps []Point
		for i, s := range d.Slots {
			if v := of(s); !math.IsNaN(v) {
				steps = append(steps, Point{float64(i), v}, Point{float64(i + 1), v})
			}
		}
		pl.line(steps, 1.25, limit)
	}
	r.line(pl)
	return m
}

func (r *plotRenderer) bars(p pen) {
	d, w := r.p.d, p.m.Rect.Dx()
	for i, s := range d.Slots {
		x0, x1 := i*w/len(d.Slots), (i+1)*w/len(d.Slots)
		if gap := (x1 - x0) / 8; x1-x0 > 3 {
			x0, x1 = x0+max(gap, 1), x1-max(gap, 1)
		}
		sum := 0.0
		for k, v := range s.Stack {
			if v <= 0 || k >= len(d.Layers) {
				continue
			}
			_, low := p.at(0, sum)
			sum += v
			_, high := p.at(0, sum)
			b := image.Rect(x0, int(high+.5), max(x1, x0+1), int(low+.5))
			if b.Dy() == 0 {
				b.Min.Y-- // what is there shows
			}
			fillBar(p.m, b, d.Layers[k], p.px)
		}
	}
}

func (r *plotRenderer) line(p pen) {
	slots, ink := r.p.d.Slots, themes.Color(theme.ColorNameForeground)
	over := len(r.p.d.Layers) > 0
	stroke := func(run []Point) {
		if over { // light bars would swallow it
			p.line(run, 4, themes.Color(themes.ColorNamePane))
		}
		p.line(run, 1.75, ink)
	}
	var run []Point
	for i, s := range slots {
		if math.IsNaN(s.Line) {
			stroke(run)
			run = nil
			continue
		}
		run = append(run, Point{float64(i) + .5, s.Line})
	}
	stroke(run)
	wide := float32(p.m.Rect.Dx()) / float32(len(slots)) / p.px
	alarm, ground := themes.Color(themes.ColorNameNG), themes.Color(themes.ColorNamePane)
	for i, s := range slots {
		at := Point{float64(i) + .5, s.Line}
		switch {
		case math.IsNaN(s.Line):
		case s.Alarm: // a ring: not by its colour alone
			p.dot(at, 5, alarm)
			p.dot(at, 2.5, ground)
		case wide >= 7 || len(slots) == 1:
			p.dot(at, 2.75, ink)
		}
	}
}

func (r *plotRenderer) Refresh() {
	r.Layout(r.p.Size())
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}

// again shows another slot as the one looked at: no picture is painted.
func (r *plotRenderer) again() {
	r.Layout(r.p.Size())
	for _, o := range r.Objects() {
		if o != r.raster {
			canvas.Refresh(o)
		}
	}
}

func (r *plotRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.raster, r.here, r.frame}
	for _, s := range r.signs {
		out = append(out, s)
	}
	for _, t := range r.texts {
		out = append(out, t)
	}
	return out
}
func (r *plotRenderer) Destroy() {}

// lookAt looks at another slot.
func (p *Plot) lookAt(slot int) {
	if slot = max(min(slot, len(p.d.Slots)-1), -1); slot == p.at {
		return
	}
	p.at = slot
	if p.drawn != nil {
		p.drawn.again()
	}
}

// slotAt is the slot at a position, -1 for none.
func (p *Plot) slotAt(at fyne.Position) int {
	if p.drawn == nil || len(p.d.Slots) == 0 {
		return -1
	}
	a := p.drawn.a
	share := (at.X - a.x) / max(a.w, 1)
	if share < 0 || share >= 1 {
		return -1
	}
	return int(share * float32(len(p.d.Slots)))
}

// MouseIn implements desktop.Hoverable.
func (p *Plot) MouseIn(e *desktop.MouseEvent) { p.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (p *Plot) MouseMoved(e *desktop.MouseEvent) { p.lookAt(p.slotAt(e.Position)) }

// MouseOut implements desktop.Hoverable.
func (p *Plot) MouseOut() {
	if !p.focus {
		p.lookAt(-1)
	}
}

// Cursor implements desktop.Cursorable.
func (p *Plot) Cursor() desktop.Cursor {
	if p.OnChosen != nil && len(p.d.Slots) > 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// Tapped implements fyne.Tappable.
func (p *Plot) Tapped(e *fyne.PointEvent) {
	p.lookAt(p.slotAt(e.Position))
	p.choose()
}

func (p *Plot) choose() {
	if p.OnChosen != nil && p.at >= 0 && p.at < len(p.d.Slots) {
		p.OnChosen(p.at)
	}
}

// FocusGained implements fyne.Focusable.
func (p *Plot) FocusGained() {
	p.focus = true
	if p.at < 0 {
		p.at = len(p.d.Slots) - 1 // the newest
	}
	if p.drawn != nil {
		p.drawn.again()
	}
}

// FocusLost implements fyne.Focusable.
func (p *Plot) FocusLost() {
	p.focus, p.at = false, -1
	if p.drawn != nil {
		p.drawn.again()
	}
}

// TypedRune implements fyne.Focusable.
func (p *Plot) TypedRune(r rune) {
	if r != ' ' {
		p.keys.rune(r)
	}
}

// TypedKey implements fyne.Focusable: the arrows look at one slot after the other,
// Enter chooses it.
func (p *Plot) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		p.lookAt(max(p.at-1, 0))
	case fyne.KeyRight:
		p.lookAt(p.at + 1)
	case fyne.KeyHome:
		p.lookAt(0)
	case fyne.KeyEnd:
		p.lookAt(len(p.d.Slots) - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.choose()
	default:
		p.keys.key(e)
	}
}
