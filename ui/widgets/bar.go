package widgets

import (
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Bar is one line of a comparison: a word, a bar and a figure. Bars below each
// other line up.
type Bar struct {
	widget.BaseWidget
	label, value *Text
	remark       *Text // in the bar's place
	track, fill  *Ground
	share        float32
}

// NewBar returns an empty bar.
func NewBar() *Bar {
	b := &Bar{
		label:  NewStyled(&Text{SizeName: theme.SizeNameCaptionText, Elide: ElideEnd}),
		value:  NewStyled(&Text{SizeName: theme.SizeNameCaptionText, Align: fyne.TextAlignTrailing}),
		remark: NewStyled(&Text{SizeName: theme.SizeNameCaptionText, Elide: ElideEnd}),
		track:  NewGround(theme.ColorNameInputBackground), fill: NewGround(themes.ColorNameMuted),
	}
	b.track.Radius, b.fill.Radius = 2, 2
	b.track.Stroke = theme.ColorNameSeparator
	b.ExtendBaseWidget(b)
	return b
}

// Set shows a bar over a share of its length, from 0 to 1.
func (b *Bar) Set(label, value string, share float64, strong bool) {
	b.say(label, value, "", "")
	b.label.Style.Bold, b.value.Style.Bold = strong, strong
	b.share = float32(min(max(share, 0), 1))
	b.fill.Fill = themes.ColorNameMuted
	if strong {
		b.fill.Fill = theme.ColorNamePrimary
	}
	b.Refresh()
}

// SetAside shows a remark in the bar's place, and all of it dimmer: it does not
// take part in the comparison.
func (b *Bar) SetAside(label, value, remark string) {
	b.say(label, value, remark, themes.ColorNameMuted)
	b.label.Style.Bold, b.value.Style.Bold = false, false
	b.Refresh()
}

func (b *Bar) say(label, value, remark string, ink fyne.ThemeColorName) {
	b.label.Text, b.value.Text, b.remark.Text = label, value, remark
	b.label.ColorName, b.value.ColorName, b.remark.ColorName = ink, ink, ink
}

// Label returns the word beside the bar.
func (b *Bar) Label() string { return b.label.Text }

// Remark returns what stands in the bar's place, "" for a bar.
func (b *Bar) Remark() string { return b.remark.Text }

// Share returns the length of the bar and whether it is the strong one.
func (b *Bar) Share() (share float64, strong bool) { return float64(b.share), b.label.Style.Bold }

// CreateRenderer returns the drawing of the bar.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer { return &barRenderer{b} }

type barRenderer struct{ b *Bar }

const (
	barHeight = 6
	barLabel  = 10.2 // width of the words, in heights of their letters
	barValue  = 3.4
)

func (r *barRenderer) MinSize() fyne.Size {
	return fyne.NewSize(100, r.b.label.MinSize().Height)
}

func (r *barRenderer) Layout(s fyne.Size) {
	size := theme.Size(theme.SizeNameCaptionText)
	left, right := size*barLabel, size*barValue
	w := max(s.Width-left-right-8, 0)
	place(r.b.label, 0, 0, left-4, s.Height)
	place(r.b.value, s.Width-right, 0, right, s.Height)
	// A remark that is longer than a bar comes nearer to its word.
	from := max(min(left, s.Width-right-r.b.remark.wide()-4), r.b.label.wide()+8)
	place(r.b.remark, from, 0, max(s.Width-right-from, 0), s.Height)
	y := (s.Height - barHeight) / 2
	place(r.b.track, left, y, w, barHeight)
	place(r.b.fill, left, y, w*r.b.share, barHeight)
	bar := r.b.remark.Text == ""
	r.b.track.Hidden, r.b.fill.Hidden = !bar, !bar || r.b.share == 0
}

func (r *barRenderer) Refresh() {
	r.Layout(r.b.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *barRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.b.label, r.b.value, r.b.track, r.b.fill, r.b.remark}
}
func (r *barRenderer) Destroy() {}
