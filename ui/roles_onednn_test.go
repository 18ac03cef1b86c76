//go:build onednn

package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/history"
	"agurscope/ui/calibrate"
	"agurscope/ui/session"
	"agurscope/ui/setup"
	"agurscope/ui/station"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// sentences are the texts of the dialog on top.
func sentences(w *Window) string {
	var b strings.Builder
	top := w.Window.Canvas().Overlays().Top()
	if top == nil {
		return ""
	}
	for _, o := range test.LaidOutObjects(top) {
		switch t := o.(type) {
		case *widgets.Text:
			b.WriteString(t.Text + "\n")
		case *widget.Label:
			b.WriteString(t.Text + "\n")
		}
	}
	return b.String()
}

// manned gives the station an administrator's PIN, and leaves it to the operator.
func manned(t *testing.T, w *Window) {
	t.Helper()
	w.seat.now.PINs = map[station.Role]station.PIN{station.Administrator: "pbkdf2-sha256$1$AAAA$AAAA", station.Engineer: "pbkdf2-sha256$1$AAAA$AAAA"}
	w.seat.guard.Use(w.seat.now)
	w.seat.watch()
	if w.May(station.Engineer) || !w.May(station.Operator) {
		t.Fatal("a station with PINs does not begin with the operator")
	}
}

// slide moves a slider by keys.
func slide(s *widgets.Slider, steps int) {
	for range steps {
		s.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	}
}

// enter writes into a field as far as it lets anybody.
func enter(e *widgets.Entry, text string) {
	if !e.Disabled() {
		e.SetText(text)
		e.OnSubmitted(text)
	}
}

// confirm taps the button of that text in the dialog on top.
func confirm(t *testing.T, w *Window, text string) {
	t.Helper()
	for _, o := range test.LaidOutObjects(w.Window.Canvas().Overlays().Top()) {
		switch b := o.(type) {
		case *widgets.Button:
			if b.Text == text {
				test.Tap(b)
				return
			}
		case *widget.Button:
			if b.Text == text {
				test.Tap(b)
				return
			}
		}
	}
	t.Fatalf("no button says %q", text)
}

// shut closes whatever dialogs are open.
func shut(w *Window) {
	for w.dialogOpen() {
		w.Window.Canvas().Overlays().Remove(w.Window.Canvas().Overlays().Top())
	}
	w.dialogs = nil
}

