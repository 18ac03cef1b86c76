package themes

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Names of our own sizes, in Fyne's device-independent pixels.
const (
	// SizeNameVerdict is the text of the verdict banner, readable from two
	// metres.
	SizeNameVerdict = fyne.ThemeSizeName("agurscope-verdict")
	// SizeNamePaneHeader is the height of the strip above a picture.
	SizeNamePaneHeader = fyne.ThemeSizeName("agurscope-pane-header")
	// SizeNameGap is the space between panes.
	SizeNameGap = fyne.ThemeSizeName("agurscope-gap")
	// SizeNameBadge is the side of a verdict icon in lists and film strips.
	SizeNameBadge = fyne.ThemeSizeName("agurscope-badge")
)

// sizeNamed keeps the window dense, as on a workstation; large is for the high
// contrast theme.
func sizeNamed(name fyne.ThemeSizeName, large bool) (float32, bool) {
	s, ok := size(name)
	if ok && large {
		s = enlarged(name, s)
	}
	return s, ok
}

func size(name fyne.ThemeSizeName) (float32, bool) {
	switch name {
	case theme.SizeNameText:
		return 13, true
	case theme.SizeNameCaptionText:
		return 11, true
	case theme.SizeNameSubHeadingText:
		return 16, true
	case theme.SizeNameHeadingText:
		return 21, true
	case theme.SizeNameInnerPadding:
		return 7, true
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		return 4, true
	case theme.SizeNameScrollBar:
		return 12, true
	case theme.SizeNameScrollBarSmall:
		return 5, true
	case SizeNameVerdict:
		return 46, true
	case SizeNamePaneHeader:
		return 24, true
	case SizeNameGap:
		return 4, true
	case SizeNameBadge:
		return 18, true
	}
	return 0, false
}

func enlarged(name fyne.ThemeSizeName, s float32) float32 {
	switch name {
	case theme.SizeNameText, theme.SizeNameCaptionText:
		return s + 3
	case theme.SizeNameSubHeadingText, theme.SizeNameHeadingText, SizeNamePaneHeader, SizeNameBadge:
		return s + 4
	}
	return s
}

// Size returns the size called name as the running application shows it. It
// also answers for our own names while a foreign theme is active.
func Size(name fyne.ThemeSizeName) float32 {
	if app := fyne.CurrentApp(); app != nil {
		if own, ok := app.Settings().Theme().(*Theme); ok {
			return own.Size(name)
		}
	}
	if s, ok := size(name); ok {
		return s
	}
	return theme.Size(name)
}
