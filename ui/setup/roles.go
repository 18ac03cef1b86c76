package setup

import (
	"context"
	"maps"

	"agurscope/assets/words"
	"agurscope/ui/desk"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// pinRow says whether a role has a PIN, and sets it.
type pinRow struct {
	state  *widgets.Text
	set    *widgets.Button
	remove *widgets.Button
}

func (s *Screen) roles() fyne.CanvasObject {
	s.people = widgets.NewStyled(&widgets.Text{Style: fyne.TextStyle{Bold: true}})
	s.signOut = s.Tips.NewFlatButton(words.T("Sign out"), theme.LogoutIcon(), words.T("Leave the station to the operator."), func() { s.at.SignOut(); s.Show() })
	rows := []fyne.CanvasObject{
		widgets.Row(8, container.NewCenter(s.people), s.signOut),
		widgets.NewPara(words.T("The operator inspects and overrides. The engineer also trains, calibrates and edits recipes. The administrator also changes settings, retention and PINs.")),
	}
	for _, r := range []station.Role{station.Administrator, station.Engineer} {
		rows = append(rows, s.pinRow(r))
	}
	idle := newNumber(s, words.T("Without mouse and keys for that long, the station is the operator's again. 0 means five."), func(t *station.Settings) *int { return &t.Idle })
	s.numbers = append(s.numbers, idle)
	label := widgets.NewStyled(&widgets.Text{Text: words.T("Idle after"), Width: nameWidth - 70, Elide: widgets.ElideEnd})
	rows = append(rows, widgets.Row(8, container.NewCenter(label), widgets.Fixed(84, 0, idle.entry), container.NewCenter(widgets.NewCaption(words.T("minutes")))))
	return card(words.T("Roles"), rows...)
}

func (s *Screen) pinRow(r station.Role) fyne.CanvasObject {
	p := &pinRow{state: widgets.NewCaption("")}
	p.set = s.Tips.NewButton(words.T("Set PIN…"), theme.LoginIcon(), words.T("At least four characters."), func() { s.askNewPIN(r) })
	p.remove = s.Tips.NewFlatButton("", theme.DeleteIcon(), words.T("Remove the PIN. Without the administrator's there are no roles."), func() {
		s.confirm(words.T("Remove the PIN?"), words.T("Without the administrator's PIN everybody may do everything at this station."), words.T("Remove"), func() { s.usePIN(r, "") })
	})
	s.pins[r] = p
	label := widgets.NewStyled(&widgets.Text{Text: RoleName(r), Width: nameWidth - 70, Elide: widgets.ElideEnd})
	return widgets.Row(8, container.NewCenter(label), p.set, p.remove, container.NewCenter(p.state))
}

// RoleName is the role in the window's language.
func RoleName(r station.Role) string {
	switch r {
	case station.Engineer:
		return words.T("Engineer")
	case station.Administrator:
		return words.T("Administrator")
	}
	return words.T("Operator")
}

func (s *Screen) showRoles(t station.Settings) {
	if s.guard.Active() {
		s.people.Set(words.T("At the station: %s", RoleName(s.guard.Role())))
		s.signOut.Show()
	} else {
		s.people.Set(words.T("Roles are off: set the administrator's PIN to use them."))
		s.signOut.Hide()
	}
	for r, p := range s.pins {
		has := t.PINs[r] != ""
		p.state.Set(words.T("no PIN"))
		if has {
			p.state.Set(words.T("PIN is set"))
		}
		p.remove.SetEnabled(has)
		// An engineer's PIN alone would lock nobody out.
		p.set.SetEnabled(r == station.Administrator || t.PINs[station.Administrator] != "")
	}
}

// askNewPIN lets the administrator type a PIN twice.
func (s *Screen) askNewPIN(r station.Role) {
	first, second := newSecret(s.Desk), newSecret(s.Desk)
	said := widgets.NewCaption(words.T("At least four characters."))
	body := widgets.Fixed(340, 0, widgets.Rows(8, widgets.NewText(words.T("New PIN")), first, widgets.NewText(words.T("Once more")), second, said))
	d := dialog.NewCustomWithoutButtons(words.T("PIN of the %s##title", RoleName(r)), body, s.Window)
	take := func() {
		if first.Text != second.Text {
			said.Set(words.T("The two are not the same."))
			return
		}
		secret := first.Text
		s.Job(func(context.Context) {
			p, err := station.NewPIN(secret)
			s.OnUI(func() {
				if err != nil {
					said.Set(words.T("At least four characters."))
					return
				}
				d.Hide()
				s.usePIN(r, p)
			})
		})
	}
	d.SetButtons([]fyne.CanvasObject{
		widget.NewButton(words.T("Cancel"), d.Hide),
		&widget.Button{Text: words.T("Set PIN"), Importance: widget.HighImportance, OnTapped: take},
	})
	first.OnSubmitted = func(string) { s.Window.Canvas().Focus(second) }
	second.OnSubmitted = func(string) { take() }
	first.OnEscape, second.OnEscape = d.Hide, d.Hide
	s.Dialog(d)
	s.Window.Canvas().Focus(first)
}

func newSecret(d *desk.Desk) *widgets.Entry {
	e := d.Tips.NewEntry("", "")
	e.Password = true
	return e
}

func (s *Screen) usePIN(r station.Role, p station.PIN) {
	s.change(func(t *station.Settings) {
		t.PINs = maps.Clone(t.PINs)
		if t.PINs == nil {
			t.PINs = map[station.Role]station.PIN{}
		}
		if p == "" {
			delete(t.PINs, r)
			return
		}
		t.PINs[r] = p
	})
}

// AskPIN asks for the PIN of a role and calls in when it was right.
func AskPIN(d *desk.Desk, g *station.Guard, r station.Role, why string, in func()) {
	pin := newSecret(d)
	said := widgets.NewCaption(words.T("The operator's role comes back when nobody has touched the station for a while."))
	body := widgets.Fixed(400, 0, widgets.Rows(8, widgets.NewPara(why), pin, said))
	ask := dialog.NewCustomWithoutButtons(words.T("PIN of the %s##title", RoleName(r)), body, d.Window)
	busy := false
	var take func()
	take = func() {
		if busy {
			return
		}
		busy = true
		secret := pin.Text
		d.Job(func(context.Context) {
			err := g.SignIn(r, secret)
			d.OnUI(func() {
				busy = false
				if err == nil {
					ask.Hide()
					in()
					return
				}
				pin.SetText("")
				said.Set(refusal(err))
			})
		})
	}
	ask.SetButtons([]fyne.CanvasObject{
		widget.NewButton(words.T("Cancel"), ask.Hide),
		&widget.Button{Text: words.T("Sign in"), Importance: widget.HighImportance, OnTapped: func() { take() }},
	})
	pin.OnSubmitted = func(string) { take() }
	pin.OnEscape = ask.Hide
	d.Dialog(ask)
	d.Window.Canvas().Focus(pin)
}

// refusal says why somebody was not let in.
func refusal(err error) string {
	if b, ok := err.(*station.BlockedError); ok {
		return words.T("Too many wrong PINs: wait %.0f s.", b.For.Seconds())
	}
	return words.T("The PIN is wrong.")
}
