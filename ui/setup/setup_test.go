package setup

import (
	"strings"
	"testing"

	"agurscope/themes"
	"agurscope/ui/desk/desktest"
	"agurscope/ui/session"
	"agurscope/ui/station"
	"agurscope/viewer/golden"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

var enter = &fyne.KeyEvent{Name: fyne.KeyReturn}

// fake is a station that keeps what is applied.
type fake struct {
	now   station.Settings
	stale bool
	guard *station.Guard
}

func (f *fake) Settings() station.Settings            { return f.now }
func (f *fake) Apply(s station.Settings)              { f.now = s; f.guard.Use(s) }
func (f *fake) Stale() bool                           { return f.stale }
func (f *fake) Restart()                              {}
func (f *fake) Place() (string, string)               { return "/etc/settings.json", "/data" }
func (f *fake) AskFolder(_ string, take func(string)) { take("/elsewhere") }
func (f *fake) SignOut()                              { f.guard.SignOut() }

func newScreen(t *testing.T) (*Screen, *fake, *desktest.Host) {
	t.Helper()
	s := session.New(session.Options{})
	t.Cleanup(func() { _ = s.Close() })
	d, h := desktest.New(t, s)
	f := &fake{guard: station.NewGuard(station.Settings{})}
	screen := New(d, f, f.guard)
	d.Window.SetContent(screen.Content())
	return screen, f, h
}

func TestChoicesAreAppliedAtOnce(t *testing.T) {
	s, f, _ := newScreen(t)
	s.theme.sel.SetSelected("Light")
	s.text.sel.SetSelected("130 %")
	s.language.sel.SetSelected("Deutsch")
	s.keep.sel.SetSelected("Of all parts")
	test.Tap(s.sound)
	if f.now.Theme != "light" || f.now.TextSize != 1.3 || f.now.Language != "de" || f.now.Keep != "all" || !f.now.Silent {
		t.Errorf("%+v", f.now)
	}
	if s.restart.Visible() {
		t.Error("a restart is asked for that nothing waits for")
	}
	f.stale = true
	s.Show()
	if !s.restart.Visible() {
		t.Error("no restart is offered")
	}
}

func TestNumbersAreTakenOrPutBack(t *testing.T) {
	s, f, _ := newScreen(t)
	n := s.numbers[0]
	for text, want := range map[string]int{"30": 30, "": 0, "abc": 7, "-3": 7, "12345678": 7} {
		f.now.Retention.PictureDays = 7
		n.show(f.now)
		n.entry.SetText(text)
		n.entry.OnLeave()
		if f.now.Retention.PictureDays != want {
			t.Errorf("%q: %d, want %d", text, f.now.Retention.PictureDays, want)
		}
		if want == 7 && n.entry.Text != "7" {
			t.Errorf("%q stays in the field", text)
		}
	}
}

func TestPINsAreSetHashedAndRemoved(t *testing.T) {
	s, f, h := newScreen(t)
	if !s.pins[station.Engineer].set.Disabled() {
		t.Error("an engineer's PIN can be set without an administrator's")
	}
	p, err := station.NewPIN("9999")
	if err != nil {
		t.Fatal(err)
	}
	s.usePIN(station.Administrator, p)
	if !f.guard.Active() || strings.Contains(string(f.now.PINs[station.Administrator]), "9999") {
		t.Fatalf("%v", f.now.PINs)
	}
	in := false
	AskPIN(s.Desk, f.guard, station.Administrator, "why", func() { in = true })
	entry := s.Window.Canvas().Focused()
	for _, try := range []string{"0000", "9999"} {
		test.Type(entry, try)
		s.Window.Canvas().Focused().TypedKey(enter)
		h.Step()
	}
	if !in || f.guard.Role() != station.Administrator {
		t.Error("the right PIN does not open the role")
	}
	s.usePIN(station.Administrator, "")
	if f.guard.Active() {
		t.Error("roles are on without a PIN")
	}
}

func TestShiftsAreTakenOrSaidToBeNone(t *testing.T) {
	s, f, _ := newScreen(t)
	e := s.shifts.entry
	if e.Text != "06:00, 14:00, 22:00" {
		t.Error(e.Text)
	}
	for _, c := range []struct {
		typed, kept, shown string
		wrong              bool
	}{
		{"18:00,5:30", "05:30, 18:00", "05:30, 18:00", false},
		{"18:00,18:00", "05:30, 18:00", "18:00,18:00", true},
		{"", "", "06:00, 14:00, 22:00", false},
		{"6:00, 14:00, 22:00", "", "06:00, 14:00, 22:00", false},
	} {
		e.SetText(c.typed)
		e.OnLeave()
		if f.now.Shifts != c.kept || e.Text != c.shown || (s.shifts.wrong.Text() != "") != c.wrong {
			t.Errorf("%q: kept %q, shown %q, %q", c.typed, f.now.Shifts, e.Text, s.shifts.wrong.Text())
		}
	}
}

// The whole screen in every theme, without roles and with them.
func TestGoldenSettings(t *testing.T) {
	for _, look := range []string{"dark", "light", "contrast"} {
		s, f, _ := newScreen(t)
		fyne.CurrentApp().Settings().SetTheme(themes.Named(look))
		s.Window.SetPadded(false)
		s.Window.Resize(fyne.NewSize(1200, 720))
		f.now.Theme = look
		s.Show()
		golden.Like(t, "open-"+look, s.Window.Canvas().Capture())
		f.now = station.Settings{Theme: look, TextSize: 1.15, Language: "de", Silent: true, Keep: "all", Idle: 3,
			PINs: map[station.Role]station.PIN{station.Administrator: "x", station.Engineer: "x"}}
		f.now.Retention.PictureDays, f.now.Retention.Gigabytes = 30, 20
		f.guard.Use(f.now)
		f.guard.Assume(station.Engineer)
		f.stale = true
		s.Show()
		golden.Like(t, "manned-"+look, s.Window.Canvas().Capture())
	}
}
