package ui

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// words turns an error into a title and a sentence with the way out.
func words(err error) (title, body string) {
	var p *session.Problem
	if !errors.As(err, &p) {
		return "Something went wrong", sentence(err.Error())
	}
	body = sentence(p.Err.Error())
	if p.Hint != "" {
		body += " " + sentence(p.Hint)
	}
	return "Could not " + p.Op, body
}

// sentence begins with a capital and ends with a full stop. A path or a word
// with figures at the beginning stays as it is.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	first, _, _ := strings.Cut(s, " ")
	if !strings.ContainsAny(first, `/\.0123456789`) {
		r, n := utf8.DecodeRuneInString(s)
		s = string(unicode.ToUpper(r)) + s[n:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// report shows an error with the way out of it; the one component that does.
func (w *Window) report(err error, buttons ...fyne.CanvasObject) {
	if err == nil {
		return
	}
	title, body := words(err)
	w.standing = false
	w.notice.Say(widgets.Trouble, title, body, buttons...)
}

// settle takes away messages of the past and shows what is wrong for good,
// unless that was closed by a person.
func (w *Window) settle() {
	w.notice.Hide()
	w.standing = false
	s := w.c.Session
	copying := func(command string) fyne.CanvasObject {
		return w.tips.NewButton("Copy the command", theme.ContentCopyIcon(), command, func() { w.copy(command) })
	}
	switch {
	case w.dismissed:
		return
	case s.Engine() == nil:
		w.notice.Say(widgets.Trouble, "There is no engine: nothing can be inspected or trained", "“agurscope doctor” says what to install.", copying("agurscope doctor"))
	case s.Store() == nil:
		w.notice.Say(widgets.Warning, "Verdicts are not being kept", "There is no history database. Start the program with a file that can be written to.", copying("agurscope --db ~/history.db"))
	default:
		return
	}
	w.standing = true
}

// say shows a message that wants no answer.
func (w *Window) say(tone widgets.Tone, title, body string, buttons ...fyne.CanvasObject) {
	w.standing = false
	w.notice.Say(tone, title, body, buttons...)
}
