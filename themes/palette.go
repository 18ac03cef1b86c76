package themes

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Names of our own colours, to be looked up like Fyne's (theme.Color, a
// coloured resource, rich text) while one of our themes is active. A verdict
// has three: for text and icons on the background, as the fill of a banner, and
// for text on that fill.
const (
	ColorNameAccent  = theme.ColorNamePrimary
	ColorNameSurface = fyne.ThemeColorName("agurscope-surface") // panels and pane headers
	ColorNameRaised  = fyne.ThemeColorName("agurscope-raised")  // cards above a surface
	ColorNamePane    = fyne.ThemeColorName("agurscope-pane")    // around a picture
	ColorNameMuted   = fyne.ThemeColorName("agurscope-muted")   // secondary text

	ColorNameOK     = fyne.ThemeColorName("agurscope-ok")
	ColorNameNG     = fyne.ThemeColorName("agurscope-ng")
	ColorNameReview = fyne.ThemeColorName("agurscope-review")
	ColorNameError  = fyne.ThemeColorName("agurscope-error")

	ColorNameOKFill     = fyne.ThemeColorName("agurscope-ok-fill")
	ColorNameNGFill     = fyne.ThemeColorName("agurscope-ng-fill")
	ColorNameReviewFill = fyne.ThemeColorName("agurscope-review-fill")
	ColorNameErrorFill  = fyne.ThemeColorName("agurscope-error-fill")

	ColorNameOnOK     = fyne.ThemeColorName("agurscope-on-ok")
	ColorNameOnNG     = fyne.ThemeColorName("agurscope-on-ng")
	ColorNameOnReview = fyne.ThemeColorName("agurscope-on-review")
	ColorNameOnError  = fyne.ThemeColorName("agurscope-on-error")

	ColorNameLow  = fyne.ThemeColorName("agurscope-low")  // the low pixel threshold
	ColorNameHigh = fyne.ThemeColorName("agurscope-high") // the high pixel threshold

	// Marks are drawn on pictures, which do not change with the theme; so they
	// do not either.
	ColorNameMarkLow      = fyne.ThemeColorName("agurscope-mark-low")
	ColorNameMarkHigh     = fyne.ThemeColorName("agurscope-mark-high")
	ColorNameMarkSelected = fyne.ThemeColorName("agurscope-mark-selected")
)

// tone is the three colours of one verdict.
type tone struct{ text, fill, onFill color.NRGBA }

