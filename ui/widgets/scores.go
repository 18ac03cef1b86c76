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
)

// Scores shows how the scores of parts are spread, good ones upwards and
// defective ones downwards, with the two image thresholds as lines that can be
// dragged. The lines are objects of their own: dragging paints no bar again.
type Scores struct {
	widget.BaseWidget
	OnDrag    func(line ScoreLine, at float64) // with every move
	OnDragged func()                           // at its end

	tips    *Tips
	keys    *Keys
	top     float64 // end of the axis; what lies beyond is in the last bar
	over    bool    // something does
	counts  [3][]int
	total   [3]int
	at      [2]float64
	mark    float64 // score of the part that is looked at; NaN for none
	empty   string
	active  ScoreLine
	grabbed bool
	focused bool
	near    bool // the pointer is over a line
	note    string
	painted func() // told after the bars were painted, for tests
	drawn   *scoresRenderer
}

// ScoreLine is one of the two thresholds.
type ScoreLine int

// The thresholds.
const (
	ReviewLine ScoreLine = iota
	RejectLine
)

// The series of a score chart, in the order of Set.
const (
	goodSeries = iota
	defectSeries
	otherSeries
)

const scoreBars = 56

// NewScores returns an empty chart; empty says why.
func (t *Tips) NewScores(empty string, keys *Keys) *Scores {
	s := &Scores{tips: t, keys: keys, empty: empty, active: RejectLine, mark: math.NaN()}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows other scores on an axis from 0 to top.
func (s *Scores) Set(good, defective, other []float64, top float64) {
	s.top, s.over = top, false
	for i, values := range [3][]float64{good, defective, other} {
		s.counts[i], s.total[i] = make([]int, scoreBars), 0
		for _, v := range values {
			if top > 0 && !math.IsNaN(v) {
				s.counts[i][min(max(int(v/top*scoreBars), 0), scoreBars-1)]++
				s.total[i]++
				s.over = s.over || v > top
			}
		}
	}
	s.note = ""
	s.Refresh()
}

// SetLines moves the thresholds.
func (s *Scores) SetLines(review, reject float64) {
	if s.at == [2]float64{review, reject} {
		return
	}
	s.at = [2]float64{review, reject}
	if r := s.drawn; r != nil {
		r.lines()
	}
}

// Mark shows where the part that is looked at lies; NaN for none.
func (s *Scores) Mark(score float64) {
	if s.mark == score || math.IsNaN(s.mark) && math.IsNaN(score) {
		return
	}
	s.mark = score
	if s.drawn != nil {
		s.drawn.lines()
	}
}

// Line returns where a threshold stands.
func (s *Scores) Line(l ScoreLine) float64 { return s.at[l] }

func (s *Scores) has() bool { return s.total != [3]int{} && s.top > 0 }

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

// sides name what is above and below the middle.
func (r *scoresRenderer) sides() {
	s, a := r.s, r.a
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
	m := r.ink(r.side[0], up, themes.ColorNameOK, true)
	r.side[0].Move(fyne.NewPos(a.x+a.w-m.Width-6, a.y+scoreBand()+4))
	m = r.ink(r.side[1], down, themes.ColorNameNG, true)
	r.side[1].Move(fyne.NewPos(a.x+a.w-m.Width-6, a.y+a.h-m.Height-4))
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
	canvas.Refresh(r.mark) // what is shown and hidden; moving asks for a frame by itself
}

func scoreText(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
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

// value is the score at a position.
func (s *Scores) value(x float32) float64 {
	r := s.drawn
	if r == nil || r.a.w <= 0 {
		return 0
	}
	return float64((x-r.a.x)/r.a.w) * s.top
}

// Place is where a score lies on the widget.
func (s *Scores) Place(score float64) float32 {
	if s.drawn == nil || s.top <= 0 {
		return 0
	}
	return s.drawn.a.x + s.drawn.a.w*float32(score/s.top)
}

// nearest returns the line at a position and its distance.
func (s *Scores) nearest(x float32) (ScoreLine, float32) {
	r := s.drawn
	if r == nil || s.top <= 0 {
		return s.active, math.MaxFloat32
	}
	best, dist := RejectLine, float32(math.MaxFloat32)
	for i, v := range s.at {
		px := r.a.x + r.a.w*float32(min(max(v/s.top, 0), 1))
		d := float32(math.Abs(float64(px - x)))
		// On top of each other, the side of the pointer decides.
		if d < dist || d == dist && x < px {
			best, dist = ScoreLine(i), d
		}
	}
	if s.at[0] == s.at[1] && dist < 1e3 {
		best = RejectLine
		if s.value(x) < s.at[0] {
			best = ReviewLine
		}
	}
	return best, dist
}

const grabWidth = 12

// Dragged implements fyne.Draggable.
func (s *Scores) Dragged(e *fyne.DragEvent) {
	if !s.has() {
		return
	}
	if !s.grabbed {
		line, dist := s.nearest(e.Position.X - e.Dragged.DX)
		if dist > grabWidth {
			return
		}
		s.active, s.grabbed = line, true
	}
	s.move(s.value(e.Position.X))
}

// DragEnd implements fyne.Draggable.
func (s *Scores) DragEnd() {
	if !s.grabbed {
		return
	}
	s.grabbed = false
	s.ended()
	if r := s.drawn; r != nil {
		r.lines()
	}
}

func (s *Scores) ended() {
	if s.OnDragged != nil {
		s.OnDragged()
	}
}

// move asks for another value of the active line.
func (s *Scores) move(v float64) {
	if s.OnDrag != nil {
		s.OnDrag(s.active, min(max(v, s.top/1000), s.top))
	}
}

// Tapped implements fyne.Tappable: the nearer line gets the keys.
func (s *Scores) Tapped(e *fyne.PointEvent) {
	s.active, _ = s.nearest(e.Position.X)
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil {
		c.Focus(s)
	}
}

// Cursor implements desktop.Cursorable.
func (s *Scores) Cursor() desktop.Cursor {
	if s.near || s.grabbed {
		return desktop.HResizeCursor
	}
	return desktop.DefaultCursor
}

// MouseIn implements desktop.Hoverable.
func (s *Scores) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (s *Scores) MouseMoved(e *desktop.MouseEvent) {
	_, dist := s.nearest(e.Position.X)
	s.near = dist <= grabWidth
	r := s.drawn
	if r == nil || !s.has() {
		return
	}
	note := ""
	if v := s.value(e.Position.X); v >= 0 && v <= s.top {
		i := min(int(v/s.top*scoreBars), scoreBars-1)
		from, to := float64(i)*s.top/scoreBars, float64(i+1)*s.top/scoreBars
		what := words.T("%.2f to %.2f", from, to)
		if i == scoreBars-1 {
			what = words.T("%.2f and above", from)
		}
		note = words.T("%s: %d good, %d defective", what, s.counts[goodSeries][i], s.counts[defectSeries][i])
		if n := s.counts[otherSeries][i]; n > 0 {
			note += ", " + words.T("%d not labelled", n)
		}
	}
	s.say(note)
}

// MouseOut implements desktop.Hoverable.
func (s *Scores) MouseOut() {
	s.near = false
	s.say("")
}

func (s *Scores) say(note string) {
	if r := s.drawn; r != nil && s.note != note {
		s.note = note
		r.title.Hidden = note != ""
		r.ink(r.note, note, theme.ColorNameForeground, false)
	}
}

// FocusGained implements fyne.Focusable.
func (s *Scores) FocusGained() { s.focus(true) }

// FocusLost implements fyne.Focusable.
func (s *Scores) FocusLost() { s.focus(false) }

func (s *Scores) focus(on bool) {
	s.focused = on
	if r := s.drawn; r != nil {
		r.lines()
	}
}

// TypedRune implements fyne.Focusable.
func (s *Scores) TypedRune(r rune) { s.keys.rune(r) }

// TypedKey implements fyne.Focusable: left and right move the active line by a
// two-hundredth of the axis, up and down take the other one.
func (s *Scores) TypedKey(e *fyne.KeyEvent) {
	step := s.top / 200
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyRight:
		if e.Name == fyne.KeyLeft {
			step = -step
		}
		s.move(s.at[s.active] + step)
		s.ended()
	case fyne.KeyUp, fyne.KeyDown:
		s.active = 1 - s.active
		s.focus(true)
	default:
		s.keys.key(e)
	}
}
