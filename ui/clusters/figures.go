package clusters

import (
	"math"
	"slices"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
)

// tell writes the figures beside the picture.
func (s *Screen) tell() {
	m, out, live := s.m, 0, 0
	for _, p := range m.Points {
		if p.Outside {
			out++
		}
		if p.Placed {
			live++
		}
	}
	parts := words.N(len(m.Points), "%d part", "%d parts")
	if live > 0 {
		parts += words.Mark(", ") + words.T("%d placed since", live)
	}
	s.figures.Objects = []fyne.CanvasObject{
		elided(widgets.NewHeading(m.Recipe)),
		widgets.NewCaption(parts),
		widgets.NewCaption(words.T("drawn %s", m.Time.Local().Format("2006-01-02 15:04"))),
		figure(words.T("Silhouette of the clusters"), m.Silhouette, "%.2f"),
		figure(truthOf(m), 100*m.Agreement, "%.0f %%"),
		figure(words.T("Trustworthiness of the map"), m.Trustworthiness, "%.3f"),
		figure(words.T("Unlike the others (rings)"), float64(out), "%.0f"),
	}
	s.figures.Refresh()
	s.side.Refresh() // what is below makes room
}

// truthOf is what neighbours are compared by.
func truthOf(m *history.Map) string {
	if typed(m) {
		return words.T("Neighbours of the same type")
	}
	return words.T("Neighbours of the same verdict")
}

// typed reports whether the type of any part is known.
func typed(m *history.Map) bool {
	return slices.ContainsFunc(m.Points, func(p history.MapPoint) bool { return p.Part.Type != "" || p.Part.Label != "" })
}

// figure is one line of the figures.
func figure(name string, v float64, format string) fyne.CanvasObject {
	text := "–"
	if !math.IsNaN(v) {
		text = words.Write(format, v)
	}
	return widgets.Row(6, widgets.NewCaption(name), widgets.NewSpring(nil),
		widgets.NewStyled(&widgets.Text{Text: text, Style: fyne.TextStyle{Bold: true}}))
}

func elided(t *widgets.Text) *widgets.Text {
	t.Elide = widgets.ElideMiddle
	return t
}
