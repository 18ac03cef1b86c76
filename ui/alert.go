package ui

import (
	"sync/atomic"
	"time"

	"agurscope/history"
	"agurscope/ui/desk"
)

// keyShift is when a person last began a shift.
const keyShift = "shift"

// followVerdicts counts the shift, and makes it heard and seen when a part is not
// OK, wherever it was inspected.
func (w *Window) followVerdicts() {
	latest := &desk.Latest{Thread: w.Thread}
	var bad atomic.Bool // one at least, since it was shown last
	w.Session.WatchVerdicts(func(v history.Verdict, person bool) {
		w.Shift.Judged()
		if person || v == history.OK || v == history.REVIEW {
			return
		}
		bad.Store(true)
		latest.PostLatest(func() {
			if bad.Swap(false) {
				w.alert()
			}
		})
	})
	w.Shift.OnBegin = func(since time.Time) { w.settings.set(keyShift, since) }
	var before time.Time
	if w.settings.get(keyShift, &before) && before.Before(time.Now()) {
		w.Shift.Begin(before)
	}
	w.Shift.Use(w.seat.now.Turns())
}

// alert is what a part that is not OK does to the station.
func (w *Window) alert() {
	if s := w.seat.now; !s.Silent && w.c.Bell != nil {
		w.c.Bell.Ring()
	}
	if !w.seat.now.Steady {
		w.flash.Start()
	}
}
