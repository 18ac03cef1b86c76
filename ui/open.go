package ui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/ui/live"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// open opens at the start what was asked for, what was open last, or the
// demonstration.
func (w *Window) open() {
	set, recipe := w.c.Set, w.c.Recipe
	if w.c.Script == scriptTour {
		w.inspect.openDemo()
		return
	}
	if w.c.Camera != "" {
		w.camera.StartWhenReady(w.c.Camera)
		w.GoTo(live.Title)
	}
	first := !w.settings.flag(keyStarted, false)
	w.settings.setFlag(keyStarted, true)
	if first && set == "" && recipe == "" {
		w.inspect.openDemo()
		return
	}
	if set == "" {
		set, w.inspect.setGone = there(w.settings.text(keySet))
	}
	if recipe == "" {
		recipe, w.inspect.recipeGone = there(w.settings.text(keyRecipe))
	}
	w.inspect.refreshMiddle()
	w.inspect.openBoth(set, recipe)
}

// there returns path if something is at it, and else as one that is gone.
func there(path string) (here, gone string) {
	// A set may name a class behind a number sign, as in DIR#0.
	if _, err := os.Stat(path); err != nil {
		if _, err := os.Stat(strings.SplitN(path, "#", 2)[0]); err != nil {
			return "", path
		}
	}
	return path, ""
}

// openDemo extracts and opens the demonstration.
func (s *inspectScreen) openDemo() {
	if s.w.c.Demo == nil {
		return
	}
	s.w.status.say(words.T("Opening the demonstration…"))
	s.w.Job(func(context.Context) {
		set, recipe, err := s.w.c.Demo()
		s.w.OnUI(func() {
			if err != nil {
				s.w.Report(fmt.Errorf("open the demonstration: %w", err))
				s.w.scriptFailed(err)
				return
			}
			s.openBoth(set, recipe)
		})
	})
}

// openBoth opens a set, then a recipe; either may be empty. The set first: its
// pictures can be seen while the network is prepared.
func (s *inspectScreen) openBoth(set, recipe string) { s.openThen(set, recipe, func() {}) }

// openThen opens both and then goes on: what begins before they are there would
// begin with what was open before.
func (s *inspectScreen) openThen(set, recipe string, then func()) {
	s.leave()
	s.recipeComing = recipe != ""
	s.w.Job(func(context.Context) {
		if set != "" {
			s.loadSet(set)
		}
		if recipe != "" {
			s.loadRecipe(recipe)
		}
		s.w.OnUI(func() {
			s.w.tidy()
			s.w.scriptOpened()
			then()
		})
	})
}

// openSet opens a folder of parts.
func (s *inspectScreen) openSet(path string) {
	s.leave()
	s.w.status.say(words.T("Opening %s…", path))
	s.w.Job(func(context.Context) { s.loadSet(path) })
}

// openRecipe opens a recipe file.
func (s *inspectScreen) openRecipe(path string) {
	s.leave()
	s.w.status.say(words.T("Opening %s…", path))
	s.w.Job(func(context.Context) { s.loadRecipe(path) })
}

// leave stops what is being done with the set and recipe that are open.
func (s *inspectScreen) leave() {
	s.stopRun()
	if s.choosing != nil {
		s.choosing()
	}
}

// loadSet runs on a goroutine of its own.
func (s *inspectScreen) loadSet(path string) {
	s.gate.Lock()
	s.endManual()
	set, err := s.w.Session.OpenSet(path)
	s.gate.Unlock()
	s.w.OnUI(func() {
		s.w.status.say("")
		var choice *datasets.ChoiceError
		switch {
		case errors.As(err, &choice):
			s.w.askChoice(choice, s.openSet)
		case err != nil:
			if errors.Is(err, fs.ErrNotExist) {
				s.w.settings.dropRecent(keySets, path)
			}
			s.w.Report(err)
		default:
			s.w.settings.addRecent(keySets, path)
			s.w.settings.setText(keySet, path)
			s.setOpened(set)
		}
	})
}

// loadRecipe runs on a goroutine of its own.
func (s *inspectScreen) loadRecipe(path string) {
	s.gate.Lock()
	s.endManual()
	_, err := s.w.Session.OpenRecipe(path)
	s.gate.Unlock()
	s.w.OnUI(func() {
		s.w.status.say("")
		waited := s.recipeComing
		s.recipeComing = false
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				s.w.settings.dropRecent(keyRecipes, path)
			}
			s.w.Report(err)
			s.refreshMiddle()
			if waited && s.cur >= 0 { // for nothing: the recipe of before stays
				s.choose(s.cur)
			}
			return
		}
		s.w.settings.addRecent(keyRecipes, path)
		s.w.settings.setText(keyRecipe, path)
		s.recipeOpened()
	})
}

