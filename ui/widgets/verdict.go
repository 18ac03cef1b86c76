package widgets

import (
	"fmt"
	"image/color"
	"math"

	"agurscope/assets/words"
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Banner shows a verdict so that it can be read from two metres: shape, word
// and the index, on the verdict's colour.
type Banner struct {
	widget.BaseWidget
	verdict string  // OK, REVIEW, NG, ERROR; anything else is not inspected
	word    string  // what stands there when there is no verdict
	index   float64 // 0..100, or NaN
}

// NewBanner returns a banner of a part that has not been inspected.
func NewBanner() *Banner {
	b := &Banner{word: words.T("Not inspected"), index: math.NaN()}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows a verdict with its index.
func (b *Banner) Set(verdict string, index float64) {
	b.verdict, b.word, b.index = verdict, verdict, index
	b.Refresh()
}

// SetIdle shows a word in place of a verdict.
func (b *Banner) SetIdle(word string) {
	b.verdict, b.word, b.index = "", word, math.NaN()
	b.Refresh()
}

// Verdict returns what is shown, "" for none.
func (b *Banner) Verdict() string { return b.verdict }

// CreateRenderer returns the drawing of the banner.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	r := &bannerRenderer{
		b: b, ground: canvas.NewRectangle(color.Transparent), icon: canvas.NewImageFromResource(nil),
		word: canvas.NewText("", color.Transparent), index: canvas.NewText("", color.Transparent), unit: canvas.NewText("", color.Transparent),
	}
	r.icon.FillMode = canvas.ImageFillContain
	r.ground.CornerRadius = 8
	r.word.TextStyle.Bold, r.index.TextStyle.Bold = true, true
	r.index.Alignment, r.unit.Alignment = fyne.TextAlignTrailing, fyne.TextAlignTrailing
	r.Refresh()
	return r
}

type bannerRenderer struct {
	b                 *Banner
	ground            *canvas.Rectangle
	icon              *canvas.Image
	word, index, unit *canvas.Text
}

func (r *bannerRenderer) MinSize() fyne.Size {
	return fyne.NewSize(240, themes.Size(themes.SizeNameVerdict)*1.28+20)
}

func (r *bannerRenderer) Layout(s fyne.Size) {
	r.ground.Resize(s)
	big := themes.Size(themes.SizeNameVerdict)
	pad := float32(14)
	side := big
	if r.b.verdict == "" {
		side = big * .7
	}
	r.icon.Resize(fyne.NewSquareSize(side))
	r.icon.Move(fyne.NewPos(pad, (s.Height-side)/2))

	right := s.Width - pad
	if r.index.Text != "" {
		r.index.TextSize = big * .72
		number, unit := r.index.MinSize(), r.unit.MinSize()
		top := (s.Height - number.Height - unit.Height + 6) / 2
		r.index.Move(fyne.NewPos(right-number.Width, top))
		r.index.Resize(number)
		r.unit.Move(fyne.NewPos(right-unit.Width, top+number.Height-6))
		r.unit.Resize(unit)
		right -= max(number.Width, unit.Width) + pad
	}
	left := pad + side + 12
	r.word.TextSize = big
	if r.b.verdict == "" {
		r.word.TextSize = big * .48
	}
	if m := r.word.MinSize(); m.Width > right-left {
		r.word.TextSize *= max((right-left)/m.Width, .2)
	}
	m := r.word.MinSize()
	r.word.Move(fyne.NewPos(left, (s.Height-m.Height)/2))
	r.word.Resize(m)
}

func (r *bannerRenderer) Refresh() {
	look := themes.VerdictNamed(r.b.verdict)
	r.ground.FillColor = themes.Color(look.Fill)
	ink := themes.Color(look.OnFill)
	r.icon.Resource = look.BannerIcon()
	r.icon.Refresh() // before it is resized: Fyne would keep the old shape under the new name
	r.word.Text, r.word.Color = r.b.word, ink
	r.index.Text, r.unit.Text = "", ""
	if !math.IsNaN(r.b.index) {
		r.index.Text, r.unit.Text = fmt.Sprintf("%.0f", r.b.index), words.T("INDEX")
	}
	r.index.Color, r.unit.Color = ink, ink
	r.unit.TextSize = theme.Size(theme.SizeNameCaptionText)
	r.Layout(r.b.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *bannerRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.icon, r.word, r.index, r.unit}
}
func (r *bannerRenderer) Destroy() {}

// Badge is a verdict's small shape with its word, for lists.
type Badge struct {
	widget.BaseWidget
	verdict, word string
	icon          *canvas.Image
	text          *Text
	row           *fyne.Container
}