// Every action that changes what parts are judged by, or how the station is set,
// is refused to the operator with one sentence and does nothing, and is the
// engineer's or the administrator's to do.
func TestEveryEditingActionNeedsItsRole(t *testing.T) {
	w, q, path := withOwnRecipe(t)
	s := w.inspect
	s.parts.review(0, history.OK, "")
	if _, err := w.Session.SaveVersion(func() session.Thresholds { th := w.Session.Thresholds(); th.Review *= .9; return th }(), "anna", "a version to go back to"); err != nil {
		t.Fatal(err)
	}
	manned(t, w)

	panel := s.panel.thresholds
	thresholds := func() any { return w.Session.Thresholds() }
	version := func() any { return w.Session.Recipe().Version() }
	at := func() any { return w.screens[w.current].Title() }
	file := func(path string) func() any {
		return func() any { _, err := os.Stat(path); return err == nil }
	}
	example := filepath.Join(filepath.Dir(w.Session.Store().Path()), "line-example.json")
	for _, a := range []struct {
		name string
		role station.Role
		what func() any // changes by it
		do   func()
	}{
		{"train", station.Engineer, at, func() { w.GoTo(trainTitle) }},
		{"calibrate", station.Engineer, at, func() { w.GoTo(calibrate.Title) }},
		{"settings", station.Administrator, at, func() { w.GoTo(setup.Title) }},
		{"a pixel threshold by its slider", station.Engineer, thresholds, func() { slide(panel.lines[high].slider, 5) }},
		{"a pixel threshold by its field", station.Engineer, thresholds, func() { enter(panel.lines[high].entry, "0.0123") }},
		{"the mode", station.Engineer, thresholds, func() {
			if !panel.mode.Disabled() {
				panel.mode.SetSelected(modes[1].word.String())
			}
		}},
		{"back to the calibrated ones", station.Engineer, thresholds, func() { test.Tap(panel.back) }},
		{"the smallest region", station.Engineer, thresholds, func() { enter(panel.limits.least.Entry, "77") }},
		{"the largest region", station.Engineer, thresholds, func() { enter(panel.limits.most.Entry, "12") }},
		{"thresholds of an earlier version", station.Engineer, thresholds, func() {
			th := w.Session.Thresholds()
			th.High *= 1.01
			s.useVersion(s.recipe(), 1, th)
		}},
		{"the thresholds from before a crash", station.Engineer, thresholds, func() { w.Need(station.Engineer, func() { w.forgetThresholds(s.recipe()) }) }},
		{"the queue of good parts", station.Engineer, func() any { all, _ := session.Queued(path); return len(all) }, func() { s.panel.queue.toggle() }},
		{"the judged area", station.Engineer, func() any { return s.tools.editor != nil }, func() { test.Tap(s.tools.area) }},
		{"the judged area, saved", station.Engineer, version, func() {
			if s.tools.editor == nil { // whoever drew has left the station since
				s.tools.editor = newROIEditor(s.tools)
			}
			stroke(s.tools.editor, viewer.Point{X: 0, Y: 0}, viewer.Point{X: 8, Y: 8})
			s.tools.editor.ask()
			w.Window.Canvas().Focused().(*widgets.Entry).SetText("a clamp")
			confirm(t, w, "Save")
		}},
		{"the scale", station.Engineer, version, func() {
			if !s.tools.line.on {
				s.tools.toggleMeasure()
			}
			stroke(s.tools.line, viewer.Point{X: 10, Y: 10}, viewer.Point{X: 40, Y: 50})
			s.tools.askScale()
			if w.May(station.Engineer) {
				enter(w.Window.Canvas().Focused().(*widgets.Entry), "12.5")
			}
		}},
		{"an example of the line", station.Administrator, file(example), func() { w.explainLine(); confirm(t, w, "Write an example") }},
		{"settings, past their screen", station.Administrator, func() any { return w.seat.now.Silent }, func() {
			next := w.seat.now
			next.Silent = !next.Silent
			w.seat.Apply(next)
		}},
	} {
		t.Run(a.name, func(t *testing.T) {
			w.goTo(0)
			w.seat.guard.SignOut()
			w.seat.watch()
			w.Say("")
			before := a.what()
			a.do()
			for len(q.c) > 0 {
				(<-q.c)()
			}
			said := sentences(w) + w.status.message.Text
			if panel.whose.Visible() {
				said += panel.whose.Text
			}
			if a.what() != before {
				t.Errorf("the operator has changed %v to %v", before, a.what())
			}
			if owner := strings.ToLower(a.role.String()) + "'s"; !strings.Contains(said, owner) {
				t.Errorf("nothing says that it is the %s: %q", owner, said)
			}
			shut(w)

			w.seat.guard.Assume(a.role)
			w.seat.watch()
			before = a.what()
			a.do()
			q.until(t, "it is done", func() bool { return a.what() != before })
			shut(w)
		})
	}
}

// Whoever works with the mouse alone is at the station, too, and what they had
// begun is not for the operator to end.
func TestTheRoleIsKeptByMouseAndLeavesNothingHalfDone(t *testing.T) {
	w, _, _ := withOwnRecipe(t)
	s := w.inspect
	manned(t, w)
	w.seat.guard.Assume(station.Engineer)
	w.seat.watch()
	touched := 0
	w.Tips.Used = func() { touched++ }
	s.tools.area.MouseIn(nil)
	s.tools.area.MouseOut()
	test.Type(s.panel.thresholds.lines[high].entry, "1")
	if touched < 3 {
		t.Errorf("pointing, leaving and typing count %d times", touched)
	}
	test.Tap(s.tools.area)
	stroke(s.tools.editor, viewer.Point{X: 0, Y: 0}, viewer.Point{X: 8, Y: 8})
	s.tools.editor.ask()
	w.seat.guard.SignOut() // as the clock does
	w.seat.watch()
	if w.dialogOpen() || s.tools.editor != nil {
		t.Error("what the engineer had begun waits for the operator")
	}
}