// setOpened shows another set from its first part on.
func (s *inspectScreen) setOpened(set *datasets.Set) {
	s.fresh()
	s.parts = newParts(set)
	s.thumbs.Reset(s.parts.items)
	s.cur = -1
	s.list.UnselectAll()
	s.list.ScrollToTop()
	s.w.settle()
	s.refreshBar()
	s.refreshList()
	s.refreshMiddle()
	if n := len(set.Report.LeftOut); n > 0 {
		s.w.status.say(words.N(n, "%d file left out; see the report on the Train screen.", "%d files left out; see the report on the Train screen."))
	}
	if s.parts.len() > 0 {
		s.choose(0)
		s.highlight()
	}
	if !s.recipeComing {
		s.advise()
	}
	s.w.train.suggest(set)
	s.w.changed(s)
}

// recipeOpened judges the set anew: verdicts belong to the recipe that made
// them.
func (s *inspectScreen) recipeOpened() {
	s.fresh()
	s.parts.forget()
	s.advised = false
	s.w.settle()
	s.w.recallThresholds()
	s.panel.thresholds.refresh()
	s.panel.regions.rescale()
	s.refreshBar()
	s.refreshList()
	if s.cur >= 0 {
		s.choose(s.cur)
	} else {
		s.panel.empty()
	}
	s.refreshMiddle()
	s.w.changed(s)
}

// fresh begins another generation: results under way belong to the past.
func (s *inspectScreen) fresh() {
	s.gen++
	if s.tools.editor != nil {
		s.tools.leave()
	}
	s.cache.clear()
	s.on = nil
	s.run = nil
	s.progressRow.Hide()
}

// askChoice offers the sets that a folder holds.
func (w *Window) askChoice(c *datasets.ChoiceError, open func(root string)) {
	var d dialog.Dialog
	list := widget.NewList(func() int { return len(c.Choices) },
		func() fyne.CanvasObject { return widget.NewLabel("") },
		func(i int, o fyne.CanvasObject) { o.(*widget.Label).SetText(c.Choices[i].Name) })
	list.OnSelected = func(i int) {
		d.Hide()
		open(c.Choices[i].Root)
	}
	text := widget.NewLabel(words.T("%s holds several %s. Choose one:", c.Root, words.Retold(c.What)))
	text.Wrapping = fyne.TextWrapWord
	d = dialog.NewCustom(words.T("Which one?"), words.T("Cancel"), container.NewBorder(text, nil, nil, nil, widgets.Fixed(420, 260, list)), w.Window)
	w.Dialog(d)
}

// setMenu offers folders of parts.
func (s *inspectScreen) setMenu() {
	items := []*fyne.MenuItem{
		menuItem(words.T("Choose a folder…"), theme.FolderOpenIcon(), s.browseSet),
		menuItem(words.T("Type or paste a path…"), theme.DocumentCreateIcon(), func() {
			s.w.askPath(words.T("Open parts"), words.T("A folder of pictures, or one picture"), words.T("Open"), s.openSet)
		}),
	}
	s.showMenu(s.setPick, append(items, s.liveItems()...), keySets, s.openSet)
}

// recipeMenu offers recipes.
func (s *inspectScreen) recipeMenu() {
	items := []*fyne.MenuItem{
		menuItem(words.T("Choose a recipe file…"), theme.FolderOpenIcon(), s.browseRecipe),
		menuItem(words.T("Type or paste a path…"), theme.DocumentCreateIcon(), func() {
			s.w.askPath(words.T("Open recipe"), words.T("A recipe file, NAME.agur"), words.T("Open"), s.openRecipe)
		}),
		menuItem(words.T("Train a new one"), icon("train", svgTrain), func() { s.w.GoTo(trainTitle) }),
	}
	if of := s.versionItems(); len(of) > 0 {
		items = append(append(items, fyne.NewMenuItemSeparator()), of...)
	}
	s.showMenu(s.recipePick, items, keyRecipes, s.openRecipe)
}

func menuItem(text string, res fyne.Resource, do func()) *fyne.MenuItem {
	m := fyne.NewMenuItem(text, do)
	m.Icon = theme.NewThemedResource(res)
	return m
}

