package themes

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

var variants = map[string]fyne.ThemeVariant{
	"light": theme.VariantLight, "dark": theme.VariantDark, "contrast": VariantHighContrast,
}

// readable is the least contrast of text by WCAG 2.1, level AA.
const readable = 4.5

func TestTextIsReadableOnEveryGround(t *testing.T) {
	texts := []fyne.ThemeColorName{
		theme.ColorNameForeground, ColorNameMuted, ColorNameAccent, theme.ColorNameError, theme.ColorNameHyperlink,
		ColorNameOK, ColorNameNG, ColorNameReview, ColorNameError, ColorNameLow, ColorNameHigh,
	}
	grounds := []fyne.ThemeColorName{theme.ColorNameBackground, ColorNameSurface, ColorNameRaised, theme.ColorNameInputBackground}
	for name, v := range variants {
		p := paletteOf(v)
		for _, text := range texts {
			for _, ground := range grounds {
				a, _ := p.named(text)
				b, _ := p.named(ground)
				if c := Contrast(a, b); c < readable {
					t.Errorf("%s: %s on %s has %.2f", name, text, ground, c)
				}
			}
		}
	}
}

func TestTextOnFillsIsReadable(t *testing.T) {
	pairs := map[fyne.ThemeColorName]fyne.ThemeColorName{
		ColorNameOnOK: ColorNameOKFill, ColorNameOnNG: ColorNameNGFill,
		ColorNameOnReview: ColorNameReviewFill, ColorNameOnError: ColorNameErrorFill,
		theme.ColorNameForegroundOnPrimary: theme.ColorNamePrimary,
		theme.ColorNameForegroundOnError:   theme.ColorNameError,
		theme.ColorNameForegroundOnSuccess: theme.ColorNameSuccess,
		theme.ColorNameForegroundOnWarning: theme.ColorNameWarning,
		theme.ColorNameForeground:          theme.ColorNameButton,
		ColorNameMuted:                     ColorNamePane,
	}
	for name, v := range variants {
		p := paletteOf(v)
		for text, ground := range pairs {
			a, _ := p.named(text)
			b, _ := p.named(ground)
			if c := Contrast(a, b); c < readable {
				t.Errorf("%s: %s on %s has %.2f", name, text, ground, c)
			}
		}
	}
}

func TestHighContrastIsHigher(t *testing.T) {
	p := &contrastPalette
	for _, c := range []color.NRGBA{p.foreground, p.muted, p.ok.text, p.ng.text, p.review.text, p.err.text} {
		if got := Contrast(c, p.background); got < 7 {
			t.Errorf("%v has %.2f, want 7 (level AAA)", c, got)
		}
	}
}

func TestContrastKnowsBlackAndWhite(t *testing.T) {
	if c := Contrast(color.Black, color.White); c < 20.99 || c > 21.01 {
		t.Errorf("black and white: %.3f", c)
	}
	if c := Contrast(color.White, color.White); c != 1 {
		t.Errorf("white and white: %.3f", c)
	}
}

func TestEveryFyneColourIsAnsweredOpaqueOrFaded(t *testing.T) {
	test.NewTempApp(t)
	names := []fyne.ThemeColorName{
		theme.ColorNameBackground, theme.ColorNameButton, theme.ColorNameDisabled, theme.ColorNameDisabledButton,
		theme.ColorNameError, theme.ColorNameFocus, theme.ColorNameForeground, theme.ColorNameHeaderBackground,
		theme.ColorNameHover, theme.ColorNameHyperlink, theme.ColorNameInputBackground, theme.ColorNameInputBorder,
		theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground, theme.ColorNamePlaceHolder,
		theme.ColorNamePressed, theme.ColorNamePrimary, theme.ColorNameScrollBar, theme.ColorNameSelection,
		theme.ColorNameSeparator, theme.ColorNameShadow, theme.ColorNameSuccess, theme.ColorNameWarning,
	}
	for _, th := range []fyne.Theme{Light(), Dark(), HighContrast()} {
		for _, name := range names {
			if _, _, _, a := th.Color(name, theme.VariantDark).RGBA(); a == 0 {
				t.Errorf("%s is invisible", name)
			}
		}
		for _, name := range []fyne.ThemeSizeName{theme.SizeNameText, theme.SizeNamePadding, SizeNameVerdict, SizeNameGap} {
			if th.Size(name) <= 0 {
				t.Errorf("size %s is %v", name, th.Size(name))
			}
		}
	}
}

