package widgets

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	"agurscope/assets/words"
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// CreateRenderer returns the drawing of the chart.
func (s *Scores) CreateRenderer() fyne.WidgetRenderer {
	r := &scoresRenderer{s: s}
	r.raster = canvas.NewRaster(r.bars)
	r.raster.ScaleMode = canvas.ImageScalePixels
	for i := range r.zones {
		r.zones[i] = canvas.NewRectangle(color.Transparent)
		r.words[i] = caption()
	}
	for i := range r.line {
		r.line[i], r.grip[i], r.label[i] = canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent), caption()
		r.grip[i].CornerRadius = 3
	}
	for i := range r.side {
		r.side[i] = caption()
	}
	r.mark = canvas.NewText("▾", color.Transparent)
	r.empty, r.note, r.title = caption(), caption(), caption()
	s.drawn = r
	r.Refresh()
	return r
}

type scoresRenderer struct {
	s           *Scores
	raster      *canvas.Raster
	zones       [3]*canvas.Rectangle
	words       [3]*canvas.Text
	line, grip  [2]*canvas.Rectangle
	label       [2]*canvas.Text
	side        [2]*canvas.Text
	ticks       []*canvas.Text
	shown       int
	empty, note *canvas.Text
	mark        *canvas.Text
	title       *canvas.Text
	a           chartArea
}

// scoreBand is the height of the strip that names the zones.
func scoreBand() float32 { return theme.Size(theme.SizeNameCaptionText)*1.35 + 3 }

func (r *scoresRenderer) MinSize() fyne.Size { return fyne.NewSize(280, 150) }

func (r *scoresRenderer) ink(t *canvas.Text, text string, name fyne.ThemeColorName, bold bool) fyne.Size {
	return write(t, text, name, theme.Size(theme.SizeNameCaptionText), bold)
}

func (r *scoresRenderer) Layout(size fyne.Size) {
	s, cap := r.s, theme.Size(theme.SizeNameCaptionText)
	top, bottom := cap*1.9, cap*3.3
	r.a = chartArea{cap * 1.2, top, max(size.Width-cap*2.4, 1), max(size.Height-top-bottom, 1)}
	a := r.a
	r.raster.Move(fyne.NewPos(a.x, a.y+scoreBand()))
	r.raster.Resize(fyne.NewSize(a.w, max(a.h-scoreBand(), 1)))
	m := r.ink(r.empty, "", themes.ColorNameMuted, false)
	if !s.has() {
		m = r.ink(r.empty, s.empty, themes.ColorNameMuted, false)
	}
	r.empty.Move(fyne.NewPos(a.x+(a.w-m.Width)/2, a.y+(a.h-m.Height)/2))
	title := words.T("score")
	if s.over {
		title = words.T("score; the last bar holds all above")
	}
	m = r.ink(r.title, title, themes.ColorNameMuted, false)
	r.title.Move(fyne.NewPos(a.x+a.w-m.Width, size.Height-m.Height))
	m = r.ink(r.note, s.note, theme.ColorNameForeground, false)
	r.note.Move(fyne.NewPos(a.x, size.Height-m.Height))
	r.title.Hidden = s.note != ""
	r.sides()
	r.shown = 0
	if s.has() {
		axis := axis{max: s.top}
		ticks := axis.ticks(max(int(a.w/80), 2))
		for _, v := range ticks {
			if r.shown == len(r.ticks) {
				r.ticks = append(r.ticks, caption())
			}
			t := r.ticks[r.shown]
			r.shown++
			m := r.ink(t, tickText(v, ticks), themes.ColorNameMuted, false)
			t.Move(fyne.NewPos(min(a.x+a.w*float32(v/s.top)-m.Width/2, a.x+a.w-m.Width), a.y+a.h+3))
		}
	}
	for _, t := range r.ticks[r.shown:] {
		t.Text = ""
	}
	r.lines()
}

// sides name what is above and below the middle; placeSides says where.
func (r *scoresRenderer) sides() {
	s := r.s
	up, down := "", ""
	switch {
	case !s.has():
	case s.total[goodSeries] > 0 && s.total[otherSeries] > 0:
		up = words.T("▲ %d good, %d not labelled", s.total[goodSeries], s.total[otherSeries])
	case s.total[goodSeries] > 0:
		up = words.T("▲ %d good", s.total[goodSeries])
	case s.total[otherSeries] > 0:
		up = words.T("▲ %d not labelled", s.total[otherSeries])
	}
	if s.has() && s.total[defectSeries] > 0 {
		down = words.T("▼ %d defective", s.total[defectSeries])
	}
	r.ink(r.side[0], up, themes.ColorNameOK, true)
	r.ink(r.side[1], down, themes.ColorNameNG, true)
}

