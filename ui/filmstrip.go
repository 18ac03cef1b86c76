package ui

import (
	"fmt"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

func (s *inspectScreen) listHead() fyne.CanvasObject {
	row := widgets.Row(2)
	for i, f := range filters {
		var shape fyne.Resource
		switch f.verdict {
		case "":
		case overridden:
			shape = theme.NewThemedResource(theme.AccountIcon())
		default:
			shape = themes.VerdictIcon(string(f.verdict))
		}
		c := s.w.Tips.NewChip(shape, f.tip.String(), func() { s.setFilter(filters[i].verdict) })
		s.chips = append(s.chips, c)
		row.Add(c)
	}
	return widgets.Rows(0, widgets.Inset(row, 6, 6), widgets.NewRule())
}

func (s *inspectScreen) setFilter(f filter) {
	s.parts.show(f)
	s.refreshList()
	s.highlight()
}

// refreshList shows changed verdicts everywhere.
func (s *inspectScreen) refreshList() {
	s.refreshCounts()
	s.list.Refresh()
}

// refreshItems shows the changed verdicts of some items: less work than
// refreshList, for the pace of a run.
func (s *inspectScreen) refreshItems(items []int) {
	s.refreshCounts()
	if s.parts.only != "" {
		s.list.Refresh() // rows have moved
		return
	}
	for _, i := range items {
		s.list.RefreshItem(i)
	}
}

// refreshCounts brings filters and log up to date.
func (s *inspectScreen) refreshCounts() {
	t := s.parts.tally()
	for i, f := range filters {
		n := t.of(f.verdict)
		word := fmt.Sprint(n)
		if f.verdict == "" {
			word = words.T("All %d", s.parts.len())
		}
		s.chips[i].Set(word, s.parts.only == f.verdict)
		if f.verdict == overridden { // it takes room, and most shifts need none
			s.chips[i].Hidden = n == 0 && s.parts.only != overridden
		}
	}
	s.log.refresh(t)
}

// highlight makes the list's selection that of the screen.
func (s *inspectScreen) highlight() {
	if row := s.parts.row(s.cur); row >= 0 {
		s.list.Select(row)
	} else {
		s.list.UnselectAll()
	}
}

func (s *inspectScreen) newList() fyne.CanvasObject {
	s.list = widgets.NewList(s.w.Keys,
		func() int { return len(s.parts.visible) },
		func() fyne.CanvasObject { return newPartRow() },
		func(row int, o fyne.CanvasObject) {
			if row < len(s.parts.visible) {
				s.fillRow(o.(*partRow), s.parts.visible[row])
			}
		})
	s.list.OnSelected = func(row int) {
		if row < len(s.parts.visible) && s.parts.visible[row] != s.cur {
			if s.tools.editing() {
				s.highlight()
				return
			}
			s.follow = false
			s.choose(s.parts.visible[row])
		}
	}
	return s.list
}
