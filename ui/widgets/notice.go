package widgets

import (
	"agurscope/assets/words"
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Tone is how serious a notice is.
type Tone int

// The tones of a notice.
const (
	Info Tone = iota
	Warning
	Trouble
)

// Notice is a strip across a screen that says what is wrong and offers the way
// out.
type Notice struct {
	widget.BaseWidget
	OnClose func()

	tips    *Tips
	icon    *widget.Icon
	title   *Text
	body    *widget.Label
	flush   *fyne.Container
	buttons *fyne.Container
	stripe  *Ground
	all     *fyne.Container
}

// NewNotice returns a hidden notice.
func (t *Tips) NewNotice() *Notice {
	n := &Notice{tips: t, icon: widget.NewIcon(theme.InfoIcon()), title: NewHeading(""), body: widget.NewLabel(""), stripe: NewGround(theme.ColorNamePrimary)}
	n.stripe.Least = fyne.NewSize(4, 1)
	n.body.Wrapping = fyne.TextWrapWord
	n.title.Elide = ElideEnd
	n.buttons = Row(6)
	ground := NewGround(themes.ColorNameRaised)
	closer := t.NewFlatButton("", theme.CancelIcon(), words.T("Close this message (Esc)"), n.Close)
	n.flush = Flush(n.body)
	words := Rows(4, n.title, n.flush)
	buttons := container.NewCenter(Row(6, n.buttons, closer))
	n.all = container.NewStack(ground, Dock(nil, NewRule(), n.stripe, nil,
		Inset(Dock(nil, nil, container.NewCenter(Fixed(24, 24, n.icon)), Inset(buttons, 0, 6), Inset(words, 0, 12)), 9, 12)))
	n.ExtendBaseWidget(n)
	n.Hide()
	return n
}

// Say shows a message with buttons that help.
func (n *Notice) Say(tone Tone, title, body string, buttons ...fyne.CanvasObject) {
	switch tone {
	case Info:
		n.icon.Resource, n.stripe.Fill = theme.NewPrimaryThemedResource(theme.InfoIcon()), theme.ColorNamePrimary
	case Warning:
		n.icon.Resource, n.stripe.Fill = theme.NewColoredResource(theme.WarningIcon(), themes.ColorNameReview), themes.ColorNameReviewFill
	case Trouble:
		n.icon.Resource, n.stripe.Fill = theme.NewColoredResource(theme.ErrorIcon(), themes.ColorNameNG), themes.ColorNameNGFill
	}
	n.icon.Refresh()
	n.stripe.Refresh()
	n.title.Set(title)
	n.body.SetText(body)
	n.flush.Hidden = body == ""
	n.buttons.Objects = buttons
	n.buttons.Refresh()
	n.Show()
	n.Refresh()
}

// Close hides the notice as a person's wish.
func (n *Notice) Close() {
	n.Hide()
	if n.OnClose != nil {
		n.OnClose()
	}
}

// Title returns what the notice says in its first line.
func (n *Notice) Title() string { return n.title.Text }

// Body returns what it says below that.
func (n *Notice) Body() string { return n.body.Text }

// CreateRenderer shows the strip.
func (n *Notice) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(n.all) }
