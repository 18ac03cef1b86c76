package clusters

import (
	"fmt"

	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
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
		s.legend.Add(newLegendRow(-1, s.groupName(-1), count[0], func() { s.isolate(-1) }))
	}
	s.legend.Refresh()
}

// legendRow is one group of the legend.
type legendRow struct {
	widget.BaseWidget
	group  int
	tapped func()
	sign   fyne.CanvasObject
	all    fyne.CanvasObject
}

func newLegendRow(group int, name string, n int, tapped func()) *legendRow {
	r := &legendRow{group: group, tapped: tapped}
	r.sign = NewSign(group)
	label := widgets.NewStyled(&widgets.Text{Text: name, Elide: widgets.ElideEnd})
	r.all = widgets.Inset(widgets.Row(8, r.sign, label, widgets.NewCaption(fmt.Sprint(n))), 2, 2)
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
