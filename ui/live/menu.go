package live

import (
	"context"
	"strings"

	"agurscope/assets/words"
	"agurscope/datasets/camera"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Menu offers cameras: saved ones, found ones, and ways to more.
func (s *Screen) Menu() {
	item := func(text string, icon fyne.Resource, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(text, do)
		m.Icon = theme.NewThemedResource(icon)
		return m
	}
	look := words.T("Look for cameras")
	if s.looking {
		look = words.T("Looking for cameras…")
	}
	items := []*fyne.MenuItem{
		item(look, theme.SearchIcon(), s.look),
		item(words.T("Type an address…"), theme.DocumentCreateIcon(), s.ask),
	}
	for _, f := range s.found {
		items = append(items, item(short(f.Name+"  "+f.Address), theme.MediaVideoIcon(), func() { s.Choose(f.Address) }))
	}
	if list, err := s.saved.List(); err == nil && len(list) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
		for _, a := range list {
			items = append(items, item(short(camera.Redact(a)), theme.HistoryIcon(), func() { s.Choose(a) }))
		}
		if s.known {
			items = append(items, fyne.NewMenuItemSeparator(), item(words.T("Forget this camera"), theme.DeleteIcon(), s.forget))
		}
	}
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), s.Window.Canvas())
	menu.ShowAtRelativePosition(fyne.NewPos(0, s.pick.Size().Height+2), s.pick)
}

func short(s string) string {
	return widgets.Shorten(s, 460, theme.Size(theme.SizeNameText), fyne.TextStyle{}, widgets.ElideMiddle)
}

// look looks for cameras, away from Fyne's goroutine.
func (s *Screen) look() {
	if s.looking {
		return
	}
	s.looking = true
	s.Say(words.T("Looking for cameras…"))
	s.refreshMiddle()
	s.Job(func(ctx context.Context) {
		found, means := camera.List(ctx)
		s.OnUI(func() { s.looked(found, means) })
	})
}

func (s *Screen) looked(found []camera.Found, means []camera.Means) {
	s.looking, s.found, s.nothing = false, found, ""
	var lack []string
	for _, m := range means {
		if m.Err != nil {
			lack = append(lack, phrase.Sentence(m.Err.Error()))
		}
	}
	if len(found) > 0 {
		s.Say("")
		if s.address == nil {
			s.refreshMiddle()
		}
		s.Menu()
		return
	}
	s.nothing = strings.Join(append([]string{words.T("Is it switched on and in the same network? Network cameras do not announce themselves: they are named by an address.")}, lack...), " ")
	s.Say(words.T("No camera was found"))
	s.refreshMiddle()
}

func (s *Screen) forget() {
	if err := s.saved.Forget(s.address.String()); err != nil {
		s.Report(err)
		return
	}
	s.known = false
	s.refresh()
}

// ask lets a person type an address.
func (s *Screen) ask() {
	entry := s.Tips.NewEntry("gige://192.168.1.20", "")
	if s.address != nil {
		entry.SetText(s.address.String())
	}
	examples := widgets.Rows(3)
	for _, e := range [][2]string{
		{"gige://192.168.1.20", words.T("GigE Vision")}, {"aravis://Vendor-Model-123", words.T("GigE Vision or USB3 Vision, by name")},
		{"v4l2:///dev/video0", words.T("webcam")}, {"rtsp://name:password@host/path", words.T("network camera")}, {"http://host/video.mjpg", words.T("network camera, Motion JPEG")},
		{"watch:///folder", words.T("pictures that somebody else puts there")}, {"replay:///folder?fps=5&loop=1", words.T("a set, played like a camera")}, {"/folder/file.mp4", words.T("a video")},
	} {
		examples.Add(widgets.Row(10, widgets.Fixed(230, 0, widgets.NewCaption(e[0])), widgets.NewCaption(e[1])))
	}
	body := widgets.Fixed(560, 0, widgets.Rows(10, entry, examples, widgets.NewCaption(words.T("Enter opens, Esc leaves everything as it is."))))
	d := dialog.NewCustomConfirm(words.T("Camera address"), words.T("Open"), words.T("Cancel"), body, func(yes bool) {
		if a := strings.TrimSpace(entry.Text); yes && a != "" {
			s.Choose(a)
		}
	}, s.Window)
	entry.OnSubmitted = func(string) { d.Confirm() }
	entry.OnEscape = d.Hide
	s.Host.Dialog(d)
	s.Window.Canvas().Focus(entry)
}