// showMenu adds what was used before and the demonstration, and shows it below
// the picker.
func (s *inspectScreen) showMenu(under fyne.CanvasObject, items []*fyne.MenuItem, recent string, open func(string)) {
	if s.w.c.Demo != nil {
		items = append(items, menuItem(words.T("Show the demonstration"), theme.MediaPlayIcon(), s.openDemo))
	}
	if used := s.w.settings.recent(recent); len(used) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
		size, style := theme.Size(theme.SizeNameText), fyne.TextStyle{}
		for _, path := range used {
			label := widgets.Shorten(path, 420, size, style, widgets.ElideMiddle)
			items = append(items, menuItem(label, theme.HistoryIcon(), func() { open(path) }))
		}
	}
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), s.w.Window.Canvas())
	menu.ShowAtRelativePosition(fyne.NewPos(0, under.Size().Height+2), under)
}

// browseSet lets a person choose a folder.
func (s *inspectScreen) browseSet() { s.w.AskSet(s.openSet) }

// browseRecipe lets a person choose a recipe file.
func (s *inspectScreen) browseRecipe() { s.w.AskRecipe(s.openRecipe) }

// askFolder lets a person choose a folder, beginning beside near.
func (w *Window) askFolder(near string, take func(string)) {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err != nil {
			w.Report(fmt.Errorf("open a folder: %w", err))
			return
		}
		if u != nil {
			take(u.Path())
		}
	}, w.Window)
	w.Files(words.T("Choose a folder"), d, filepath.Dir(near))
}

// Files implements desk.Host.
func (w *Window) Files(title string, d *dialog.FileDialog, dir string) {
	d.SetTitleText(title)
	if dir != "" && dir != "." {
		if u, err := storage.ListerForURI(storage.NewFileURI(dir)); err == nil {
			d.SetLocation(u)
		}
	}
	w.Dialog(d) // before it is resized: it has no size until then
	size := w.Window.Canvas().Size()
	d.Resize(fyne.NewSize(min(size.Width-80, 920), min(size.Height-80, 640)))
}

// askPath lets a person type a path.
func (w *Window) askPath(title, hint, verb string, take func(string)) {
	entry := w.Tips.NewEntry(hint, "")
	body := widgets.Fixed(560, 0, widgets.Rows(8, entry, widgets.NewCaption(words.T("Enter opens, Esc leaves everything as it is."))))
	d := dialog.NewCustomConfirm(title, verb, words.T("Cancel"), body, func(yes bool) {
		if path := cleanPath(entry.Text); yes && path != "" {
			take(path)
		}
	}, w.Window)
	entry.OnSubmitted = func(string) { d.Confirm() }
	entry.OnEscape = d.Hide
	w.Dialog(d)
	w.Window.Canvas().Focus(entry)
}

// cleanPath takes what people paste: quotes, blanks, file addresses and ~.
func cleanPath(s string) string {
	s = strings.Trim(strings.TrimSpace(s), `"'`)
	s = strings.TrimPrefix(s, "file://")
	if s == "~" || strings.HasPrefix(s, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			s = filepath.Join(home, s[1:])
		}
	}
	if s == "" {
		return ""
	}
	return filepath.Clean(s)
}

// dropped opens what was dropped on the window.
func (w *Window) dropped(uris []fyne.URI) {
	var paths []string
	for _, u := range uris {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	if len(paths) > 0 && !w.dialogOpen() && !w.c.Kiosk {
		w.screens[w.current].Drop(paths)
	}
}

// Drop opens a recipe, a folder or pictures.
func (s *inspectScreen) Drop(paths []string) {
	for _, p := range paths {
		if strings.EqualFold(filepath.Ext(p), ".agur") {
			s.openRecipe(p)
			return
		}
	}
	if len(paths) == 1 {
		s.openSet(paths[0])
		return
	}
	s.openPictures(paths)
}

// mostErrors is of how many pictures that cannot be opened the reason is said.
const mostErrors = 3

// openPictures makes a set of single pictures.
func (s *inspectScreen) openPictures(paths []string) {
	s.leave()
	s.w.Job(func(context.Context) {
		all := &datasets.Set{Root: filepath.Dir(paths[0]), Layout: words.T("dropped pictures")}
		var errs []error
		for _, p := range paths {
			one, err := datasets.Open(p)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			all.Items = append(all.Items, one.Items...)
		}
		if len(all.Items) > 0 {
			s.gate.Lock()
			s.endManual()
			s.w.Session.UseSet(all)
			s.gate.Unlock()
		}
		s.w.OnUI(func() {
			if len(all.Items) > 0 {
				s.setOpened(all)
			}
			if n := len(errs); n > 0 {
				more := ""
				if n > mostErrors {
					more = words.T("and %d more", n-mostErrors)
				}
				s.w.Report(&session.Problem{Op: "open set", Err: errors.Join(errs[:min(n, mostErrors)]...), Hint: more})
			}
		})
	})
}
