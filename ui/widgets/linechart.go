package widgets

import (
	"math"

	"agurscope/assets/words"
	"agurscope/themes"

	"fyne.io/fyne/v2/theme"
)

// LineChart shows how a number develops.
type LineChart struct {
	chart
	points, smooth []Point
	beside         []Point // a second number on the same axis
	besideWord     string
	word           string
}

// NewLineChart returns an empty chart with the titles of its axes.
func NewLineChart(x, y, empty string) *LineChart {
	l := &LineChart{word: y}
	l.x.title, l.y.title, l.empty = x, y, empty
	l.x.whole = true
	l.paint = l.draw
	l.hover = l.pointed
	l.ExtendBaseWidget(l)
	return l
}

// maxPoints bounds what is drawn; more would be closer than pixels.
const maxPoints = 800

// Add appends a point; X must rise.
func (l *LineChart) Add(p Point) {
	if math.IsNaN(p.Y) || math.IsInf(p.Y, 0) {
		return
	}
	l.points = append(l.points, p)
	if len(l.points) >= 2*maxPoints {
		half := l.points[:0]
		for i := 1; i < len(l.points); i += 2 {
			a, b := l.points[i-1], l.points[i]
			half = append(half, Point{b.X, (a.Y + b.Y) / 2})
		}
		l.points = half
	}
}

// Beside names a second number on the same axis, drawn in another colour.
func (l *LineChart) Beside(word string) { l.besideWord = word }

// AddBeside appends a point of the second number; X must rise.
func (l *LineChart) AddBeside(p Point) {
	if math.IsNaN(p.Y) || math.IsInf(p.Y, 0) {
		return
	}
	if l.beside = append(l.beside, p); len(l.beside) > maxPoints {
		l.beside = l.beside[1:]
	}
}

// Clear removes all points.
func (l *LineChart) Clear() {
	l.points, l.beside = nil, nil
	l.Redraw()
}

// Len returns the number of points kept.
func (l *LineChart) Len() int { return len(l.points) }

// Redraw draws what was added.
func (l *LineChart) Redraw() {
	l.has = len(l.points) > 1
	l.smooth = smoothed(l.points)
	if l.has {
		l.x.min, l.x.max = 0, l.points[len(l.points)-1].X
		top := 0.0
		for _, p := range l.points {
			top = max(top, p.Y)
		}
		// The first steps of a training tower over the rest; the scale is for
		// what comes after them.
		if n := len(l.points); n > 20 {
			top = 0
			for _, p := range l.points[n/20:] {
				top = max(top, p.Y)
			}
		}
		l.y.min, l.y.max = 0, max(top*1.08, 1e-9)
		l.note = l.now()
	}
	l.Refresh()
}

// smoothed averages over about a fortieth of the points.
func smoothed(p []Point) []Point {
	out := make([]Point, len(p))
	k := 1 / float64(max(len(p)/40, 1))
	for i, q := range p {
		if i > 0 {
			q.Y = out[i-1].Y + k*(q.Y-out[i-1].Y)
		}
		out[i] = q
	}
	return out
}

func (l *LineChart) draw(p pen) {
	faint := themes.Color(theme.ColorNamePrimary)
	faint.A = 80
	p.line(l.points, 1, premultiplied(faint))
	p.line(l.smooth, 2, themes.Color(theme.ColorNamePrimary))
	if len(l.beside) > 1 {
		p.line(l.beside, 2, themes.Color(themes.ColorNameReview))
	}
}

// now says the last values.
func (l *LineChart) now() string {
	n := len(l.smooth)
	if n == 0 {
		return ""
	}
	note := words.T("now %.4g", l.smooth[n-1].Y)
	if k := len(l.beside); k > 0 {
		note += words.Write(" · %s %.4g", l.besideWord, l.beside[k-1].Y)
	}
	return note
}

func (l *LineChart) pointed(x float64, inside bool) {
	note := l.now()
	l.marks = nil
	if inside {
		best := 0
		for i, p := range l.points {
			if math.Abs(p.X-x) < math.Abs(l.points[best].X-x) {
				best = i
			}
		}
		if len(l.smooth) > best {
			p := l.smooth[best]
			note = words.Write("%s %.0f: %.4g", l.x.title, p.X, p.Y)
			l.marks = []chartMark{{p.X, "", themes.ColorNameMuted}}
		}
	}
	l.note = note
	l.Refresh()
}
