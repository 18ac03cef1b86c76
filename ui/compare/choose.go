package compare

import (
	"path/filepath"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// recipes offers what this recipe can be compared with.
func (s *Screen) recipes() {
	take := func(path string) func() { return func() { s.Against(path) } }
	items := []*fyne.MenuItem{
		fyne.NewMenuItem(words.T("This recipe as calibrated"), take("")),
		fyne.NewMenuItem(words.T("Choose a recipe file…"), func() { s.AskRecipe(s.Against) }),
	}
	r, own := s.Session.Recipe(), len(items)
	for _, path := range s.RecentRecipes() {
		if r != nil && path == r.Path {
			continue
		}
		if len(items) == own {
			items = append(items, fyne.NewMenuItemSeparator())
		}
		items = append(items, fyne.NewMenuItem(short(path), take(path)))
	}
	popUp(s, s.pick, items)
}

// Against chooses the other recipe.
func (s *Screen) Against(path string) {
	s.asked = false
	s.stop()
	s.drop()
	s.path, s.c = path, nil
	s.renew()
}

// mostSets is how many golden sets a menu offers.
const mostSets = 12

// sets offers the parts to compare on: golden sets, whose answers people have
// agreed on, and folders.
func (s *Screen) sets() { s.GoldenSets(s.offer) }

func (s *Screen) offer(golden []history.GoldenSet) {
	open := func(path string) { s.OpenSet(path, Title) }
	var items []*fyne.MenuItem
	for _, g := range golden[:min(len(golden), mostSets)] {
		m := fyne.NewMenuItem(words.N(len(g.Members), "Golden set of %d part: %s", "Golden set of %d parts: %s", g.Name), func() { s.Golden(g, open) })
		m.Icon = theme.NewThemedResource(theme.ConfirmIcon())
		items = append(items, m)
	}
	if len(golden) == 0 {
		m := fyne.NewMenuItem(words.T("No golden set yet: choose verdicts in the history, then “Golden sets…”"), func() { s.GoTo("History") })
		m.Icon = theme.NewThemedResource(theme.NavigateNextIcon())
		items = append(items, m)
	}
	folder := fyne.NewMenuItem(words.T("Choose a folder…"), func() { s.AskSet(open) })
	folder.Icon = theme.NewThemedResource(theme.FolderOpenIcon())
	items = append(items, fyne.NewMenuItemSeparator(), folder)
	for i, path := range s.RecentSets() {
		if i == 0 {
			items = append(items, fyne.NewMenuItemSeparator())
		}
		m := fyne.NewMenuItem(short(path), func() { open(path) })
		m.Icon = theme.NewThemedResource(theme.HistoryIcon())
		items = append(items, m)
	}
	popUp(s, s.parts, items)
}

// short is a path that fits into a menu.
func short(path string) string {
	return widgets.Shorten(filepath.Clean(path), 420, theme.Size(theme.SizeNameText), fyne.TextStyle{}, widgets.ElideMiddle)
}

// popUp shows a menu below what it belongs to.
func popUp(s *Screen, under fyne.CanvasObject, items []*fyne.MenuItem) {
	widget.NewPopUpMenu(fyne.NewMenu("", items...), s.Window.Canvas()).ShowAtRelativePosition(fyne.NewPos(0, under.Size().Height+2), under)
}
