package clusters

import (
	"image"
	"math"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// hovered shows the part under the pointer.
func (s *Screen) hovered(i int) {
	if i < 0 || s.m == nil {
		s.tip.hide()
		return
	}
	s.show1(i)
}

// tapped selects a part, or nothing.
func (s *Screen) tapped(i int) {
	if i < 0 {
		if s.chosen != nil {
			s.choose(nil, "", -1)
		}
		s.scatter.Choose(-1)
		return
	}
	s.scatter.Choose(i)
	for row := range s.listed() {
		if s.listedPoint(row) == i {
			s.list.ScrollTo(row)
			break
		}
	}
}

// show points at a part in the map.
func (s *Screen) show(i int) {
	s.scatter.Choose(i)
	s.show1(i)
}

func (s *Screen) show1(i int) {
	p := &s.m.Points[i]
	m, _ := s.pictures.Get(p.Part.ThumbnailSHA256)
	score := words.T("no score")
	if !math.IsNaN(p.Part.Score) {
		score = words.T("score %s", phrase.Figure(p.Part.Score))
	}
	s.tip.show(i, m, p.Part.Name, string(p.Part.Final), score, s.besides(i), s.scatter.place(p.X, p.Y), s.scatter.Size())
}

// renewPictures is called when pictures have been read.
func (s *Screen) renewPictures() {
	s.list.Refresh()
	if i := s.tip.of; i >= 0 && s.m != nil && i < len(s.m.Points) && s.tip.box.Visible() {
		s.show1(i)
	}
}

// card is what is shown of the part under the pointer.
type card struct {
	layer *fyne.Container
	box   *fyne.Container
	img   *canvas.Image
	badge *widgets.Badge
	lines [3]*widgets.Text
	of    int
}

const (
	cardWidth  = 250
	cardHeight = 92
)

func newCard() *card {
	c := &card{img: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}, badge: widgets.NewBadge(), of: -1}
	for i := range c.lines {
		c.lines[i] = elided(widgets.NewCaption(""))
	}
	c.lines[0].ColorName, c.lines[0].Style.Bold = theme.ColorNameForeground, true
	ground := widgets.NewGround(themes.ColorNameRaised)
	ground.Stroke, ground.Radius = theme.ColorNameSeparator, 6
	words := widgets.Rows(2, c.lines[0], c.lines[1], c.lines[2], container.NewHBox(c.badge))
	c.box = container.NewStack(ground, widgets.Inset(widgets.Dock(nil, nil, widgets.Fixed(76, 76, c.img), nil, widgets.Inset(words, 0, 8)), 8, 8))
	c.layer = container.NewWithoutLayout(c.box)
	c.box.Hide()
	return c
}

func (c *card) hide() {
	c.of = -1
	c.box.Hide()
}

// show puts the card beside a place in a field of the given size.
func (c *card) show(of int, m *image.RGBA, name, verdict, score, words string, at fyne.Position, field fyne.Size) {
	c.of = of
	c.img.Image = nil
	if m != nil {
		c.img.Image = m
	}
	c.img.Refresh()
	c.lines[0].Set(name)
	c.lines[1].Set(words)
	c.lines[2].Set(score)
	c.badge.Set(verdict, verdict)
	c.box.Resize(fyne.NewSize(cardWidth, cardHeight))
	x, y := at.X+14, at.Y+14
	if x+cardWidth > field.Width {
		x = at.X - 14 - cardWidth
	}
	if y+cardHeight > field.Height {
		y = at.Y - 14 - cardHeight
	}
	c.box.Move(fyne.NewPos(max(x, 0), max(y, 0)))
	c.box.Show()
	c.box.Refresh()
}
