package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// spareGap is what stands between a spare text and what it explains.
const spareGap = 5

// Sparing returns a row that leaves out some of its texts, at any depth, where there
// is no room for all: they explain what an icon beside them says, too.
func Sparing(row *fyne.Container, spare ...fyne.CanvasObject) *fyne.Container {
	return container.New(&sparingLayout{spare}, row)
}

type sparingLayout struct{ spare []fyne.CanvasObject }

// spared is the width of the texts that may be left out.
func (l *sparingLayout) spared() (w float32) {
	for _, o := range l.spare {
		w += o.MinSize().Width + spareGap
	}
	return w
}

func (l *sparingLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	if l.spare[0].Visible() {
		m.Width -= l.spared()
	}
	return m
}

func (l *sparingLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	room := size.Width >= l.MinSize(objects).Width+l.spared()
	if room != l.spare[0].Visible() {
		for _, o := range l.spare {
			if room {
				o.Show()
			} else {
				o.Hide()
			}
		}
		objects[0].Refresh()
	}
	objects[0].Resize(size)
}