// palette is every colour of one look.
type palette struct {
	background, surface, raised, pane color.NRGBA
	border, foreground, muted         color.NRGBA
	disabled, accent, onAccent        color.NRGBA
	input, button, shadow             color.NRGBA
	ok, ng, review, err               tone
	low, high                         color.NRGBA
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

func faded(c color.NRGBA, alpha uint8) color.NRGBA {
	c.A = alpha
	return c
}

var darkPalette = palette{
	background: rgb(0x14191f), surface: rgb(0x1b2128), raised: rgb(0x252d36), pane: rgb(0x0c0f13),
	border: rgb(0x3a4550), foreground: rgb(0xe4e9ee), muted: rgb(0x9fabb7),
	disabled: rgb(0x6d7985), accent: rgb(0x5cb0ea), onAccent: rgb(0x07131d),
	input: rgb(0x2a333c), button: rgb(0x2e3843), shadow: color.NRGBA{A: 0x70},
	ok:     tone{rgb(0x4fc98e), rgb(0x1f7d51), rgb(0xffffff)},
	ng:     tone{rgb(0xff7b78), rgb(0xc9302f), rgb(0xffffff)},
	review: tone{rgb(0xf3ba45), rgb(0xf0b02f), rgb(0x1d1400)},
	err:    tone{rgb(0xc79bff), rgb(0x7a3fc4), rgb(0xffffff)},
	low:    rgb(0xf3ba45), high: rgb(0xff7b78),
}

var lightPalette = palette{
	background: rgb(0xf1f4f6), surface: rgb(0xffffff), raised: rgb(0xe6ebef), pane: rgb(0xd5dbe1),
	border: rgb(0xc3ccd4), foreground: rgb(0x18222c), muted: rgb(0x54616e),
	disabled: rgb(0x8a96a1), accent: rgb(0x0e67a8), onAccent: rgb(0xffffff),
	input: rgb(0xe0e6eb), button: rgb(0xdde4ea), shadow: color.NRGBA{A: 0x30},
	ok:     tone{rgb(0x15704a), rgb(0x1a7a50), rgb(0xffffff)},
	ng:     tone{rgb(0xbc2529), rgb(0xc62b2d), rgb(0xffffff)},
	review: tone{rgb(0x835200), rgb(0xf2b338), rgb(0x1d1400)},
	err:    tone{rgb(0x6b31b0), rgb(0x7236bb), rgb(0xffffff)},
	low:    rgb(0x835200), high: rgb(0xbc2529),
}

var contrastPalette = palette{
	background: rgb(0x000000), surface: rgb(0x000000), raised: rgb(0x1a1a1a), pane: rgb(0x000000),
	border: rgb(0xffffff), foreground: rgb(0xffffff), muted: rgb(0xe0e0e0),
	disabled: rgb(0x9a9a9a), accent: rgb(0x6fd3ff), onAccent: rgb(0x000000),
	input: rgb(0x2e2e2e), button: rgb(0x1f1f1f), shadow: color.NRGBA{A: 0xc8},
	ok:     tone{rgb(0x6dffb0), rgb(0x6dffb0), rgb(0x000000)},
	ng:     tone{rgb(0xff9d9d), rgb(0xff9d9d), rgb(0x000000)},
	review: tone{rgb(0xffd84d), rgb(0xffd84d), rgb(0x000000)},
	err:    tone{rgb(0xddb8ff), rgb(0xddb8ff), rgb(0x000000)},
	low:    rgb(0xffd84d), high: rgb(0xff9d9d),
}

func paletteOf(v fyne.ThemeVariant) *palette {
	switch v {
	case theme.VariantLight:
		return &lightPalette
	case VariantHighContrast:
		return &contrastPalette
	}
	return &darkPalette
}

// named finds our own names first and then those of Fyne that we restate.
func (p *palette) named(name fyne.ThemeColorName) (color.NRGBA, bool) {
	if c, ok := p.semantic(name); ok {
		return c, true
	}
	return p.surfaceNamed(name)
}

func (p *palette) semantic(name fyne.ThemeColorName) (color.NRGBA, bool) {
	switch name {
	case ColorNameOK, theme.ColorNameSuccess:
		return p.ok.text, true
	case ColorNameNG, theme.ColorNameError:
		return p.ng.text, true
	case ColorNameReview, theme.ColorNameWarning:
		return p.review.text, true
	case ColorNameError:
		return p.err.text, true
	case ColorNameOKFill:
		return p.ok.fill, true
	case ColorNameNGFill:
		return p.ng.fill, true
	case ColorNameReviewFill:
		return p.review.fill, true
	case ColorNameErrorFill:
		return p.err.fill, true
	case ColorNameOnOK:
		return p.ok.onFill, true
	case ColorNameOnNG:
		return p.ng.onFill, true
	case ColorNameOnReview:
		return p.review.onFill, true
	case ColorNameOnError:
		return p.err.onFill, true
	case ColorNameLow:
		return p.low, true
	case ColorNameHigh:
		return p.high, true
	case ColorNameMarkLow:
		return rgb(0xffb52e), true
	case ColorNameMarkHigh:
		return rgb(0xff4f45), true
	case ColorNameMarkSelected:
		return rgb(0x3fd0ff), true
	}
	return color.NRGBA{}, false
}

func (p *palette) surfaceNamed(name fyne.ThemeColorName) (color.NRGBA, bool) {
	switch name {
	case theme.ColorNameBackground:
		return p.background, true
	case ColorNameSurface, theme.ColorNameHeaderBackground:
		return p.surface, true
	case ColorNameRaised, theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground:
		return p.raised, true
	case ColorNamePane:
		return p.pane, true
	case theme.ColorNameForeground:
		return p.foreground, true
	case ColorNameMuted, theme.ColorNamePlaceHolder:
		return p.muted, true
	case theme.ColorNameDisabled:
		return p.disabled, true
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return p.accent, true
	case theme.ColorNameForegroundOnPrimary:
		return p.onAccent, true
	case theme.ColorNameForegroundOnError, theme.ColorNameForegroundOnSuccess, theme.ColorNameForegroundOnWarning:
		return p.background, true
	case theme.ColorNameSeparator, theme.ColorNameInputBorder:
		return p.border, true
	case theme.ColorNameInputBackground:
		return p.input, true
	case theme.ColorNameButton:
		return p.button, true
	case theme.ColorNameDisabledButton:
		return p.raised, true
	case theme.ColorNameFocus:
		return faded(p.accent, 0x66), true
	case theme.ColorNameSelection:
		return faded(p.accent, 0x44), true
	case theme.ColorNameHover:
		return faded(p.foreground, 0x14), true
	case theme.ColorNamePressed:
		return faded(p.foreground, 0x2c), true
	case theme.ColorNameScrollBar:
		return faded(p.muted, 0xa0), true
	case theme.ColorNameScrollBarBackground:
		return faded(p.muted, 0x20), true
	case theme.ColorNameShadow:
		return p.shadow, true
	}
	return color.NRGBA{}, false
}

// OK returns the colour of text and icons of the verdict OK in variant v.
func OK(v fyne.ThemeVariant) color.NRGBA { return paletteOf(v).ok.text }

// NG returns the colour of text and icons of the verdict NG in variant v.
func NG(v fyne.ThemeVariant) color.NRGBA { return paletteOf(v).ng.text }

// Review returns the colour of text and icons of the verdict REVIEW in variant v.
func Review(v fyne.ThemeVariant) color.NRGBA { return paletteOf(v).review.text }

// Error returns the colour of text and icons of the verdict ERROR in variant v.
func Error(v fyne.ThemeVariant) color.NRGBA { return paletteOf(v).err.text }

// Low returns the colour that stands for the low pixel threshold in variant v.
func Low(v fyne.ThemeVariant) color.NRGBA { return paletteOf(v).low }

// High returns the colour that stands for the high pixel threshold in variant v.
func High(v fyne.ThemeVariant) color.NRGBA { return paletteOf(v).high }

// Accent returns the one accent colour of variant v.
func Accent(v fyne.ThemeVariant) color.NRGBA { return paletteOf(v).accent }

// Muted returns the colour of secondary text in variant v.
func Muted(v fyne.ThemeVariant) color.NRGBA { return paletteOf(v).muted }
