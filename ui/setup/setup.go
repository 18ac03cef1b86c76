// Package setup is the Settings screen: how the window looks and speaks, what is
// kept for how long, and who may do what.
package setup

import (
	"fmt"
	"strconv"
	"strings"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// Title is the screen's name.
const Title = "Settings"

// Station is what the screen sets up.
type Station interface {
	Settings() station.Settings
	// Apply puts settings in force, keeps them, and records what changed.
	Apply(station.Settings)
	// Stale reports whether something waits for a restart; Restart does it.
	Stale() bool
	Restart()
	// Place is where settings and history lie.
	Place() (settings, history string)
	AskFolder(near string, take func(path string))
	SignOut()
}

// Screen is the Settings screen. Its fields belong to Fyne's goroutine.
type Screen struct {
	desk.Quiet
	*desk.Desk
	at    Station
	guard *station.Guard

	all      fyne.CanvasObject
	restart  *fyne.Container
	theme    *choice[string]
	text     *choice[float32]
	scale    *choice[float32]
	language *choice[string]
	keep     *choice[string]
	sound    *widgets.Check
	flash    *widgets.Check
	data     *widgets.Text
	numbers  []*number
	shifts   *shifts
	people   *widgets.Text
	pins     map[station.Role]*pinRow
	signOut  *widgets.Button
	silent   bool
}

// New builds the screen.
func New(d *desk.Desk, at Station, guard *station.Guard) *Screen {
	s := &Screen{Desk: d, at: at, guard: guard, pins: map[station.Role]*pinRow{}}
	s.all = s.compose()
	s.Show()
	return s
}

// Title implements desk.Screen.
func (s *Screen) Title() string { return Title }

// Content implements desk.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.all }

// nameWidth is the column of what a setting is called.
const nameWidth = 210

// row is a setting: its name, what sets it, and a remark.
func (s *Screen) row(name string, control fyne.CanvasObject, width float32) fyne.CanvasObject {
	label := widgets.NewStyled(&widgets.Text{Text: name, Width: nameWidth, Elide: widgets.ElideEnd})
	return container.NewBorder(nil, nil, container.NewCenter(label), nil, container.NewHBox(widgets.Fixed(width, 0, control)))
}

func card(title string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	return widgets.NewCard(widgets.Rows(8, append([]fyne.CanvasObject{widgets.NewHeading(title)}, rows...)...))
}

func (s *Screen) compose() fyne.CanvasObject {
	s.restart = widgets.NewCard(widgets.Row(12, container.NewCenter(widgets.NewText(words.T("Some changes take effect when the program starts again."))),
		s.Tips.NewButton(words.T("Restart now"), theme.ViewRefreshIcon(), words.T("End the program and start it again; what is open is opened again."), s.at.Restart)))
	left := widgets.Rows(12, s.appearance(), s.records())
	right := widgets.Rows(12, s.roles(), s.files())
	body := container.NewGridWithColumns(2, left, container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), right))
	return container.NewVScroll(widgets.Inset(widgets.Rows(12, s.restart, body), 14, 16))
}

