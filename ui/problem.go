package ui

import (
	"agurscope/assets/words"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Report shows an error with the way out of it; the one component that does.
func (w *Window) Report(err error, buttons ...fyne.CanvasObject) {
	if err == nil {
		return
	}
	title, body := phrase.Problem(err)
	w.standing = false
	w.notice.Say(widgets.Trouble, title, body, buttons...)
}

// settle takes away messages of the past and shows what is wrong for good,
// unless that was closed by a person.
func (w *Window) settle() {
	w.notice.Hide()
	w.standing = false
	s := w.Session
	copying := func(command string) fyne.CanvasObject {
		return w.Tips.NewButton(words.T("Copy the command"), theme.ContentCopyIcon(), command, func() { w.copy(command) })
	}
	switch {
	case w.dismissed:
		return
	case !s.Health().OK():
		w.tellHealth(s.Health())
	case s.Engine() == nil:
		w.notice.Say(widgets.Trouble, words.T("There is no engine: nothing can be inspected or trained"), words.T("“agurscope doctor” says what to install."), copying("agurscope doctor"))
	case s.Store() == nil:
		w.notice.Say(widgets.Warning, words.T("Verdicts are not being kept"), words.T("There is no history database. Start the program with a file that can be written to."), copying("agurscope --db ~/history.db"))
	default:
		return
	}
	w.standing = true
}

// Notify shows a message that wants no answer.
func (w *Window) Notify(tone widgets.Tone, title, body string, buttons ...fyne.CanvasObject) {
	w.standing = false
	w.notice.Say(tone, title, body, buttons...)
}
