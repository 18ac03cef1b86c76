package records

import (
	"maps"
	"slices"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// maxMarked bounds a selection: golden sets and pictures are meant for people.
const maxMarked = 20_000

// mark selects a row for what is done with several, or no longer.
func (s *Screen) mark(row int) {
	if row < 0 || row >= s.rows() {
		return
	}
	id := s.found.view.ID(row)
	if s.marked[id] {
		delete(s.marked, id)
	} else if len(s.marked) < maxMarked {
		s.marked[id] = true
	}
	s.last = row
	s.showMarks()
}

// markTo selects all rows from the one marked last.
func (s *Screen) markTo(row int) {
	for i := min(s.last, row); i <= max(s.last, row) && i < s.rows() && len(s.marked) < maxMarked; i++ {
		s.marked[s.found.view.ID(i)] = true
	}
	s.last = row
	s.showMarks()
}

// markAll selects every row, or none where they are all selected.
func (s *Screen) markAll() {
	n := min(s.rows(), maxMarked)
	all := true
	for i := range n {
		all = all && s.marked[s.found.view.ID(i)]
	}
	if all {
		s.unmark()
		return
	}
	clear(s.marked)
	for i := range n {
		s.marked[s.found.view.ID(i)] = true
	}
	if n < s.rows() {
		s.Say(words.T("The first %d are selected; that is the most.", maxMarked))
	}
	s.showMarks()
}

func (s *Screen) unmark() {
	clear(s.marked)
	s.showMarks()
}

func (s *Screen) showMarks() {
	s.list.Refresh()
	s.actions.refresh()
}

// picked are the records to do something with: those that are marked, or the
// one that is selected.
func (s *Screen) picked() []int64 {
	if len(s.marked) == 0 && s.detail.id != 0 {
		return []int64{s.detail.id}
	}
	return slices.Sorted(maps.Keys(s.marked))
}

// tickWidth is that of the column of ticks.
const tickWidth = 24

// tick marks a row.
type tick struct {
	widget.BaseWidget
	tapped func()
	icon   *widget.Icon
	all    fyne.CanvasObject
	on     bool
}

func newTick(tapped func()) *tick {
	t := &tick{tapped: tapped, icon: widget.NewIcon(tickIcon(false))}
	t.all = container.NewCenter(widgets.Fixed(18, 18, t.icon))
	t.ExtendBaseWidget(t)
	return t
}

func tickIcon(on bool) fyne.Resource {
	if on {
		return theme.NewColoredResource(theme.CheckButtonCheckedIcon(), theme.ColorNamePrimary)
	}
	return theme.NewColoredResource(theme.CheckButtonIcon(), themes.ColorNameMuted)
}

func (t *tick) set(on bool) {
	if t.on != on {
		t.on = on
		t.icon.SetResource(tickIcon(on))
	}
}

// Tapped implements fyne.Tappable.
func (t *tick) Tapped(*fyne.PointEvent) { t.tapped() }

// CreateRenderer shows the box.
func (t *tick) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.all) }