func TestThemesStayWhenTheDesktopChanges(t *testing.T) {
	test.NewTempApp(t)
	for _, th := range []fyne.Theme{Light(), Dark(), HighContrast()} {
		a := th.Color(theme.ColorNameBackground, theme.VariantDark)
		b := th.Color(theme.ColorNameBackground, theme.VariantLight)
		if a != b {
			t.Errorf("background follows the desktop: %v and %v", a, b)
		}
	}
	s := System()
	if s.Color(theme.ColorNameBackground, theme.VariantDark) == s.Color(theme.ColorNameBackground, theme.VariantLight) {
		t.Error("the system theme does not follow the desktop")
	}
}

func TestScaledBoundsItsFactor(t *testing.T) {
	base := Dark().Size(theme.SizeNameText)
	for factor, want := range map[float32]float32{1.5: 1.5, 9: 2, 0: 0.75} {
		if got := Scaled(Dark(), factor).Size(theme.SizeNameText) / base; got != want {
			t.Errorf("factor %v gave %v", factor, got)
		}
	}
}

func TestColorAnswersUnderAForeignTheme(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(test.Theme())
	if Color(ColorNameNG).A != 255 || Size(SizeNamePaneHeader) <= 0 {
		t.Error("own names are unknown under a foreign theme")
	}
}

func draw(t *testing.T, res fyne.Resource) image.Image {
	t.Helper()
	img := canvas.NewImageFromResource(res)
	img.FillMode = canvas.ImageFillContain
	w := test.NewTempWindow(t, img)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(48, 48))
	return w.Canvas().Capture()
}

// ink tells which pixels of a drawing differ from its corner.
func ink(img image.Image) []byte {
	b := img.Bounds()
	ground := luminance(img.At(b.Min.X, b.Min.Y))
	var out []byte
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			d := luminance(img.At(x, y)) - ground
			if d > 0.1 || d < -0.1 {
				out = append(out, 1)
			} else {
				out = append(out, 0)
			}
		}
	}
	return out
}

func TestVerdictsDifferInShapeNotOnlyInColour(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(Light())
	verdicts := []string{"OK", "NG", "REVIEW", "ERROR", ""}
	shapes := map[string][]byte{}
	for _, v := range verdicts {
		shapes[v] = ink(draw(t, VerdictIcon(v)))
		if n := bytes.Count(shapes[v], []byte{1}); n < 400 || n > 1900 {
			t.Errorf("%q covers %d of 2304 pixels", v, n)
		}
	}
	for i, a := range verdicts {
		for _, b := range verdicts[i+1:] {
			apart := 0
			for k := range shapes[a] {
				if shapes[a][k] != shapes[b][k] {
					apart++
				}
			}
			if apart < 200 {
				t.Errorf("%q and %q differ in only %d pixels", a, b, apart)
			}
		}
	}
}

func TestVerdictCutOutsAreHoles(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(Light())
	// A place inside each sign, in the units of the 24 x 24 drawing.
	for verdict, at := range map[string]image.Point{"OK": {11, 15}, "NG": {12, 12}, "REVIEW": {12, 17}, "ERROR": {12, 11}} {
		img := draw(t, VerdictIcon(verdict))
		corner, sign := img.At(0, 0), img.At(at.X*2, at.Y*2)
		if d := luminance(corner) - luminance(sign); d > 0.05 || d < -0.05 {
			t.Errorf("%s: the sign is filled (%v on %v)", verdict, sign, corner)
		}
	}
}

func TestUnknownVerdictIsNeverShownAsOK(t *testing.T) {
	for _, v := range []string{"", "ok", "pass", "unknown"} {
		if VerdictNamed(v) == VerdictNamed("OK") {
			t.Errorf("%q looks like OK", v)
		}
	}
}
