// Package lab is the screen on which the paper's experiments are run and looked
// at: pictures grow while it measures, methods stand beside each other on one part
// with linked panes, and the map of Fig. 9 names what is under the pointer.
package lab

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session/lab"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Title names the screen.
const Title = "Lab"

// Screen implements desk.Screen.
type Screen struct {
	desk.Quiet
	*desk.Desk
	all   fyne.CanvasObject
	shown bool

	program string
	data    string // folder of the sets
	out     string // folder of the results
	quick   bool
	chosen  map[string]bool // experiments that are run
	on      string          // the one on show
	pages   []lab.Page
	stop    context.CancelFunc // of the run under way; nil: none
	ending  bool               // it was told to stop
	stage   int                // of Fig. 10 that is shown
	latest  desk.Latest

	where, results *widgets.Picker
	boxes          map[string]*widgets.Check
	open           map[string]*entry
	start          *widgets.Button
	cancel         *widgets.Button
	progress       *widgets.Progress
	count          *widgets.Text
	doing          *fyne.Container
	sets           *widgets.Aside
	running        *fyne.Container
	title          *widgets.Text
	tabs           *fyne.Container
	tabBar         *container.Scroll
	sheet          *fyne.Container
	centre         *fyne.Container
	claims         *fyne.Container
	foot           fyne.CanvasObject // around the claims
	export         *widgets.Button
	shot           string // file of the picture on show, without ending; "" for none
}

// New returns the screen. Results of the program's own runs are in dir unless
// another folder is chosen.
func New(d *desk.Desk, program, dir string) *Screen {
	s := &Screen{
		Desk: d, program: program, out: dir, quick: true, on: "fig10",
		chosen: map[string]bool{}, boxes: map[string]*widgets.Check{}, open: map[string]*entry{},
	}
	s.latest.Thread, s.latest.Gap = d.Thread, 200*time.Millisecond
	s.all = s.compose()
	return s
}

// Title implements desk.Screen.
func (s *Screen) Title() string { return Title }

// Content implements desk.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.all }

// Show implements desk.Screen.
func (s *Screen) Show() {
	s.shown = true
	s.read()
}

// Hide implements desk.Screen.
func (s *Screen) Hide() { s.shown = false }

// Key implements desk.Screen.
func (s *Screen) Key(name fyne.KeyName) bool {
	names := lab.Names()
	at := slices.Index(names, s.on)
	switch name {
	case fyne.KeyEscape:
		if s.stop == nil || s.ending {
			return false
		}
		s.end()
	case fyne.KeyR:
		s.run()
	case fyne.KeyDown, fyne.KeyJ:
		s.turnTo(names[min(at+1, len(names)-1)])
	case fyne.KeyUp, fyne.KeyK:
		s.turnTo(names[max(at-1, 0)])
	default:
		return false
	}
	return true
}

const sideWidth = 340

