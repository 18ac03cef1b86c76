// Package desk is what all screens of the window stand on: the session that they
// drive, the goroutine that shows, the work that runs beside it, and the few
// things that only the window can do for them.
package desk

import (
	"context"
	"sync"

	"agurscope/ui/session"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
)

// Screen is one place to work in. Its methods are called on Fyne's goroutine.
type Screen interface {
	Title() string
	Content() fyne.CanvasObject
	Show() // it is looked at from now on
	Hide() // another one is
	// Changed is called when another set or recipe is open, or other thresholds
	// are in force.
	Changed()
	Key(name fyne.KeyName) bool // whether the key meant anything
	Rune(r rune)                // in lower case
	Drop(paths []string)
}

// Quiet is a screen's answer to what it has no use for, to be embedded.
type Quiet struct{}

// Hide implements Screen.
func (Quiet) Hide() {}

// Changed implements Screen.
func (Quiet) Changed() {}

// Key implements Screen.
func (Quiet) Key(fyne.KeyName) bool { return false }

// Rune implements Screen.
func (Quiet) Rune(rune) {}

// Drop implements Screen.
func (Quiet) Drop([]string) {}

// Host is what the window does for its screens.
type Host interface {
	// Report shows an error with the way out of it, until it is closed.
	Report(err error, buttons ...fyne.CanvasObject)
	// ReportOf shows what became of work of a screen, which may not be looked at
	// any more: it stays until it was seen there.
	ReportOf(screen string, err error, buttons ...fyne.CanvasObject)
	// Say shows a short message in the status bar.
	Say(text string)
	// Dialog opens a dialog that Escape leaves.
	Dialog(d dialog.Dialog)
	// Files opens a dialog of files under a title, large and beginning at a folder if
	// that exists.
	Files(title string, d *dialog.FileDialog, dir string)
	// GoTo shows the screen of that title.
	GoTo(title string)
	// Inspect shows a part of the open set on the Inspect screen.
	Inspect(name string)
	// OpenSet opens a folder of parts and then shows the screen of that title.
	OpenSet(path, title string)
	// ShowRecords shows nothing but these verdicts on the History screen; what
	// says in a few words what they are.
	ShowRecords(ids []int64, what string)
	// ShowInMap shows where the parts of these verdicts lie in the map.
	ShowInMap(ids []int64)
	// ThresholdsChanged tells every screen what the session judges by now.
	ThresholdsChanged()
	// RecipeSaved tells that the open recipe was written to its file anew.
	RecipeSaved()
	// AskRecipe lets a person choose a recipe file.
	AskRecipe(take func(path string))
	// RecentRecipes are recipe files that were used before, newest first.
	RecentRecipes() []string
	// AskSet lets a person choose a folder of parts.
	AskSet(take func(path string))
	// RecentSets are sets that were open before, newest first.
	RecentSets() []string
	// May reports whether whoever is at the station may do what is a role's.
	May(r station.Role) bool
	// Need does what is a role's, after a question for the PIN where that is not
	// who is at the station.
	Need(r station.Role, do func())
	// User is who sits at the station.
	User() string
}

// Desk is what a screen is given.
type Desk struct {
	*Thread
	Host
	Session *session.Session
	Window  fyne.Window
	Tips    *widgets.Tips
	Keys    *widgets.Keys
	Scoring *Scoring
	Shift   *Shift

	ctx    context.Context
	cancel context.CancelFunc
	jobs   sync.WaitGroup
}

// New returns a desk whose work ends with Close.
func New(t *Thread, s *session.Session) *Desk {
	d := &Desk{Thread: t, Session: s, Tips: widgets.NewTips(), Keys: &widgets.Keys{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.Tips.Keys = d.Keys
	d.Scoring = newScoring(d)
	d.Shift = newShift(d)
	return d
}

// Context ends with the window.
func (d *Desk) Context() context.Context { return d.ctx }

// Job runs work away from Fyne's goroutine under the window's context.
func (d *Desk) Job(f func(ctx context.Context)) {
	d.jobs.Add(1)
	go func() {
		defer d.jobs.Done()
		f(d.ctx)
	}()
}

// Close ends all work and waits for it.
func (d *Desk) Close() {
	d.Thread.Close()
	d.cancel()
	d.jobs.Wait()
}
