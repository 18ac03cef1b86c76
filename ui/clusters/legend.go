package clusters

import (
	"fmt"
	"image"

	"agurscope/ui/session"
	"agurscope/ui/widgets"
	"agurscope/ui/words"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

func (s *Screen) writeLegend() {
	count := make([]int, len(s.names)+1)
	for _, g := range s.of {
		count[g+1]++
	}
	s.legend.Objects = nil
	for g, name := range s.names {
		if count[g+1] > 0 || s.by == session.ByCluster {
			s.legend.Add(newLegendRow(g, name, count[g+1], func() { s.isolate(g) }))
		}
	}
	if count[0] > 0 {
		name := words.T("not known")
		if s.by == session.ByCluster {
			name = words.T("in no cluster")
		}
		s.legend.Add(newLegendRow(-1, name, count[0], func() { s.isolate(-1) }))
	}
	s.legend.Refresh()
}

// legendRow is one group of the legend.
type legendRow struct {
	widget.BaseWidget
	group  int
	tapped func()
	sign   *canvas.Raster
	all    fyne.CanvasObject
}

func newLegendRow(group int, name string, n int, tapped func()) *legendRow {
	r := &legendRow{group: group, tapped: tapped}
	r.sign = canvas.NewRaster(func(w, h int) image.Image { return swatch(group, max(min(w, h), 4)) })
	label := widgets.NewStyled(&widgets.Text{Text: name, Elide: widgets.ElideEnd})
	r.all = widgets.Inset(widgets.Row(8, widgets.Fixed(16, 16, r.sign), label, widgets.NewCaption(fmt.Sprint(n))), 2, 2)
	r.ExtendBaseWidget(r)
	return r
}

// Tapped implements fyne.Tappable.
func (r *legendRow) Tapped(*fyne.PointEvent) { r.tapped() }

// Refresh follows the theme.
func (r *legendRow) Refresh() {
	r.sign.Refresh()
	r.BaseWidget.Refresh()
}

// CreateRenderer shows the row.
func (r *legendRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.all) }
