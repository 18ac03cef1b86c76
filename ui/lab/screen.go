// Package lab is the screen on which the paper's experiments are run and looked
// at: pictures grow while it measures, methods stand beside each other on one part
// with linked panes, and the map of Fig. 9 names what is under the pointer.
package lab

import (
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"agurscope/themes"
	"agurscope/ui/clusters"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/ui/session/lab"
	"agurscope/ui/widgets"
	"agurscope/ui/words"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
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
	latest  desk.Latest

	where, results *widgets.Picker
	boxes          map[string]*widgets.Check
	open           map[string]*widgets.Button
	start          *widgets.Button
	cancel         *widgets.Button
	progress       *widget.ProgressBar
	doing          *widgets.Text
	running        *fyne.Container
	title          *widgets.Text
	tabs           *fyne.Container
	centre         *fyne.Container
	claims         *fyne.Container
	export         *widgets.Button
	shot           string // file of the picture on show, without ending; "" for none
}

// New returns the screen. Results of the program's own runs are in dir unless
// another folder is chosen.
func New(d *desk.Desk, program, dir string) *Screen {
	s := &Screen{
		Desk: d, program: program, out: dir, quick: true, on: lab.Names()[0],
		chosen: map[string]bool{}, boxes: map[string]*widgets.Check{}, open: map[string]*widgets.Button{},
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
		if s.stop == nil {
			return false
		}
		s.stop()
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
		func() { s.ask(func(path string) { s.data = path }) })
	s.results = t.NewPicker(words.T("Folder of the results"), theme.FolderIcon(), sideWidth-40,
		words.T("A run goes on with what is in it."), func() { s.ask(func(path string) { s.out = path; s.read() }) })
	list := widgets.Rows(2)
	for _, e := range lab.Experiments() {
		s.chosen[e.Name] = e.Name == "fig10" || e.Name == "fig12"
		box := t.NewCheck("", words.T("Run this one"), func(on bool) { s.chosen[e.Name] = on; s.renew() })
		open := t.NewFlatButton(label(e.Name), nil, e.Title.String(), func() { s.turnTo(e.Name) })
		open.Alignment = widget.ButtonAlignLeading
		s.boxes[e.Name], s.open[e.Name] = box, open
		list.Add(widgets.Dock(nil, nil, box, nil, open))
	}
	small := t.NewCheck(words.T("Small budgets"), words.T("All experiments in 90 minutes on two processors, instead of a day."), func(on bool) { s.quick = on })
	small.Set(true, true)
	s.start = t.NewButton(words.T("Run"), theme.MediaPlayIcon(), words.T("Measure what is missing. It can be stopped at any time and goes on later."), s.run)
	s.start.Importance = widget.HighImportance
	s.cancel = t.NewButton(words.T("Stop"), theme.MediaStopIcon(), words.T("What has been measured stays (Esc)."), func() {
		if s.stop != nil {
			s.stop()
		}
	})
	s.progress, s.doing = widget.NewProgressBar(), widgets.NewCaption("")
	s.doing.Elide = widgets.ElideEnd
	s.running = widgets.Rows(6, s.progress, s.doing, s.cancel)
	s.running.Hide()
	side := widgets.Dock(
		widgets.Rows(8, widgets.NewTitle(words.T("Laboratory")), s.where, s.results, widgets.NewRule()),
		widgets.Rows(8, widgets.NewRule(), small, s.start, s.running), nil, nil,
		container.NewVScroll(list))
	s.title, s.tabs, s.centre, s.claims = widgets.NewTitle(""), widgets.Row(6), container.NewStack(), widgets.Rows(6)
	s.title.Elide = widgets.ElideEnd
	s.export = t.NewButton(words.T("Save picture"), theme.DocumentSaveIcon(), words.T("As PNG or SVG, by the name of the file"), s.save)
	head := widgets.Dock(nil, nil, nil, s.export, s.title)
	page := widgets.Dock(widgets.Inset(widgets.Rows(6, head, s.tabs), 6, 0), widgets.Fixed(0, 150, container.NewVScroll(s.claims)), nil, nil, s.centre)
	return widgets.Dock(nil, nil, widgets.Fixed(sideWidth, 0, widgets.NewPanel(widgets.Inset(side, 10, 12))), nil, widgets.Inset(page, 6, 12))
}

