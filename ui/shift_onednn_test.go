//go:build onednn

package ui

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"agurscope/history"
	"agurscope/ui/alarm"
	"agurscope/ui/session"
)

func TestOnlyAGoodPartIsQueuedAndTrainOffersIt(t *testing.T) {
	w, q := atStation(t, nil)
	s := w.inspect
	// A recipe of its own: its queue lies beside it.
	path := filepath.Join(t.TempDir(), "mine.agur")
	b, err := os.ReadFile(s.recipe().Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s.openRecipe(path)
	q.until(t, "it is open and the first part judged by it", func() bool {
		r := s.recipe()
		return r != nil && r.Path == path && s.cur == 0 && s.parts.state[0].verdict != ""
	})
	queued := func() int {
		all, err := session.Queued(path)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	s.parts.review(0, history.NG, "")
	typeRune(w, 'g')
	if s.panel.queue.in || queued() != 0 {
		t.Error("an NG part is to teach what is good")
	}
	s.parts.review(0, history.OK, "")
	typeRune(w, 'g')
	q.until(t, "it is queued", func() bool { return s.panel.queue.in && queued() == 1 })
	f := w.train.form
	if f.queue.check.Hidden || f.queue.recipe() != path {
		t.Errorf("Train does not offer the queue: %q", f.queue.recipe())
	}
	f.queue.check.OnChanged(false)
	if f.queue.recipe() != "" {
		t.Error("it is learnt from against a person's wish")
	}
	typeRune(w, 'g')
	q.until(t, "it is out again", func() bool { return !s.panel.queue.in && queued() == 0 })
	if !f.queue.check.Hidden {
		t.Error("an empty queue is offered")
	}
}

func TestNGIsHeardAndSeenUnlessSettingsSayOtherwise(t *testing.T) {
	w, _ := atStation(t, nil)
	rung := make(chan struct{}, 8)
	w.c.Bell = &alarm.Bell{Play: func(context.Context) error { rung <- struct{}{}; return nil }}
	t.Cleanup(w.c.Bell.Close)
	w.seat.now.Silent, w.seat.now.Steady = true, true
	w.alert()
	if w.flash.Begun() > 0 {
		t.Error("a steady station flashes")
	}
	select {
	case <-rung:
		t.Error("a silent station rings")
	case <-time.After(50 * time.Millisecond):
	}
	w.seat.now.Steady = false
	w.alert()
	if w.flash.Begun() != 1 {
		t.Error("NG is not seen")
	}
	w.seat.now.Silent = false
	for heard := false; !heard; { // the bell may still be on its way
		w.alert()
		select {
		case <-rung:
			heard = true
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestTheRecipePickerGoesBackToAVersion(t *testing.T) {
	w, q := atStation(t, nil)
	s := w.inspect
	path := filepath.Join(t.TempDir(), "mine[1].agur") // means something in a pattern
	b, err := os.ReadFile(s.recipe().Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, filepath.Join(filepath.Dir(path), "mine[1].v1.agur")} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.openRecipe(path)
	q.until(t, "it is open", func() bool { return s.recipe() != nil && s.recipe().Path == path })
	if n := len(s.versionItems()); n != 1 {
		t.Errorf("%d entries, and there is one replaced file and one version", n)
	}
	calibrated := w.Session.Thresholds()
	moved := calibrated
	moved.Reject *= 1.5
	for i, reason := range []string{"fewer false rejects", "on second thoughts"} {
		moved.Review = calibrated.Review * (1 + .1*float64(i))
		if _, err := w.Session.SaveVersion(moved, "anna", reason); err != nil {
			t.Fatal(err)
		}
	}
	items := s.versionItems()
	if len(items) != 4 || !items[0].Checked || items[1].Checked || items[2].Checked {
		t.Fatalf("%d entries", len(items))
	}
	items[2].Action()
	if w.Session.Thresholds() != calibrated {
		t.Errorf("%+v, want those of version 1: %+v", w.Session.Thresholds(), calibrated)
	}
	if items = s.versionItems(); !items[2].Checked {
		t.Error("the menu does not say what is in force")
	}
	if session.Saved(s.recipe()) != moved {
		t.Error("the file has changed")
	}
}
