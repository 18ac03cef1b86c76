package viewer

import (
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// note is a line of text that is either spoken plainly or as an aside, in the
// colour of secondary text; labels of low importance would look disabled.
type note struct {
	*widget.RichText
	segment *widget.TextSegment
}

func newNote(align fyne.TextAlign) *note {
	s := &widget.TextSegment{Style: widget.RichTextStyle{
		Alignment: align,
		ColorName: themes.ColorNameMuted,
		SizeName:  theme.SizeNameText,
	}}
	return &note{RichText: widget.NewRichText(s), segment: s}
}

// aside shows secondary text.
func (n *note) aside(text string) { n.set(text, themes.ColorNameMuted, false) }

// figures shows text in which digits keep their places.
func (n *note) figures(text string) { n.set(text, theme.ColorNameForeground, true) }

func (n *note) set(text string, c fyne.ThemeColorName, monospace bool) {
	if n.segment.Text == text {
		return
	}
	n.segment.Text = text
	n.segment.Style.ColorName = c
	n.segment.Style.TextStyle.Monospace = monospace
	n.Refresh()
}
