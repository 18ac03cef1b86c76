package setup

import (
	"cmp"
	"strings"

	"agurscope/assets/words"
	"agurscope/history/spc"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2/theme"
)

// shifts is the setting of when the shifts of a day begin.
type shifts struct {
	entry *widgets.Entry
	wrong *widgets.Aside
}

func newShifts(s *Screen) *shifts {
	f := &shifts{wrong: widgets.NewAside(theme.ColorNameError)}
	f.entry = s.Tips.NewEntry(spc.DefaultShifts, words.T("When the counts of a shift begin anew, and how History groups by shift."))
	f.entry.OnSubmitted = func(string) { s.Window.Canvas().Unfocus() }
	f.entry.OnEscape = func() { f.wrong.Set(""); f.show(s.at.Settings()); s.Window.Canvas().Unfocus() }
	f.entry.OnLeave = func() {
		text := strings.TrimSpace(f.entry.Text)
		if text != "" {
			turns, err := spc.ParseShifts(text)
			if err != nil {
				f.wrong.Set(words.T("%q is no list of different times of day: write such as %s.", text, spc.DefaultShifts))
				return
			}
			text = spc.FormatShifts(turns)
		}
		if text == spc.DefaultShifts {
			text = ""
		}
		f.wrong.Set("")
		if text == s.at.Settings().Shifts {
			f.show(s.at.Settings())
			return
		}
		s.change(func(t *station.Settings) { t.Shifts = text })
	}
	return f
}

func (f *shifts) show(t station.Settings) {
	if text := cmp.Or(t.Shifts, spc.DefaultShifts); f.wrong.Text() == "" && f.entry.Text != text {
		f.entry.SetText(text)
	}
}
