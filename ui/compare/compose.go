package compare

import (
	"agurscope/assets/words"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const listWidth = 380

func (s *Screen) compose() fyne.CanvasObject {
	t := s.Tips
	s.pick = t.NewPicker(words.T("Compare with"), theme.DocumentIcon(), 220, words.T("The other recipe. Click to choose one."), s.recipes)
	s.parts = t.NewPicker(words.T("Parts"), theme.FolderOpenIcon(), 220, "", s.sets)
	s.start = t.NewButton(words.T("Score both"), theme.MediaPlayIcon(), words.T("Runs both networks over the parts of the open set, one after the other."), s.Start)
	s.start.Importance = widget.HighImportance
	s.progress = s.Scoring.NewRow()
	s.text = widgets.NewCaption("")
	s.text.Elide = widgets.ElideEnd
	head := widgets.NewPanel(widgets.Inset(widgets.Row(8, widgets.NewTitle(words.T("Compare")), widgets.Fixed(8, 0, widgets.NewText("")), s.pick, s.parts, s.text, s.progress.Root, s.start), 5, 12))

	for i, w := range []struct{ word, tip string }{{words.T("Disagree"), words.T("Parts of which the two say different things")}, {words.T("All"), words.T("All parts that both have judged")}} {
		s.chips[i] = t.NewChip(nil, w.tip, func() { s.only = i == 0; s.fill() })
	}
	s.list = widgets.NewList(s.Keys, func() int { return len(s.rows) }, newRow, func(i int, o fyne.CanvasObject) {
		if i < len(s.rows) {
			s.setRow(o.(*row), s.rows[i])
		}
	})
	s.list.OnSelected = func(i int) {
		if i < len(s.rows) {
			s.show(s.rows[i])
		}
	}
	s.none = widgets.NewCaption("")
	s.none.Align = fyne.TextAlignCenter
	title := widgets.Row(4, widgets.NewHeading(words.T("Parts")), widgets.NewSpring(nil), s.chips[0], s.chips[1])
	captions := widgets.Columns(rowColumns, widgets.NewCaption(""), caption(words.T("this")), caption(words.T("other")))
	table := widgets.Dock(widgets.Rows(4, widgets.Inset(title, 2, 4), captions), nil, nil, nil, container.NewStack(s.list, container.NewCenter(s.none)))
	left := widgets.Dock(nil, widgets.NewCard(s.figures.root), nil, nil, container.New(layout.NewCustomPaddedLayout(0, 8, 0, 0), widgets.NewCard(table)))
	for i := range s.panes {
		p := &pane{view: viewer.New(), name: widgets.NewHeading(""), badge: widgets.NewBadge()}
		p.name.Elide = widgets.ElideMiddle
		p.view.ShowToolbar(false)
		p.view.Fix()
		p.view.Enlarge(s.layer)
		other := 1 - i
		p.view.OnMoved = func(v viewer.Viewport) { s.panes[other].view.SetView(v) }
		p.root = widgets.NewCard(widgets.Dock(widgets.Inset(widgets.Row(8, p.name, p.badge), 3, 0), nil, nil, nil, p.view))
		s.panes[i] = p
	}
	layers := widgets.Row(6, widgets.NewCaption(words.T("show")))
	for i, l := range []struct {
		word string
		pane viewer.Pane
	}{{words.T("Heat map"), viewer.PaneHeat}, {words.T("Reconstruction"), viewer.PaneReconstruction}, {words.T("Segmentation"), viewer.PaneSegmentation}} {
		s.layers[i] = t.NewChip(nil, words.T("Show this of both. Zoom and pan move both pictures."), func() { s.setLayer(l.pane) })
		layers.Add(s.layers[i])
	}
	pictures := container.NewGridWithColumns(2, s.panes[0].root, s.panes[1].root)
	right := widgets.Dock(nil, widgets.Inset(widgets.Row(0, widgets.NewSpring(nil), layers), 6, 4), nil, nil, pictures)
	s.setLayer(s.layer)
	body := widgets.Dock(nil, nil, widgets.Fixed(listWidth, 0, left), nil, container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), right))
	return widgets.Dock(widgets.Rows(0, head, widgets.NewRule()), nil, nil, nil, widgets.Inset(body, 8, 8))
}

func caption(s string) *widgets.Text {
	c := widgets.NewCaption(s)
	c.Align = fyne.TextAlignCenter
	return c
}