// sideGap is kept between the names of the sides and what stands upright: half a
// grip, and some air.
const sideGap = 5

// placeSides puts the names of the sides to the right, or to the left of what would
// cross them: lines, and upper what stands in the upper half alone.
func (r *scoresRenderer) placeSides(lines, upper []float32) {
	up, down := r.side[0], r.side[1]
	up.Move(fyne.NewPos(r.clear(up.Size().Width, append(lines, upper...)), r.a.y+scoreBand()+4))
	down.Move(fyne.NewPos(r.clear(down.Size().Width, lines), r.a.y+r.a.h-down.Size().Height-4))
}

// clear is the place farthest to the right where nothing upright crosses a text; the
// right end where there is none.
func (r *scoresRenderer) clear(width float32, upright []float32) float32 {
	end := r.a.x + r.a.w - 6 - width
	best, found := end, false
	for _, before := range append([]float32{end + width + sideGap}, upright...) {
		x := min(before-sideGap-width, end)
		crossed := slices.ContainsFunc(upright, func(at float32) bool { return at > x-sideGap && at < x+width+sideGap })
		if x >= r.a.x && !crossed && (!found || x > best) {
			best, found = x, true
		}
	}
	return best
}

// lines places what a drag moves.
func (r *scoresRenderer) lines() {
	s, a := r.s, r.a
	has := s.has()
	at := func(v float64) float32 {
		if s.top <= 0 {
			return a.x
		}
		return a.x + a.w*float32(min(max(v/s.top, 0), 1))
	}
	edges := [4]float32{a.x, at(s.at[ReviewLine]), at(s.at[RejectLine]), a.x + a.w}
	fills := [3]fyne.ThemeColorName{themes.ColorNameOKFill, themes.ColorNameReviewFill, themes.ColorNameNGFill}
	ons := [3]fyne.ThemeColorName{themes.ColorNameOnOK, themes.ColorNameOnReview, themes.ColorNameOnNG}
	for i, z := range r.zones {
		z.Hidden = !has
		z.FillColor = themes.Color(fills[i])
		x0, x1 := edges[i], edges[i+1]
		if i > 0 {
			x0++ // a gap tells the zones apart without colour
		}
		z.Move(fyne.NewPos(x0, a.y))
		z.Resize(fyne.NewSize(max(x1-x0, 0), scoreBand()-2))
		m := r.ink(r.words[i], [3]string{"OK", "REVIEW", "NG"}[i], ons[i], true)
		r.words[i].Hidden = !has || m.Width+6 > x1-x0
		r.words[i].Move(fyne.NewPos((x0+x1-m.Width)/2, a.y+(scoreBand()-2-m.Height)/2))
	}
	inks := [2]fyne.ThemeColorName{themes.ColorNameReview, themes.ColorNameNG}
	for i := range r.line {
		x := edges[i+1]
		width := float32(2)
		if s.focused && s.active == ScoreLine(i) || s.grabbed && s.active == ScoreLine(i) {
			width = 4
		}
		r.line[i].Hidden, r.grip[i].Hidden, r.label[i].Hidden = !has, !has, !has
		r.line[i].FillColor = themes.Color(inks[i])
		r.line[i].Move(fyne.NewPos(x-width/2, a.y-3))
		r.line[i].Resize(fyne.NewSize(width, a.h+3))
		r.grip[i].FillColor = themes.Color(inks[i])
		r.grip[i].Move(fyne.NewPos(x-4, a.y+a.h-14))
		r.grip[i].Resize(fyne.NewSize(8, 14))
		m := r.ink(r.label[i], [2]string{words.T("review %s", scoreText(s.at[i])), words.T("reject %s", scoreText(s.at[i]))}[i], inks[i], true)
		// The one to the left of its line, the other to the right: they never meet.
		lx := x - m.Width - 3
		if i == int(RejectLine) {
			lx = min(x+3, a.x+a.w-m.Width)
		}
		r.label[i].Move(fyne.NewPos(max(lx, 0), a.y-m.Height-4))
	}
	r.mark.Hidden = !has || math.IsNaN(s.mark)
	if !r.mark.Hidden {
		m := r.ink(r.mark, "▾", theme.ColorNameForeground, true)
		r.mark.Move(fyne.NewPos(at(s.mark)-m.Width/2, a.y+scoreBand()-4))
	}
	if has && edges[1]-3 < r.label[0].Size().Width { // no room at the left end
		r.label[1].Move(fyne.NewPos(max(r.label[1].Position().X, r.label[0].Size().Width+8), r.label[1].Position().Y))
	}
	if over := r.label[0].Position().X + r.label[0].Size().Width + 6 - r.label[1].Position().X; has && over > 0 { // nor at the right one
		r.label[0].Move(r.label[0].Position().SubtractXY(over, 0))
	}
	var upper []float32
	if !r.mark.Hidden {
		upper = append(upper, at(s.mark))
	}
	r.placeSides(edges[1:3:3], upper)
	canvas.Refresh(r.mark) // what is shown and hidden; moving asks for a frame by itself
}

