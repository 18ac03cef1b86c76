package ui

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/nn/anomaly"
	"agurscope/themes"
	"agurscope/ui/calibrate"
	"agurscope/ui/session"
	"agurscope/ui/setup"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2/theme"
)

// ErrRestart is what Run returns when the program is to be started again.
var ErrRestart = errors.New("start again")

// seat is the station as the window has it: settings, roles, and what is not in
// force before a restart. It implements setup.Station.
type seat struct {
	w     *Window
	file  string // of the settings; "" keeps nothing
	now   station.Settings
	begun station.Settings // with which the program started
	guard *station.Guard
	was   station.Role // that was shown last
}

var _ setup.Station = (*seat)(nil)

func newSeat(w *Window) *seat {
	return &seat{w: w, file: w.c.SettingsFile, now: w.c.Settings, begun: w.c.Settings, guard: station.NewGuard(w.c.Settings)}
}

// Settings implements setup.Station.
func (s *seat) Settings() station.Settings { return s.now }

// Apply implements setup.Station. Who may not change settings has none of them
// changed.
func (s *seat) Apply(t station.Settings) {
	if !s.guard.May(station.Administrator) {
		s.w.Say(words.T("Settings are the administrator's."))
		return
	}
	if err := t.Save(s.file); err != nil {
		s.w.Report(err)
		return
	}
	changed := s.now.Differences(t)
	first := len(s.now.PINs) == 0 && t.PINs[station.Administrator] != ""
	s.now = t
	s.guard.Use(t)
	if first { // whoever sets the first PIN is who may
		s.guard.Assume(station.Administrator)
	}
	s.dress()
	if k, err := session.ParseKeep(t.Keep); err == nil {
		s.w.Session.SetKeep(k)
	}
	s.w.Session.SetRetention(retention(t.Retention))
	s.w.Shift.Use(t.Turns())
	s.w.status.setRole()
	s.record(changed)
}

// dress shows theme and text size.
func (s *seat) dress() {
	t := themes.Named(s.now.Theme)
	if s.now.TextSize != 0 {
		t = themes.Scaled(t, s.now.TextSize)
	}
	if words.Current() == "zh" {
		t = themes.WithHan(t)
	}
	s.w.c.App.Settings().SetTheme(t)
}

// record writes to the history who changed what.
func (s *seat) record(changed []station.Difference) {
	if len(changed) == 0 {
		return
	}
	s.w.Job(func(ctx context.Context) {
		for _, d := range changed {
			err := s.w.Session.RecordChange(ctx, history.Change{Operator: s.w.User(), Setting: d.Setting, Before: d.Before, After: d.After})
			if err != nil {
				s.w.OnUI(func() { s.w.Report(err) })
				return
			}
		}
	})
}

// Stale implements setup.Station.
func (s *seat) Stale() bool {
	return s.now.Language != s.begun.Language || s.now.Scale != s.begun.Scale || s.now.Data != s.begun.Data
}

// Restart implements setup.Station.
func (s *seat) Restart() {
	s.w.err = ErrRestart
	s.w.askClose()
}

// Place implements setup.Station.
func (s *seat) Place() (settings, history string) {
	settings, history = s.file, words.T("not logged")
	if settings == "" {
		settings = words.T("nowhere: they end with the program")
	}
	if st := s.w.Session.Store(); st != nil {
		history = filepath.Dir(st.Path())
	}
	return settings, history
}

// AskFolder implements setup.Station.
func (s *seat) AskFolder(near string, take func(string)) {
	s.w.askFolder(filepath.Join(near, "."), take)
}

// SignOut implements setup.Station.
func (s *seat) SignOut() {
	s.guard.SignOut()
	s.watch()
}

// needs are the screens that are not the operator's.
var needs = map[string]station.Role{trainTitle: station.Engineer, calibrate.Title: station.Engineer, setup.Title: station.Administrator}

// May implements desk.Host.
func (w *Window) May(r station.Role) bool { return w.seat.guard.May(r) }

// Need implements desk.Host.
func (w *Window) Need(r station.Role, do func()) {
	if w.May(r) {
		do()
		return
	}
	why := words.T("This is the engineer's.")
	if r == station.Administrator {
		why = words.T("This is the administrator's.")
	}
	setup.AskPIN(w.Desk, w.seat.guard, r, why, func() {
		w.seat.watch()
		do()
	})
}

