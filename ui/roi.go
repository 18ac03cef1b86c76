package ui

import (
	"context"
	"image/color"
	"math"
	"slices"

	"agurscope/assets/words"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/ui/station"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
)

// drawn is the colour of lines that people draw.
var drawn = color.NRGBA{R: 0xff, G: 0xd6, B: 0x0a, A: 0xff}

// The shapes that the editor draws.
const (
	rectangle = iota
	polygon
	brush
)

// roiEditor paints what a recipe does not judge, over the part on show. It is a
// tool of the viewer. Behind a fixture what is painted moves with the part.
type roiEditor struct {
	row  *toolRow
	root fyne.CanvasObject
	on   *shown // that is drawn on
	mask mask
	past [][]uint8 // cells of the mask, for undo, oldest first

	shape  int
	ignore bool // what is painted: ignored, or judged again
	radius float64
	points []viewer.Point // of the polygon or rectangle being drawn
	at     viewer.Point   // under the pointer

	shapes        [3]*widgets.Chip
	out, in       *widgets.Chip
	undo, invert  *widgets.Chip
	discard, save *widgets.Chip
	size          *widgets.Slider
	sizeRow       *fyne.Container
	left          *widgets.Text
}

// mask is a grid of cells stretched over the picture, 1 where it is ignored.
type mask struct {
	w, h  int
	cells []uint8
}

// maskSide is the longer side of the grid: finer than any network's input needs.
const maskSide = 512

// keptSteps bounds the memory of undo.
const keptSteps = 40

func newROIEditor(row *toolRow) *roiEditor {
	on := row.s.on
	b := on.frame.Original.Rect
	k := min(1, maskSide/float64(max(b.Dx(), b.Dy())))
	e := &roiEditor{row: row, on: on, ignore: true}
	e.mask = mask{w: max(1, int(float64(b.Dx())*k)), h: max(1, int(float64(b.Dy())*k))}
	e.mask.cells = make([]uint8, e.mask.w*e.mask.h)
	if m := on.res.Prediction.Ignored; m != nil {
		for i := range e.mask.cells {
			x, y := i%e.mask.w, i/e.mask.w
			if m.At(0, x*m.W/e.mask.w, y*m.H/e.mask.h) > .5 {
				e.mask.cells[i] = 1
			}
		}
	}
	e.radius = float64(max(b.Dx(), b.Dy())) / 24
	t := row.s.w.Tips
	tips := [3]string{
		words.T("Drag a rectangle."), words.T("Click the corners; Enter or a click on the first one closes."),
		words.T("Paint with a round brush."),
	}
	for i := range e.shapes {
		e.shapes[i] = t.NewChip(nil, tips[i], func() { e.choose(i) })
	}
	e.out = t.NewChip(nil, words.T("What is drawn is not judged. (X changes)"), func() { e.paint(true) })
	e.in = t.NewChip(nil, words.T("What is drawn is judged again: the eraser. (X changes)"), func() { e.paint(false) })
	e.size = t.NewSlider(e.radius/12, e.radius*3, words.T("Size of the brush"), row.s.w.Keys)
	e.size.SetValue(e.radius)
	e.size.OnChanged = func(v float64) { e.radius = v; e.show() }
	e.sizeRow = container.NewStack(widgets.Fixed(48, 22, e.size))
	e.undo = t.NewChip(nil, words.T("Take the last stroke back. (U)"), e.back)
	e.invert = t.NewChip(nil, words.T("Judge only what is ignored now, and ignore the rest."), e.turn)
	e.left = widgets.NewCaption("")
	e.left.Elide = widgets.ElideEnd
	e.save = t.NewChip(nil, words.T("Keep it in the recipe, as a version."), e.ask)
	e.discard = t.NewChip(nil, words.T("Leave the recipe as it is. (Esc)"), row.leave)
	e.root = widgets.Row(4, e.out, e.in, widgets.Fixed(6, 0, widgets.NewText("")), e.shapes[0], e.shapes[1], e.shapes[2], e.sizeRow,
		e.undo, e.invert, widgets.NewSpring(widgets.Inset(container.NewVBox(e.left), 3, 6)), e.discard, e.save)
	row.s.view.SetTool(e)
	e.refresh()
	return e
}

