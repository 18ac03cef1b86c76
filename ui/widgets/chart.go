package widgets

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"agurscope/assets/words"
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/vector"
)

// axis is one direction of a chart.
type axis struct {
	title    string
	min, max float64
	whole    bool // ticks at whole numbers only
}

// ticks returns round numbers inside the axis, about n of them.
func (a axis) ticks(n int) []float64 {
	span := a.max - a.min
	if span <= 0 || n < 1 || math.IsInf(span, 0) || math.IsNaN(span) {
		return nil
	}
	raw := span / float64(n)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * unit
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= raw {
			step = m * unit
			break
		}
	}
	if a.whole {
		step = max(math.Round(step), 1)
	}
	var out []float64
	for k := math.Ceil(a.min/step - 1e-9); k*step <= a.max+1e-9*span; k++ {
		out = append(out, k*step+0) // plus 0: no negative zero
	}
	return out
}

// tickText writes a tick as short as its neighbours allow.
func tickText(v float64, ticks []float64) string {
	step := math.Abs(v)
	if len(ticks) > 1 {
		step = ticks[1] - ticks[0]
	}
	digits := 0
	if step > 0 && step < 1 {
		digits = int(math.Ceil(-math.Log10(step) - 1e-9))
	}
	if step >= 1000 && math.Mod(step, 1000) == 0 {
		return fmt.Sprintf("%.0fk", v/1000)
	}
	return fmt.Sprintf("%.*f", min(digits, 6), v)
}

// pen paints on the picture of a chart, in data coordinates.
type pen struct {
	m    *image.RGBA
	x, y axis
	px   float32 // pixels per unit of the desktop
}

func (p pen) at(x, y float64) (float32, float32) {
	b := p.m.Bounds()
	return float32((x - p.x.min) / (p.x.max - p.x.min) * float64(b.Dx())),
		float32((1 - (y-p.y.min)/(p.y.max-p.y.min)) * float64(b.Dy()))
}

// line strokes through points with antialiasing.
func (p pen) line(points []Point, width float32, c color.Color) {
	b := p.m.Bounds()
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	half := width * p.px / 2
	for i := 1; i < len(points); i++ {
		x0, y0 := p.at(points[i-1].X, points[i-1].Y)
		x1, y1 := p.at(points[i].X, points[i].Y)
		dx, dy := x1-x0, y1-y0
		n := float32(math.Hypot(float64(dx), float64(dy)))
		if n == 0 {
			continue
		}
		// Ends overlap a little, which closes the joints.
		ux, uy := dx/n*half, dy/n*half
		x0, y0, x1, y1 = x0-ux*.5, y0-uy*.5, x1+ux*.5, y1+uy*.5
		r.MoveTo(x0-uy, y0+ux)
		r.LineTo(x1-uy, y1+ux)
		r.LineTo(x1+uy, y1-ux)
		r.LineTo(x0+uy, y0-ux)
		r.ClosePath()
	}
	r.Draw(p.m, b, image.NewUniform(c), image.Point{})
}

// box fills a rectangle.
func (p pen) box(x0, y0, x1, y1 float64, c color.Color) {
	a, b := p.at(x0, y1)
	d, e := p.at(x1, y0)
	draw.Draw(p.m, image.Rect(int(a+.5), int(b+.5), int(d+.5), int(e+.5)), image.NewUniform(c), image.Point{}, draw.Over)
}