func (s *Screen) appearance() fyne.CanvasObject {
	const wide = 230
	s.theme = newChoice(s, station.Themes, "dark", map[string]string{
		"dark": words.T("Dark"), "light": words.T("Light"), "contrast": words.T("High contrast"), "system": words.T("As the desktop"),
	}, words.T("The colours of the window."), func(t *station.Settings) *string { return &t.Theme })
	sizes := map[float32]string{}
	for _, v := range station.TextSizes {
		sizes[v] = fmt.Sprintf("%.0f %%", 100*v)
	}
	s.text = newChoice(s, station.TextSizes, 1, sizes, words.T("Of all text, and of what holds it."), func(t *station.Settings) *float32 { return &t.TextSize })
	scales := map[float32]string{0: words.T("As the desktop")}
	for _, v := range station.Scales[1:] {
		scales[v] = fmt.Sprintf("%.0f %%", 100*v)
	}
	s.scale = newChoice(s, station.Scales, 0, scales, words.T("Of everything in the window, for screens of high resolution. After a restart."), func(t *station.Settings) *float32 { return &t.Scale })
	codes, names := []string{""}, map[string]string{"": words.T("As the system")}
	for _, l := range words.Languages {
		codes = append(codes, l.Code)
		names[l.Code] = l.Name
	}
	s.language = newChoice(s, codes, "", names, words.T("What the window speaks. After a restart."), func(t *station.Settings) *string { return &t.Language })
	s.sound = s.Tips.NewCheck(words.T("Sound on NG"), words.T("A part that is NG is heard, too."), func(on bool) {
		s.change(func(t *station.Settings) { t.Silent = !on })
	})
	s.flash = s.Tips.NewCheck(words.T("Flash on NG"), words.T("A part that is NG lights up the edge of the window twice."), func(on bool) {
		s.change(func(t *station.Settings) { t.Steady = !on })
	})
	return card(words.T("Appearance"),
		s.row(words.T("Theme"), s.theme.sel, wide), s.row(words.T("Text size"), s.text.sel, wide), s.row(words.T("Scale"), s.scale.sel, wide),
		s.row(words.T("Language"), s.language.sel, wide), s.row("", widgets.Row(18, s.sound, s.flash), wide))
}

func (s *Screen) records() fyne.CanvasObject {
	s.keep = newChoice(s, station.Keeps, "none", map[string]string{
		"none": words.T("None"), "not-ok": words.T("Of REVIEW, NG and ERROR"), "all": words.T("Of all parts"),
	}, words.T("Of which parts the full picture and the maps are kept, so that the verdict can be opened exactly as it was judged."),
		func(t *station.Settings) *string { return &t.Keep })
	keep := func(name, unit, tip string, field func(*station.Settings) *int) fyne.CanvasObject {
		n := newNumber(s, tip, field)
		s.numbers = append(s.numbers, n)
		label := widgets.NewStyled(&widgets.Text{Text: name, Width: nameWidth, Elide: widgets.ElideEnd})
		return container.NewBorder(nil, nil, container.NewCenter(label), nil,
			container.NewHBox(widgets.Fixed(84, 0, n.entry), container.NewCenter(widgets.NewCaption(unit))))
	}
	s.shifts = newShifts(s)
	days := words.T("days (0: for ever)")
	return card(words.T("Records"),
		s.row(words.T("Full pictures kept"), s.keep.sel, 230),
		keep(words.T("Full pictures and maps"), days, words.T("Older ones are deleted; the verdicts stay."), func(t *station.Settings) *int { return &t.Retention.PictureDays }),
		keep(words.T("Small pictures"), days, words.T("Older ones are deleted; the verdicts stay."), func(t *station.Settings) *int { return &t.Retention.ThumbnailDays }),
		keep(words.T("Verdicts"), days, words.T("Older ones are deleted. That they were, and how many, stays on record."), func(t *station.Settings) *int { return &t.Retention.VerdictDays }),
		keep(words.T("At most"), words.T("GB in all (0: no limit)"), words.T("Of database and pictures together. Full pictures go first, then small ones, then verdicts, the oldest first."), func(t *station.Settings) *int { return &t.Retention.Gigabytes }),
		container.NewPadded(widgets.NewCaption(words.T("Parts of golden sets stay whatever is set here."))),
		s.row(words.T("Shifts begin at"), s.shifts.entry, 230), s.shifts.wrong)
}

