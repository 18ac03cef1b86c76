package ui

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
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
	w.notice.Say(widgets.Trouble, title, body, buttons...)
}

// say shows a message that wants no answer.
func (w *Window) say(tone widgets.Tone, title, body string, buttons ...fyne.CanvasObject) {
	w.notice.Say(tone, title, body, buttons...)
}