// NewBadge returns the badge of a part not yet inspected.
func NewBadge() *Badge {
	b := &Badge{icon: canvas.NewImageFromResource(themes.VerdictIcon("")), text: NewStyled(&Text{SizeName: theme.SizeNameCaptionText, Style: fyne.TextStyle{Bold: true}})}
	b.icon.FillMode = canvas.ImageFillContain
	b.row = Row(4, b.text, Fixed(16, 16, b.icon))
	b.ExtendBaseWidget(b)
	return b
}

// Set shows a verdict with a word beside it.
func (b *Badge) Set(verdict, word string) {
	if b.verdict == verdict && b.word == word {
		return
	}
	b.verdict, b.word = verdict, word
	look := themes.VerdictNamed(verdict)
	b.icon.Resource = look.Icon()
	b.icon.Refresh()
	b.text.ColorName = look.Text
	b.text.Text = word
	b.text.Refresh()
	b.Refresh()
}

// CreateRenderer shows shape and word.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.row) }

// Gauge shows where an index from 0 to 100 lies between OK, REVIEW and NG.
type Gauge struct {
	widget.BaseWidget
	review, index float64
}

// NewGauge returns an empty gauge.
func NewGauge() *Gauge {
	g := &Gauge{review: 40, index: math.NaN()}
	g.ExtendBaseWidget(g)
	return g
}

// Set places the beginning of the review band and the index; NaN for none. The
// rejection begins at 50 by definition.
func (g *Gauge) Set(review, index float64) {
	g.review, g.index = min(max(review, 0), 50), index
	g.Refresh()
}

// CreateRenderer returns the drawing of the gauge.
func (g *Gauge) CreateRenderer() fyne.WidgetRenderer {
	r := &gaugeRenderer{g: g, mark: canvas.NewRectangle(color.Transparent), pin: canvas.NewRectangle(color.Transparent)}
	for i := range r.zones {
		r.zones[i] = canvas.NewRectangle(color.Transparent)
		r.words[i] = canvas.NewText("", color.Transparent)
	}
	r.Refresh()
	return r
}

type gaugeRenderer struct {
	g         *Gauge
	zones     [3]*canvas.Rectangle
	words     [3]*canvas.Text
	mark, pin *canvas.Rectangle
}

const (
	gaugeBar  = 8
	gaugeHead = 6
)

func (r *gaugeRenderer) MinSize() fyne.Size {
	return fyne.NewSize(160, gaugeHead*2+gaugeBar+r.words[0].MinSize().Height)
}

func (r *gaugeRenderer) Layout(s fyne.Size) {
	at := func(v float64) float32 { return float32(v/100) * s.Width }
	edges := [4]float64{0, r.g.review, 50, 100}
	for i, z := range r.zones {
		x0, x1 := at(edges[i]), at(edges[i+1])
		if i > 0 {
			x0++ // a gap tells the zones apart without colour
		}
		z.Move(fyne.NewPos(x0, gaugeHead))
		z.Resize(fyne.NewSize(max(x1-x0, 0), gaugeBar))
	}
	y := float32(gaugeHead + gaugeBar + 4)
	for _, w := range r.words {
		w.Resize(w.MinSize())
	}
	r.words[0].Move(fyne.NewPos(0, y))
	mid := at(50) - r.words[1].MinSize().Width/2
	r.words[1].Move(fyne.NewPos(mid, y))
	r.words[2].Move(fyne.NewPos(s.Width-r.words[2].MinSize().Width, y))
	show := !math.IsNaN(r.g.index)
	r.mark.Hidden, r.pin.Hidden = !show, !show
	if show {
		x := min(max(at(r.g.index), 2), s.Width-2)
		r.pin.Move(fyne.NewPos(x-3, 0))
		r.pin.Resize(fyne.NewSize(6, gaugeBar+2*gaugeHead))
		r.mark.Move(fyne.NewPos(x-1.5, 1.5))
		r.mark.Resize(fyne.NewSize(3, gaugeBar+2*gaugeHead-3))
	}
}

func (r *gaugeRenderer) Refresh() {
	names := [3]fyne.ThemeColorName{themes.ColorNameOKFill, themes.ColorNameReviewFill, themes.ColorNameNGFill}
	text := [3]string{"0  OK", words.T("50 = at the threshold"), "NG  100"}
	for i := range r.zones {
		r.zones[i].FillColor = themes.Color(names[i])
		r.words[i].Text, r.words[i].Color = text[i], themes.Color(themes.ColorNameMuted)
		r.words[i].TextSize = theme.Size(theme.SizeNameCaptionText)
	}
	r.pin.FillColor, r.pin.CornerRadius = themes.Color(themes.ColorNameSurface), 3
	r.mark.FillColor, r.mark.CornerRadius = themes.Color(theme.ColorNameForeground), 1.5
	r.Layout(r.g.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *gaugeRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.zones[0], r.zones[1], r.zones[2], r.words[0], r.words[1], r.words[2], r.pin, r.mark}
}
func (r *gaugeRenderer) Destroy() {}