func scoreText(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return words.Write("%.2f", v)
}

func (r *scoresRenderer) moving() []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for i := range r.zones {
		out = append(out, r.zones[i], r.words[i])
	}
	for i := range r.line {
		out = append(out, r.line[i], r.grip[i], r.label[i])
	}
	return append(out, r.mark)
}

// bars paints the two histograms back to back, each on its own scale.
func (r *scoresRenderer) bars(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, max(w, 1), max(h, 1)))
	draw.Draw(m, m.Rect, image.NewUniform(themes.Color(themes.ColorNamePane)), image.Point{}, draw.Src)
	s := r.s
	if s.painted != nil {
		defer s.painted()
	}
	if !s.has() {
		return m
	}
	px := max(float32(w)/max(r.raster.Size().Width, 1), .1)
	middle := h
	if s.total[defectSeries] > 0 {
		middle = h * 11 / 20
	}
	highUp, highDown := 1, 1
	for i := range scoreBars {
		highUp = max(highUp, s.counts[goodSeries][i]+s.counts[otherSeries][i])
		highDown = max(highDown, s.counts[defectSeries][i])
	}
	room := max(middle-int(22*px), 1)
	gap := max(int(px), 1)
	good, other, defect := themes.Color(themes.ColorNameOK), themes.Color(theme.ColorNamePrimary), themes.Color(themes.ColorNameNG)
	for i := range scoreBars {
		x0, x1 := i*w/scoreBars, max((i+1)*w/scoreBars-gap, i*w/scoreBars+1)
		g := height(s.counts[goodSeries][i], highUp, room)
		o := height(s.counts[goodSeries][i]+s.counts[otherSeries][i], highUp, room)
		draw.Draw(m, image.Rect(x0, middle-o, x1, middle-g), image.NewUniform(other), image.Point{}, draw.Src)
		draw.Draw(m, image.Rect(x0, middle-g, x1, middle), image.NewUniform(good), image.Point{}, draw.Src)
		d := height(s.counts[defectSeries][i], highDown, max(h-middle-int(22*px), 1))
		hatch(m, image.Rect(x0, middle+1, x1, middle+1+d), defect, max(int(3*px), 2))
	}
	if middle < h {
		draw.Draw(m, image.Rect(0, middle, w, middle+1), image.NewUniform(themes.Color(themes.ColorNameMuted)), image.Point{}, draw.Src)
	}
	return m
}

// height of a bar in pixels; what is there shows.
func height(n, high, room int) int {
	if n == 0 {
		return 0
	}
	return max(n*room/high, 2)
}

// hatch fills with oblique stripes, so that bars differ without colour.
func hatch(m *image.RGBA, b image.Rectangle, c color.NRGBA, step int) {
	b = b.Intersect(m.Rect)
	thin := c
	thin.A = 150
	draw.Draw(m, b, image.NewUniform(premultiplied(thin)), image.Point{}, draw.Over)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if (x+y)%(2*step) < step {
				m.Set(x, y, c)
			}
		}
	}
}

func (r *scoresRenderer) Refresh() {
	r.Layout(r.s.Size())
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}

func (r *scoresRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.raster, r.side[0], r.side[1]}
	out = append(out, r.moving()...)
	for _, t := range r.ticks {
		out = append(out, t)
	}
	return append(out, r.title, r.note, r.empty)
}

func (r *scoresRenderer) Destroy() {}
