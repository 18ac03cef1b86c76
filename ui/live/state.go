package live

import (
	"math"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets/live"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var nan = math.NaN()

// stateLine says what the camera is doing: a shape and a word, why, and figures.
type stateLine struct {
	root    fyne.CanvasObject
	hint    *widgets.Hint
	icon    *widget.Icon
	word    *widgets.Text
	detail  *widgets.Text
	trouble bool // what it says is why a test has failed
}

func newStateLine(t *widgets.Tips) *stateLine {
	l := &stateLine{icon: widget.NewIcon(nil), word: widgets.NewStyled(&widgets.Text{Style: fyne.TextStyle{Bold: true}}), detail: widgets.NewCaption("")}
	l.detail.Elide = widgets.ElideEnd
	l.hint = t.Over(widgets.Dock(nil, nil, widgets.Inset(widgets.Fixed(18, 18, l.icon), 9, 4), nil, widgets.Lines(l.word, l.detail)), "")
	l.root = l.hint
	return l
}

// look is how a state looks, told apart by shape and word, too. It is a function
// because icons belong to an app, which commands without a window do not have.
func look(s live.State) (word string, icon fyne.Resource, ink fyne.ThemeColorName) {
	switch s {
	case live.Connecting:
		return words.T("Connecting"), theme.ViewRefreshIcon(), themes.ColorNameMuted
	case live.Streaming:
		return words.T("Streaming"), theme.ConfirmIcon(), themes.ColorNameOK
	case live.Stalled:
		return words.T("Stalled"), theme.WarningIcon(), themes.ColorNameReview
	case live.Lost:
		return words.T("Lost, trying again"), theme.ErrorIcon(), themes.ColorNameNG
	default:
		return words.T("Stopping"), theme.MediaStopIcon(), themes.ColorNameMuted
	}
}

// show says the state of a camera that is inspected.
func (l *stateLine) show(st live.Status, mode live.Mode, latency time.Duration) {
	word, icon, ink := look(st.State)
	l.trouble = false
	l.icon.SetResource(theme.NewColoredResource(icon, ink))
	l.word.SetColor(ink)
	if st.State == live.Streaming && mode != live.Free && st.Delivered == 0 {
		word = words.T("Ready for the trigger")
	}
	l.word.Set(word)
	detail := figures(st, mode, latency)
	if st.Reason != "" {
		detail = phrase.Sentence(st.Reason)
	}
	l.detail.Set(detail)
	l.hint.Tip = words.T("%d pictures received, %d inspected, %d dropped because newer ones were there, %d incomplete, %d repeated; lost %d times.",
		st.Received, st.Delivered, st.Dropped, st.Incomplete, st.Stale, st.Losses)
}

// figures are rate, losses and latency in one line.
func figures(st live.Status, mode live.Mode, latency time.Duration) string {
	text := words.Write("%.1f/s", st.Rate)
	if mode != live.Free {
		text = words.N(int(st.Delivered), "%d picture", "%d pictures")
	}
	if latency > 0 {
		text += " · " + words.T("%s to the verdict", phrase.Milliseconds(latency))
	}
	if mode != live.Software { // there every trigger has its answer
		text += " · " + words.T("%d dropped", st.Dropped)
	}
	if st.Incomplete > 0 {
		text += " · " + words.T("%d incomplete", st.Incomplete)
	}
	if st.Stale > 0 && mode == live.Free {
		text += " · " + words.T("%d repeated", st.Stale)
	}
	return text
}

// say shows words that are no trouble.
func (l *stateLine) say(word, detail string) {
	l.trouble = false
	l.put(theme.MediaVideoIcon(), themes.ColorNameMuted, word, detail)
}

// fail shows what did not work, until something else is tried.
func (l *stateLine) fail(word, detail string) {
	l.put(theme.ErrorIcon(), themes.ColorNameNG, word, detail)
	l.trouble = true
}

func (l *stateLine) put(icon fyne.Resource, ink fyne.ThemeColorName, word, detail string) {
	l.icon.SetResource(theme.NewColoredResource(icon, ink))
	if word == "" {
		l.icon.SetResource(nil)
	}
	l.word.SetColor(ink)
	l.word.Set(word)
	l.detail.Set(detail)
	l.hint.Tip = detail
}
