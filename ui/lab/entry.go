package lab

import (
	"agurscope/themes"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// entry is an experiment in the list: its name as in the paper, what it shows, and
// how much of it is measured.
type entry struct {
	widget.BaseWidget
	tapped        func()
	ground        *widgets.Ground
	state         *widgets.Text
	all           fyne.CanvasObject
	chosen, under bool
}

func newEntry(name, title string, tapped func()) *entry {
	e := &entry{tapped: tapped, ground: widgets.NewGround(themes.ColorNameSurface), state: widgets.NewCaption("")}
	e.ground.Radius = 4
	head := widgets.NewStyled(&widgets.Text{Text: name, Style: fyne.TextStyle{Bold: true}, Elide: widgets.ElideEnd})
	about := widgets.NewCaption(title)
	about.Elide = widgets.ElideEnd
	e.all = container.NewStack(e.ground, widgets.Inset(widgets.Rows(1, widgets.Dock(nil, nil, nil, e.state, head), about), 3, 8))
	e.ExtendBaseWidget(e)
	return e
}

// set says whether the entry is on show, and how far it is.
func (e *entry) set(chosen bool, state string) {
	e.chosen = chosen
	e.state.Set(state)
	e.paint()
}

func (e *entry) paint() {
	fill := themes.ColorNameSurface
	if e.chosen || e.under {
		fill = themes.ColorNameRaised
	}
	e.ground.SetFill(fill)
	e.ground.Stroke = ""
	if e.chosen {
		e.ground.Stroke = themes.ColorNameAccent
	}
	e.ground.Refresh()
}

// Tapped implements fyne.Tappable.
func (e *entry) Tapped(*fyne.PointEvent) { e.tapped() }

// MouseIn implements desktop.Hoverable.
func (e *entry) MouseIn(*desktop.MouseEvent) { e.under = true; e.paint() }

// MouseMoved implements desktop.Hoverable.
func (e *entry) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (e *entry) MouseOut() { e.under = false; e.paint() }

// CreateRenderer shows the entry.
func (e *entry) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(e.all) }
