package ui

import (
	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// missing says what is needed before parts can be inspected.
func (s *inspectScreen) missing() string {
	switch {
	case s.w.Session.Engine() == nil:
		return words.T("an engine is needed: run “agurscope doctor” in a terminal")
	case s.recipe() == nil:
		return words.T("open a recipe or train one")
	}
	return words.T("choose a folder of parts")
}

// refreshMiddle shows the panes, or why there is nothing to show.
func (s *inspectScreen) refreshMiddle() {
	o := s.emptyState()
	if o == nil {
		o = s.view
	}
	if len(s.middle.Objects) == 1 && s.middle.Objects[0] == o {
		return
	}
	s.middle.Objects = []fyne.CanvasObject{o}
	s.middle.Refresh()
}

// emptyState is what stands in the panes' place, nil for the panes.
func (s *inspectScreen) emptyState() fyne.CanvasObject {
	t := s.w.Tips
	demo := t.NewButton(words.T("Show the demonstration"), theme.MediaPlayIcon(), words.T("Opens drawn electronic parts and a recipe that knows them."), s.openDemo)
	demo.Hidden = s.w.c.Demo == nil
	switch {
	case s.parts.len() == 0 && s.setGone != "" && s.w.Session.Set() == nil:
		b := t.NewButton(words.T("Try again"), theme.ViewRefreshIcon(), "", func() { s.openSet(s.setGone) })
		b.Importance = widget.HighImportance
		return widgets.NewEmpty(theme.FolderOpenIcon(), words.T("The folder that was open last is gone"),
			words.T("There is nothing at %s now. Connect its drive or network and try again, or choose another folder.", s.setGone), b,
			t.NewButton(words.T("Choose a folder…"), theme.FolderOpenIcon(), "", s.browseSet))
	case s.parts.len() == 0:
		b := t.NewButton(words.T("Choose a folder…"), theme.FolderOpenIcon(), "", s.browseSet)
		b.Importance = widget.HighImportance
		return widgets.NewEmpty(theme.FolderOpenIcon(), words.T("No parts yet"),
			words.T("Choose a folder of pictures, or drop one on this window."), b, demo)
	case s.on != nil && s.on.item == s.cur && s.on.res.Final() == history.ERROR && s.parts.state[s.cur].verdict != "":
		return s.errorState()
	case s.on != nil && s.on.item == s.cur && s.on.res.Frame.Image == nil && s.on.res.Err != nil:
		return widgets.NewEmpty(theme.BrokenImageIcon(), words.T("This picture cannot be read"), phrase.Sentence(s.on.res.Err.Error()))
	}
	return nil
}

// advise says, above the panes, what keeps parts from being inspected.
func (s *inspectScreen) advise() {
	t := s.w.Tips
	switch {
	case s.parts.len() == 0 || s.ready():
	case s.w.Session.Engine() == nil: // said already
	default:
		open := t.NewButton(words.T("Open a recipe…"), theme.FolderOpenIcon(), "", s.browseRecipe)
		open.Importance = widget.HighImportance
		train := t.NewButton(words.T("Train one"), theme.NewThemedResource(icon("train", svgTrain)), words.T("Go to the Train screen with this folder."), func() {
			s.w.settle()
			s.w.GoTo(trainTitle)
		})
		title, text := words.T("No recipe yet"), words.T("A recipe is what the program learnt from good parts. Open one, or train one from this folder.")
		if s.recipeGone != "" {
			title, text = words.T("The recipe that was open last is gone"), words.T("There is nothing at %s now. Open another one, or train one from this folder.", s.recipeGone)
		}
		s.advised = true
		s.w.tell(message{closed: func() { s.advised = false }}, widgets.Info, title, text, open, train)
	}
}

// errorState stands in the panes' place when a part could not be inspected.
func (s *inspectScreen) errorState() fyne.CanvasObject {
	i := s.cur
	body := words.T("It could not be inspected. It counts as not OK.")
	if err := s.on.res.Err; err != nil {
		body = phrase.Sentence(err.Error())
	}
	again := s.w.Tips.NewButton(words.T("Inspect again"), theme.ViewRefreshIcon(), words.T("After the file has been mended."), func() { s.inspectAgain(i) })
	return widgets.NewEmpty(themes.IconError(), words.T("This part was not inspected"), body, again)
}

// copy puts text on the clipboard and says so.
func (w *Window) copy(text string) {
	w.c.App.Clipboard().SetContent(text)
	w.status.say(words.T("Copied: %s", text))
}