func (s *Screen) files() fyne.CanvasObject {
	s.data = widgets.NewStyled(&widgets.Text{Elide: widgets.ElideMiddle})
	settings, _ := s.at.Place()
	choose := s.Tips.NewButton(words.T("Choose…"), theme.FolderOpenIcon(), words.T("Keep the history in another folder. What is in this one stays there. After a restart."), func() {
		_, history := s.at.Place()
		s.at.AskFolder(history, func(path string) { s.change(func(t *station.Settings) { t.Data = path }) })
	})
	normal := s.Tips.NewFlatButton(words.T("Usual folder"), theme.ContentUndoIcon(), words.T("Keep the history where a new station does. After a restart."), func() {
		s.change(func(t *station.Settings) { t.Data = "" })
	})
	where := widgets.NewStyled(&widgets.Text{Text: settings, SizeName: theme.SizeNameCaptionText, ColorName: themes.ColorNameMuted, Elide: widgets.ElideMiddle})
	return card(words.T("Data folder"), s.data, widgets.Row(6, choose, normal),
		widgets.NewCaption(words.T("These settings lie in")), where)
}

// Show implements desk.Screen.
func (s *Screen) Show() {
	s.silent = true
	defer func() { s.silent = false }()
	t := s.at.Settings()
	for _, c := range []interface{ show(station.Settings) }{s.theme, s.text, s.scale, s.language, s.keep} {
		c.show(t)
	}
	s.sound.Set(!t.Silent, true)
	s.flash.Set(!t.Steady, true)
	for _, n := range s.numbers {
		n.show(t)
	}
	s.shifts.show(t)
	_, history := s.at.Place()
	if t.Data != "" {
		history = t.Data
	}
	s.data.Set(history)
	s.showRoles(t)
	if s.at.Stale() {
		s.restart.Show()
	} else {
		s.restart.Hide()
	}
	s.all.Refresh()
}

// change puts changed settings in force.
func (s *Screen) change(f func(*station.Settings)) {
	if s.silent {
		return
	}
	t := s.at.Settings()
	f(&t)
	s.at.Apply(t)
	s.Show()
}

// choice is a setting of few values.
type choice[V string | float32] struct {
	sel   *widgets.Select
	names map[V]string
	usual V // shown for the zero value
	field func(*station.Settings) *V
}

func newChoice[V string | float32](s *Screen, values []V, usual V, names map[V]string, tip string, field func(*station.Settings) *V) *choice[V] {
	c := &choice[V]{names: names, usual: usual, field: field}
	var options []string
	for _, v := range values {
		options = append(options, names[v])
	}
	c.sel = s.Tips.NewSelect(options, tip, s.Keys, func(name string) {
		for _, v := range values {
			if names[v] == name {
				s.change(func(t *station.Settings) { *field(t) = v })
			}
		}
	})
	return c
}

func (c *choice[V]) show(t station.Settings) {
	v := *c.field(&t)
	name, ok := c.names[v]
	if !ok {
		name = c.names[c.usual]
	}
	c.sel.SetSelected(name)
}

// number is a setting that is counted; 0 is none.
type number struct {
	s     *Screen
	entry *widgets.Entry
	field func(*station.Settings) *int
}

func newNumber(s *Screen, tip string, field func(*station.Settings) *int) *number {
	n := &number{s: s, entry: s.Tips.NewEntry("0", tip), field: field}
	take := func() {
		v, err := strconv.Atoi(strings.TrimSpace(n.entry.Text))
		t := s.at.Settings()
		if n.entry.Text == "" {
			v, err = 0, nil
		}
		if err != nil || v < 0 || v > 1_000_000 || v == *field(&t) {
			n.show(t)
			return
		}
		s.change(func(t *station.Settings) { *field(t) = v })
	}
	n.entry.OnSubmitted = func(string) { s.Window.Canvas().Unfocus() }
	n.entry.OnLeave = take
	n.entry.OnEscape = func() { n.show(s.at.Settings()); s.Window.Canvas().Unfocus() }
	return n
}

func (n *number) show(t station.Settings) {
	text := strconv.Itoa(*n.field(&t))
	if n.entry.Text != text {
		n.entry.SetText(text)
	}
}

// confirm asks before something that cannot be taken back.
func (s *Screen) confirm(title, text, verb string, do func()) {
	d := dialog.NewConfirm(title, text, func(yes bool) {
		if yes {
			do()
		}
	}, s.Window)
	d.SetConfirmText(verb)
	d.SetDismissText(words.T("Cancel"))
	s.Dialog(d)
}
