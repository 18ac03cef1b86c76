package records

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// actions is the row below the table: what can be done with what is selected or
// found, and how far that is.
type actions struct {
	s    *Screen
	root *fyne.Container

	said           *widgets.Text
	golden, in, ex *widgets.Button
	open           *widgets.Button // the folder of what was written

	doing *fyne.Container
	bar   *widgets.Progress
	step  *widgets.Text
	stop  context.CancelFunc // nil: nothing is being written
	wrote string             // the file that was written last
}

func newActions(s *Screen) *actions {
	a := &actions{s: s, said: widgets.NewCaption(""), bar: widgets.NewProgress(), step: widgets.NewCaption("")}
	a.said.Elide = widgets.ElideMiddle
	a.golden = s.Tips.NewButton(words.T("Golden sets…"), nil, words.T("Keep what is selected as a golden set, or open one (G)"), a.askGolden)
	a.in = s.Tips.NewButton(words.T("In the map"), nil, words.T("Show where the selected parts lie in the map (M)"), a.showInMap)
	a.ex = s.Tips.NewButton(words.T("Export…"), theme.DocumentSaveIcon(), words.T("Write what is selected or found to a file: CSV, XLSX, JSON, PDF, pictures (E)"), a.askExport)
	a.open = s.Tips.NewFlatButton("", theme.FolderOpenIcon(), words.T("Open the folder in which it lies"), func() {
		if err := fyne.CurrentApp().OpenURL(&url.URL{Scheme: "file", Path: filepath.Dir(a.wrote)}); err != nil {
			s.Report(&session.Problem{Op: "open the folder", Err: err})
		}
	})
	a.open.Hide()
	a.doing = widgets.Row(8, widgets.Fixed(110, 6, a.bar), a.step, s.Tips.NewFlatButton("", theme.CancelIcon(), words.T("Stop; no file is left (Esc)"), func() { a.cancel() }))
	a.doing.Hide()
	a.root = widgets.Inset(widgets.Row(6, a.said, a.open, a.doing, a.in, a.golden, a.ex), 4, 2)
	return a
}

// refresh says what is selected.
func (a *actions) refresh() {
	s := a.s
	switch n := len(s.marked); {
	case a.stop != nil:
		a.said.Set("")
	case n > 0:
		a.said.Set(words.N(n, "%d part selected (Esc: none)", "%d parts selected (Esc: none)"))
		a.open.Hide()
	case a.wrote != "":
		a.said.Set(words.T("Wrote %s", a.wrote))
		a.open.Show()
	default:
		a.said.Set(words.T("Space or Ctrl and a click: select; A: all"))
	}
	a.in.SetEnabled(s.rows() > 0)
	a.ex.SetEnabled(s.rows() > 0 && a.stop == nil)
	a.doing.Hidden = a.stop == nil
	a.root.Refresh()
}

// cancel stops what is being written; it returns false where nothing is.
func (a *actions) cancel() bool {
	if a.stop == nil {
		return false
	}
	a.stop()
	return true
}

func (a *actions) showInMap() {
	if ids := a.s.picked(); len(ids) > 0 {
		a.s.ShowInMap(ids)
	}
}

// askGolden lets a person name what is selected, or open a set of before.
func (a *actions) askGolden() {
	s := a.s
	if s.found == nil {
		return
	}
	s.GoldenSets(a.showGolden)
}

func (a *actions) showGolden(sets []history.GoldenSet) {
	s, t := a.s, a.s.Tips
	ids := s.picked()
	name, note := t.NewEntry(words.T("Such as: release 4"), words.T("Name of the new set")), t.NewEntry(words.T("What it is for (may stay empty)"), "")
	make := t.NewButton(words.T("Keep as golden"), nil, "", nil)
	make.Importance = widget.HighImportance
	make.SetEnabled(len(ids) > 0)
	body := widgets.Rows(10, widgets.NewPara(words.T("Parts with the answers that a recipe must give, to try recipes on before they are used. A set is never changed, and retention keeps its parts.")),
		widgets.NewHeading(words.N(len(ids), "New set of %d selected part", "New set of %d selected parts")), widgets.Dock(nil, nil, nil, leftOf(make), widgets.Columns([]float32{1, 1}, name, leftOf(note))))
	var d *dialog.CustomDialog
	keep := func() {
		if strings.TrimSpace(name.Text) == "" {
			s.Window.Canvas().Focus(name)
			return
		}
		d.Hide()
		s.Need(station.Engineer, func() { a.makeGolden(ids, name.Text, note.Text) })
	}
	make.OnTapped = keep
	for _, e := range []*widgets.Entry{name, note} {
		e.OnSubmitted = func(string) { keep() }
		e.OnEscape = func() { d.Hide() }
	}
	if len(sets) > 0 {
		body.Add(widgets.NewHeading(words.T("Sets of before")))
		rows := widgets.Rows(2)
		open := func(g history.GoldenSet, title string) {
			s.Golden(g, func(dir string) { s.OpenSet(dir, title) })
		}
		for _, g := range sets {
			text := widgets.NewStyled(&widgets.Text{Text: g.Name, Elide: widgets.ElideEnd})
			about := widgets.NewCaption(strings.Join(nonempty(words.N(len(g.Members), "%d part", "%d parts"), phrase.Day(g.Time), g.Author), " · "))
			about.Elide = widgets.ElideEnd
			list := t.NewFlatButton(words.T("List"), nil, words.T("Show these verdicts"), func() {
				d.Hide()
				var ids []int64
				for _, m := range g.Members {
					ids = append(ids, m.Verdict)
				}
				s.Only(ids, words.T("of %s##a set", g.Name))
			})
			inspect := t.NewFlatButton(words.T("Inspect"), nil, words.T("Inspect its parts with the recipe that is open"), func() { d.Hide(); open(g, "Inspect") })
			compare := t.NewFlatButton(words.T("Compare"), nil, words.T("Set two recipes beside each other on its parts"), func() { d.Hide(); open(g, "Compare") })
			rows.Add(widgets.Dock(nil, nil, nil, widgets.Row(2, list, inspect, compare), widgets.Inset(widgets.Lines(text, about), 4, 0)))
		}
		body.Add(widgets.Fixed(0, min(float32(len(sets))*48, 240), scrolled(rows)))
	}
	d = dialog.NewCustom(words.T("Golden sets"), words.T("Close"), widgets.Fixed(640, 0, body), s.Window)
	s.Dialog(d)
	if len(ids) > 0 {
		s.Window.Canvas().Focus(name)
	}
}

// makeGolden keeps verdicts as a golden set, with their pictures.
func (a *actions) makeGolden(ids []int64, name, note string) {
	s := a.s
	g := history.GoldenSet{Name: name, Note: note, Author: s.User()}
	for _, id := range ids {
		g.Members = append(g.Members, history.Golden{Verdict: id})
	}
	store := s.Session.Store()
	s.Job(func(ctx context.Context) {
		g, err := store.MakeGolden(ctx, g)
		missing := 0
		if err == nil {
			_, missing, err = session.GoldenPictures(ctx, store, g)
		}
		s.OnUI(func() {
			if err != nil {
				s.Report(err)
				return
			}
			text := words.N(len(g.Members), "Golden set %[2]q: %[1]d part.", "Golden set %[2]q: %[1]d parts.", g.Name)
			if missing > 0 {
				text = phrase.Sentences(text, desk.PicturesGone(missing))
			}
			s.Say(text)
			s.unmark()
		})
	})
}
