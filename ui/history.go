package ui

import (
	"path/filepath"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/desk"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
)

// followHealth shows how the history is whenever that changes, and speaks up when
// it goes wrong.
func (w *Window) followHealth() {
	latest := &desk.Latest{Thread: w.Thread}
	well := w.Session.Health().OK() // settle has told it otherwise
	w.Session.WatchHealth(func(h history.Health) {
		latest.PostLatest(func() {
			w.status.setHistory(h)
			switch {
			case h.OK() == well:
			case h.OK():
				w.tell(message{of: ofNoScreen}, widgets.Info, words.T("The history is being written again"), words.T("Every verdict is in it."))
				w.changed(nil) // what was kept elsewhere has another number now
			default:
				w.dismissed = false
				w.tellHealth(h)
			}
			well = h.OK()
		})
	})
	w.Session.WatchRetention(func(gone []history.Tombstone, err error) {
		w.OnUI(func() {
			if err != nil {
				w.ReportOf(ofNoScreen, err)
				return
			}
			w.Say(words.T("What is older, or more, than is to be kept was removed from the history."))
			w.changed(nil)
		})
	})
	w.Session.SetRetention(retention(w.c.Settings.Retention))
}

// retention is what settings keep, as the history takes it.
func retention(r station.Retention) history.Retention {
	const day = 24 * time.Hour
	return history.Retention{
		Files: time.Duration(r.PictureDays) * day, Thumbnails: time.Duration(r.ThumbnailDays) * day, Verdicts: time.Duration(r.VerdictDays) * day,
		Bytes: int64(r.Gigabytes) * 1e9,
	}
}

// tellHealth says that the history is not written, what helps, and where verdicts
// are meanwhile.
func (w *Window) tellHealth(h history.Health) {
	retry := w.Tips.NewButton(words.T("Try again"), theme.ViewRefreshIcon(), words.T("Try to write the history now; the program does so by itself, too"), w.Session.RetryHistory)
	buttons := []fyne.CanvasObject{retry}
	if w.replaceable() {
		buttons = append(buttons, w.Tips.NewButton(words.T("Begin a new one…"), nil, words.T("Put the history aside as it is and begin a new one in its place"), w.askAside))
	}
	body := words.T("The station is not OK until it is. Verdicts are safe in %s meanwhile and go into the history by themselves.", h.Journal)
	if remedy := h.Remedy(); remedy != "" {
		body += " " + words.T("To do: %s.", words.Retold(remedy))
	}
	w.tell(message{standing: true, closed: func() { w.dismissed = true }}, widgets.Trouble, words.T("The history is not being written: %s", words.Retold(h.Reason())), body, buttons...)
}

// replaceable reports whether the history is one that another can begin in the
// place of: one that no program has open, and that can be moved.
func (w *Window) replaceable() bool {
	st := w.Session.Store()
	return st != nil && st.Replaceable()
}

// askAside asks whether the history is to be put aside.
func (w *Window) askAside() {
	_, path := w.Session.Store().Away()
	text := words.T("%s stays as it is under another name beside it, for whoever can mend it. A new history begins in its place, with the verdicts that were kept meanwhile.", filepath.Base(path))
	d := dialog.NewCustomConfirm(words.T("Begin a new history?"), words.T("Begin a new one"), words.T("Cancel"), widgets.Fixed(460, 0, widgets.NewPara(text)), func(yes bool) {
		if yes {
			w.Need(station.Administrator, w.setAside)
		}
	}, w.Window)
	w.Dialog(d)
}

// setAside begins a new history in the place of one that cannot be written.
func (w *Window) setAside() {
	moved, err := w.Session.SetHistoryAside()
	if err != nil {
		w.Report(err)
		return
	}
	w.Say(words.T("The old history is %s.", moved))
}
