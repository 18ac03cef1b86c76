// Package themes holds the look of Agurscope: three palettes (light, dark and
// high contrast), the sizes, the verdict icons, and named semantic colours so
// that no screen spells out a colour of its own.
//
// A verdict is never told by colour alone: every one has a shape (see
// VerdictIcon) and a word beside its colour.
package themes

import (
	"image/color"

	"agurscope/assets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// VariantHighContrast is the variant of the high contrast theme, beside Fyne's
// own light and dark.
const VariantHighContrast fyne.ThemeVariant = 2

// Theme is one of the looks of Agurscope. It ignores the variant of the
// desktop, because inspection stations are lit the same all day and the chosen
// look has to stay; System is the exception.
type Theme struct {
	variant fyne.ThemeVariant
	follow  bool
	scale   float32
	han     bool
	base    fyne.Theme
}

var _ fyne.Theme = (*Theme)(nil)

// Light returns the theme for bright rooms.
func Light() fyne.Theme { return newTheme(theme.VariantLight) }

// Dark returns the theme for the usual, dimmed inspection bench.
func Dark() fyne.Theme { return newTheme(theme.VariantDark) }

// HighContrast returns the theme with black ground, white borders and larger
// text.
func HighContrast() fyne.Theme { return newTheme(VariantHighContrast) }

// System returns the theme that follows the desktop's choice of light or dark.
func System() fyne.Theme {
	t := newTheme(theme.VariantDark)
	t.follow = true
	return t
}

// Named returns the theme called "light", "dark", "contrast" or "system", as
// kept in the preferences; an unknown name gives Dark.
func Named(name string) fyne.Theme {
	switch name {
	case "light":
		return Light()
	case "contrast":
		return HighContrast()
	case "system":
		return System()
	}
	return Dark()
}

// Scaled returns t with every size multiplied by factor, which is bounded to
// 0.75 .. 2. Themes of other packages are returned unchanged.
func Scaled(t fyne.Theme, factor float32) fyne.Theme {
	own, ok := t.(*Theme)
	if !ok {
		return t
	}
	scaled := *own
	scaled.scale = min(max(factor, 0.75), 2)
	return &scaled
}

// WithHan returns the theme with a font for Chinese, for a window that speaks it;
// what that lacks (Latin letters, rare characters) comes from the fonts behind it.
func WithHan(t fyne.Theme) fyne.Theme {
	own, ok := t.(*Theme)
	if !ok {
		return t
	}
	han := *own
	han.han = true
	return &han
}

func newTheme(v fyne.ThemeVariant) *Theme {
	return &Theme{variant: v, scale: 1, base: theme.DefaultTheme()}
}

// Variant returns which palette the theme shows while the desktop prefers v.
func (t *Theme) Variant(v fyne.ThemeVariant) fyne.ThemeVariant {
	if t.follow {
		return v
	}
	return t.variant
}

// Color returns the colour called name, own or Fyne's.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	v = t.Variant(v)
	if c, ok := paletteOf(v).named(name); ok {
		return c
	}
	return t.base.Color(name, fyneVariant(v))
}

// Font returns Fyne's bundled face for the style.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case !t.han || style.Symbol:
		return t.base.Font(style)
	case style.Bold:
		return hanBold
	}
	return hanRegular
}

var (
	hanRegular = fyne.NewStaticResource("han-regular.otf", assets.HanRegular)
	hanBold    = fyne.NewStaticResource("han-bold.otf", assets.HanBold)
)

// Icon returns Fyne's icon called name.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return t.base.Icon(name) }

// Size returns the size called name, own or Fyne's, times the scale.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizeNamed(name, t.variant == VariantHighContrast); ok {
		return s * t.scale
	}
	return t.base.Size(name) * t.scale
}

// fyneVariant maps our variants onto the two that Fyne knows.
func fyneVariant(v fyne.ThemeVariant) fyne.ThemeVariant {
	if v == theme.VariantLight {
		return v
	}
	return theme.VariantDark
}

// CurrentVariant returns the variant that the running application shows.
func CurrentVariant() fyne.ThemeVariant {
	app := fyne.CurrentApp()
	if app == nil {
		return theme.VariantDark
	}
	v := app.Settings().ThemeVariant()
	if own, ok := app.Settings().Theme().(*Theme); ok {
		return own.Variant(v)
	}
	return v
}

// Color returns the colour called name as the running application shows it. It
// also answers for our own names while a foreign theme is active.
func Color(name fyne.ThemeColorName) color.NRGBA {
	if c, ok := paletteOf(CurrentVariant()).named(name); ok {
		return c
	}
	return color.NRGBAModel.Convert(theme.Color(name)).(color.NRGBA)
}
