package ui

import (
	"fmt"
	"slices"
	"unicode"

	"agurscope/assets/words"
	"agurscope/ui/setup"
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
	group words.Text
	keys  [][2]words.Text
}{
	{words.Text("Parts"), [][2]words.Text{
		{words.Text("Left Right, K J"), words.Text("previous and next part")},
		{words.Text("Home  End"), words.Text("first and last part")},
		{words.Text("Space"), words.Text("run all, pause, go on")},
		{words.Text("Esc"), words.Text("close a message, leave a large pane, stop")},
	}},
	{words.Text("Your verdict"), [][2]words.Text{
		{"O", words.Text("accept as OK")},
		{"N", words.Text("mark as NG")},
		{"R", words.Text("send to REVIEW")},
		{"G", words.Text("queue a good part for training")},
	}},
	{words.Text("Calibrate"), [][2]words.Text{
		{words.Text("Left Right, K J"), words.Text("previous and next part, or move a line")},
		{words.Text("Up Down"), words.Text("take the other line")},
		{"U  Y", words.Text("undo, redo")},
		{"S", words.Text("save as a version")},
	}},
	{words.Text("Train"), [][2]words.Text{
		{words.Text("Space"), words.Text("pause, go on")},
	}},
	{words.Text("Explain"), [][2]words.Text{
		{words.Text("Left Right, K J"), words.Text("previous and next step")},
		{words.Text("Space"), words.Text("go through the steps by itself")},
		{"P  N", words.Text("previous and next part")},
	}},
	{words.Text("Camera"), [][2]words.Text{
		{words.Text("Space"), words.Text("start, stop")},
		{"T", words.Text("take one picture, where a trigger is used")},
		{"V", words.Text("test the camera: one picture")},
		{"S", words.Text("look for cameras")},
	}},
	{words.Text("Pictures"), [][2]words.Text{
		{"1  2  3  4", words.Text("enlarge a pane, or put it back")},
		{"F", words.Text("fit the part into the panes")},
		{"+  -", words.Text("zoom in and out")},
		{"C  L", words.Text("region outlines on all panes, outlines only")},
		{"W  B", words.Text("wipe, blink: two panes in one")},
		{"M", words.Text("measure")},
		{"0", words.Text("back to four panes")},
	}},
	{words.Text("Judged area"), [][2]words.Text{
		{"X", words.Text("ignore, or judge again")},
		{"U", words.Text("take the last stroke back")},
		{words.Text("Enter  Esc"), words.Text("close the polygon, leave")},
	}},
	{words.Text("Clusters"), [][2]words.Text{
		{"D  L  H", words.Text("draw the map, lasso, list in the history")},
		{"C  F", words.Text("other colours, the whole map")},
	}},
	{words.Text("Program"), [][2]words.Text{
		{words.Text("Ctrl+1 … 9, 0"), words.Text("the screens, in the order of the rail")},
		{words.Text("Ctrl+O"), words.Text("open a folder of parts")},
		{words.Text("Ctrl+R"), words.Text("open a recipe")},
		{words.Text("Ctrl+L"), words.Text("the line and its peers")},
		{words.Text("Ctrl+,"), words.Text("the settings")},
		{words.Text("Ctrl+Shift+Q"), words.Text("leave the kiosk")},
		{"?", words.Text("this list")},
	}},
	{words.Text("History"), [][2]words.Text{
		{"/  D", words.Text("search, filter by more")},
		{"V", words.Text("charts, or the table")},
		{words.Text("Space  A"), words.Text("select this one, all")},
		{words.Text("Backspace"), words.Text("drop what “Filter…” has set")},
		{"S  T", words.Text("similar parts, today's recipe")},
		{"G  E  M", words.Text("golden sets, export, in the map")},
	}},
	{words.Text("Lab"), [][2]words.Text{
		{words.Text("Up Down"), words.Text("previous and next experiment")},
		{words.Text("R  Esc"), words.Text("run what is ticked, stop")},
	}},
}