// refresh shows the editor's state.
func (e *roiEditor) refresh() {
	for i, word := range []string{words.T("Rectangle"), words.T("Polygon"), words.T("Brush")} {
		e.shapes[i].Set(word, e.shape == i)
	}
	e.out.Set(words.T("Ignore"), e.ignore)
	e.in.Set(words.T("Judge"), !e.ignore)
	e.sizeRow.Hidden = e.shape != brush
	e.undo.Set(words.T("Undo"), false)
	e.invert.Set(words.T("Invert"), false)
	e.discard.Set(words.T("Cancel"), false)
	e.save.Set(words.T("Save…"), len(e.past) > 0)
	n := 0
	for _, c := range e.mask.cells {
		n += int(c)
	}
	e.left.Set(words.T("%.0f %% judged", 100*(1-float64(n)/float64(len(e.mask.cells)))))
	e.show()
	e.root.Refresh()
}

// show draws mask and the shape in hand over the part.
func (e *roiEditor) show() {
	v := e.row.s.view
	v.SetShade(&viewer.Shade{W: e.mask.w, H: e.mask.h, Out: e.mask.cells})
	switch {
	case e.shape == brush:
		v.SetMarks(viewer.Mark{Points: ring(e.at, e.radius), Closed: true, Color: drawn})
	case len(e.points) > 0:
		points := slices.Clone(e.points)
		if e.shape == polygon {
			points = append(points, e.at)
		}
		v.SetMarks(viewer.Mark{Points: points, Closed: e.shape == rectangle, Color: drawn})
	default:
		v.SetMarks()
	}
}

func ring(at viewer.Point, radius float64) []viewer.Point {
	const corners = 32
	out := make([]viewer.Point, corners)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		out[i] = viewer.Point{X: at.X + radius*cos, Y: at.Y + radius*sin}
	}
	return out
}

func (e *roiEditor) choose(shape int) {
	e.shape, e.points = shape, nil
	e.refresh()
}

func (e *roiEditor) paint(ignore bool) {
	e.ignore = ignore
	e.refresh()
}

// keep remembers the mask before a stroke.
func (e *roiEditor) keep() {
	e.past = append(e.past, slices.Clone(e.mask.cells))
	if len(e.past) > keptSteps {
		e.past = slices.Delete(e.past, 0, 1)
	}
}

func (e *roiEditor) back() {
	if n := len(e.past); n > 0 {
		e.mask.cells, e.past = e.past[n-1], e.past[:n-1]
		e.refresh()
	}
}

func (e *roiEditor) turn() {
	e.keep()
	for i := range e.mask.cells {
		e.mask.cells[i] ^= 1
	}
	e.refresh()
}

// key does what a key means while the editor is open.
func (e *roiEditor) key(name fyne.KeyName) bool {
	switch name {
	case fyne.KeyEscape:
		if len(e.points) > 0 {
			e.choose(e.shape)
		} else {
			e.row.leave()
		}
	case fyne.KeyReturn, fyne.KeyEnter:
		e.close()
	case fyne.KeyU, fyne.KeyBackspace:
		e.back()
	case fyne.KeyX:
		e.paint(!e.ignore)
	case fyne.KeyF, fyne.KeyPlus, fyne.KeyMinus, fyne.KeyEqual, fyne.Key0, fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4:
		return e.row.s.view.HandleKey(name)
	}
	return true // the part stays while it is drawn on
}

// Press implements viewer.Tool.
func (e *roiEditor) Press(at viewer.Point) {
	e.at = at
	switch e.shape {
	case rectangle:
		e.points = []viewer.Point{at, at, at, at}
	case brush:
		e.keep()
		e.dab(at, at)
	}
	e.show()
}

// Drag implements viewer.Tool.
func (e *roiEditor) Drag(at viewer.Point) {
	switch {
	case e.shape == rectangle && len(e.points) == 4:
		a := e.points[0]
		e.points = []viewer.Point{a, {X: at.X, Y: a.Y}, at, {X: a.X, Y: at.Y}}
	case e.shape == brush:
		e.dab(e.at, at)
	}
	e.at = at
	e.show()
}

// Release implements viewer.Tool.
func (e *roiEditor) Release(at viewer.Point) {
	switch e.shape {
	case rectangle:
		if n := len(e.points); n == 4 && e.points[0].X != e.points[2].X && e.points[0].Y != e.points[2].Y {
			e.close()
			return
		}
		e.points = nil
	case polygon:
		if n := len(e.points); n > 2 && e.near(e.points[0], at) {
			e.close()
			return
		}
		e.points = append(e.points, at)
	}
	e.at = at
	e.refresh()
}

// Hover implements viewer.Tool.
func (e *roiEditor) Hover(at viewer.Point) {
	e.at = at
	if e.shape == brush || len(e.points) > 0 {
		e.show()
	}
}

// near reports whether two places are one to a hand with a mouse.
func (e *roiEditor) near(a, b viewer.Point) bool {
	const reach = 9 // screen pixels
	return math.Hypot(a.X-b.X, a.Y-b.Y)*e.row.s.view.View().Zoom < reach
}

