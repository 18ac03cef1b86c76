package ui

import (
	"context"

	"agurscope/assets/words"
	"agurscope/ui/kiosk"
	"agurscope/ui/setup"
	"agurscope/ui/station"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// leaveKiosk is the only key that does anything in the kiosk.
var leaveKiosk = &desktop.CustomShortcut{KeyName: fyne.KeyQ, Modifier: fyne.KeyModifierControl | fyne.KeyModifierShift}

// beginKiosk puts the kiosk in the place of everything else. Without a set and a
// recipe it shows what was open last, or the demonstration.
func (w *Window) beginKiosk() {
	show := kiosk.Show{Recipe: w.c.Recipe, Camera: w.c.Camera, Set: w.c.Set, Rate: w.c.Rate}
	if show.Recipe == "" {
		show.Recipe, _ = there(w.settings.text(keyRecipe))
	}
	if show.Camera == "" && show.Set == "" {
		show.Set, _ = there(w.settings.text(keySet))
	}
	w.Window.SetFullScreen(true)
	if show.Recipe != "" && (show.Set != "" || show.Camera != "") || w.c.Demo == nil {
		w.show(show)
		return
	}
	w.Job(func(context.Context) {
		set, recipe, err := w.c.Demo()
		w.OnUI(func() {
			if show.Why = err; err == nil && show.Recipe == "" {
				show.Recipe = recipe
			}
			if err == nil && show.Camera == "" && show.Set == "" {
				show.Set = set
			}
			w.show(show)
		})
	})
}

func (w *Window) show(show kiosk.Show) {
	w.kiosk = kiosk.New(w.Desk, show)
	w.Window.SetContent(w.kiosk.Content())
	w.Window.Canvas().AddShortcut(leaveKiosk, func(fyne.Shortcut) { w.leaveKiosk() })
	w.kiosk.Begin()
}

// leaveKiosk goes back to the station, after the PIN where there are roles.
func (w *Window) leaveKiosk() {
	if w.kiosk == nil || w.dialogOpen() {
		return
	}
	leave := func() {
		w.Window.Canvas().RemoveShortcut(leaveKiosk)
		w.kiosk.End()
		w.kiosk = nil
		w.Window.SetFullScreen(false)
		w.Window.SetContent(w.content)
		w.begin()
	}
	if w.seat.guard.Active() {
		setup.AskPIN(w.Desk, w.seat.guard, station.Engineer, words.T("The PIN of the engineer or the administrator leaves the kiosk."), leave)
		return
	}
	leave()
}
