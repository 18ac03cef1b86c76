package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"agurscope/assets/words"
	"agurscope/ui/widgets"
)

// AskReason lets a person confirm something and say why, which may stay empty.
func (d *Desk) AskReason(title, said string, confirmed func(reason string)) {
	reason := d.Tips.NewEntry(words.T("Reason (may stay empty)"), "")
	text := widget.NewLabel(said)
	text.Wrapping = fyne.TextWrapWord
	head := container.NewBorder(nil, nil, nil, nil, text)
	body := widgets.Fixed(420, 0, widgets.Rows(8, head, reason, widgets.NewCaption(words.T("Enter confirms, Esc leaves everything as it is."))))
	ask := dialog.NewCustomConfirm(title, words.T("Confirm"), words.T("Cancel"), body, func(yes bool) {
		if yes {
			confirmed(reason.Text)
		}
	}, d.Window)
	reason.OnSubmitted = func(string) { ask.Confirm() }
	reason.OnEscape = ask.Hide
	d.Dialog(ask)
	d.Window.Canvas().Focus(reason)
}
