package widgets

import (
	"image"
	"image/color"
	"image/draw"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

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