// vertical draws a line over the whole height.
func (p pen) vertical(x float64, width float32, c color.Color, dashed bool) {
	a, _ := p.at(x, 0)
	w := max(int(width*p.px+.5), 1)
	h := p.m.Bounds().Dy()
	dash := max(int(4*p.px), 1)
	for y := 0; y < h; y++ {
		if dashed && y/dash%2 == 1 {
			continue
		}
		draw.Draw(p.m, image.Rect(int(a)-w/2, y, int(a)-w/2+w, y+1), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// Point is one point of a line.
type Point struct{ X, Y float64 }

// chart is what line chart and histogram share: axes with ticks around a
// picture.
type chart struct {
	widget.BaseWidget
	x, y  axis
	paint func(pen)
	marks []chartMark // labelled lines
	empty string      // said while there is nothing to show
	note  string      // said in the upper right corner
	has   bool
	hover func(x float64, inside bool)
}

// chartMark is a labelled vertical line.
type chartMark struct {
	at   float64
	text string
	ink  fyne.ThemeColorName
}

// MouseIn implements desktop.Hoverable.
func (c *chart) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (c *chart) MouseMoved(e *desktop.MouseEvent) {
	if c.hover == nil || !c.has {
		return
	}
	area := c.area(c.Size())
	share := (e.Position.X - area.x) / max(area.w, 1)
	c.hover(c.x.min+float64(share)*(c.x.max-c.x.min), share >= 0 && share <= 1)
}

// MouseOut implements desktop.Hoverable.
func (c *chart) MouseOut() {
	if c.hover != nil {
		c.hover(0, false)
	}
}

type chartArea struct{ x, y, w, h float32 }

func (c *chart) area(s fyne.Size) chartArea {
	t := theme.Size(theme.SizeNameCaptionText)
	left, bottom, top := t*4.2, t*3.4, t*1.9
	return chartArea{left, top, max(s.Width-left-10, 1), max(s.Height-top-bottom, 1)}
}

// CreateRenderer returns the drawing of the chart.
func (c *chart) CreateRenderer() fyne.WidgetRenderer { return newChartRenderer(c) }

func newChartRenderer(c *chart) *chartRenderer {
	r := &chartRenderer{c: c, xTitle: caption(), yTitle: caption(), empty: caption(), note: caption()}
	r.raster = canvas.NewRaster(r.picture)
	r.raster.ScaleMode = canvas.ImageScalePixels
	return r
}

func caption() *canvas.Text { return canvas.NewText("", color.Transparent) }

// write changes a text to its size, and draws its letters anew only if they are others.
func write(t *canvas.Text, text string, ink fyne.ThemeColorName, size float32, bold bool) fyne.Size {
	c := themes.Color(ink)
	if t.Text != text || t.Color != c || t.TextSize != size || t.TextStyle.Bold != bold {
		t.Text, t.Color, t.TextSize, t.TextStyle.Bold = text, c, size, bold
		canvas.Refresh(t)
	}
	m := t.MinSize()
	t.Resize(m)
	return m
}

type chartRenderer struct {
	c                           *chart
	raster                      *canvas.Raster
	xTitle, yTitle, empty, note *canvas.Text
	labels                      []*canvas.Text // in use: the first n
	n                           int
}

func (r *chartRenderer) MinSize() fyne.Size { return fyne.NewSize(200, 120) }

// picture draws grid and data.
func (r *chartRenderer) picture(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, max(w, 1), max(h, 1)))
	draw.Draw(m, m.Rect, image.NewUniform(themes.Color(themes.ColorNameSurface)), image.Point{}, draw.Src)
	if !r.c.has {
		return m
	}
	p := pen{m, r.c.x, r.c.y, float32(w) / max(r.raster.Size().Width, 1)}
	grid := themes.Color(theme.ColorNameSeparator)
	for _, v := range r.yTicks() {
		_, y := p.at(0, v)
		draw.Draw(m, image.Rect(0, int(y), w, int(y)+max(int(p.px), 1)), image.NewUniform(grid), image.Point{}, draw.Src)
	}
	if r.c.paint != nil {
		r.c.paint(p)
	}
	for _, k := range r.c.marks {
		p.vertical(k.at, 1.5, themes.Color(k.ink), true)
	}
	return m
}

func (r *chartRenderer) yTicks() []float64 {
	return r.c.y.ticks(max(int(r.raster.Size().Height/36), 2))
}

func (r *chartRenderer) xTicks() []float64 {
	return r.c.x.ticks(max(int(r.raster.Size().Width/80), 2))
}

func (r *chartRenderer) Layout(s fyne.Size) {
	a := r.c.area(s)
	r.raster.Move(fyne.NewPos(a.x, a.y))
	r.raster.Resize(fyne.NewSize(a.w, a.h))
	r.n = 0
	ink, size := themes.Color(themes.ColorNameMuted), theme.Size(theme.SizeNameCaptionText)
	for _, t := range []*canvas.Text{r.xTitle, r.yTitle, r.empty, r.note} {
		t.Color, t.TextSize = ink, size
	}
	r.xTitle.Text, r.yTitle.Text = r.c.x.title, r.c.y.title
	r.empty.Text, r.note.Text = "", r.c.note
	r.note.Color = themes.Color(theme.ColorNameForeground)
	if !r.c.has {
		r.empty.Text, r.xTitle.Text, r.yTitle.Text, r.note.Text = r.c.empty, "", "", ""
	}
	r.yTitle.Move(fyne.NewPos(4, 0))
	m := r.xTitle.MinSize()
	r.xTitle.Move(fyne.NewPos(a.x+a.w-m.Width, a.y+a.h+size*1.75))
	m = r.empty.MinSize()
	r.empty.Move(fyne.NewPos(a.x+(a.w-m.Width)/2, a.y+(a.h-m.Height)/2))
	m = r.note.MinSize()
	r.note.Move(fyne.NewPos(a.x+a.w-m.Width, 0))
	if r.c.has {
		r.layTicks(a, size)
	}
	for _, t := range r.labels[r.n:] {
		t.Text = ""
	}
}

func (r *chartRenderer) layTicks(a chartArea, size float32) {
	ys := r.yTicks()
	for _, v := range ys {
		t := r.label(tickText(v, ys), themes.ColorNameMuted)
		y := a.y + a.h*float32(1-(v-r.c.y.min)/(r.c.y.max-r.c.y.min))
		m := t.MinSize()
		t.Move(fyne.NewPos(a.x-m.Width-6, y-m.Height/2))
	}
	xs := r.xTicks()
	for _, v := range xs {
		t := r.label(tickText(v, xs), themes.ColorNameMuted)
		x := a.x + a.w*float32((v-r.c.x.min)/(r.c.x.max-r.c.x.min))
		m := t.MinSize()
		t.Move(fyne.NewPos(min(x-m.Width/2, a.x+a.w-m.Width), a.y+a.h+3))
	}
	right := float32(0)
	for _, k := range r.c.marks {
		t := r.label(k.text, k.ink)
		t.TextStyle.Bold = true
		x := a.x + a.w*float32((k.at-r.c.x.min)/(r.c.x.max-r.c.x.min))
		m := t.MinSize()
		pos := max(min(x-m.Width/2, a.x+a.w-m.Width), right)
		t.Move(fyne.NewPos(pos, a.y-m.Height-1))
		right = pos + m.Width + 8
	}
}

// label returns the next text of the pool.
func (r *chartRenderer) label(s string, ink fyne.ThemeColorName) *canvas.Text {
	if r.n == len(r.labels) {
		r.labels = append(r.labels, caption())
	}
	t := r.labels[r.n]
	r.n++
	t.Text, t.Color, t.TextSize, t.TextStyle.Bold = s, themes.Color(ink), theme.Size(theme.SizeNameCaptionText), false
	return t
}

func (r *chartRenderer) Refresh() {
	r.Layout(r.c.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *chartRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.raster, r.xTitle, r.yTitle, r.empty, r.note}
	for _, t := range r.labels {
		out = append(out, t)
	}
	return out
}
func (r *chartRenderer) Destroy() {}

// LineChart shows how a number develops.
type LineChart struct {
	chart
	points, smooth []Point
	beside         []Point // a second number on the same axis
	besideWord     string
	word           string
}

// NewLineChart returns an empty chart with the titles of its axes.
func NewLineChart(x, y, empty string) *LineChart {
	l := &LineChart{word: y}
	l.x.title, l.y.title, l.empty = x, y, empty
	l.x.whole = true
	l.paint = l.draw
	l.hover = l.pointed
	l.ExtendBaseWidget(l)
	return l
}

// maxPoints bounds what is drawn; more would be closer than pixels.
const maxPoints = 800

// Add appends a point; X must rise.
func (l *LineChart) Add(p Point) {
	if math.IsNaN(p.Y) || math.IsInf(p.Y, 0) {
		return
	}
	l.points = append(l.points, p)
	if len(l.points) >= 2*maxPoints {
		half := l.points[:0]
		for i := 1; i < len(l.points); i += 2 {
			a, b := l.points[i-1], l.points[i]
			half = append(half, Point{b.X, (a.Y + b.Y) / 2})
		}
		l.points = half
	}
}

// Beside names a second number on the same axis, drawn in another colour.
func (l *LineChart) Beside(word string) { l.besideWord = word }

// AddBeside appends a point of the second number; X must rise.
func (l *LineChart) AddBeside(p Point) {
	if math.IsNaN(p.Y) || math.IsInf(p.Y, 0) {
		return
	}
	if l.beside = append(l.beside, p); len(l.beside) > maxPoints {
		l.beside = l.beside[1:]
	}
}

// Clear removes all points.
func (l *LineChart) Clear() {
	l.points, l.beside = nil, nil
	l.Redraw()
}

// Len returns the number of points kept.
func (l *LineChart) Len() int { return len(l.points) }

// Redraw draws what was added.
func (l *LineChart) Redraw() {
	l.has = len(l.points) > 1
	l.smooth = smoothed(l.points)
	if l.has {
		l.x.min, l.x.max = 0, l.points[len(l.points)-1].X
		top := 0.0
		for _, p := range l.points {
			top = max(top, p.Y)
		}
		// The first steps of a training tower over the rest; the scale is for
		// what comes after them.
		if n := len(l.points); n > 20 {
			top = 0
			for _, p := range l.points[n/20:] {
				top = max(top, p.Y)
			}
		}
		l.y.min, l.y.max = 0, max(top*1.08, 1e-9)
		l.note = l.now()
	}
	l.Refresh()
}

// smoothed averages over about a fortieth of the points.
func smoothed(p []Point) []Point {
	out := make([]Point, len(p))
	k := 1 / float64(max(len(p)/40, 1))
	for i, q := range p {
		if i > 0 {
			q.Y = out[i-1].Y + k*(q.Y-out[i-1].Y)
		}
		out[i] = q
	}
	return out
}

func (l *LineChart) draw(p pen) {
	faint := themes.Color(theme.ColorNamePrimary)
	faint.A = 80
	p.line(l.points, 1, premultiplied(faint))
	p.line(l.smooth, 2, themes.Color(theme.ColorNamePrimary))
	if len(l.beside) > 1 {
		p.line(l.beside, 2, themes.Color(themes.ColorNameReview))
	}
}

// now says the last values.
func (l *LineChart) now() string {
	n := len(l.smooth)
	if n == 0 {
		return ""
	}
	note := words.T("now %.4g", l.smooth[n-1].Y)
	if k := len(l.beside); k > 0 {
		note += fmt.Sprintf(" · %s %.4g", l.besideWord, l.beside[k-1].Y)
	}
	return note
}

func premultiplied(c color.NRGBA) color.Color { return color.RGBAModel.Convert(c) }

func (l *LineChart) pointed(x float64, inside bool) {
	note := l.now()
	l.marks = nil
	if inside {
		best := 0
		for i, p := range l.points {
			if math.Abs(p.X-x) < math.Abs(l.points[best].X-x) {
				best = i
			}
		}
		if len(l.smooth) > best {
			p := l.smooth[best]
			note = fmt.Sprintf("%s %.0f: %.4g", l.x.title, p.X, p.Y)
			l.marks = []chartMark{{p.X, "", themes.ColorNameMuted}}
		}
	}
	l.note = note
	l.Refresh()
}

// Histogram shows how numbers are spread, with marked values.
type Histogram struct {
	chart
	counts []int
	width  float64
}

// Mark is a labelled value on a histogram.
type Mark struct {
	At   float64
	Text string
	Ink  fyne.ThemeColorName
}

// NewHistogram returns an empty histogram.
func NewHistogram(x, y, empty string) *Histogram {
	h := &Histogram{}
	h.x.title, h.y.title, h.empty, h.y.whole = x, y, empty, true
	h.paint = h.draw
	h.ExtendBaseWidget(h)
	return h
}

// Set shows values, from 0 to beyond the highest value and mark.
func (h *Histogram) Set(values []float64, marks ...Mark) {
	h.marks = nil
	top := 0.0
	for _, m := range marks {
		h.marks = append(h.marks, chartMark{m.At, m.Text, m.Ink})
		top = max(top, m.At)
	}
	for _, v := range values {
		top = max(top, v)
	}
	h.has = len(values) > 0 && top > 0
	if !h.has {
		h.Refresh()
		return
	}
	const bins = 32
	h.x.min, h.x.max = 0, top*1.12
	h.width = h.x.max / bins
	h.counts = make([]int, bins)
	most := 1
	for _, v := range values {
		i := min(max(int(v/h.width), 0), bins-1)
		h.counts[i]++
		most = max(most, h.counts[i])
	}
	h.y.min, h.y.max = 0, float64(most)*1.15
	h.Refresh()
}

func (h *Histogram) draw(p pen) {
	fill := themes.Color(theme.ColorNamePrimary)
	for i, n := range h.counts {
		if n > 0 {
			x := float64(i) * h.width
			p.box(x+.06*h.width, 0, x+.94*h.width, float64(n), fill)
		}
	}
}
