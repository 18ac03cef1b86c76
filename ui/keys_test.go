package ui

import (
	"testing"

	"agurscope/assets/words"
	"agurscope/ui/session"

	"fyne.io/fyne/v2"
)

// Every place of the rail has a key of its own, and the tip on the rail says which.
func TestEveryScreenIsReachedByItsKey(t *testing.T) {
	w, _ := newTestWindow(t, newTestSession(t, session.Options{}), nil)
	press := func(key fyne.KeyName) {
		for _, s := range w.shortcuts() {
			if s.key == key {
				s.do()
			}
		}
	}
	seen := map[fyne.KeyName]bool{}
	for i, s := range w.screens {
		key := screenKey(i)
		if seen[key] {
			t.Errorf("two screens have the key %s", key)
		}
		seen[key] = true
		w.goTo((i + 1) % len(w.screens))
		if press(key); w.current != i {
			t.Errorf("Ctrl+%s leads to %s, not to %s", key, w.screens[w.current].Title(), s.Title())
		}
	}
	w.goTo(0)
	if press(fyne.KeyComma); w.current != len(w.screens)-1 {
		t.Error("Ctrl+comma does not lead to the settings")
	}
}

func TestTheListOfKeysFitsInEveryLanguage(t *testing.T) {
	t.Cleanup(func() { words.Use(words.English) })
	for _, l := range words.Languages {
		words.Use(l.Code)
		w, _ := newTestWindow(t, newTestSession(t, session.Options{}), nil)
		w.Window.Resize(fyne.NewSize(1280, 800))
		w.showKeys()
		if m := w.Window.Canvas().Overlays().Top().MinSize(); m.Width > 1280 || m.Height > 800 {
			t.Errorf("in %s it needs %v", l.Name, m)
		}
	}
}
