package ui

import (
	"fmt"
	"unicode"

	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// keyHelp is every key of the program, as the help shows it.
var keyHelp = []struct {
	group string
	keys  [][2]string
}{
	{"Parts", [][2]string{
		{"Left Right, K J", "previous and next part"},
		{"Home  End", "first and last part"},
		{"Space", "run all, pause, go on"},
		{"Esc", "close a message, leave a large pane, stop"},
	}},
	{"Your verdict", [][2]string{
		{"O", "accept as OK"},
		{"N", "mark as NG"},
		{"R", "send to REVIEW"},
		{"G", "queue a good part for training"},
	}},
	{"Calibrate", [][2]string{
		{"Left Right, K J", "previous and next part, or move a line"},
		{"Up Down", "take the other line"},
		{"U  Y", "undo, redo"},
		{"S", "save as a version"},
	}},
	{"Camera", [][2]string{
		{"Space", "start, stop"},
		{"T", "take one picture, where a trigger is used"},
		{"V", "test the camera: one picture, nothing inspected"},
		{"S", "look for cameras"},
	}},
	{"Pictures", [][2]string{
		{"1  2  3  4", "enlarge a pane, or put it back"},
		{"F", "fit the part into the panes"},
		{"+  -", "zoom in and out"},
		{"C  L", "region outlines on all panes, outlines only"},
		{"W  B", "wipe, blink: two panes in one"},
		{"M", "measure"},
		{"0", "back to four panes"},
	}},
	{"Program", [][2]string{
		{"Ctrl+1 …", "the screens, in the order of the rail"},
		{"Ctrl+O", "open a folder of parts"},
		{"Ctrl+R", "open a recipe"},
		{"Ctrl+L", "the line and its peers"},
		{"?", "this list"},
	}},
	{"History", [][2]string{
		{"/  D", "search, filter by more"},
		{"V", "charts, or the table"},
		{"Space  A", "select this one, all"},
		{"S  T", "similar parts, today's recipe"},
		{"G  E  M", "golden sets, export, in the map"},
	}},
	{"Clusters", [][2]string{
		{"L  H", "lasso, list in the history"},
		{"C  F", "other colours, the whole map"},
	}},
	{"Explain", [][2]string{
		{"Left Right, K J", "previous and next step"},
		{"Space", "go through the steps by itself"},
		{"P  N", "previous and next part"},
	}},
}

// typedKey gets the keys that no field is typing.
func (w *Window) typedKey(e *fyne.KeyEvent) {
	w.seat.guard.Touch()
	if w.kiosk != nil && !w.dialogOpen() {
		return
	}
	if w.dialogOpen() {
		if w.dialog != nil && e.Name == fyne.KeyEscape {
			w.dialog.Hide() // the same as its Cancel
		}
		return
	}
	if e.Name == fyne.KeyEscape && w.notice.Visible() {
		w.notice.Close()
		return
	}
	w.screens[w.current].Key(e.Name)
}

// typedRune gets the characters that no field is typing. Keys that open a field,
// or that lie elsewhere on other keyboards, are told by their character: the
// key comes first, and its character would end up in the field.
func (w *Window) typedRune(r rune) {
	if w.dialogOpen() || w.kiosk != nil {
		return
	}
	if r == '?' {
		w.showKeys()
		return
	}
	w.screens[w.current].Rune(unicode.ToLower(r))
}

// Dialog opens a dialog that Escape leaves.
func (w *Window) Dialog(d dialog.Dialog) {
	w.dialog = d
	d.SetOnClosed(func() {
		if w.dialog == d {
			w.dialog = nil
		}
	})
	d.Show()
}

func (w *Window) dialogOpen() bool { return w.Window.Canvas().Overlays().Top() != nil }

func (w *Window) addShortcuts() {
	add := func(key fyne.KeyName, do func()) {
		w.Window.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}, func(fyne.Shortcut) {
			if !w.dialogOpen() && !w.c.Kiosk {
				do()
			}
		})
	}
	for i := range w.screens {
		add(fyne.KeyName(fmt.Sprint(i+1)), func() { w.goTo(i) })
	}
	add(fyne.KeyO, func() { w.GoTo(inspectTitle); w.inspect.browseSet() })
	add(fyne.KeyL, w.showLine)
	add(fyne.KeyR, func() { w.GoTo(inspectTitle); w.inspect.browseRecipe() })
}

// showKeys shows the list of keys.
func (w *Window) showKeys() {
	columns := container.New(layout.NewCustomPaddedHBoxLayout(36))
	column := widgets.Rows(16)
	for i, g := range keyHelp {
		rows := widgets.Rows(7, widgets.NewHeading(g.group))
		for _, k := range g.keys {
			cap := widgets.NewStyled(&widgets.Text{Text: k[0], Style: fyne.TextStyle{Bold: true}, ColorName: theme.ColorNamePrimary, Width: 116})
			rows.Add(widgets.Row(10, cap, widgets.NewText(k[1])))
		}
		column.Add(rows)
		if i%3 == 2 {
			columns.Add(column)
			column = widgets.Rows(16)
		}
	}
	if len(column.Objects) > 0 {
		columns.Add(column)
	}
	d := dialog.NewCustom("Keys", "Close", widgets.Inset(columns, 8, 12), w.Window)
	w.Dialog(d)
}