// typedKey gets the keys that no field is typing.
func (w *Window) typedKey(e *fyne.KeyEvent) {
	w.seat.guard.Touch()
	if w.kiosk != nil && !w.dialogOpen() {
		return
	}
	if w.dialogOpen() {
		if d := w.dialog(); d != nil && e.Name == fyne.KeyEscape {
			d.Hide() // the same as its Cancel
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
	w.dialogs = append(w.dialogs, d)
	d.SetOnClosed(func() {
		if i := slices.Index(w.dialogs, d); i >= 0 { // one may lie above it
			w.dialogs = slices.Delete(w.dialogs, i, i+1)
		}
	})
	d.Show()
}

// dialog is the one on top that Escape leaves; nil for none.
func (w *Window) dialog() dialog.Dialog {
	if n := len(w.dialogs); n > 0 {
		return w.dialogs[n-1]
	}
	return nil
}

func (w *Window) dialogOpen() bool { return w.Window.Canvas().Overlays().Top() != nil }

// screenKey goes with Control to a screen, as the keys lie on the board: 1 to 9,
// and 0 for the tenth.
func screenKey(i int) fyne.KeyName { return fyne.KeyName(fmt.Sprint((i + 1) % 10)) }

// shortcut is what a key does with Control.
type shortcut struct {
	key fyne.KeyName
	do  func()
}

func (w *Window) shortcuts() []shortcut {
	all := []shortcut{
		{fyne.KeyComma, func() { w.GoTo(setup.Title) }},
		{fyne.KeyO, func() { w.GoTo(inspectTitle); w.inspect.browseSet() }},
		{fyne.KeyL, w.showLine},
		{fyne.KeyR, func() { w.GoTo(inspectTitle); w.inspect.browseRecipe() }},
	}
	for i := range w.screens {
		all = append(all, shortcut{screenKey(i), func() { w.goTo(i) }})
	}
	return all
}

func (w *Window) addShortcuts() {
	for _, s := range w.shortcuts() {
		w.Window.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: s.key, Modifier: fyne.KeyModifierShortcutDefault}, func(fyne.Shortcut) {
			if !w.dialogOpen() && !w.c.Kiosk {
				s.do()
			}
		})
	}
}

// keyColumns is how many columns of keys fit into the smallest window.
const keyColumns = 3

// showKeys shows the list of keys.
func (w *Window) showKeys() {
	columns := keyTable(theme.SizeNameText)
	if columns.MinSize().Width > w.Window.Canvas().Size().Width-keyMargin {
		columns = keyTable(theme.SizeNameCaptionText)
	}
	d := dialog.NewCustom(words.T("Keys"), words.T("Close"), widgets.Inset(columns, 8, 12), w.Window)
	w.Dialog(d)
}

// keyMargin is what a dialog and the window around it take of its width.
const keyMargin = 80

// keyTable lists the keys in columns, in letters of a size.
func keyTable(size fyne.ThemeSizeName) *fyne.Container {
	lines := 0
	for _, g := range keyHelp {
		lines += 1 + len(g.keys)
	}
	columns := container.New(layout.NewCustomPaddedHBoxLayout(22))
	column, used := widgets.Rows(16), 0
	for _, g := range keyHelp {
		rows := widgets.Rows(7, widgets.NewHeading(g.group.String()))
		for _, k := range g.keys {
			cap := widgets.NewStyled(&widgets.Text{Text: k[0].String(), SizeName: size, Style: fyne.TextStyle{Bold: true}, ColorName: theme.ColorNamePrimary, Width: 104})
			rows.Add(widgets.Row(10, cap, widgets.NewStyled(&widgets.Text{Text: k[1].String(), SizeName: size})))
		}
		column.Add(rows)
		if used += 1 + len(g.keys); used*keyColumns >= lines {
			columns.Add(column)
			column, used = widgets.Rows(16), 0
		}
	}
	columns.Add(column)
	return columns
}
