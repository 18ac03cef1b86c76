package ui

import (
	"agurscope/assets/words"
	"agurscope/ui/station"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// toolRow is the strip above the panes: how they are compared, how regions are
// drawn, the measuring line, and the editor of what is not judged.
type toolRow struct {
	s    *inspectScreen
	root *fyne.Container // one of the two rows below
	rest fyne.CanvasObject

	wipe, blink, hollow, measuring, area *widgets.Chip
	reading                              *widgets.Text
	scale                                *widgets.Chip

	line   *measure
	editor *roiEditor // nil unless somebody edits
}

func newToolRow(s *inspectScreen) *toolRow {
	r := &toolRow{s: s}
	t := s.w.Tips
	r.wipe = t.NewChip(nil, words.T("See two panes in one, left and right of a line that you drag. 1 to 4 choose the other pane. (W)"), func() { r.key(fyne.KeyW) })
	r.blink = t.NewChip(nil, words.T("See two panes in one, one after the other: what jumps differs. 1 to 4 choose the other pane. (B)"), func() { r.key(fyne.KeyB) })
	r.hollow = t.NewChip(nil, words.T("Outline the regions without filling them. (L)"), r.toggleFill)
	r.measuring = t.NewChip(nil, words.T("Draw a line on the part to measure it. (M)"), r.toggleMeasure)
	r.area = t.NewChip(nil, words.T("Paint what is not to be judged: clamps, labels, the background. It is kept in the recipe."), r.edit)
	r.reading = widgets.NewCaption("")
	r.reading.Elide = widgets.ElideEnd
	r.scale = t.NewChip(nil, words.T("Say how long the line is; lengths and areas are then in millimetres."), r.askScale)
	r.line = &measure{row: r}
	r.rest = widgets.Row(4, r.wipe, r.blink, r.hollow, r.measuring, r.area, widgets.NewSpring(widgets.Inset(container.NewVBox(r.reading), 3, 6)), r.scale)
	r.root = container.NewStack(r.rest)
	s.view.OnPaired = r.refresh
	r.refresh()
	return r
}

func (r *toolRow) key(name fyne.KeyName) {
	if r.editor == nil {
		r.s.view.HandleKey(name)
	}
}

// refresh shows what is on.
func (r *toolRow) refresh() {
	how, _, _ := r.s.view.Paired()
	r.wipe.Set(words.T("Wipe"), how == viewer.Wipe)
	r.blink.Set(words.T("Blink"), how == viewer.Blink)
	r.hollow.Set(words.T("Outlines only"), !r.s.view.Filled())
	r.measuring.Set(words.T("Measure"), r.line.on)
	word := words.T("Judged area…")
	if x := r.s.recipe(); x != nil && x.ROI() != nil {
		word = words.T("Judged area: %.0f %%…", 100*judged(x.ROI()))
	}
	r.area.Set(word, false)
	r.scale.Set(words.T("Set scale…"), false)
	r.scale.Hidden = !r.line.on || r.line.length() == 0 || r.s.recipe() == nil
	r.reading.Set(r.line.reading())
	r.root.Refresh()
}

func (r *toolRow) toggleFill() {
	r.s.view.ShowFill(!r.s.view.Filled())
	r.refresh()
}

func (r *toolRow) toggleMeasure() {
	if r.editor != nil {
		return
	}
	r.line.toggle(!r.line.on)
	r.refresh()
}

// edit opens the editor of what is not judged.
func (r *toolRow) edit() {
	if r.editor != nil {
		return
	}
	on := r.s.on
	switch {
	case r.s.recipe() == nil:
		r.s.w.status.say(words.T("Open a recipe first: the judged area belongs to it."))
		return
	case on == nil || on.item != r.s.cur || on.res.Prediction == nil || on.res.Prediction.Doubt != nil:
		r.s.w.status.say(words.T("Choose a part that was inspected and stands upright: the area is drawn on it."))
		return
	}
	r.s.w.Need(station.Engineer, func() {
		if r.s.on != on || r.editor != nil { // a run has gone on, behind the question for the PIN
			return
		}
		r.s.follow, r.s.presented = false, nil // the part stays, whatever a run inspects meanwhile
		r.line.toggle(false)
		r.s.view.SetPair(viewer.Apart, 0, 0)
		r.editor = newROIEditor(r)
		r.root.Objects = []fyne.CanvasObject{r.editor.root}
		r.root.Refresh()
	})
}

// editing reports whether somebody draws, in which case the part has to stay, and
// says so.
func (r *toolRow) editing() bool {
	if r.editor != nil {
		r.s.w.status.say(words.T("Save or cancel the judged area first."))
	}
	return r.editor != nil
}

// leave closes the editor.
func (r *toolRow) leave() {
	r.editor = nil
	r.s.view.SetTool(nil)
	r.s.view.SetMarks()
	r.root.Objects = []fyne.CanvasObject{r.rest}
	r.shade()
	r.refresh()
}

// shade shows over the part what its recipe does not judge.
func (r *toolRow) shade() {
	if r.editor != nil {
		return
	}
	if on := r.s.on; on != nil && on.res.Prediction != nil {
		r.s.view.SetShade(shadeOf(on.res.Prediction.Ignored))
		return
	}
	r.s.view.SetShade(nil)
}

// Key does what a key means to the tools.
func (r *toolRow) Key(name fyne.KeyName) bool {
	switch {
	case r.editor != nil:
		return r.editor.key(name)
	case name == fyne.KeyM:
		r.toggleMeasure()
	case name == fyne.KeyL:
		r.toggleFill()
	case name == fyne.KeyEscape && r.line.on:
		r.toggleMeasure()
	case name == fyne.KeyEscape:
		if how, _, _ := r.s.view.Paired(); how == viewer.Apart {
			return false
		}
		r.s.view.SetPair(viewer.Apart, 0, 0)
	default:
		return false
	}
	return true
}
