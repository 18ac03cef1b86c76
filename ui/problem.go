package ui

import (
	"time"

	"agurscope/assets/words"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// message is what the notice above the screens is about. One that says what is wrong
// for good stays until that is mended or a person closes it, and comes back after
// another one. One that says what became of work stays until it was seen on the
// screen of that work.
type message struct {
	standing bool
	of       string    // screen of the work; "": the one that is looked at
	since    time.Time // that it stands there, or that the screen is looked at
	closed   func()    // a person has closed it; may be nil
}

// unread is how long a message may stand there without having been read.
const unread = time.Second

// ofNoScreen is for messages that no screen is the place of: a person closes them.
const ofNoScreen = "*"

// tell shows a message in the place of the one before.
func (w *Window) tell(m message, tone widgets.Tone, title, body string, buttons ...fyne.CanvasObject) {
	m.since = time.Now()
	w.message = m
	w.notice.Say(tone, title, body, buttons...)
}

// Report shows an error with the way out of it; the one component that does.
func (w *Window) Report(err error, buttons ...fyne.CanvasObject) { w.ReportOf("", err, buttons...) }

// ReportOf implements desk.Host.
func (w *Window) ReportOf(screen string, err error, buttons ...fyne.CanvasObject) {
	if err == nil {
		return
	}
	title, body := phrase.Problem(err)
	w.tell(message{of: screen}, widgets.Trouble, title, body, buttons...)
}

// Notify shows a message that wants no answer.
func (w *Window) Notify(tone widgets.Tone, title, body string, buttons ...fyne.CanvasObject) {
	w.tell(message{}, tone, title, body, buttons...)
}

// settle takes away messages of the past and shows what is wrong for good,
// unless that was closed by a person.
func (w *Window) settle() {
	if of := w.message.of; w.notice.Visible() && of != "" && of != w.title() {
		return // it was not seen where it belongs
	}
	w.notice.Hide()
	w.message = message{}
	s := w.Session
	copying := func(command string) fyne.CanvasObject {
		return w.Tips.NewButton(words.T("Copy the command"), theme.ContentCopyIcon(), command, func() { w.copy(command) })
	}
	standing := message{standing: true, closed: func() { w.dismissed = true }}
	switch {
	case len(w.c.Trouble) > 0:
		title, body := phrase.Problem(w.c.Trouble[0])
		w.tell(message{standing: true, closed: func() { w.c.Trouble = w.c.Trouble[1:] }}, widgets.Trouble, title, body)
	case w.dismissed:
	case !s.Health().OK():
		w.tellHealth(s.Health())
	case s.Engine() == nil:
		w.tell(standing, widgets.Trouble, words.T("There is no engine: nothing can be inspected or trained"), words.T("“agurscope doctor” says what to install."), copying("agurscope doctor"))
	case s.Store() == nil:
		w.tell(standing, widgets.Warning, words.T("Verdicts are not being kept"), words.T("There is no history database. Start the program with a file that can be written to."), copying("agurscope --db ~/history.db"))
	}
}

// closed follows a person's wish to see a message no more; what is wrong for good is
// told behind it.
func (w *Window) closed() {
	m := w.message
	w.message = message{}
	if m.closed != nil {
		m.closed()
	}
	w.settle()
}

// leave takes away what a person has seen on the screen that is left: elsewhere it
// would seem to be about what is there.
func (w *Window) leave() {
	m := &w.message
	if !w.notice.Visible() || m.standing {
		return
	}
	if seen := time.Since(m.since) >= unread; seen && (m.of == "" || m.of == w.title()) {
		w.settle()
		return
	}
	m.since = time.Now()
}

// title is that of the screen that is looked at.
func (w *Window) title() string { return w.screens[w.current].Title() }
