package widgets

import (
	"fmt"
	"image"
	"image/draw"
	"math"

	"agurscope/assets/words"
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

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
	return words.Write("%.*f %%", digits, 100*v)
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
