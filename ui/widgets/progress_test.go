package widgets

import (
	"testing"

	"agurscope/themes"

	"fyne.io/fyne/v2/theme"
)

// In every look one sees how much is done, and that nothing is.
func TestProgressIsAsFullAsItSays(t *testing.T) {
	for _, look := range []string{"dark", "light", "contrast"} {
		themed(t, look)
		p := NewProgress()
		for _, v := range []float64{0, .25, 1, 7} {
			p.SetValue(v)
			want := min(v, 1)
			if got := share(show(t, p, 400, 8), themes.Color(theme.ColorNamePrimary)); got < want-.05 || got > want+.02 {
				t.Errorf("%s: at %g, %.2f of it is filled", look, v, got)
			}
		}
		if c := themes.Contrast(themes.Color(theme.ColorNameInputBackground), themes.Color(theme.ColorNamePrimary)); c < 2 {
			t.Errorf("%s: filled and empty differ by %.1f", look, c)
		}
	}
}