// label is an experiment's name as the paper writes it.
func label(name string) string {
	if n, ok := strings.CutPrefix(name, "fig"); ok {
		return words.T("Fig. %s", n)
	}
	return words.T("Table %s", strings.TrimPrefix(name, "table"))
}

func (s *Screen) ask(take func(path string)) {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err == nil && u != nil {
			take(u.Path())
			s.renew()
		}
	}, s.Window)
	s.Dialog(d)
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
	any := false
	for _, e := range lab.Experiments() {
		any = any || s.chosen[e.Name]
		s.boxes[e.Name].Set(s.chosen[e.Name], s.stop == nil)
		text := label(e.Name) + "  " + e.Title.String()
		state := ""
		if p := s.page(e.Name); p != nil && p.Done < p.Total {
			state = "  " + words.T("%d of %d", p.Done, p.Total)
		} else if p != nil {
			state = "  ✓"
		}
		b := s.open[e.Name]
		b.SetText(ellipsis(text, 36-len([]rune(state))) + state)
		b.Importance = widget.LowImportance
		if e.Name == s.on {
			b.Importance = widget.MediumImportance
		}
		b.Refresh()
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

// ellipsis keeps a line of the list within its column.
func ellipsis(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
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

// run measures what is missing.
func (s *Screen) run() {
	if s.stop != nil {
		return
	}
	o := lab.Options{Data: s.data, Out: s.out, Quick: s.quick, Engine: s.Session.Engine(), Program: s.program}
	for _, name := range lab.Names() {
		if s.chosen[name] {
			o.Experiments = append(o.Experiments, name)
		}
	}
	ctx, cancel := context.WithCancel(s.Context())
	s.stop = cancel
	s.progress.SetValue(0)
	s.doing.Set(words.T("Looking at the data …"))
	s.renew()
	s.Job(func(context.Context) {
		defer cancel()
		_, err := lab.Run(ctx, o, func(e lab.Event) {
			s.latest.PostLatest(func() { s.follow(e) })
			if len(e.Changed) > 0 {
				s.OnUI(s.read)
			}
		})
		s.OnUI(func() {
			s.stop = nil
			if err != nil && !errors.Is(err, context.Canceled) {
				s.Report(err)
			}
			s.read()
		})
	})
}

// follow shows how far the run is.
func (s *Screen) follow(e lab.Event) {
	if s.stop == nil {
		return
	}
	s.progress.SetValue(e.Share)
	text := words.T("%d of %d", e.Done, e.Total)
	if e.Remaining >= time.Second {
		text += " · " + words.T("%s left", e.Remaining.Round(time.Second))
	}
	s.doing.Set(text + " · " + e.What)
}

// turnTo shows an experiment.
func (s *Screen) turnTo(name string) {
	again := s.on == name
	s.on = name
	i := slices.Index(lab.Names(), name)
	s.title.Set(label(name) + " · " + lab.Experiments()[i].Title.String())
	p := s.page(name)
	s.claims.RemoveAll()
	s.tabs.RemoveAll()
	if !again {
		s.shot = ""
		s.renew()
	}
	if p == nil || p.Done == 0 || len(p.Pictures) == 0 {
		s.shot = ""
		s.export.Hide()
		empty := widgets.NewCaption(words.T("Nothing has been measured yet. Tick it and press Run."))
		s.centre.Objects = []fyne.CanvasObject{container.NewCenter(empty)}
		s.centre.Refresh()
		return
	}
	for _, c := range p.Claims {
		ink := themes.ColorNameMuted
		switch c.Verdict {
		case session.Reproduced, session.Holds:
			ink = themes.ColorNameOK
		case session.NotReproduced, session.DoesNotHold:
			ink = themes.ColorNameNG
		}
		verdict := widgets.NewStyled(&widgets.Text{Text: c.Verdict.String(), ColorName: ink, Style: fyne.TextStyle{Bold: true}})
		s.claims.Add(widgets.Rows(2, widgets.Row(8, verdict), widgets.NewPara(c.Text.String()+" "+phrase.Sentence(c.Because()))))
	}
	if !slices.Contains(p.Pictures, s.shot) {
		s.shot = p.Pictures[0]
	}
	for _, n := range p.Pictures {
		b := s.Tips.NewFlatButton(n, nil, "", func() { s.shot = n; s.turnTo(name) })
		if n == s.shot {
			b.Importance = widget.MediumImportance
		}
		if len(p.Pictures) > 1 {
			s.tabs.Add(b)
		}
	}
	s.export.Show()
	s.centre.Objects = []fyne.CanvasObject{s.content(name)}
	s.centre.Refresh()
}

// content is what is shown of an experiment.
func (s *Screen) content(name string) fyne.CanvasObject {
	switch name {
	case "fig9":
		if o := s.map9(); o != nil {
			return o
		}
	case "fig10":
		if o := s.panes10(0); o != nil {
			return o
		}
	}
	m := canvas.NewImageFromFile(filepath.Join(s.out, s.shot+".png"))
	m.FillMode, m.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleSmooth
	return widgets.NewCard(m)
}

// map9 is the panel of Fig. 9 that is chosen, with names under the pointer.
func (s *Screen) map9() fyne.CanvasObject {
	layouts, classes, err := lab.Layouts(s.out)
	p := s.page("fig9")
	at := slices.Index(p.Pictures, s.shot)
	if err != nil || at < 0 || at >= len(layouts) {
		return nil
	}
	l := layouts[at]
	marks := make([]clusters.Mark, len(l.Points))
	for i, q := range l.Points {
		marks[i] = clusters.Mark{X: q.X, Y: q.Y, Group: q.Class}
	}
	said := widgets.NewText(l.Method)
	c := clusters.NewScatter()
	c.Set(marks, false)
	c.OnHover = func(i int) {
		text := l.Method
		if i >= 0 && i < len(l.Points) && l.Points[i].Class >= 0 && l.Points[i].Class < len(classes) {
			text += ": " + classes[l.Points[i].Class]
		}
		said.Set(text)
	}
	return widgets.NewCard(widgets.Dock(said, widgets.NewCaption(strings.Join(classes, " · ")), nil, nil, c))
}

// panes10 sets the methods beside each other on one part: panes that move
// together, one scale of colours.
func (s *Screen) panes10(stage int) fyne.CanvasObject {
	titles, files := lab.Panes(s.out, stage)
	if len(files) < 3 {
		return nil
	}
	grid := container.NewGridWithColumns((len(files) + 1) / 2)
	var views []*viewer.Viewer
	var extent image.Point
	for i, f := range files {
		m, err := readPNG(f)
		if err != nil {
			return nil
		}
		if i == 0 {
			extent = m.Bounds().Size()
		}
		v := viewer.New()
		v.ShowToolbar(false)
		v.Enlarge(viewer.PaneOriginal)
		v.SetFrame(viewer.Frame{Original: scene.Opaque(grown(m, extent))})
		v.OnMoved = func(at viewer.Viewport) {
			for k, o := range views {
				if k != i {
					o.SetView(at)
				}
			}
		}
		views = append(views, v)
		grid.Add(widgets.NewCard(widgets.Dock(widgets.NewHeading(titles[i]), nil, nil, nil, v)))
	}
	picks := widgets.Row(6)
	for i, name := range lab.Stages() {
		b := s.Tips.NewFlatButton(name, nil, "", func() {
			if o := s.panes10(i); o != nil {
				s.centre.Objects = []fyne.CanvasObject{o}
				s.centre.Refresh()
			}
		})
		if i == stage {
			b.Importance = widget.MediumImportance
		}
		picks.Add(b)
	}
	return widgets.Dock(picks, nil, nil, nil, grid)
}

func readPNG(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

// grown brings a map to the extent of its part, so that views can be linked.
func grown(m image.Image, to image.Point) image.Image {
	b := m.Bounds()
	out := image.NewRGBA(image.Rectangle{Max: to})
	for y := range to.Y {
		for x := range to.X {
			out.Set(x, y, m.At(b.Min.X+x*b.Dx()/to.X, b.Min.Y+y*b.Dy()/to.Y))
		}
	}
	return out
}

// save copies the picture on show to where a person wants it.
func (s *Screen) save() {
	shot := s.shot
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil || w == nil {
			return
		}
		defer w.Close()
		ending := ".png"
		if strings.EqualFold(w.URI().Extension(), ".svg") {
			ending = ".svg"
		}
		f, err := os.Open(filepath.Join(s.out, shot+ending))
		if err == nil {
			_, err = io.Copy(w, f)
			f.Close()
		}
		if err != nil {
			s.Report(err)
			return
		}
		s.Say(words.T("Saved %s", w.URI().Name()))
	}, s.Window)
	d.SetFileName(shot + ".png")
	s.Dialog(d)
}
