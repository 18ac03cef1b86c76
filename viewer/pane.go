package viewer

import (
	"image"
	"image/color"
	"math"

	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Pane names one of the four pictures.
type Pane int

// The four panes, in reading order; the keys 1 to 4 enlarge them.
const (
	PaneOriginal Pane = iota
	PaneReconstruction
	PaneHeat
	PaneSegmentation
	paneCount
)

var (
	_ fyne.Widget         = (*pane)(nil)
	_ fyne.Scrollable     = (*pane)(nil)
	_ fyne.Draggable      = (*pane)(nil)
	_ fyne.DoubleTappable = (*pane)(nil)
	_ desktop.Hoverable   = (*pane)(nil)
	_ desktop.Mouseable   = (*pane)(nil)
	_ desktop.Cursorable  = (*pane)(nil)
)

// paneActions is what a person can want from a pane. Points are screen pixels
// of the pane.
type paneActions struct {
	zoom    func(at Point, factor float64, size Size)
	pan     func(dx, dy float64)
	hover   func(at Point, size Size, inside bool)
	click   func(at Point, size Size)
	wipe    func(share float64) // move the line between a pair of panes
	tool    func() Tool         // what has the mouse, nil for the pane itself
	enlarge func()
	settle  func(size Size) // before painting, when the size is finally known
	painted func()
}

// pane is one picture with its header strip.
type pane struct {
	widget.BaseWidget

	layer Layer
	view  *Viewport // shared by all panes
	do    paneActions
	fonts *fonts

	raster   *canvas.Raster
	header   *paneHeader
	cross    crosshair
	absent   *note // the sentence when there is no picture
	renderer Renderer
	buffer   *image.RGBA
	beside   *pane       // the other one of a pair; nil unless this pane shows two
	cut      float64     // how much of the width is this pane's own, 0 to 1
	second   *image.RGBA // what the other one looks like here
	size     Size        // of the picture area, in screen pixels
	scale    float64     // screen pixels per desktop unit
	pressed  fyne.Position
	dragging bool
	wiping   bool          // the line of a wipe is being dragged
	led      fyne.Position // where a tool was last
	drawing  bool          // a tool was given the button
}

func newPane(number int, title, absent string, view *Viewport, fonts *fonts, do paneActions) *pane {
	p := &pane{view: view, do: do, fonts: fonts, scale: 1}
	p.header = newPaneHeader(number, title, do.enlarge)
	p.raster = canvas.NewRaster(p.paint)
	p.raster.ScaleMode = canvas.ImageScalePixels
	p.absent = newNote(fyne.TextAlignCenter)
	p.absent.Wrapping = fyne.TextWrapWord
	p.absent.aside(absent)
	p.cross.create()
	p.ExtendBaseWidget(p)
	return p
}

// paint is asked for the pixels by Fyne, once for each frame in which the pane
// changed. The upload reads the buffer before this is called again, both on the
// goroutine of Fyne, so one buffer is enough.
func (p *pane) paint(w, h int) image.Image {
	if p.buffer == nil || p.buffer.Rect.Dx() != w || p.buffer.Rect.Dy() != h {
		p.buffer = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	if w == 0 || h == 0 {
		return p.buffer
	}
	p.measure(w, h)
	p.do.settle(p.size)
	l := p.dressed(p.layer)
	p.renderer.Render(p.buffer, *p.view, &l)
	p.paintBeside(p.buffer)
	if p.do.painted != nil {
		p.do.painted()
	}
	return p.buffer
}

// dressed returns a layer with what the pane adds to it.
func (p *pane) dressed(l Layer) Layer {
	l.Background = opaque(themes.Color(themes.ColorNamePane))
	l.Scale = p.scale
	l.Font = p.fonts.at(p.scale)
	return l
}

func opaque(c color.NRGBA) color.RGBA { return color.RGBA{R: c.R, G: c.G, B: c.B, A: 255} }

func (p *pane) measure(w, h int) {
	p.size = Size{float64(w), float64(h)}
	if width := p.raster.Size().Width; width > 0 {
		p.scale = float64(w) / float64(width)
	}
}

// estimate predicts the size in screen pixels before the first painting at a
// new size.
func (p *pane) estimate() Size {
	if app := fyne.CurrentApp(); app != nil {
		if c := app.Driver().CanvasForObject(p); c != nil && c.Scale() > 0 {
			p.scale = float64(c.Scale())
		}
	}
	s := p.raster.Size()
	return Size{math.Round(float64(s.Width) * p.scale), math.Round(float64(s.Height) * p.scale)}
}

// at turns a position on the widget into screen pixels of the picture area.
func (p *pane) at(pos fyne.Position) Point {
	pos = pos.Subtract(p.raster.Position())
	return Point{float64(pos.X) * p.scale, float64(pos.Y) * p.scale}
}

// inPicture reports whether a position lies below the header.
func (p *pane) inPicture(pos fyne.Position) bool {
	pos = pos.Subtract(p.raster.Position())
	s := p.raster.Size()
	return pos.X >= 0 && pos.Y >= 0 && pos.X < s.Width && pos.Y < s.Height
}

// Scrolled zooms about the pointer, about a quarter per notch of a wheel.
func (p *pane) Scrolled(e *fyne.ScrollEvent) {
	step := min(max(float64(e.Scrolled.DY), -50), 50)
	p.do.zoom(p.at(e.Position), math.Exp(step*0.009), p.size)
}

// Dragged pans the picture, moves the line of a wipe or leads a tool.
func (p *pane) Dragged(e *fyne.DragEvent) {
	if t := p.do.tool(); t != nil {
		if p.drawing { // the button went down on the picture
			p.led = e.Position
			t.Drag(p.image(e.Position))
		}
		p.hover(e.Position)
		return
	}
	if p.wiping {
		p.do.wipe(p.at(e.Position).X / p.size.W)
		return
	}
	p.dragging = true
	p.do.pan(float64(e.Dragged.DX)*p.scale, float64(e.Dragged.DY)*p.scale)
	p.hover(e.Position)
}

// DragEnd ends what Dragged began.
func (p *pane) DragEnd() {
	p.dragging, p.wiping = false, false
	p.release(p.led)
}

// release lets the tool go, once.
func (p *pane) release(at fyne.Position) {
	if !p.drawing {
		return
	}
	p.drawing = false
	if t := p.do.tool(); t != nil {
		t.Release(p.image(at))
	}
}

// DoubleTapped enlarges the pane, or puts it back.
func (p *pane) DoubleTapped(*fyne.PointEvent) {
	if p.do.tool() == nil {
		p.do.enlarge()
	}
}

// image turns a position on the widget into image coordinates.
func (p *pane) image(pos fyne.Position) Point { return p.view.ToImage(p.at(pos), p.size) }

// MouseDown remembers where a click began.
func (p *pane) MouseDown(e *desktop.MouseEvent) {
	p.pressed = e.Position
	if !p.inPicture(e.Position) || e.Button != desktop.MouseButtonPrimary || p.layer.Picture == nil {
		return
	}
	if t := p.do.tool(); t != nil {
		p.drawing, p.led = true, e.Position
		t.Press(p.image(e.Position))
		return
	}
	p.wiping = p.onLine(p.at(e.Position).X)
}

// MouseUp selects what lies under a click that was not the end of a drag. It
// does not wait for a possible second click, as Tapped would.
func (p *pane) MouseUp(e *desktop.MouseEvent) {
	if p.drawing {
		p.release(e.Position)
		return
	}
	if p.wiping {
		p.wiping = false
		return
	}
	const still = 3
	d := e.Position.Subtract(p.pressed)
	moved := math.Hypot(float64(d.X), float64(d.Y)) > still
	if moved || p.dragging || e.Button != desktop.MouseButtonPrimary || !p.inPicture(e.Position) {
		return
	}
	p.do.click(p.at(e.Position), p.size)
}

// MouseIn begins the probing.
func (p *pane) MouseIn(e *desktop.MouseEvent) { p.hover(e.Position) }

// MouseMoved probes under the pointer.
func (p *pane) MouseMoved(e *desktop.MouseEvent) { p.hover(e.Position) }

// MouseOut ends the probing.
func (p *pane) MouseOut() { p.do.hover(Point{}, p.size, false) }

func (p *pane) hover(pos fyne.Position) {
	if t := p.do.tool(); t != nil && !p.drawing {
		t.Hover(p.image(pos))
	}
	p.do.hover(p.at(pos), p.size, p.inPicture(pos))
}

// Cursor is a cross over the picture, for aiming.
func (p *pane) Cursor() desktop.Cursor {
	if p.layer.Picture == nil {
		return desktop.DefaultCursor
	}
	if p.wiping {
		return desktop.HResizeCursor
	}
	return desktop.CrosshairCursor
}

// mark puts the crosshair at a point in screen pixels.
func (p *pane) mark(at Point) {
	p.cross.show(p.raster.Position(), p.raster.Size(), float32(at.X/p.scale), float32(at.Y/p.scale))
}

// setPicture changes the ground of the layer and the sentence that stands for it.
func (p *pane) setPicture(pic *Picture) {
	p.layer.Picture = pic
	if pic == nil {
		p.absent.Show()
		p.cross.hide()
		return
	}
	p.absent.Hide()
}

// CreateRenderer returns the drawing of the pane.
func (p *pane) CreateRenderer() fyne.WidgetRenderer {
	objects := append([]fyne.CanvasObject{p.raster, p.absent.RichText}, p.cross.objects()...)
	objects = append(objects, p.header)
	return &paneRenderer{pane: p, all: objects}
}

type paneRenderer struct {
	pane *pane
	all  []fyne.CanvasObject
}

func (r *paneRenderer) Layout(s fyne.Size) {
	p := r.pane
	top := themes.Size(themes.SizeNamePaneHeader)
	p.header.Resize(fyne.NewSize(s.Width, top))
	p.raster.Move(fyne.NewPos(0, top))
	p.raster.Resize(fyne.NewSize(s.Width, max(s.Height-top, 0)))
	pad := 4 * theme.Padding()
	width := max(s.Width-2*pad, 0)
	p.absent.Resize(fyne.NewSize(width, 0))
	height := p.absent.MinSize().Height
	p.absent.Resize(fyne.NewSize(width, height))
	p.absent.Move(fyne.NewPos(pad, top+(s.Height-top-height)/2))
}

func (r *paneRenderer) MinSize() fyne.Size {
	top := themes.Size(themes.SizeNamePaneHeader)
	return fyne.NewSize(140, top+110)
}

func (r *paneRenderer) Refresh() {
	r.pane.header.Refresh()
	r.pane.absent.Refresh()
	r.pane.raster.Refresh()
}

func (r *paneRenderer) Objects() []fyne.CanvasObject { return r.all }
func (r *paneRenderer) Destroy()                     {}
