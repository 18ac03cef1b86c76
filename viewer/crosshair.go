package viewer

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// crosshair is four arms with a gap at the probed place, each light on dark so
// that it can be seen on any picture. Being canvas objects, they move without
// the picture being sampled again.
type crosshair struct {
	dark, light [4]*canvas.Rectangle // left, right, up, down
}

func (c *crosshair) create() {
	for i := range c.dark {
		c.dark[i] = canvas.NewRectangle(color.NRGBA{A: 0x50})
		c.light[i] = canvas.NewRectangle(color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xa0})
	}
	c.hide()
}

func (c *crosshair) objects() []fyne.CanvasObject {
	all := make([]fyne.CanvasObject, 0, 8)
	for _, r := range c.dark {
		all = append(all, r)
	}
	for _, r := range c.light {
		all = append(all, r)
	}
	return all
}

func (c *crosshair) hide() {
	for i := range c.dark {
		c.dark[i].Hide()
		c.light[i].Hide()
	}
}

// show puts the arms around x, y within the area at origin of the given size.
// A place outside the area hides them.
func (c *crosshair) show(origin fyne.Position, size fyne.Size, x, y float32) {
	if x < 0 || y < 0 || x >= size.Width || y >= size.Height {
		c.hide()
		return
	}
	const gap = 7
	horizontal := func(i int, from, to float32) { c.arm(i, origin, from, y, max(to-from, 0), 0) }
	vertical := func(i int, from, to float32) { c.arm(i, origin, x, from, 0, max(to-from, 0)) }
	horizontal(0, 0, x-gap)
	horizontal(1, x+gap, size.Width)
	vertical(2, 0, y-gap)
	vertical(3, y+gap, size.Height)
}

// arm places one arm along the axis in which it has a length.
func (c *crosshair) arm(i int, origin fyne.Position, x, y, w, h float32) {
	if w == 0 && h == 0 {
		c.dark[i].Hide()
		c.light[i].Hide()
		return
	}
	put := func(r *canvas.Rectangle, thick float32) {
		pos, size := fyne.NewPos(x, y-thick/2), fyne.NewSize(w, thick)
		if h > 0 {
			pos, size = fyne.NewPos(x-thick/2, y), fyne.NewSize(thick, h)
		}
		r.Move(pos.Add(origin))
		r.Resize(size)
		r.Show()
	}
	put(c.dark[i], 3)
	put(c.light[i], 1)
}
