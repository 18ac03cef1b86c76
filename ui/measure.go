package ui

import (
	"context"
	"math"

	"agurscope/assets/words"
	"agurscope/ui/phrase"
	"agurscope/ui/station"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2/dialog"
)

// measure is the measuring line: a tool of the viewer.
type measure struct {
	row      *toolRow
	on       bool
	from, to viewer.Point
}

// Press implements viewer.Tool.
func (m *measure) Press(at viewer.Point) { m.from, m.to = at, at; m.show() }

// Drag implements viewer.Tool.
func (m *measure) Drag(at viewer.Point) { m.to = at; m.show() }

// Release implements viewer.Tool.
func (m *measure) Release(viewer.Point) { m.row.refresh() }

// Hover implements viewer.Tool.
func (m *measure) Hover(viewer.Point) {}

func (m *measure) toggle(on bool) {
	if m.on == on {
		return
	}
	m.on = on
	if !on {
		m.row.s.view.SetTool(nil)
		m.row.s.view.SetMarks()
		m.from, m.to = viewer.Point{}, viewer.Point{}
		return
	}
	m.row.s.view.SetTool(m)
}

// length is that of the line in pixels of the picture.
func (m *measure) length() float64 { return math.Hypot(m.to.X-m.from.X, m.to.Y-m.from.Y) }

func (m *measure) show() {
	m.row.reading.Set(m.reading())
	m.row.s.view.SetMarks(viewer.Mark{Points: []viewer.Point{m.from, m.to}, Ends: true, Label: m.label(), Color: drawn})
}

// label is the length in the unit that people know.
func (m *measure) label() string {
	px := m.length()
	if mm := m.row.s.scale(); mm > 0 {
		return phrase.Figure(px*mm) + " mm"
	}
	return words.T("%.1f px", px)
}

// reading says in the tool row what was measured, or how to.
func (m *measure) reading() string {
	switch px := m.length(); {
	case !m.on:
		return ""
	case px == 0:
		return words.T("Drag a line on the part.")
	case m.row.s.scale() > 0:
		return words.T("%s mm · %.1f px", phrase.Figure(px*m.row.s.scale()), px)
	default:
		return words.T("%.1f px · no scale yet", px)
	}
}

// scale is how many millimetres a pixel of the picture has, 0 where nobody knows.
func (s *inspectScreen) scale() float64 {
	if r := s.recipe(); r != nil {
		return r.Scale()
	}
	return 0
}

// askScale asks how long the line is.
func (r *toolRow) askScale() {
	px := r.line.length()
	if px < 2 {
		r.s.w.status.say(words.T("Draw a longer line first, over something whose length you know."))
		return
	}
	r.s.w.Need(station.Engineer, func() {
		length := r.s.w.Tips.NewEntry(words.T("Length in mm, such as 12.5"), "")
		note := widgets.NewCaption("")
		body := widgets.Fixed(400, 0, widgets.Rows(8,
			widgets.NewPara(words.T("The line has %.1f pixels. How long is it on the part?", px)), length, note,
			widgets.NewCaption(words.T("The scale is kept in the recipe, for this distance of the camera."))))
		d := dialog.NewCustomConfirm(words.T("Set the scale"), words.T("Save"), words.T("Cancel"), body, func(yes bool) {
			if !yes {
				return
			}
			mm, ok := millimetres(length.Text)
			if !ok {
				r.s.w.status.say(words.T("“%s” is not a length in millimetres.", length.Text))
				return
			}
			r.s.w.Need(station.Engineer, func() { r.saveScale(px, mm) })
		}, r.s.w.Window)
		length.OnSubmitted = func(text string) {
			if _, ok := millimetres(text); ok {
				d.Confirm()
				return
			}
			note.Set(words.T("Type a number of millimetres above 0."))
		}
		length.OnEscape = d.Hide
		r.s.w.Dialog(d)
		r.s.w.Window.Canvas().Focus(length)
	})
}

func millimetres(text string) (float64, bool) {
	v, ok := phrase.Number(text, "mm")
	return v, ok && v > 0 && v < 1e6
}

func (r *toolRow) saveScale(px, mm float64) {
	reason := words.T("Scale: a line of %.1f pixels is %g mm", px, mm)
	r.s.w.Job(func(context.Context) {
		_, err := r.s.w.Session.SaveScale(mm/px, r.s.w.User(), reason)
		r.s.w.OnUI(func() {
			if err != nil {
				r.s.w.Report(err)
				return
			}
			r.line.show()
			r.refresh()
			r.s.panel.regions.rescale()
			r.s.w.RecipeSaved()
		})
	})
}
