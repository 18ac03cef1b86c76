package widgets

import (
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Progress is a bar that fills from the left. What is not filled is plainly empty,
// in high contrast, too, where the toolkit's seems full from the beginning.
type Progress struct {
	widget.BaseWidget
	Value float64 // from 0 to 1; see SetValue

	track, fill *Ground
}

// NewProgress returns an empty bar.
func NewProgress() *Progress {
	p := &Progress{track: NewGround(theme.ColorNameInputBackground), fill: NewGround(theme.ColorNamePrimary)}
	p.track.Stroke = themes.ColorNameMuted
	p.track.Radius, p.fill.Radius = 2.5, 2.5
	p.ExtendBaseWidget(p)
	return p
}

// SetValue shows how much is done.
func (p *Progress) SetValue(v float64) {
	if v = min(max(v, 0), 1); v != p.Value {
		p.Value = v
		p.Refresh()
	}
}

// CreateRenderer returns the drawing of the bar.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer { return &progressRenderer{p} }

type progressRenderer struct{ p *Progress }

func (r *progressRenderer) MinSize() fyne.Size { return fyne.NewSize(40, 6) }

func (r *progressRenderer) Layout(s fyne.Size) {
	place(r.p.track, 0, 0, s.Width, s.Height)
	place(r.p.fill, 0, 0, s.Width*float32(r.p.Value), s.Height)
	r.p.fill.Hidden = r.p.Value == 0
}

func (r *progressRenderer) Refresh() {
	r.Layout(r.p.Size())
	r.p.track.Refresh()
	r.p.fill.Refresh()
}

func (r *progressRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.p.track, r.p.fill}
}

func (r *progressRenderer) Destroy() {}