func (s *Screen) compose() fyne.CanvasObject {
	t := s.Tips
	s.where = t.NewPicker(words.T("Folder of the sets"), theme.FolderOpenIcon(), sideWidth-40,
		words.T("A folder with mvtec_ad, kolektorsdd, fashion-mnist where present. What is missing is named; drawn parts stand in."),
		func() { s.ask(s.data, func(path string) { s.data = path }) })
	s.results = t.NewPicker(words.T("Folder of the results"), theme.FolderIcon(), sideWidth-40,
		words.T("A run goes on with what is in it."), func() { s.ask(s.out, func(path string) { s.out = path; s.read() }) })
	s.sets = widgets.NewAside(themes.ColorNameMuted)
	list := widgets.Rows(2)
	for _, e := range lab.Experiments() {
		s.chosen[e.Name] = e.Name == "fig10" || e.Name == "fig12"
		box := t.NewCheck("", words.T("Run this one"), func(on bool) { s.chosen[e.Name] = on; s.renew() })
		open := newEntry(label(e.Name), e.Title.String(), func() { s.turnTo(e.Name) })
		s.boxes[e.Name], s.open[e.Name] = box, open
		list.Add(widgets.Dock(nil, nil, box, nil, open))
	}
	small := t.NewCheck(words.T("Small budgets"), words.T("All experiments in 90 minutes on two processors, instead of a day."), func(on bool) { s.quick = on })
	small.Set(true, true)
	s.start = t.NewButton(words.T("Run"), theme.MediaPlayIcon(), words.T("Measure what is missing (R). It can be stopped at any time and goes on later."), s.run)
	s.start.Importance = widget.HighImportance
	s.cancel = t.NewButton(words.T("Stop"), theme.MediaStopIcon(), words.T("What has been measured stays (Esc)."), func() {
		if s.stop != nil && !s.ending {
			s.end()
		}
	})
	s.progress, s.count, s.doing = widgets.NewProgress(), widgets.NewText(""), widgets.Rows(2)
	s.count.Elide = widgets.ElideEnd
	s.running = widgets.Rows(6, widgets.Fixed(0, 8, s.progress), s.count, s.doing, s.cancel)
	s.running.Hide()
	side := widgets.Dock(
		widgets.Rows(8, widgets.NewTitle(words.T("Laboratory")), s.where, s.sets, s.results, widgets.NewRule()),
		widgets.Rows(8, widgets.NewRule(), small, s.start, s.running), nil, nil,
		container.NewVScroll(list))
	s.title, s.tabs, s.centre, s.claims = widgets.NewTitle(""), widgets.Row(6), container.NewStack(), widgets.Rows(6)
	s.title.Elide = widgets.ElideEnd
	s.export = t.NewButton(words.T("Save picture"), theme.DocumentSaveIcon(), words.T("As PNG or SVG, by the name of the file"), s.save)
	s.foot = widgets.Fixed(0, 170, container.NewVScroll(widgets.Inset(s.claims, 8, 0)))
	head := widgets.Dock(nil, nil, nil, s.export, s.title)
	s.tabBar = container.NewHScroll(s.tabs)
	s.sheet = widgets.Dock(widgets.Inset(widgets.Rows(6, head, s.tabBar), 6, 0), s.foot, nil, nil, s.centre)
	return widgets.Dock(nil, nil, widgets.Fixed(sideWidth, 0, widgets.NewPanel(widgets.Inset(side, 10, 12))), nil, widgets.Inset(s.sheet, 6, 12))
}

// label is an experiment's name as the paper writes it.
func label(name string) string {
	if n, ok := strings.CutPrefix(name, "fig"); ok {
		return words.T("Fig. %s", n)
	}
	return words.T("Table %s", strings.TrimPrefix(name, "table"))
}

// ask lets a person choose a folder, beginning at the one that is chosen now.
func (s *Screen) ask(now string, take func(path string)) {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		switch {
		case err != nil:
			s.Report(fmt.Errorf("open a folder: %w", err))
		case u != nil:
			take(u.Path())
			s.renew()
		}
	}, s.Window)
	s.Files(words.T("Choose a folder"), d, now)
}

// read takes what is in the folder of the results.
func (s *Screen) read() {
	pages, err := lab.Read(s.out)
	if err != nil {
		s.Report(err)
	}
	s.pages = pages
	if len(pages) > 0 && s.page(s.on) == nil && s.stop == nil {
		s.on = pages[0].Name // rather than an empty place
	}
	s.renew()
	s.turnTo(s.on)
}

// renew says what state everything is in.
func (s *Screen) renew() {
	s.where.SetName(short(s.data, words.T("drawn parts only")))
	s.results.SetName(short(s.out, "–"))
	s.sets.Set(said(lab.Sets(s.data)))
	s.cancel.SetEnabled(!s.ending)
	any := false
	for _, e := range lab.Experiments() {
		any = any || s.chosen[e.Name]
		s.boxes[e.Name].Set(s.chosen[e.Name], s.stop == nil)
		state := ""
		if p := s.page(e.Name); p != nil && p.Done < p.Total {
			state = words.T("%d of %d", p.Done, p.Total)
		} else if p != nil {
			state = "✓"
		}
		s.open[e.Name].set(e.Name == s.on, state)
	}
	s.start.SetEnabled(any && s.stop == nil && s.Session.Engine() != nil)
	if s.stop == nil {
		s.running.Hide()
		s.start.Show()
	} else {
		s.running.Show()
		s.start.Hide()
	}
}

// said names the sets that a folder has, and how many it has not.
func said(found []string, missing int) string {
	if len(found) == 0 {
		return ""
	}
	text := words.T("Found: %s.", strings.Join(found, words.Mark(", ")))
	if missing > 0 {
		text = phrase.Sentences(text, words.N(missing, "%d other set is missing.", "%d other sets are missing."))
	}
	return text
}

func short(path, none string) string {
	if path == "" {
		return none
	}
	return filepath.Base(path)
}

func (s *Screen) page(name string) *lab.Page {
	for i := range s.pages {
		if s.pages[i].Name == name {
			return &s.pages[i]
		}
	}
	return nil
}