// close fills the shape in hand.
func (e *roiEditor) close() {
	if len(e.points) > 2 {
		e.keep()
		e.fill(func(x, y float64) bool { return inside(e.points, x, y) })
	}
	e.points = nil
	e.refresh()
}

// dab paints along the brush's way from a to b.
func (e *roiEditor) dab(a, b viewer.Point) {
	dx, dy := b.X-a.X, b.Y-a.Y
	inverse := 0.0
	if d := dx*dx + dy*dy; d > 0 {
		inverse = 1 / d
	}
	e.fill(func(x, y float64) bool {
		t := min(max(((x-a.X)*dx+(y-a.Y)*dy)*inverse, 0), 1)
		return math.Hypot(x-a.X-t*dx, y-a.Y-t*dy) < e.radius
	})
}

// fill sets the cells whose middle is in, in coordinates of the picture.
func (e *roiEditor) fill(in func(x, y float64) bool) {
	b := e.on.frame.Original.Rect
	kx, ky := float64(b.Dx())/float64(e.mask.w), float64(b.Dy())/float64(e.mask.h)
	v := uint8(0)
	if e.ignore {
		v = 1
	}
	for i := range e.mask.cells {
		if in((float64(i%e.mask.w)+.5)*kx, (float64(i/e.mask.w)+.5)*ky) {
			e.mask.cells[i] = v
		}
	}
}

// inside reports whether a place lies in a polygon, by the number of its edges to
// the right.
func inside(points []viewer.Point, x, y float64) bool {
	in := false
	for i, a := range points {
		b := points[(i+1)%len(points)]
		if (a.Y > y) != (b.Y > y) && x < a.X+(b.X-a.X)*(y-a.Y)/(b.Y-a.Y) {
			in = !in
		}
	}
	return in
}

// plane is the mask in the frame of the network's input; nil where nothing is
// ignored.
func (e *roiEditor) plane() *nn.Image {
	m := nn.NewImage(1, e.mask.h, e.mask.w)
	any := false
	for i, c := range e.mask.cells {
		m.Pix[i] = float32(c)
		any = any || c != 0
	}
	if !any {
		return nil
	}
	return e.on.res.Prediction.Upright(m)
}

// ask asks who saves the area and why.
func (e *roiEditor) ask() {
	s := e.row.s
	if len(e.past) == 0 {
		s.w.status.say(words.T("Nothing was drawn yet."))
		return
	}
	r := s.recipe()
	reason := s.w.Tips.NewEntry(words.T("Why, in a sentence"), "")
	body := widgets.Fixed(440, 0, widgets.Rows(8,
		widgets.NewPara(words.T("Version %d of %s. Parts are inspected anew; what is logged stays. Thresholds stay, too: look at Calibrate whether lower ones will do.", r.Version()+1, r.Name)),
		widgets.NewCaption(words.T("Reason")), reason))
	d := dialog.NewCustomConfirm(words.T("Save the judged area"), words.T("Save"), words.T("Cancel"), body, func(yes bool) {
		if yes { // whoever drew may be gone
			s.w.Need(station.Engineer, func() { e.write(reason.Text) })
		}
	}, s.w.Window)
	reason.OnSubmitted = func(string) { d.Confirm() }
	reason.OnEscape = d.Hide
	s.w.Dialog(d)
	s.w.Window.Canvas().Focus(reason)
}

func (e *roiEditor) write(reason string) {
	s, plane := e.row.s, e.plane()
	s.leave()
	s.w.Job(func(context.Context) {
		s.gate.Lock()
		s.endManual()
		r, err := s.w.Session.SaveROI(plane, s.w.User(), reason)
		s.gate.Unlock()
		s.w.OnUI(func() {
			if err != nil {
				s.w.Report(err)
				return
			}
			e.row.leave()
			s.w.status.say(words.T("Saved version %d of %s.", r.Version(), r.Name))
			s.recipeOpened()
			s.w.RecipeSaved()
		})
	})
}

// judged is the share of the part that is judged.
func judged(ignored *nn.Image) float64 { return 1 - anomaly.Ignored(ignored) }

// shadeOf shows a plane over the picture; nil for none.
func shadeOf(m *nn.Image) *viewer.Shade {
	if m == nil {
		return nil
	}
	s := &viewer.Shade{W: m.W, H: m.H, Out: make([]uint8, len(m.Pix))}
	for i, v := range m.Pix {
		if v > .5 {
			s.Out[i] = 1
		}
	}
	return s
}
