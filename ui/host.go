package ui

import (
	"fmt"
	"path"
	"path/filepath"

	"agurscope/assets/words"
	"agurscope/ui/clusters"
	"agurscope/ui/desk"
	"agurscope/ui/records"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
)

var _ desk.Host = (*Window)(nil)

// Say implements desk.Host.
func (w *Window) Say(text string) { w.status.say(text) }

// Inspect implements desk.Host.
func (w *Window) Inspect(name string) {
	s := w.inspect
	w.GoTo(inspectTitle)
	if s.tools.editing() {
		return
	}
	for i, it := range s.parts.items {
		if it.Name == name || path.Base(it.Name) == name {
			s.parts.show("")
			s.refreshList()
			s.follow = false
			s.choose(i)
			s.highlight()
			return
		}
	}
	w.Say(words.T("%s is not among the parts to inspect.", name))
}

// OpenSet implements desk.Host.
func (w *Window) OpenSet(path, title string) {
	w.inspect.openSet(path)
	w.GoTo(title)
}

// ShowRecords implements desk.Host.
func (w *Window) ShowRecords(ids []int64, what string) {
	for _, s := range w.screens {
		if r, ok := s.(*records.Screen); ok {
			r.Only(ids, what)
			w.GoTo(records.Title)
		}
	}
}

// ShowInMap implements desk.Host.
func (w *Window) ShowInMap(ids []int64) {
	for _, s := range w.screens {
		if c, ok := s.(*clusters.Screen); ok {
			w.GoTo(clusters.Title)
			c.Find(ids)
		}
	}
}

// ThresholdsChanged implements desk.Host.
func (w *Window) ThresholdsChanged() { w.changed(w.screens[w.current]) }

// changed tells all screens but the one that has made the change.
func (w *Window) changed(by desk.Screen) {
	for _, s := range w.screens {
		if s != by {
			s.Changed()
		}
	}
}

// RecipeSaved implements desk.Host.
func (w *Window) RecipeSaved() {
	w.inspect.refreshBar()
	w.ThresholdsChanged()
}

// AskRecipe implements desk.Host.
func (w *Window) AskRecipe(take func(path string)) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil {
			w.Report(fmt.Errorf("open a recipe: %w", err))
			return
		}
		if f == nil {
			return
		}
		path := f.URI().Path()
		_ = f.Close() // only its name was wanted
		take(path)
	}, w.Window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".agur"}))
	w.Files(words.T("Choose a recipe"), d, filepath.Dir(w.settings.text(keyRecipe)))
}

// RecentRecipes implements desk.Host.
func (w *Window) RecentRecipes() []string { return w.settings.recent(keyRecipes) }

// AskSet implements desk.Host.
func (w *Window) AskSet(take func(path string)) { w.askFolder(w.settings.text(keySet), take) }

// RecentSets implements desk.Host.
func (w *Window) RecentSets() []string { return w.settings.recent(keySets) }

// User implements desk.Host.
func (w *Window) User() string { return reviewer() }