// watch follows who is at the station: what is not theirs is left.
func (s *seat) watch() {
	r := s.guard.Role()
	if r == s.was {
		return
	}
	if r < s.was { // what whoever is gone had begun is not for others to end
		for _, d := range slices.Backward(slices.Clone(s.w.dialogs)) {
			d.Hide()
		}
		if s.w.inspect.tools.editor != nil {
			s.w.inspect.tools.leave()
		}
	}
	s.was = r
	s.w.status.setRole()
	if need := needs[s.w.title()]; r < need {
		s.w.goTo(0)
		s.w.Say(words.T("The station is the operator's again."))
	}
	s.w.inspect.panel.thresholds.refresh()
	s.w.Tips.Layer().Refresh()
}

// attend looks every second whether whoever was signed in has gone, and remembers
// what there is to remember: the next second may be one in which the power fails.
func (w *Window) attend() {
	w.Job(func(ctx context.Context) {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				w.OnUI(func() {
					w.seat.watch()
					w.Shift.Follow(time.Now())
					w.remember()
				})
			case <-ctx.Done():
				return
			}
		}
	})
}

// roleMenu signs in or out.
func (w *Window) roleMenu() {
	g := w.seat.guard
	switch {
	case !g.Active():
		w.GoTo(setup.Title)
	case g.Role() > station.Operator:
		w.seat.SignOut()
	default:
		w.Need(station.Engineer, func() {})
	}
}

// setRole shows who is at the station.
func (b *statusBar) setRole() {
	g := b.w.seat.guard
	b.role.Hidden = !g.Active()
	if g.Active() {
		r := g.Role()
		b.role.SetText(setup.RoleName(r))
		if r == station.Operator {
			b.role.SetIcon(theme.LoginIcon())
			b.role.Tip = words.T("Sign in as the engineer.")
		} else {
			b.role.SetIcon(theme.LogoutIcon())
			b.role.Tip = words.T("Leave the station to the operator.")
		}
	}
	b.root.Refresh()
}

// moved are thresholds that were moved and not saved, with the recipe they are of.
type moved struct {
	Recipe     string // file
	Saved      session.Thresholds
	Thresholds session.Thresholds
}

// remember keeps what the window comes back with.
func (w *Window) remember() {
	if !w.Window.FullScreen() {
		w.settings.setSize(w.Window.Canvas().Size())
	}
	if !w.c.Kiosk { // which covers the screens
		w.settings.setText(keyScreen, w.title())
	}
	w.rememberThresholds()
}

// rememberThresholds keeps thresholds in progress over a crash.
func (w *Window) rememberThresholds() {
	r := w.Session.Recipe()
	if r == nil || r.Path == "" || r != w.recalled {
		return
	}
	saved, now := session.Saved(r), w.Session.Thresholds()
	if saved == now {
		w.settings.set(keyMoved, nil)
		return
	}
	w.settings.set(keyMoved, moved{r.Path, saved, now})
}

// recallThresholds puts thresholds in force again that were moved when the
// program ended, if the recipe is still the one that they were moved in.
func (w *Window) recallThresholds() {
	var m moved
	r := w.Session.Recipe()
	w.recalled = r
	if r == nil || !w.settings.get(keyMoved, &m) || m.Recipe != r.Path || m.Saved != session.Saved(r) || !sane(m.Thresholds) {
		return
	}
	w.Session.SetThresholds(m.Thresholds)
	w.Notify(widgets.Info, words.T("Thresholds that were moved are in force again"),
		words.T("They were not saved when the program ended. Calibrate saves them as a version."),
		w.Tips.NewButton(words.T("Back to the saved ones"), theme.ContentUndoIcon(), "", func() {
			w.Need(station.Engineer, func() { w.forgetThresholds(r) })
		}))
}

// forgetThresholds puts the saved thresholds of the recipe that is open in force.
func (w *Window) forgetThresholds(r *anomaly.Recipe) {
	if w.Session.Recipe() != r {
		return
	}
	w.Session.SetThresholds(session.Saved(r))
	w.notice.Close()
	w.changed(nil)
	w.inspect.panel.thresholds.refresh()
}

// sane reports whether thresholds from a file can be in force.
func sane(t session.Thresholds) bool {
	for _, v := range []float64{t.Low, t.High, t.Review, t.Reject} {
		if !(v > 0 && v < 1e9) { // NaN, too
			return false
		}
	}
	return t.Review <= t.Reject && t.MinArea >= 0 && t.MaxShare >= 0 && t.MaxShare <= 1
}

// screenIndex is where the screen of that title is, or the first.
func (w *Window) screenIndex(title string) int {
	for i, s := range w.screens {
		if s.Title() == title {
			return i
		}
	}
	return 0
}
