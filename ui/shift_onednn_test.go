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
	w.seat.now.Silent = true
	w.alert()
	select {
	case <-rung:
		t.Error("a silent station rings")
	case <-time.After(50 * time.Millisecond):
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
